"""Read a PyTorch checkpoint without running any code that its pickle names.

A pickle builds objects by calling what it names. Here every name is looked up in one short table of
containers and of stand-ins written in this file; anything else is refused before it is imported.
Both of PyTorch's formats are read: the zip archive, and the plain stream from before version 1.6.
`torch.load(weights_only=True)` does not suffice: it refuses a whole pickled network in the stream.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from fer.errors import ModelError

MAGIC = 0x1950A86A20F9469CFC6C  # opens the plain stream

STORAGES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
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


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name: of a state dict, of one in a dict, or of a network.

    Raises `ModelError` when the file is none of these or asks for anything beyond.
    """
    try:
        with path.open("rb") as file:
            content = _read_zip(path) if zipfile.is_zipfile(path) else _read_stream(file)
        return _state_dict(content)
    except ModelError:
        raise
    except FileNotFoundError as error:
        raise ModelError(f"There is no checkpoint {path}: check the path.") from error
    except Exception as error:  # a damaged pickle can fail anywhere, with anything
        raise ModelError(
            f"{path} is damaged or not a PyTorch checkpoint: copy it again."
        ) from error


def _state_dict(content: Any) -> dict[str, Tensor]:
    if hasattr(content, "_modules"):
        content = dict(_walk(content))
    if not isinstance(content, dict):
        raise TypeError(type(content))
    for wrapper in ("model_state_dict", "state_dict"):
        content = content.get(wrapper, content)
    if not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise TypeError("no tensors by name")
    # Data-parallel training prefixes every name.
    return {name.removeprefix("module."): tensor for name, tensor in content.items()}


def _walk(layer: Any, prefix: str = "") -> Any:
    """The tensors of a pickled network, named as its state dict would name them."""
    for kind in ("_parameters", "_buffers"):
        for name, tensor in getattr(layer, kind, {}).items():
            if tensor is not None:
                yield prefix + name, tensor
    for name, child in layer._modules.items():
        yield from _walk(child, f"{prefix}{name}.")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storage: Callable[..., Tensor] | None = None):
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


def _tensor(storage: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    return storage.as_strided(tuple(size), tuple(stride), offset)


def _parameter(tensor: Tensor, *_: Any) -> Tensor:
    return tensor


def _read_zip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        (record,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = record.removesuffix("data.pkl")
        # PyTorch stores its records as they are: a compressed one could unpack to any size.
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise pickle.UnpicklingError("compressed")
        storages: dict[str, Tensor] = {}

        def storage(dtype: torch.dtype, key: str, count: int) -> Tensor:
            if key not in storages:
                data = bytearray(archive.read(f"{folder}data/{key}"))
                storages[key] = torch.frombuffer(data, dtype=dtype, count=count)
            return storages[key]

        with archive.open(record) as file:
            return _Unpickler(file, storage).load()


def _read_stream(file: IO[bytes]) -> Any:
    magic, _, _ = (_Unpickler(file).load() for _ in range(3))  # then the protocol and the system
    if magic != MAGIC:
        raise pickle.UnpicklingError("magic")
    room = Path(file.name).stat().st_size
    storages: dict[str, Tensor] = {}

    def storage(dtype: torch.dtype, key: str, count: int) -> Tensor:
        if key not in storages:
            if not 0 <= count * dtype.itemsize <= room:
                raise pickle.UnpicklingError("size")
            storages[key] = torch.empty(count, dtype=dtype)
        return storages[key]

    content = _Unpickler(file, storage).load()
    for key in _Unpickler(file).load():  # the values come after what they are for
        count = int.from_bytes(file.read(8), "little")
        target = storages[key]
        if count != len(target):
            raise pickle.UnpicklingError("count")
        data = bytearray(file.read(count * target.element_size()))
        target.copy_(torch.frombuffer(data, dtype=target.dtype, count=count))
    return content
