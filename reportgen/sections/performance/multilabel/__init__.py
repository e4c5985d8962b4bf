"""What the performance section says of multilabel heads: exact matches, averages over classes and rows, every class, differences."""
