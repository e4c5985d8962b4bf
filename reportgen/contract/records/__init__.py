"""What one pass over the data leaves: frozen dataclasses of numpy arrays. No keras here or after it."""
