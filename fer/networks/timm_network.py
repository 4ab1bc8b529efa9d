"""Any image classifier of timm (https://github.com/huggingface/pytorch-image-models) by its name.

What it is fed, how large its input is and on what terms its weights are follow from timm's own
metadata. Its tensors keep timm's names. timm takes seconds to import, so that this module is only
imported where a network is built; answers from the graph need neither.
"""

from difflib import get_close_matches
from typing import Any, Literal

import timm
import torch
import torch.nn.functional as F
from timm.models import PretrainedCfg
from torch import Tensor, nn

from fer.errors import HubError, ModelError

STEP = 0.05  # of a numerical derivative, as a share of what the head sees: so that bf16 tells too
TINY = 1e-12
Layout = Literal["channels first", "channels last", "tokens"]


class TimmNetwork(nn.Module):
    """What this project asks of a network, added to the class of one of timm's.

    Its head may look at the last map's mean alone.
    """

    num_classes: int
    layout: Layout  # of what `forward_features` gives
    linear: bool  # whether logits are linear in that mean

    def last_map(self, x: Tensor) -> Tensor:
        """The last features of faces B×3×S×S, B×C×h×w."""
        features = _timms(self).forward_features(x)
        if self.layout == "channels last":
            return features.permute(0, 3, 1, 2)
        if self.layout == "tokens":
            places = features[:, self._prefix() :]
            side = round(int(places.shape[1]) ** 0.5)
            return places.transpose(1, 2).unflatten(2, (side, side))
        return features

    def from_last_map(self, features: Tensor) -> Tensor:
        """The logits B×K, from the last features."""
        return _timms(self).forward_head(self.as_timm_has_it(features))

    def as_timm_has_it(self, features: Tensor) -> Tensor:
        """Features B×C×h×w in timm's own layout."""
        if self.layout == "channels last":
            return features.permute(0, 2, 3, 1)
        if self.layout == "tokens":  # those before the places of the image do not count
            return F.pad(features.flatten(2).transpose(1, 2), (0, 0, self._prefix(), 0))
        return features

    def explained(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits B×K and class maps B×K×h×w: Grad-CAM's sums over the last features.

        The sum at a place is how much each logit grows if what is there is added to all places.
        """
        features = self.last_map(x)
        places = features.shape[2] * features.shape[3]
        logits = self.from_last_map(features)
        if self.linear:
            weight = _timms(self).get_classifier().weight.flatten(1)
            maps = F.conv2d(features, weight[:, :, None, None]) / places
            return logits, maps
        mean = features.mean((2, 3))[:, None]
        each = features.flatten(2).transpose(1, 2)  # B×hw×C
        longest = each.norm(dim=2, keepdim=True).amax(1, keepdim=True)
        step = STEP * mean.norm(dim=2, keepdim=True) / (longest + TINY)
        more, less = (
            self.from_last_map(one.flatten(0, 1)[:, :, None, None])
            for one in (mean + step * each, mean - step * each)
        )
        grown = (more - less).unflatten(0, (-1, places)) / (2 * places * step + TINY)
        maps = grown.transpose(1, 2)
        return logits, maps.unflatten(2, features.shape[2:])

    def _prefix(self) -> int:
        """How many tokens come before those of the image's places."""
        return getattr(self, "num_prefix_tokens", 0)


def timm_network(name: str, num_classes: int, size: int = 0, pretrained: bool = False) -> nn.Module:
    """A network of timm: faces B×3×S×S to logits B×`num_classes`.

    `size` is the side S of faces, for those that work at one size only; 0 stands for timm's own.

    Raises `ModelError` where timm has no such network or it is not fit, `HubError` where its
    `pretrained` weights cannot be had.
    """
    about = metadata(name)
    own = about.input_size[-1]
    options: dict[str, Any] = {"pretrained": pretrained, "num_classes": num_classes}
    if not about.fixed_input_size:
        size = own
    elif size not in (0, own):
        options["img_size"] = size
    means: tuple[dict[str, Any], ...] = ({}, {"global_pool": "avg"})
    for pooling in means:  # the second way for those with a class token
        try:
            network = timm.create_model(name, **options, **pooling)
            if _prepare(network, size or own):
                return network
        except (OSError, RuntimeError, TypeError, ValueError, AssertionError) as error:
            if pretrained and isinstance(error, OSError | RuntimeError):
                raise HubError(
                    f"The weights of {name} cannot be downloaded ({type(error).__name__}): check "
                    "the connection, and start the same command again."
                ) from error
            if pooling:
                raise ModelError(
                    f"timm's {name} cannot work on faces of {size or own} pixels ({error}): give "
                    f"it its own size, {own}, or choose another network."
                ) from error
    raise ModelError(
        f"timm's {name} does not end in one classifier of the mean over a map, from which heatmaps "
        "follow: choose another network."
    )


def metadata(name: str) -> PretrainedCfg:
    """What timm says of a network and its weights; raises `ModelError` where it has none so named.

    Without weights of its own a network has the usual settings.
    """
    if not timm.is_model(name):
        near = get_close_matches(name, timm.list_models(), n=3, cutoff=0.5)
        hint = f" (nearest: {', '.join(near)})" if near else ""
        raise ModelError(f"timm has no network {name!r}{hint}.")
    return timm.get_pretrained_cfg(name) or PretrainedCfg()


def has_weights(name: str) -> bool:
    """Whether timm has weights of a network to start from."""
    about = timm.get_pretrained_cfg(name)
    return bool(about and about.has_weights)


def classifier(network: nn.Module) -> nn.Module:
    """The last layer of a network of timm."""
    return _timms(network).get_classifier()


def _prepare(network: nn.Module, size: int) -> bool:
    """Add `TimmNetwork` to the class of a network, unless it is of another kind than that asks."""
    timms = _timms(network)
    last = timms.get_classifier()
    if not isinstance(last, nn.Linear | nn.Conv2d) or last.bias is None:
        return False
    training = network.training
    with torch.inference_mode():
        ramp = torch.linspace(-1, 1, 3 * size * size).reshape(1, 3, size, size)
        features = timms.eval().forward_features(ramp)
        if (layout := _layout(timms, features)) is None:
            return False
        # So that checkpoints and timm itself know its tensors by their own names.
        kind = type(network)
        network.__class__ = type(kind.__name__, (TimmNetwork, kind), {})
        assert isinstance(network, TimmNetwork)
        network.layout = layout
        mean = network.last_map(ramp).mean((2, 3), keepdim=True)
        own = timms.forward_head(features, pre_logits=True).flatten(1)
        of_mean = timms.forward_head(network.as_timm_has_it(mean), pre_logits=True).flatten(1)
        network.linear = own.shape == mean.shape[:2] and torch.allclose(own, mean.flatten(1))
    network.train(training)
    return torch.allclose(own, of_mean, rtol=1e-3, atol=1e-5)


def _layout(network: Any, features: Any) -> Layout | None:
    if not isinstance(features, Tensor):
        return None
    shape, channels = tuple(features.shape), network.num_features
    if len(shape) == 4:
        return "channels last" if shape[3] == channels != shape[1] else "channels first"
    places = shape[1] - getattr(network, "num_prefix_tokens", 0) if len(shape) == 3 else 0
    return "tokens" if places and round(places**0.5) ** 2 == places else None


def _timms(network: nn.Module) -> Any:
    """A network with the methods that all of timm's have, which nn.Module does not know."""
    return network
