"""Several processes that train together: as many as were asked for, and in step."""

import os
from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

from fer.errors import DataError

# The first process judges and saves, or asks teachers, while the others wait for it.
PATIENCE = timedelta(hours=6)
LAUNCH = "torchrun --nproc_per_node N -m train.train …"


def make_accelerator() -> Accelerator:
    """What the processes of a run share work by; alone where there is but one.

    Raises `DataError` where processes were asked for that would not train together.
    """
    processes = int(os.environ.get("WORLD_SIZE", 1))
    if processes == 1 and "MASTER_PORT" in os.environ and "ACCELERATE_USE_CPU" in os.environ:
        raise DataError(
            "accelerate launch starts a single process where there is no GPU, however many are "
            f"asked for: use {LAUNCH}."
        )
    gpus, here = torch.cuda.device_count(), int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    if 0 < gpus < here:
        raise DataError(
            f"There are {gpus} GPUs for {here} processes: set --nproc_per_node to at most {gpus}."
        )
    # It would not see other processes on CPUs unless it is told that CPUs are meant.
    accelerator = Accelerator(
        cpu=processes > 1 and not gpus,
        mixed_precision="no",  # which it allows but one of in a process; see `precision`
        kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)],
    )
    if accelerator.num_processes != processes:
        raise DataError(
            f"{processes} processes were started and {accelerator.num_processes} train: start "
            f"them with {LAUNCH}."
        )
    if processes > 1 and accelerator.is_main_process:
        print(f"{processes} processes share every batch.")
    return accelerator


def in_any(accelerator: Accelerator, here: bool) -> bool:
    """Whether something holds in one of the processes at least; all have to ask at once."""
    flag = torch.tensor(float(here), device=accelerator.device)
    return bool(accelerator.reduce(flag).item())
