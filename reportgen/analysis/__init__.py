"""An evaluation to results: the sections' analyzers, the checks, the results file."""
