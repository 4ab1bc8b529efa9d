"""Training, evaluation and publishing scripts; `fer` never imports from here."""
