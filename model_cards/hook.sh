#!/bin/sh
# Checks the cards of model folders, or of the model folders that the given files lie in.
PYTHONPATH="$(dirname "$0")/..${PYTHONPATH:+:$PYTHONPATH}" exec python -m model_cards check "$@"
