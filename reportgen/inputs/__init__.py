"""Models, data sets and histories: the only package that opens the files that a spec names."""
