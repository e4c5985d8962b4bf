"""How figures look, and how they become SVG: one theme, one look per model, deterministic bytes."""
