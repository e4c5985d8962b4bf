"""The evaluation: one pass over the data per model."""
