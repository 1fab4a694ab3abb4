"""The loader on many files: `python -m bench.loading < files.json`, run by a Python that has the libraries.

Benign files are opened by the library's own loader first; what that cannot open here counts for nothing. Hostile files
are only ever given to Bartizan's loader, under an audit hook, in a folder of their own.
"""

import json
import pickle
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

from bartizan.artifacts.loader import Refused, load
from bartizan.kernel import BartizanError

# What an audit hook sees of code that ran: processes, the net, changes of files. Reading and imports are the loader's.
FIRED = frozenset(
    {
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "subprocess.Popen",
        "pty.spawn",
        "socket.connect",
        "socket.bind",
        "socket.getaddrinfo",
        "os.remove",
        "os.rename",
        "os.mkdir",
        "os.rmdir",
        "os.chmod",
        "os.symlink",
        "os.link",
        "shutil.rmtree",
        "shutil.move",
        "shutil.copyfile",
        "urllib.Request",
        "ctypes.dlopen",
        "builtins.input",
        "webbrowser.open",
    }
)


def main() -> None:
    """Reads `{"benign": [...], "hostile": [...]}`, writes what became of them."""
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    benign = [outcome for file in asked["benign"] if (outcome := _benign(file)) != "not for a loader"]
    counts = Counter(outcome.partition(":")[0] for outcome in benign)
    odd = Counter(outcome for outcome in benign if ":" in outcome)
    json.dump({"benign": counts, "why": odd.most_common(12), "hostile": _hostile(asked["hostile"])}, sys.stdout)


def _benign(file: str) -> str:
    real = _real_loader(Path(file))
    if real is None:
        return "not for a loader"
    try:
        expected = real(file)
    except Exception:  # made by another version, or for another machine
        return "not for a loader"
    try:
        opened = load(file, map_location="cpu")
    except Refused as refusal:
        return f"refused: {refusal.what[:100]}"
    except BartizanError as error:
        return f"refused: {error.what[:100]}"
    if _equal(expected, opened):
        return "equal"
    what = "is not the same" if _equal(expected, real(file)) else "cannot be compared: it differs from itself"
    return f"opened: {type(expected).__name__} {what}"


def _hostile(files: list[str]) -> dict[str, Any]:
    """How many were refused, and what fired; files of formats without a loader are left out."""
    events: list[str] = []
    watched = [False]

    def hook(event: str, args: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(args[1], str) and bool(set(args[1]) & set("wax+"))
        if watched[0] and (event in FIRED or writes):
            events.append(event)

    sys.addaudithook(hook)
    outcome = Counter[str]()
    fired = []
    for file in files:
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            watched[0] = True
            try:
                load(file, map_location="cpu")
                word = "opened"
            except Refused:
                word = "refused"
            except BartizanError:
                word = "no loader"
            finally:
                watched[0] = False
            if events or any(Path(folder).iterdir()):
                fired.append(file)
            events.clear()
        outcome[word] += 1
        if word == "opened":
            outcome[f"opened {Path(file).name}"] += 1
    return {"outcome": outcome, "fired": fired}


def _real_loader(path: Path) -> Callable[[str], Any] | None:
    """The loader that the file's maker would use, by the name that the maker gave it."""
    if path.suffix in {".pt", ".pth", ".bin", ".ckpt"}:
        import torch

        return lambda file: torch.load(file, map_location="cpu", weights_only=False)
    if path.suffix == ".joblib":
        import joblib

        return joblib.load
    if path.suffix in {".npy", ".npz"}:
        import numpy as np

        return lambda file: np.load(file, allow_pickle=True)
    if path.suffix == ".safetensors":
        import safetensors.torch

        return safetensors.torch.load_file
    if path.suffix in {".pkl", ".cloudpickle", ".dill"}:
        return lambda file: pickle.loads(Path(file).read_bytes())
    return None


def _equal(one: Any, other: Any) -> bool:
    """True if the two are saved as the same bytes, or show the same text, or hold attributes that do."""
    if type(one).__name__ == "NpzFile":
        one = {name: one[name] for name in one}
    if type(one) is not type(other):
        return False
    if type(one) is dict and all(type(key) is str for key in (*one, *other)):  # safetensors shuffles its tensors
        one, other = dict(sorted(one.items())), dict(sorted(other.items()))
    return any(_same(look, one, other) for look in (pickle.dumps, repr, _attributes))


def _same(look: Callable[[Any], object], one: Any, other: Any) -> bool:
    try:
        return look(one) == look(other)
    except Exception:  # some values cannot be saved again, or are too broken to be shown, by either loader
        return False


def _attributes(value: Any) -> list[str]:
    """For estimators and modules whose saved bytes hold addresses."""
    return [*map(repr, vars(value).values())]


if __name__ == "__main__":
    main()
