"""Checks: what tells a match from a look-alike, by checksum or structure. A rule names one as `module.function`."""
