"""Cards of any image classifier that timm or transformers saved, measured on a labelled set."""
