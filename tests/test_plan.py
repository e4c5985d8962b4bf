"""What the sections of a spec ask of the evaluation."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen import plan, source
from reportgen.errors import SpecError
from reportgen.section import Need, Probe

DIGITS = Path(__file__).parents[1] / "specs" / "digits"


def planned(sections: str, data: str = '[data]\npath = "test.npz"\n') -> plan.Plan:
    """Plan some sections on the digits."""
    text = f'schema_version = 1\n[report]\ntitle = "T"\n[models.m]\npath = "mlp.keras"\n{data}{sections}'
    return plan.make(source.parse(text, "spec.toml", "toml"), DIGITS)


def test_only_what_is_needed_is_asked_for() -> None:
    """A report on weights alone needs no pass over the data."""
    assert planned('[[sections]]\nkind = "weights"\n').request.needs == {Need.WEIGHTS}
    asked = planned('[[sections]]\nkind = "information_flow"\nsamples = 50\n[[sections]]\nkind = "overview"\n').request
    assert asked.needs == {Need.ACTIVATIONS}
    assert asked.probe == Probe(samples=50, layers="units")


def test_two_sections_must_ask_for_the_same_activations() -> None:
    """One pass serves both; otherwise the second is named."""
    one = '[[sections]]\nkind = "information_flow"\n'
    with pytest.raises(SpecError, match=r"sections\[1\].*same layers as section information_flow"):
        planned(f'{one}[[sections]]\nkind = "information_flow"\nid = "deep"\nlayers = "all"\n')
    assert planned(f'{one}[[sections]]\nkind = "information_flow"\nid = "deep"\n').request.probe is not None


def test_the_larger_sample_serves_both() -> None:
    """One pass, the most rows that a section asks for."""
    one = '[[sections]]\nkind = "information_flow"\nsamples = {}\n'
    asked = planned(one.format(50) + one.format(70) + 'id = "second"\n').request
    assert asked.probe == Probe(samples=70, layers="units")


def test_what_is_skipped_asks_for_nothing() -> None:
    """An optional section without data asks for no activations."""
    without = planned('[[sections]]\nkind = "information_flow"\noptional = true\n', data="")
    assert without.sections[0].skip == "needs data: add a [data] table"
    assert without.request.probe is None
    assert not without.request.needs
