"""Labels of names: safe, short, and no two alike."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from reportgen.text import naming


@given(st.lists(st.text(alphabet="ab-/. \u200b", max_size=80), unique=True, max_size=30))
def test_no_two_labels_are_alike(names: list[str]) -> None:
    """Whatever the names have in common, and however long they are."""
    labels = naming.labels(names)
    assert len(set(labels)) == len(names)
    assert all(len(label) <= naming.LIMIT for label in labels)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=12), unique=True, max_size=10))
def test_short_names_stay_as_they_are(names: list[str]) -> None:
    """A label is the name wherever it fits."""
    assert naming.labels(names) == tuple(names)


def test_the_part_that_differs_is_kept() -> None:
    """A number behind equal halves would say nothing of what was trained."""
    runs = [f"sweep-of-the-last-weekend-in-november-lr{rate}-on-the-whole-data" for rate in ("0.003", "0.0003")]
    assert naming.labels(["mlp", *runs]) == ("mlp", "…november-lr0.003…", "…november-lr0.0003…")


@pytest.mark.parametrize("limit", [16, 24, 32])
def test_names_without_a_place_to_part_are_numbered(limit: int) -> None:
    """Nothing tells where the part that differs begins."""
    first, second = naming.labels([f"{'x' * 40}{seed}{'y' * 40}" for seed in (1, 2)], limit)
    assert (first[-4:], second[-4:]) == (" (1)", " (2)")
    assert max(len(first), len(second)) <= limit


def test_a_number_never_makes_two_labels_alike() -> None:
    """Even where another model is called like a numbered one."""
    assert naming.labels(["a", "a\u200b", "a (1)"]) == ("a (2)", "a (3)", "a (1)")
