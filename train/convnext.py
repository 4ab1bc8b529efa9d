"""Train ConvNeXt-V2: python -m train.convnext --data FOLDER --out runs/NAME

Like `train.ddamfn`, with another recipe.
"""

import sys

from train.engine.command import main

if __name__ == "__main__":
    sys.exit(main("python -m train.convnext", "ferplus-convnext.toml"))
