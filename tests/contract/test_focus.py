"""Which models are compared side by side: those of the decision, in its order, or a few."""

from __future__ import annotations

from typing import NamedTuple

from reportgen.contract.decision import Baseline, Decision
from reportgen.contract.focus import Focus, View


class Item(NamedTuple):
    model: str
    part: int = 0


ITEMS = tuple(Item(model, part) for model in "abcd" for part in (0, 1))
PAIR = Decision(candidate="c", baseline=Baseline(model="a"))


def test_the_candidate_comes_before_its_baseline() -> None:
    """All that is about them, whatever the order of the spec."""
    assert View(decision=PAIR).compared(ITEMS, 3) == (("c", 0), ("c", 1), ("a", 0), ("a", 1))
    alone = View(decision=PAIR).compared([one for one in ITEMS if one.model != "c"], 3)
    assert [one.model for one in alone] == ["a", "a"]


def test_without_roles_a_few_models_are_compared() -> None:
    """Those in focus; the same where what is compared has neither candidate nor baseline."""
    focus = Focus(models=("d", "b", "a"), order=("d", "b", "a", "c"), by=None)
    assert [one.model for one in View(focus).compared(ITEMS, 2)] == ["b", "b", "d", "d"]
    others = [one for one in ITEMS if one.model in "bd"]
    assert [one.model for one in View(focus, PAIR).compared(others, 1)] == ["d", "d"]


def test_a_recommended_model_comes_first() -> None:
    """Whatever its rank, in place of the last one in focus; notes say that it is not there by its rank."""
    focus = Focus(models=("d", "b"), order=("d", "b", "a", "c"), by="accuracy").led_by("c")
    assert (focus.models, focus.order) == (("c", "d"), ("c", "d", "b", "a"))
    view = View(focus)
    assert [one.model for one in view.shown(ITEMS)] == ["c", "c", "d", "d"]
    end = "of 4 models; the others are in results.json."
    assert view.rest(ITEMS, view.listed(ITEMS, 3)).endswith(" of 4 models; the other is in results.json.")
    assert view.rest(ITEMS, view.shown(ITEMS)) == f" c and the 1 other with the best accuracy {end}"
    assert view.rest(ITEMS, ITEMS[4:6]) == f" c {end}"
    assert view.rest(ITEMS, ITEMS[:2]) == f" The 1 with the best accuracy {end}"
