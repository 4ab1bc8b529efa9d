"""What `config.json` calls the networks; known without importing torch, which takes seconds."""

import re

DDAMFN = "ddamfn"
FACE_RESNET = "face_resnet29"
# ConvNeXt-V2 under the names that timm gives its sizes.
CONVNEXT = {
    f"convnextv2_{size}": size for size in ("atto", "femto", "pico", "nano", "tiny", "base")
}
ARCHITECTURES = (DDAMFN, FACE_RESNET, *CONVNEXT)  # written here
ANY = f"{', '.join(ARCHITECTURES)}, or any image classifier of timm by its name"


def may_be(architecture: object) -> bool:
    """Whether this can be the name of a network; which names timm knows takes seconds to ask."""
    return isinstance(architecture, str) and bool(
        re.fullmatch(r"[a-z0-9_]{1,100}(\.[a-z0-9_]{1,100})?", architecture)
    )


def is_timms(architecture: str) -> bool:
    """Whether timm can build a network too."""
    return architecture not in (DDAMFN, FACE_RESNET)
