"""The pipeline: from a spec to a plan, an evaluation, results and files."""
