"""The product as one page of code: a spec to a plan to an evaluation to results to files."""
