"""What only people know about a model: the items of ``[card]`` that a reader sees, in the order of a model card.

The list is in the lowest layer because a spec names items that it requires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

ITEMS = {
    "intended_use": "Intended use",
    "out_of_scope": "Out of scope",
    "usage": "How to use it",
    "factors": "Factors",
    "metrics": "Choice of metrics",
    "evaluation_data": "Evaluation data",
    "training_data": "Training data",
    "training_procedure": "Training procedure",
    "ethical_considerations": "Ethical considerations",
    "limitations": "Limitations",
    "recommendations": "Recommendations",
    "oversight": "Human oversight",
    "environmental_impact": "Environmental impact",
    "owner": "Owner",
    "contact": "Contact",
    "license": "License",
    "citation": "Citation",
}
"""The title of each item."""
STATED = "stated"
"""The unit of a check of an item: 1 if it is stated, 0 if not."""

if TYPE_CHECKING:
    CardItem = str
else:
    CardItem = Literal[tuple(ITEMS)]
    """The name of an item; others are rejected with the list of items."""
