"""Who runs the command, as the actor of what it records."""

import os
import pwd


def whoami() -> str:
    """`person:` and the login name of the process's user; the environment has no say."""
    uid = os.getuid()
    try:
        return f"person:{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"person:uid-{uid}"
