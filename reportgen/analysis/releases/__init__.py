"""Earlier releases: their results files and predictions, and what has changed since. Nothing in them is trusted or run."""
