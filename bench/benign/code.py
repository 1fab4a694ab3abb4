"""Code beside models: modelling code, training scripts, notebooks; and modules of the libraries themselves."""

# ruff: noqa: E501 - the lines are those of code that lies beside models

import json
from importlib.util import find_spec
from pathlib import Path

from bench.benign.family import Folder

MODELLING = '''"""A {kind} model."""

import math
from dataclasses import dataclass, field
from typing import Optional

import torch
from torch import nn
from torch.nn import functional as F
from transformers import PretrainedConfig, PreTrainedModel


class {name}Config(PretrainedConfig):
    model_type = "{kind}"

    def __init__(self, hidden_size={width}, num_layers=2, **kwargs):
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        super().__init__(**kwargs)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.q = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.register_buffer("mask", torch.tril(torch.ones(1, 1)), persistent=False)

    def forward(self, x, mask: Optional[torch.Tensor] = None):
        q = self.q(x).view(*x.shape[:-1], 4, -1).transpose(1, 2)
        scores = torch.einsum("bhqd,bhkd->bhqk", q, q) / math.sqrt(q.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        return F.softmax(scores, dim=-1)


class {name}Model(PreTrainedModel):
    config_class = {name}Config

    def __init__(self, config):
        super().__init__(config)
        self.layers = nn.ModuleList([Attention(config) for _ in range(config.num_layers)])
        self.post_init()

    @torch.no_grad()
    def generate_one(self, ids):
        self.eval()
        for layer in self.layers:
            ids = getattr(layer, "forward")(ids)
        return ids

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=0.02)


{name}Config.register_for_auto_class()
'''

TOKENIZER = """import json
import os
import re
from transformers import PreTrainedTokenizer

VOCAB = {{"vocab_file": "vocab.json"}}
PATTERN = re.compile(r"\\w+|\\S")


class {name}Tokenizer(PreTrainedTokenizer):
    vocab_files_names = VOCAB

    def __init__(self, vocab_file, **kwargs):
        with open(vocab_file, encoding="utf-8") as handle:
            self.vocab = json.load(handle)
        self.back = {{v: k for k, v in self.vocab.items()}}
        super().__init__(**kwargs)

    def _tokenize(self, text):
        return PATTERN.findall(text)

    def save_vocabulary(self, folder, prefix=None):
        if not os.path.isdir(folder):
            os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, (prefix + "-" if prefix else "") + "vocab.json")
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(json.dumps(self.vocab, ensure_ascii=False))
        return (path,)
"""

TRAINING = '''#!/usr/bin/env python
"""Trains {kind}."""

import argparse
import logging
import random
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

logger = logging.getLogger(__name__)


class Rows(Dataset):
    def __init__(self, path):
        self.rows = [line.split(",") for line in Path(path).read_text().splitlines()]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return torch.tensor([float(cell) for cell in self.rows[index]])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="train.csv")
    parser.add_argument("--lr", type=float, default={rate})
    args = parser.parse_args()
    random.seed(0)
    np.random.seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = torch.nn.Sequential(torch.nn.Linear({width}, 8), torch.nn.ReLU()).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for epoch in range(3):
        for batch in DataLoader(Rows(args.data), batch_size=32, shuffle=True):
            loss = model(batch.to(device)).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        logger.info("epoch %d loss %.3f", epoch, loss.item())
    torch.save(model.state_dict(), "model.pt")


if __name__ == "__main__":
    main()
'''

PLAIN = (
    "import matplotlib.pyplot as plt\nimport pandas as pd\n", "frame = pd.read_csv('train.csv')\nframe.head()\n",
    "model.fit(frame[['a', 'b']], frame['c'])\n", "plt.plot(history.history['loss'])\nplt.show()\n",
    "from sklearn.model_selection import train_test_split\nx, y = train_test_split(frame)\n", "model.eval()\nwith torch.no_grad():\n    out = model(x)\n",
    "%matplotlib inline\nimport seaborn as sns\n", "import torch\nx = torch.compile(model)\nprint(f'{x!r}')\n", "df.query('a > 3').eval('b = a * 2')\n",
)  # fmt: skip
NAMES = ("Falcon", "Heron", "Kestrel", "Merlin", "Osprey", "Plover", "Raven", "Sparrow", "Teal", "Wren")
LIBRARY_MODULES = (
    "torch.nn.modules",
    "torch.optim",
    "keras.src.layers.core",
    "keras.src.layers.convolutional",
    "sklearn.linear_model",
    "sklearn.cluster",
)
LIBRARY_LIMIT = 60


def beside_models(folder: Folder) -> None:
    for name in NAMES:
        words = {
            "name": name,
            "kind": name.lower(),
            "width": folder.dice.randrange(8, 99),
            "rate": folder.dice.random(),
        }
        folder.write(f"{name}/modeling_{name.lower()}.py", MODELLING.format(**words))
        folder.write(f"{name}/tokenization_{name.lower()}.py", TOKENIZER.format(**words))
        folder.write(f"{name}/train.py", TRAINING.format(**words))
        folder.write(
            f"{name}/__init__.py", f"from .modeling_{name.lower()} import {name}Model\n\n__all__ = ['{name}Model']\n"
        )
        folder.write(
            f"{name}/setup.py",
            f"from setuptools import find_packages, setup\n\nsetup(name='{name}', version='1.0', packages=find_packages())\n",
        )
        folder.write(f"{name}/conftest.py", "import pytest\n\n\n@pytest.fixture\ndef width():\n    return 8\n")
        folder.write(
            f"{name}/pyproject.toml", f"[project]\nname = '{name}'\nversion = '1.0'\ndependencies = ['torch>=2']\n"
        )


def notebooks(folder: Folder) -> None:
    for number in range(40):
        cells = [
            {"cell_type": "code", "execution_count": i, "metadata": {}, "source": source.splitlines(keepends=True), "outputs": _outputs(i)}
            for i, source in enumerate(folder.dice.sample(PLAIN, 1 + number % len(PLAIN)))
        ]  # fmt: skip
        cells.insert(0, {"cell_type": "markdown", "metadata": {}, "source": ["# Notes\n", "Run `os.system` never."]})  # type: ignore[dict-item]
        book = {
            "cells": cells,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        folder.write(f"{number}.ipynb", json.dumps(book, indent=1))


def library_code(folder: Folder) -> None:
    """Modules of the installed libraries: modelling code that others wrote."""
    for name in LIBRARY_MODULES:
        try:
            spec = find_spec(name)
        except ImportError:
            continue
        homes = spec.submodule_search_locations or [] if spec else []
        sources = sorted(path for home in homes for path in Path(home).glob("*.py") if path.stat().st_size)
        for path in sources[:LIBRARY_LIMIT]:
            folder.write(f"{name}/{path.name}", path.read_bytes())


def _outputs(number: int) -> list[dict[str, object]]:
    kinds: tuple[dict[str, object], ...] = (
        {"output_type": "stream", "name": "stdout", "text": ["epoch 1\n"]},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": ["<table><tr><td>1</td></tr></table>"], "text/plain": ["1"]},
        },
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="}},
    )
    return [kinds[number % len(kinds)]]


FAMILIES = {"code": beside_models, "notebooks": notebooks, "library code": library_code}
