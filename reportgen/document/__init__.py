"""Results to a tree of parts, free of any format."""
