"""torch's files: state dicts, whole modules, optimizers, dtypes, TorchScript; zip and legacy layout."""

import argparse
import collections
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

from bench.benign.family import Folder

ARGUMENTS = (
    (),
    (4,),
    (4, 4),
    (4, 4, 3),
    (2, 4, 4),
    (1, 4, 4, 3),
    ([4],),
    (4, 2),
    ((2, 2),),
    ((2, 2), 2),
    (0.5, 1.0),
    (2, (2, 2)),
    (2, [4]),
)


def modules(folder: Folder) -> None:
    """Every class of torch.nn that some simple arguments construct: its state, and itself, in both layouts."""
    import torch

    for name, module in _modules():
        folder.save(f"{name}-state.pt", lambda path, m=module: torch.save(m.state_dict(), path))
        folder.save(f"{name}.pt", lambda path, m=module: torch.save(m, path))
        folder.save(f"{name}-legacy.pth", lambda path, m=module: _save_legacy(m, path))
        folder.save(f"{name}-p4.bin", lambda path, m=module: torch.save(m, path, pickle_protocol=4))


def pickled_modules(folder: Folder) -> None:
    for name, module in _modules():
        protocol = folder.dice.choice((2, 3, 4, 5))
        folder.save(f"{name}.pkl", lambda path, m=module, p=protocol: path.write_bytes(pickle.dumps(m, p)))


def training(folder: Folder) -> None:
    """Checkpoints as training loops write them: with every optimizer and every schedule."""
    import torch

    for name, optimizer in _optimizers():
        folder.save(f"{name}-state.pt", lambda path, o=optimizer: torch.save(o.state_dict(), path))
        folder.save(f"{name}.pt", lambda path, o=optimizer: torch.save(o, path))
        checkpoint = _checkpoint(folder, optimizer)
        folder.save(f"{name}-checkpoint.ckpt", lambda path, c=checkpoint: torch.save(c, path))
        folder.save(f"{name}-checkpoint-legacy.ckpt", lambda path, c=checkpoint: _save_legacy(c, path))
    for name, schedule in _schedules():
        folder.save(f"{name}-state.pt", lambda path, s=schedule: torch.save(s.state_dict(), path))


def values(folder: Folder) -> None:
    """Tensors of every dtype and layout, and the small types of torch."""
    import torch

    for name, value in _values().items():
        folder.save(f"{name}.pt", lambda path, v=value: torch.save(v, path))
        folder.save(f"{name}-legacy.pt", lambda path, v=value: _save_legacy(v, path))
        folder.save(f"{name}.pkl", lambda path, v=value: path.write_bytes(pickle.dumps(v)))


def distributions(folder: Folder) -> None:
    import torch

    one = torch.ones(2)
    for name in sorted(torch.distributions.__all__):
        cls = getattr(torch.distributions, name)
        for arguments in ((one,), (one, one), (one * 0.5,), (torch.zeros(2), torch.eye(2)), (one, one, one)):
            try:
                value = cls(*arguments)
            except Exception:  # other arguments may suit it
                continue
            folder.save(f"{name}.pt", lambda path, v=value: torch.save(v, path))
            break


def scripts(folder: Folder) -> None:
    """TorchScript, by script and by trace."""
    import torch

    for name, module in _modules():
        if name in {
            "Linear",
            "Conv1d",
            "Conv2d",
            "ReLU",
            "GRU",
            "LSTM",
            "BatchNorm1d",
            "LayerNorm",
            "Embedding",
            "sequential",
        }:
            folder.save(f"{name}-script.pt", lambda path, m=module: torch.jit.script(m.eval()).save(str(path)))
    for width in range(2, 8):
        module = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.GELU())
        folder.save(
            f"trace-{width}.pt",
            lambda path, m=module, w=width: torch.jit.trace(m, torch.zeros(1, w)).save(str(path)),
        )


def _modules() -> Iterator[tuple[str, Any]]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    for name, cls in sorted(inspect.getmembers(nn, inspect.isclass)):
        if issubclass(cls, nn.Module):
            for arguments in ARGUMENTS:
                try:
                    yield name, cls(*arguments)
                except Exception:  # other arguments may suit it
                    continue
                break
    encoder = nn.TransformerEncoderLayer(8, 2, 16)
    yield "encoder", nn.TransformerEncoder(encoder, 1)
    yield "decoder", nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 1)
    yield "sequential", nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 2))
    yield "lists", nn.ModuleList([nn.ModuleDict({"a": nn.Linear(2, 2)}), nn.ParameterList([torch.zeros(2)])])
    yield "weight-norm", nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))


def _optimizers() -> Iterator[tuple[str, Any]]:
    import torch

    for name, cls in sorted(inspect.getmembers(torch.optim, inspect.isclass)):
        if not issubclass(cls, torch.optim.Optimizer) or cls is torch.optim.Optimizer:
            continue
        model = torch.nn.Linear(3, 3)
        try:
            optimizer = cls(model.parameters(), lr=0.1)
            loss = model(torch.ones(2, 3)).sum()
            loss.backward()
            optimizer.step(lambda loss=loss: loss) if name == "LBFGS" else optimizer.step()
        except Exception:  # one that wants sparse gradients, or only matrices
            continue
        yield name, optimizer


def _schedules() -> Iterator[tuple[str, Any]]:
    from torch import nn, optim

    optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    for name, cls in sorted(inspect.getmembers(optim.lr_scheduler, inspect.isclass)):
        for arguments in ((), (3,), ([2, 4],), (0.9,), (0.01, 0.1), (0.1, 10)):
            try:
                yield name, cls(optimizer, *arguments)
            except Exception:  # other arguments may suit it
                continue
            break


def _checkpoint(folder: Folder, optimizer: Any) -> dict[str, Any]:
    import torch

    width = folder.dice.randrange(2, 9)
    model = torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.BatchNorm1d(width))
    return {
        "epoch": folder.dice.randrange(100),
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "hyper_parameters": {"lr": 0.1, "betas": (0.9, 0.99)},
        "args": argparse.Namespace(lr=0.1, data="imagenet"),
        "rng": torch.get_rng_state(),
        "best": torch.tensor(0.5),
        "history": collections.defaultdict(list, loss=[1.0]),
        "pytorch-lightning_version": "2.5.0",
        "callbacks": {},
        "shape": torch.Size([2, 3]),
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        "names": collections.OrderedDict(a=1),
        "schedule": None,
    }


def _values() -> dict[str, Any]:
    import torch

    names = [name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype)]
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[f"dtype-{name}"] = torch.zeros(3, dtype=getattr(torch, name))
        except Exception:  # a dtype without a constructor
            continue
    dense, shared = torch.eye(4), torch.arange(10.0)
    found |= {
        "parameter": torch.nn.Parameter(dense),
        "buffer": torch.nn.Buffer(dense),
        "uninitialised": torch.nn.UninitializedParameter(),
        "coo": dense.to_sparse(),
        "csr": dense.to_sparse_csr(),
        "csc": dense.to_sparse_csc(),
        "bsr": dense.to_sparse_bsr((2, 2)),
        "quantised": torch.quantize_per_tensor(dense, 0.1, 0, torch.qint8),
        "channels": torch.quantize_per_channel(dense, torch.ones(4), torch.zeros(4), 0, torch.quint8),
        "nested": torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]),
        "size": torch.Size([1, 2]),
        "conjugate": torch.zeros(2, dtype=torch.complex64).conj(),
        "meta": torch.zeros(3, device="meta"),
        "views": [shared[2:5], shared[::2], shared],
        "device": torch.device("cpu"),
        "layout": torch.strided,
        "format": torch.channels_last,
        "generator": torch.Generator().get_state(),
        "storage": dense.untyped_storage(),
        "typed": dense.storage(),
        "empty": {},
        "strided": torch.zeros(4, 4).t(),
        "require": torch.zeros(2, requires_grad=True),
        "list": [dense, (dense, None)],
        "dtypes": [torch.float32, torch.int8],
        "dataset": torch.utils.data.TensorDataset(dense),
        "classes": [torch.nn.ReLU, torch.nn.Linear],
        "functions": [torch.nn.functional.relu, torch.relu, torch.tanh],
        "numpy": dense.numpy(),
        "subset": torch.utils.data.Subset([1, 2], [0]),
    }
    return found


def _save_legacy(value: Any, path: Any) -> None:
    import torch

    torch.save(value, path, _use_new_zipfile_serialization=False)


FAMILIES = {
    "torch modules": modules,
    "torch modules, pickled": pickled_modules,
    "torch training": training,
    "torch values": values,
    "torch distributions": distributions,
    "torchscript": scripts,
}
