"""How good a model is: figures, comparisons, plots and where they come from."""
