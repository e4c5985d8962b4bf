"""From results to a document tree, independent of the output format."""
