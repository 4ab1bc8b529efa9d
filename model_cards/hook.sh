#!/bin/sh
# Checks the cards of model folders, or of the model folders that the given files lie in.
# What lies in the folder that they are in is not imported: it may be called like a package of ours.
PYTHONPATH="$(dirname "$0")/..${PYTHONPATH:+:$PYTHONPATH}" exec python -c '
import sys

sys.path = [folder for folder in sys.path if folder]
from model_cards.__main__ import main

sys.exit(main())
' check "$@"
