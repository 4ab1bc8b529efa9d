"""Train DDAMFN: python -m train.ddamfn --data FOLDER --out runs/NAME

Starts a run or, given the same --out again, carries on exactly from its last checkpoint. It ends in
a model folder, `<out>/model`, in half precision.
"""

import sys

from train.engine.command import main

if __name__ == "__main__":
    sys.exit(main("python -m train.ddamfn", "ferplus-ddamfn.toml"))
