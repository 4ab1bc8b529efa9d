"""In which precision a run computes where its recipe leaves that to the machine."""

from typing import Literal

import torch

Settled = Literal["fp32", "bf16", "fp16"]
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def settled(precision: Literal["auto", "fp32", "bf16", "fp16"], device: torch.device) -> Settled:
    """A recipe's precision on a device: "auto" is bf16 where there are instructions for it.

    Without them bf16 is emulated, and far slower than fp32. GPUs such as T4 and P100, which have
    none, are quick in fp16.
    """
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    able = device.type == "cpu" and (
        torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    )
    return "bf16" if able else "fp32"


def autocast(precision: Settled, device: torch.device) -> torch.autocast:
    """Inside of it networks on the device compute in that precision."""
    mixed = precision in TYPES
    return torch.autocast(device.type, TYPES.get(precision, torch.bfloat16), enabled=mixed)
