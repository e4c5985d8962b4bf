"""A text to a validated spec whose every part has its place."""
