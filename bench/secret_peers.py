"""Another secret scanner on the same texts: `python -m bench.secret_peers < texts.json`, by a Python that has it.

It imports nothing of Bartizan. Reads a list of texts, writes `{tool: [[findings, seconds], ...]}`.
"""

import json
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path


def main() -> None:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    texts = json.load(sys.stdin)
    found = []
    with tempfile.TemporaryDirectory() as folder, default_settings():
        file = Path(folder, "text.txt")
        file.write_text("warm up")
        list(scan_file(str(file)))
        for text in texts:
            file.write_text(text, "utf-8", errors="replace")
            start = time.perf_counter()
            findings = len(list(scan_file(str(file))))
            found.append([findings, time.perf_counter() - start])
    json.dump({f"detect-secrets {version('detect-secrets')}": found}, sys.stdout)


if __name__ == "__main__":
    main()
