"""The types that sections and core exchange, split by subject."""
