"""The moving average of a network's weights, which is judged in their place."""

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float, first: bool) -> None:
    """Move an average of a network, a copy of it, towards what the network is now.

    After the `first` step it is the network's own. torch's `AveragedModel` would ask the device at
    every step which one that is, and a GPU would have to be waited for.
    """
    moved: tuple[list, list] = ([], [])
    means = [*average.parameters(), *average.buffers()]
    for mean, now in zip(means, [*network.parameters(), *network.buffers()], strict=True):
        if first or not mean.is_floating_point():
            mean.copy_(now)
        else:
            moved[0].append(mean)
            moved[1].append(now)
    if not first:
        get_ema_multi_avg_fn(decay)(*moved, 0)
