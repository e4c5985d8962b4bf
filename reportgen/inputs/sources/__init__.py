"""Data sources: one module per format, which reads its names, arrays and digests."""
