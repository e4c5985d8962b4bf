"""From text to a validated spec, with the position of every key and value."""
