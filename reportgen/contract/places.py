"""Where figures and tables stand in a document."""

from __future__ import annotations

from typing import Literal

Place = Literal["front", "body", "finding", "appendix", "full"]
"""On page one if no earlier chapter offers a figure for it, otherwise in the body; in the body; in the body if its chapter has
a finding that needs action, otherwise in the appendix; in the appendix; only in the full report."""
