"""The tasks, one module each: evidence rules, label encoder, accumulator."""
