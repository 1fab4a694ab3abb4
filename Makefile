# Two commands do everything: `make up` starts Bartizan, `make test` tests it.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Not torch: which of its builds fits depends on the machine, so pip chooses among those of the one version.
LOCKED_EXTRAS := --extra onnx --extra postgres --extra ray --extra sigstore --extra sklearn
PROJECT := pyproject.toml requirements/core.txt

.PHONY: up test check bench soak lock sbom audit train clean

up: .venv/core
	$(BIN)/bartizan up

test: .venv/dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.tidy

bench: .venv/dev
	$(BIN)/python -m bench

soak: .venv/dev
	$(BIN)/python -m pytest -m slow --timeout 3600

lock: .venv/dev
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-header --quiet -o requirements/core.txt
	$(BIN)/uv pip compile pyproject.toml $(LOCKED_EXTRAS) --group test --group check --universal --no-header --no-annotate --quiet -o requirements/dev.txt

sbom: .venv/dev
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements requirements/core.txt --pyproject pyproject.toml --output-format JSON --output-file dist/bartizan.cdx.json

audit: .venv/dev
	$(BIN)/pip-audit --require-hashes -r requirements/core.txt

train: .venv/dev
	$(BIN)/python -m training.guard.train
	$(BIN)/python -m training.guard.calibrate

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .hypothesis

# A stamp is written only when everything before it worked, so a broken install is tried again.
.venv/core: $(PROJECT)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip uninstall -qq --yes setuptools  # 10 MB that Python 3.11 puts there and nothing here uses
	$(PIP) --require-hashes -r requirements/core.txt
	$(PIP) --no-deps -e .
	touch $@

.venv/dev: .venv/core requirements/dev.txt
	$(PIP) -r requirements/dev.txt
	$(PIP) -e '.[torch]'
	touch $@
