"""Models, data sets and histories: the only rooms that open the files that a spec names."""
