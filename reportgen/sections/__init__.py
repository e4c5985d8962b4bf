"""The built-in sections, one folder each."""
