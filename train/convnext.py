"""Train ConvNeXt-V2: python -m train.convnext --data FOLDER --out runs/NAME

Like `train.train`, for recipes of this network alone.
"""

import sys

from train.train import main as train


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    return train(arguments, "train.convnext", "ferplus-convnext")


if __name__ == "__main__":
    sys.exit(main())
