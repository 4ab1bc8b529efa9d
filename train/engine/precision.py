"""In which precision a run computes where its recipe leaves that to the machine."""

from typing import Literal

import torch


def settled(
    precision: Literal["auto", "fp32", "bf16"], device: torch.device
) -> Literal["fp32", "bf16"]:
    """A recipe's precision on a device: "auto" is bf16 where there are instructions for it.

    Without them bf16 is emulated, and far slower than fp32.
    """
    if precision != "auto":
        return precision
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        able = device.type == "cpu" and (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        )
    return "bf16" if able else "fp32"
