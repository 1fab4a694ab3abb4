"""Files that the tests of the readers make for themselves."""

import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

from bartizan.artifacts.report import Report

PICKLE = pickle.dumps({"weights": [1.0, 2.0, 3.0]}, protocol=4)


def zip_of(
    files: Mapping[str, bytes] | Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_STORED
) -> bytes:
    """A ZIP archive of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            archive.writestr(name, data)
    return held.getvalue()


def tar_of(
    files: Mapping[str, bytes] | Iterable[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar archive of these files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=form) as archive:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def rules(report: Report) -> set[str]:
    """Kind and rule of every fact, of the members too."""
    facts = (fact for one in report.walk() for fact in one.facts)
    return {f"{type(fact).__struct_config__.tag}.{fact.rule}" for fact in facts}
