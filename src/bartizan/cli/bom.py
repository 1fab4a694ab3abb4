"""`bartizan bom`: a bill of materials of a model."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from bartizan.cli import show
from bartizan.cli.lazy import COULD_NOT_LOOK

EXAMPLES = """\b
Examples:
  bartizan bom ./model > model.cdx.json
  bartizan bom ./model --format spdx-3.0 > model.spdx.json
"""


@click.command(epilog=EXAMPLES)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3.0"]),
    default="cyclonedx-1.6",
    show_default=True,
    help="Which standard to follow.",
)
def command(path: Path, form: str) -> int:
    """List a model's files, licences, data sets and origins as CycloneDX or SPDX.

    It lists the files that `bartizan sign` covers, so that both speak of one digest. Equal models give equal documents;
    the time in them is $SOURCE_DATE_EPOCH if it is set. Exits with 3 if a file could not be scanned; it is listed all
    the same, as `unscanned`.
    """
    from bartizan import __version__
    from bartizan.artifacts import default_profile
    from bartizan.artifacts.bom import cyclonedx, describe, spdx
    from bartizan.artifacts.many import Task, scan_many
    from bartizan.artifacts.scanned import model_files
    from bartizan.cli.progress import progress
    from bartizan.cli.sign import default_signature, scan_signature
    from bartizan.kernel import Budget, UsageError

    signature = default_signature(path)
    files = model_files(path, beside=[signature, scan_signature(signature)])
    if not files:
        raise UsageError("there is no file to list", where=path)
    task = Task(default_profile(), Budget())
    with progress() as tell:
        found = scan_many(list(files.values()), task, progress=lambda done, total: tell("scanning", done, total))
        reports = dict(zip(files, found, strict=True))
    model = describe(path, reports)
    if form == "spdx-3.0":
        show.as_json(spdx(model, at=_now(), tool_version=__version__))
    else:
        version = "1.7" if form.endswith("1.7") else "1.6"
        show.as_json(cyclonedx(model, at=_now(), tool_version=__version__, version=version))  # type: ignore[arg-type]
    return COULD_NOT_LOOK if any(report.verdict == "unscanned" for report in reports.values()) else 0


def _now() -> datetime:
    """The time, or the one that reproducible builds set (reproducible-builds.org, SOURCE_DATE_EPOCH)."""
    from bartizan.kernel import UsageError

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC)
    if not (epoch.isascii() and epoch.isdigit() and len(epoch) < 12):
        raise UsageError("SOURCE_DATE_EPOCH is no number of seconds", where=epoch[:40])
    return datetime.fromtimestamp(int(epoch), UTC)
