"""A loader that opens what the scanner allows: one machine judges, one table decides what may be named.

`load` scans the file first and opens only what is allowed. While it is opened, an unpickler resolves the globals that
the table grades as harmless, those that the caller trusts by name, and no others.
"""

from bartizan.artifacts.loader.load import load
from bartizan.artifacts.loader.refusal import Refused

__all__ = ["Refused", "load"]
