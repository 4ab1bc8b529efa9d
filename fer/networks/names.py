"""What `config.json` calls the networks; known without importing torch, which takes seconds."""

DDAMFN = "ddamfn"
FACE_RESNET = "face_resnet29"
# ConvNeXt-V2 under the names that timm gives its sizes.
CONVNEXT = {
    f"convnextv2_{size}": size for size in ("atto", "femto", "pico", "nano", "tiny", "base")
}
ARCHITECTURES = (DDAMFN, FACE_RESNET, *CONVNEXT)
