"""A small, sound catalog written to a folder, for tests to break in one place."""

from pathlib import Path

FILES = {
    "asset-kinds.toml": 'model = "A trained model"\nendpoint = "Where it answers"\n',
    "frameworks/alpha.toml": """
title = "Alpha list"
version = "1"
home = "https://alpha.example"
[headings]
"A1" = "Group one"
[entries]
"A1.1" = "First"
"A1.2" = "Second"
"A2:2025" = "Dated"
""",
    "frameworks/beta.toml": """
title = "Beta list"
version = "2"
home = "https://beta.example"
[entries]
"B1" = "Only"
""",
    "threats/operation.toml": """
[one]
title = "One"
description = "Somebody does one thing.\\nIt costs a lot."
stages = ["operation", "training"]
assets = ["model"]
maps.alpha = ["A1.1", "A2:2025"]
maps.beta = ["B1"]
""",
    "threats/training.toml": """
[two]
title = "Two"
description = "Somebody does another thing."
stages = ["training"]
assets = ["model", "endpoint"]
maps.beta = ["B1"]
""",
    "out-of-reach.toml": """
[[alpha]]
because = "It happens elsewhere."
ids = ["A1.2"]
""",
}


def write(folder: Path, **changes: tuple[str, str]) -> Path:
    """The folder with the small catalog in it; `changes` replaces text in a file, by the file's stem."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        if change := changes.pop(file.stem.replace("-", "_"), None):
            assert change[0] in text, f"{name} does not hold {change[0]!r}"
            text = text.replace(*change)
        file.write_text(text, encoding="utf-8")
    assert not changes, f"no file is called {', '.join(changes)}"
    return folder
