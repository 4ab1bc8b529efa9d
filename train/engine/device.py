"""What a device is given so that it need not wait, and what it can do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils._triton import has_triton

from fer.cores import cores

MOST_WORKERS = 8


def default_workers(device: torch.device) -> int:
    """How many processes fetch faces: on a CPU none, for training itself needs the cores."""
    if device.type != "cuda":
        return 0
    here = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # processes that share the cores
    return max(1, min(MOST_WORKERS, cores() // here - 1))


def compiles(device: torch.device) -> bool:
    """Whether torch.compile can write kernels for a device; older GPUs than T4 have no Triton."""
    if device.type != "cuda" or has_triton():
        return True
    print("This GPU runs no compiled kernels, so the recipe's compile is left out.")
    return False


@contextmanager
def quick_arithmetic(device: torch.device) -> Iterator[None]:
    """Inside, a GPU multiplies in TF32 and tries which convolution is the quickest.

    Only for training: what a finished model answers is computed in full precision.
    """
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.benchmark = before[1]
