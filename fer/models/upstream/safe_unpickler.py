"""Read a PyTorch checkpoint without running any code that its pickle names.

A pickle builds objects by calling what it names. Here every name is looked up in one short table of
containers and of stand-ins written in this file; anything else is refused before it is imported.
Both of PyTorch's formats are read: the zip archive, and the plain stream from before version 1.6.
`torch.load(weights_only=True)` does not suffice: it refuses a whole pickled network in the stream.

A pickle can also ask for any memory and time, which `bounded_reading` bounds.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from fer.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C  # opens the plain stream

BFLOAT16 = np.dtype("<u2")  # which NumPy lacks: its bits, the upper half of a float32's
STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": BFLOAT16,
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}

# Upstream's own classes, and the layers of torch.nn that a whole pickled network names.
LAYERS = {
    "networks.MixedFeatureNet": [
        *("MixedFeatureNet", "Conv_block", "Linear_block", "CoordAtt", "MDConv", "Flatten"),
        *("Mix_Depth_Wise", "Mix_Residual", "h_sigmoid", "h_swish"),
    ],
    "torch.nn.modules.conv": ["Conv2d"],
    "torch.nn.modules.batchnorm": ["BatchNorm1d", "BatchNorm2d"],
    "torch.nn.modules.activation": ["PReLU", "ReLU", "ReLU6", "Sigmoid"],
    "torch.nn.modules.linear": ["Linear"],
    "torch.nn.modules.pooling": ["AdaptiveAvgPool2d", "AvgPool2d"],
    "torch.nn.modules.container": ["Sequential", "ModuleList"],
    "torch.nn.modules.flatten": ["Flatten"],
    "torch.nn.modules.dropout": ["Dropout"],
}


def read_checkpoint(path: Path) -> dict[str, NDArray]:
    """The tensors of a checkpoint by name: of a state dict, of one in a dict, or of a network.

    Raises `ModelError` when the file is none of these or asks for anything beyond.
    """
    try:
        storages = _Storages(path.stat().st_size)
        with path.open("rb") as file:
            zipped = zipfile.is_zipfile(path)
            content = _read_zip(path, storages) if zipped else _read_stream(file, storages)
        return _state_dict(content)
    except ModelError:
        raise
    except Exception as error:  # a damaged pickle can fail anywhere, with anything
        raise ModelError(
            f"{path} is damaged or not a PyTorch checkpoint: copy it again."
        ) from error


class _Storages(dict[str, NDArray]):
    """The values of tensors by key, together no larger than the file that they come from."""

    def __init__(self, room: int):
        super().__init__()
        self._room = room

    def take(self, dtype: Any, count: Any) -> None:
        """Set aside what a storage needs; raises `UnpicklingError` where the file has less."""
        if dtype not in STORAGES.values() or not isinstance(count, int) or count < 0:
            raise pickle.UnpicklingError("storage")
        self._room -= count * dtype.itemsize
        if self._room < 0:
            raise pickle.UnpicklingError("size")


def _state_dict(content: Any) -> dict[str, NDArray]:
    if hasattr(content, "_modules"):
        content = dict(_walk(content))
    if not isinstance(content, dict):
        raise TypeError(type(content))
    for wrapper in ("model_state_dict", "state_dict"):
        content = content.get(wrapper, content)
    if not content or not all(isinstance(value, np.ndarray) for value in content.values()):
        raise TypeError("no tensors by name")
    # Data-parallel training prefixes every name.
    return {name.removeprefix("module."): _values(tensor) for name, tensor in content.items()}


def _values(tensor: NDArray) -> NDArray:
    if tensor.dtype == BFLOAT16:
        tensor = (tensor.astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(tensor).reshape(tensor.shape)  # which alone makes 0-d ones 1-d


def _walk(layer: Any, prefix: str = "") -> Any:
    """The tensors of a pickled network, named as its state dict would name them."""
    for kind in ("_parameters", "_buffers"):
        for name, tensor in getattr(layer, kind, {}).items():
            if tensor is not None:
                yield prefix + name, tensor
    for name, child in layer._modules.items():
        yield from _walk(child, f"{prefix}{name}.")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storage: Callable[..., NDArray] | None = None):
        super().__init__(file, encoding="latin1")
        self.storage = storage
        stand_in = type("Layer", (), {})  # holds what a layer held, and does nothing
        self.table: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("builtins", "set"): set,
            ("__builtin__", "set"): set,
            ("torch._utils", "_rebuild_tensor"): _tensor,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): _parameter,
        }
        self.table |= {("torch", name): dtype for name, dtype in STORAGES.items()}
        self.table |= {
            (module, name): stand_in for module, names in LAYERS.items() for name in names
        }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.table[module, name]
        except KeyError:
            raise ModelError(
                f"The checkpoint asks for {module}.{name}, which no DDAMFN needs and which might "
                "run code: nothing was run, do not use this file."
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        if pid[0] == "module":  # a class beside its source text, in the plain stream
            return pid[1]
        kind, dtype, key, _, count = pid[:5]
        if kind != "storage" or self.storage is None:
            raise pickle.UnpicklingError(kind)
        return self.storage(dtype, key, count)


def _tensor(storage: NDArray, offset: int, size: Any, stride: Any, *_: Any) -> NDArray:
    """A part of a storage, of which it may not repeat anything."""
    size, stride = tuple(size), tuple(stride)
    numbers = (offset, *size, *stride)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise pickle.UnpicklingError("shape")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if prod(size) > len(storage) or (prod(size) and last >= len(storage)):
        raise pickle.UnpicklingError("shape")
    steps = [step * storage.itemsize for step in stride]
    return as_strided(storage[offset:], size, steps, writeable=False)


def _parameter(tensor: NDArray, *_: Any) -> NDArray:
    return tensor


def _read_zip(path: Path, storages: _Storages) -> Any:
    with zipfile.ZipFile(path) as archive:
        (record,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = record.removesuffix("data.pkl")
        # PyTorch stores its records as they are: a compressed one could unpack to any size.
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise pickle.UnpicklingError("compressed")

        def storage(dtype: np.dtype, key: str, count: int) -> NDArray:
            if key not in storages:
                storages.take(dtype, count)
                with archive.open(f"{folder}data/{key}") as record:
                    data = record.read(count * dtype.itemsize)
                storages[key] = np.frombuffer(data, dtype, count)
            return storages[key]

        with archive.open(record) as file:
            return _Unpickler(file, storage).load()


def _read_stream(file: IO[bytes], storages: _Storages) -> Any:
    magic, _, _ = (_Unpickler(file).load() for _ in range(3))  # then the protocol and the system
    if magic != MAGIC:
        raise pickle.UnpicklingError("magic")

    def storage(dtype: np.dtype, key: str, count: int) -> NDArray:
        if key not in storages:
            storages.take(dtype, count)
            storages[key] = np.empty(count, dtype)
        return storages[key]

    content = _Unpickler(file, storage).load()
    for key in _Unpickler(file).load():  # the values come after what they are for
        count = int.from_bytes(file.read(8), "little")
        target = storages[key]
        if count != len(target):
            raise pickle.UnpicklingError("count")
        target[:] = np.frombuffer(file.read(count * target.itemsize), target.dtype, count)
    return content
