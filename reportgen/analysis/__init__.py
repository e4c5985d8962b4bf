"""From an evaluation to results: analyzers, rules, checks, the results file."""
