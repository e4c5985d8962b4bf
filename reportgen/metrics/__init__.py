"""Formulas: arrays in, numbers out. No file, no model, no picture; shared by every section."""
