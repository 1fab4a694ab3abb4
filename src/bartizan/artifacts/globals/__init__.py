"""The table of globals: what calling, making or naming an object of a known library can do.

`table.tsv` is made by `tools/globals_table.py` from `rules.toml` and the installed libraries; nothing but that file is
read here, so that a bare machine gives the same answer as one where the libraries are installed.
"""

from bartizan.artifacts.globals.table import Entry, Table, table

__all__ = ["Entry", "Table", "table"]
