"""Data sources: one file for each format, which knows its names, its arrays and its digest."""
