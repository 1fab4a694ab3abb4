"""Paths that an artifact names: do they stay in its folder?"""

MAX_PATH_CHARS = 4096


def leaves_folder(path: str) -> bool:
    """True if a loader that joins this path to its folder could end up outside, on any system."""
    if len(path) > MAX_PATH_CHARS or "\0" in path:
        return True
    plain = path.replace("\\", "/")
    drive = len(plain) > 1 and plain[1] == ":" and plain[0].isalpha()
    return plain.startswith(("/", "~")) or drive or ".." in plain.split("/")
