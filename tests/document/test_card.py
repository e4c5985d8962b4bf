"""The card: what it must state, and which frameworks it covers."""

from __future__ import annotations

import re

import pytest
from handmade import SPEC, results

from reportgen.contract.card import ITEMS
from reportgen.document.coverage import coverage
from reportgen.document.front import front_page
from reportgen.pipeline.flow import verdict_code
from reportgen.pipeline.present import present
from reportgen.spec.errors import SpecError
from reportgen.spec.tables.release import CardSpec

HEAD = SPEC.split("[[checks]]")[0]
CANDIDATE = HEAD.replace("[data]", '[decision]\ncandidate = "a"\n[data]', 1)


def test_every_item_is_a_key() -> None:
    """The list of items and the keys of a card do not part."""
    others = {"language", "tags", "pipeline_tag", "base_model", "require"}
    assert set(CardSpec.model_fields) == set(ITEMS) | others


@pytest.mark.parametrize("stated", ["", 'owner = "  "\n'])
def test_what_is_required_and_missing_fails(stated: str) -> None:
    """In the verdict, the exit code, the grid, JUnit and the summary."""
    made = results(CANDIDATE + f'[card]\nintended_use = "Digits."\n{stated}require = ["intended_use", "owner"]\n')
    assert [(one.address, one.model, one.state) for one in made.checks] == [
        ("card.intended_use", "a", "PASS"),
        ("card.owner", "a", "FAIL"),
    ]
    assert verdict_code(made) == 1
    verdict = front_page(made, None, {}).verdict
    assert verdict.headline == "a does not pass its checks"
    assert verdict.sentence == "Of 2 checks, 1 failed (owner not stated), 1 passed."
    files = present(made, ("markdown", "junit", "html"), draw=False).files
    assert "| Owner, stated | × FAIL not stated |" in files["model_card.md"].decode()
    junit = files["junit.xml"].decode()
    assert '<testcase classname="card.owner" name="Owner stated: a">' in junit
    assert '<failure message="not stated" />' in junit
    assert "not stated" in files["report.html"].decode()


def test_what_is_required_and_stated_passes() -> None:
    """In a comparison for every model; an item that is named twice counts once."""
    made = results(HEAD + '[card]\nowner = "We"\nrequire = ["owner", "owner"]\n')
    assert [(one.model, one.state) for one in made.checks] == [("a", "PASS"), ("b", "PASS"), ("c", "PASS")]
    assert verdict_code(made) == 0


def test_an_unknown_item_is_a_mistake_in_the_spec() -> None:
    """With its place and a hint."""
    with pytest.raises(SpecError, match=r"card\.require.*intended_use"):
        results(HEAD + '[card]\nrequire = ["intended_us"]\n')


def test_coverage_is_what_is_stated() -> None:
    """Items that are stated as a whole, in part, and not at all; never a word about compliance."""
    none = {row[0]: row[1:] for row in coverage(results(HEAD)).rows}
    card = "".join(f'{item} = "Words."\n' for item in ITEMS)
    full = {row[0]: row[1:] for row in coverage(results(f'{CANDIDATE}[card]\n{card}language = ["en"]\n')).rows}
    assert list(none) == ["Mitchell et al. (2019)", "Hugging Face model card", "EU AI Act, Annex IV"]
    whole, partly, missing = none["Mitchell et al. (2019)"]
    assert whole == "Quantitative analyses"
    assert "Model details (missing: license, citation, contact)" in str(partly)
    assert missing == "Intended use; Training data; Ethical considerations; Caveats and recommendations"
    assert full["Mitchell et al. (2019)"][2] is None
    assert "Metrics (missing: limits)" in str(full["Mitchell et al. (2019)"][1])
    assert "5 Risk management" in str(full["EU AI Act, Annex IV"][2])
    page = present(results(HEAD), ("markdown",)).files["model_card.md"].decode()
    assert not re.search(r"complian|conforms", page, re.IGNORECASE)


def test_the_card_has_the_sections_of_mitchell() -> None:
    """In their order, each once; what nobody states is said once."""
    card = present(results(HEAD), ("markdown",)).files["model_card.md"].decode()
    assert re.findall(r"^## (.*)$", card, re.MULTILINE)[1:] == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
        "Coverage",
    ]
    assert card.count("Not stated.") == 5
