"""The tables of a spec as pydantic models: `report.py` holds the whole."""
