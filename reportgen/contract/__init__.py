"""What sections and core exchange: types without behavior of their own, split by subject."""
