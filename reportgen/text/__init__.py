"""A number or a name as text."""
