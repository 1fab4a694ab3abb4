"""Artifacts: false alarms on the libraries' own files, the hostile corpus, the loader, and speed beside others.

`BENCH_MAKERS` names the Pythons that make the benign files and open them, with `:` between them (default: this one);
`BENCH_PEERS` the Python that has the other scanners; `BENCH_SUPPLY` the folder of the corpus;
`BENCH_BENIGN` a folder with the benign files of an earlier `python -m bench.benign FOLDER/NAME`. What is missing is
skipped and said.
"""

import json
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

from bartizan.artifacts import scan, walk
from bartizan.artifacts.report import worst
from bartizan.kernel import Interval
from bench.bombs import bombs, decide
from bench.dense import dense_pickles

HERE = Path(__file__).parent.parent
MAKERS = os.environ.get("BENCH_MAKERS", sys.executable).split(":")
BENIGN = os.environ.get("BENCH_BENIGN", "")
PEERS = os.environ.get("BENCH_PEERS", "")
SUPPLY = Path(os.environ.get("BENCH_SUPPLY", HERE.parent / "shared" / "data" / "supply"))
BIG_BYTES = 1 << 30
PEER_SAMPLE = 300
SMALL_BYTES = 16 << 10
ROUNDS = 3
SEED = 20261126


def run() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made, skipped = _make_benign(folder / "benign")
        corpus = _corpus(folder / "corpus")
        sections = [
            "## Artifacts",
            _false_alarms(made, skipped),
            _hostile(corpus),
            _peers(corpus, made),
            _loader(corpus, made),
            _dense(folder),
            _small(made),
            _big(folder),
            _import_time(),
            _bombs(folder),
        ]
    return "\n\n".join(section for section in sections if section)


# Benign files


def _make_benign(folder: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """The files of each family, no two with the same bytes, and what no maker could make."""
    skipped: list[set[str]] = []
    folder = Path(BENIGN) if BENIGN else folder
    for number, maker in enumerate(() if BENIGN else MAKERS):
        done = _python(maker, "bench.benign", [str(folder / str(number))])
        skipped.append({f"{name} ({why})" for name, why in json.loads(done).items() if isinstance(why, str)})
    families, seen = defaultdict(list), set()
    for path in walk(folder):
        digest = sha256(path.read_bytes()).digest()
        if digest not in seen:
            seen.add(digest)
            families[path.relative_to(folder).parts[1]].append(path)
    return dict(sorted(families.items())), sorted(set.intersection(*skipped) if skipped else ())


def _false_alarms(families: dict[str, list[Path]], skipped: list[str]) -> str:
    """A row per family: how many files, and what was said of them."""
    rows, reasons = [], Counter[str]()
    total = Counter[str]()
    for name, paths in families.items():
        counts = Counter[str]()
        for path in paths:
            report = scan(path, digest=False)
            counts[report.verdict] += 1
            if report.verdict != "allow":
                reasons[f"{report.verdict}, {name}: {report.reasons[0].rpartition('benign/')[2]}"] += 1
        total += counts
        rows.append(_row(name, counts))
    said = "\n".join(f"- {count} x {reason}" for reason, count in reasons.most_common(20))
    missing = f"\n\nNot made here: {', '.join(skipped)}." if skipped else ""
    table = "\n".join(
        [
            "| family | files | blocked | warned | unscanned |",
            "|---|---|---|---|---|",
            *rows,
            _row("**all**", total),
        ]
    )
    return f"### Files of the libraries' own savers\n\nShares with 95 % Wilson intervals.\n\n{table}\n\n{said}{missing}"


def _row(name: str, counts: Counter[str]) -> str:
    n = counts.total()
    cells = " | ".join(_share(counts[verdict], n) for verdict in ("block", "warn", "unscanned"))
    return f"| {name} | {n:,} | {cells} |"


def _share(hits: int, n: int) -> str:
    interval = Interval.wilson(hits, n)
    return f"{hits} ({interval.low:.1%}-{interval.high:.1%})"


# The corpus


def _corpus(folder: Path) -> list[tuple[dict[str, Any], list[Path]]]:
    """The entries of the manifest, each with its files."""
    archive = SUPPLY / "generated_dev.tar.xz"
    if not archive.exists():
        return []
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    entries = json.loads((SUPPLY / "manifest.json").read_text())["artifacts"]
    places = ((entry, folder / entry["path"]) for entry in entries)
    return [(entry, list(walk(place)) if place.is_dir() else [place]) for entry, place in places]


def _hostile(corpus: list[tuple[dict[str, Any], list[Path]]]) -> str:
    if not corpus:
        return f"### The hostile corpus\n\nSkipped: there is none in {SUPPLY}."
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    odd = []
    for entry, paths in corpus:
        verdict = worst(scan(path, digest=False).verdict for path in paths)
        fires = " that fires" if entry["fires"] else ""
        counts[entry["label"] + fires][verdict] += 1
        expected = {"malicious": {"block"} if fires else {"warn", "block"}, "benign": {"allow"}}
        if verdict not in expected.get(entry["label"], {verdict}):
            odd.append(f"- {entry['id']} ({entry['label']}{fires}): {verdict}")
    rows = [
        f"| {label} | {found.total()} | "
        + " | ".join(str(found[verdict]) for verdict in ("block", "warn", "unscanned", "allow"))
        + " |"
        for label, found in sorted(counts.items())
    ]
    head = ["| label | artifacts | block | warn | unscanned | allow |", "|---|---|---|---|---|---|"]
    return "\n".join(["### The hostile corpus\n", *head, *rows, "", *(odd or ["No disagreement with a label."])])


def _peers(corpus: list[tuple[dict[str, Any], list[Path]]], made: dict[str, list[Path]]) -> str:
    if not PEERS or not corpus:
        return "### Beside other scanners\n\nSkipped: BENCH_PEERS names no Python that has them."
    dice = random.Random(SEED)
    everything = [path for paths in made.values() for path in paths if path.stat().st_size < 1 << 20]
    benign = dice.sample(everything, min(PEER_SAMPLE, len(everything)))
    files = [*dict.fromkeys([path for _, paths in corpus for path in paths] + benign)]
    found = _ask_peers(files)
    found = {"**Bartizan**": {str(path): _ours(path) for path in files}} | found
    rows = []
    for tool, seen in found.items():
        cells = []
        for label in ("malicious", "benign"):
            hits, n = _alarmed(seen, [paths for entry, paths in corpus if entry["label"] == label])
            cells.append(f"{hits} of {n}")
        hits, n = _alarmed(seen, [[path] for path in benign])
        small = [seconds for file, (_, seconds) in seen.items() if Path(file).stat().st_size < SMALL_BYTES]
        rows.append(f"| {tool} | {' | '.join(cells)} | {hits} of {n} | {median(small) * 1e3:.2f} |")
    head = [
        "| scanner | hostile alarmed | benign alarmed | savers' files alarmed | median ms, files < 16 KB |",
        "|---|---|---|---|---|",
    ]
    return "\n".join(
        ["### Beside other scanners\n", "An artifact is alarmed on if any of its files is.\n", *head, *rows]
    )


def _alarmed(seen: dict[str, Any], artifacts: Iterable[list[Path]]) -> tuple[int, int]:
    """How many artifacts were alarmed on, of those that the tool came to."""
    known = [paths for paths in artifacts if all(str(path) in seen for path in paths)]
    return sum(any(seen[str(path)][0] for path in paths) for paths in known), len(known)


def _ours(path: Path) -> tuple[bool, float]:
    began = time.perf_counter()
    report = scan(path)
    return report.verdict in ("warn", "block"), time.perf_counter() - began


def _ask_peers(files: Iterable[Path], *, speed_only: bool = False) -> dict[str, Any]:
    asked = {"files": [str(file) for file in files], "speed_only": speed_only}
    return dict(json.loads(_python(PEERS, "bench.peers", [], asked)))


# The loader


def _loader(corpus: list[tuple[dict[str, Any], list[Path]]], made: dict[str, list[Path]]) -> str:
    benign = [str(path) for paths in made.values() for path in paths]
    hostile = [str(path) for entry, paths in corpus if entry["label"] == "malicious" for path in paths]
    try:
        found = json.loads(_python(MAKERS[0], "bench.loading", [], {"benign": benign, "hostile": hostile}))
    except subprocess.CalledProcessError as error:
        return f"### The loader\n\nSkipped: {error.stderr.strip().splitlines()[-1]}"
    counts = Counter(found["benign"])
    opened, n = counts["equal"] + counts["opened"], counts.total()
    why = "\n".join(f"- {count} x {reason}" for reason, count in found["why"])
    outcome = found["hostile"]["outcome"]
    return f"""### The loader

Of {n:,} benign files that the library's own loader opens in the same Python, {opened:,} open
({_share(opened, n)}), {counts["equal"]:,} of them to a value that is saved as the same bytes or shows the same text.

{why}

Of {len(hostile)} hostile files {outcome.get("refused", 0)} are refused, {outcome.get("no loader", 0)} have no loader
here, {outcome.get("opened", 0)} open; fired: {len(found["hostile"]["fired"])}."""


# Speed


def _dense(folder: Path) -> str:
    """MB/s on pickles of many opcodes."""
    streams = dense_pickles()
    paths = {}
    for number, (name, data) in enumerate(streams.items()):
        paths[name] = folder / f"dense-{number}.pkl"
        paths[name].write_bytes(data)
    peers = _ask_peers(paths.values(), speed_only=True) if PEERS else {}
    head = ["stream", "MB", "Bartizan", *peers]
    rows = []
    for name, path in paths.items():
        size = path.stat().st_size / 1e6
        ours = size / min(_seconds(lambda path=path: scan(path)) for _ in range(ROUNDS))  # type: ignore[misc]
        theirs = [f"{size / seen[str(path)][1]:.2f}" if str(path) in seen else "-" for seen in peers.values()]
        rows.append(f"| {name} | {size:.2f} | {ours:.1f} | {' | '.join(theirs)} |".replace("|  |", "|"))
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows]
    return "\n".join(["### MB/s on opcode-dense pickles (others stopped after 20 s)\n", *lines])


def _small(made: dict[str, list[Path]]) -> str:
    paths = [path for family in made.values() for path in family if path.stat().st_size < SMALL_BYTES]
    sample = random.Random(SEED).sample(paths, min(1000, len(paths)))
    times = sorted(_seconds(lambda path=path: scan(path)) for path in sample)  # type: ignore[misc]
    return (
        f"Small files (< 16 KB, scanned and hashed): median {median(times) * 1e3:.2f} ms, p95 "
        f"{times[len(times) * 95 // 100] * 1e3:.2f} ms, n={len(times)}."
    )


def _big(folder: Path) -> str:
    """Scan and hash of a gigabyte beside its hash alone."""
    rows = []
    for name, make in (("safetensors", _big_safetensors), ("torch", _big_torch)):
        path = folder / f"big.{name}"
        try:
            make(path)
        except (subprocess.CalledProcessError, OSError):
            rows.append(f"| {name} | - | - | skipped: it could not be made |")
            continue
        _hash(path)
        alone = min(_seconds(lambda path=path: _hash(path)) for _ in range(ROUNDS))  # type: ignore[misc]
        ours = min(_seconds(lambda path=path: scan(path)) for _ in range(ROUNDS))  # type: ignore[misc]
        rows.append(f"| {name} | {alone:.2f} | {ours:.2f} | {alone / ours:.0%} |")
        path.unlink()
    head = ["| 1 GiB | SHA-256 alone, s | scan and hash, s | speed of hashing kept |", "|---|---|---|---|"]
    return "\n".join(["### Large files\n", *head, *rows])


def _big_safetensors(path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F32", "shape": [BIG_BYTES // 4], "data_offsets": [0, BIG_BYTES]}}).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + BIG_BYTES)


def _big_torch(path: Path) -> None:
    code = f"import torch, sys; torch.save({{'w': torch.zeros({BIG_BYTES // 4})}}, sys.argv[1])"
    subprocess.run([MAKERS[0], "-c", code, str(path)], check=True, capture_output=True)


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _import_time() -> str:
    code = "import time; t = time.process_time(); import bartizan.artifacts; print(time.process_time() - t)"
    times = sorted(
        float(subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, check=True).stdout)
        for _ in range(9)
    )
    middle, best = median(times) * 1e3, times[0] * 1e3
    return f"`import bartizan.artifacts`: median {middle:.0f} ms of CPU, best {best:.0f}, of {len(times)}."


def _bombs(folder: Path) -> str:
    rows = []
    for number, (name, data) in enumerate(bombs().items()):
        path = folder / f"bomb-{number}"
        path.write_bytes(data)
        try:
            found = decide(path)
            rows.append(f"| {name} | {len(data):,} | {found['verdict']} | {found['ms']:.0f} | {found['mib']:.0f} |")
        except subprocess.SubprocessError as error:
            rows.append(f"| {name} | {len(data):,} | {type(error).__name__} | - | - |")
    head = ["| bomb | bytes | verdict | CPU ms | MiB beyond idle |", "|---|---|---|---|---|"]
    return "\n".join(["### Bombs, each in a process of its own\n", *head, *rows])


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _python(python: str, module: str, arguments: list[str], given: object = None) -> str:
    """What a module of the bench prints, run by another Python."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE / "src")]), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [python, "-m", module, *arguments],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        cwd=HERE,
        env=env,
    )
    return done.stdout.splitlines()[-1]  # some libraries print before it
