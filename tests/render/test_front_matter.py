"""The metadata of the model card, read by the library of the Hugging Face Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from handmade import SPEC, results
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index

from reportgen.pipeline.present import present
from reportgen.render.front_matter import front_matter
from reportgen.spec.tables.release import CardSpec

if TYPE_CHECKING:
    from reportgen.analysis.results import Results

CARD = CardSpec(
    license="apache-2.0",
    language=("no", "en"),
    tags=("digits", "1e5"),
    pipeline_tag="image-classification",
    base_model="a/b",
)
HOSTILE = (
    "---",
    "a\n---\nb",
    "a: b",
    "'\"",
    "!!python/object/apply:os.system [ls]",
    "*a &b",
    "# c",
    "{x: 1}",
    "\u202eab\x00\x85\u2028c",
    "é漢🙂",
    "null",
    "2026-01-01",
    "%YAML 1.1",
)


def of_candidate(**card: object) -> Results:
    """Make results with a candidate and a card."""
    made = results(SPEC.replace("[data]", '[decision]\ncandidate = "a"\nbaseline = "b"\n[data]', 1))
    return made.model_copy(update={"card": CardSpec.model_validate(card)})


def read(made: Results) -> ModelCard:
    """Render the model card of results and read it as the Hub does."""
    return ModelCard(present(made, ("markdown",)).files["model_card.md"].decode())


def test_the_hub_reads_what_was_measured() -> None:
    """Task, data set and numbers with their intervals of the candidate alone; the same again after the library wrote it."""
    made = of_candidate(**CARD.model_dump())
    data = read(made).data
    assert (data.license, data.language, data.library_name) == ("apache-2.0", ["no", "en"], "keras")
    assert (data.tags, data.pipeline_tag, data.base_model) == (["digits", "1e5"], "image-classification", "a/b")
    assert data.model_name == "a"
    assert data.eval_results is not None
    found = {one.metric_type: one for one in data.eval_results}
    assert set(found) == {"accuracy", "nll", "brier_score", "ece", "debiased_calibration_error"}
    accuracy = made["performance"].measurements
    metric = next(one.metric for one in accuracy if (one.name, one.model) == ("accuracy", "a"))
    shown = found["accuracy"]
    assert (shown.task_type, shown.dataset_name, shown.dataset_split) == ("image-classification", "test.npz", "test")
    assert shown.metric_value == metric.value
    assert shown.metric_args == {
        "ci_low": metric.ci_low,
        "ci_high": metric.ci_high,
        "ci_level": 0.95,
        "ci_method": "Wilson",
    }
    assert found["ece"].metric_args is None
    assert len(eval_results_to_model_index("a", data.eval_results)[0]["results"]) == 1


def test_nothing_is_invented() -> None:
    """Without a card there is no license, no language and no task of the Hub."""
    data = read(of_candidate()).data
    assert (data.license, data.language, data.tags, data.get("pipeline_tag")) == (None, None, None, None)
    assert data.eval_results is not None
    assert {one.task_type for one in data.eval_results} == {"classification"}


def test_a_comparison_has_every_model() -> None:
    """One entry for each model with numbers, under its name."""
    data = read(results()).data
    assert data.eval_results is not None
    assert [one.metric_type for one in data.eval_results].count("accuracy") == 2
    assert [line for line in front_matter(results()).splitlines() if line.startswith("- name")] == [
        '- name: "a"',
        '- name: "b"',
    ]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_stay_text(words: str) -> None:
    """They neither end the block nor become anything but text."""
    made = of_candidate(license=words, tags=(words,), language=(words,))
    assert made.data is not None
    files = tuple(one.model_copy(update={"file": words}) for one in made.data.files)
    data = made.data.model_copy(update={"split": words, "files": files})
    block = front_matter(made.model_copy(update={"data": data}))
    card = ModelCard(f"{block}\n# Title\n")
    assert card.text.strip() == "# Title"
    assert card.data.tags == [card.data.license] == card.data.language
    assert isinstance(card.data.license, str)
    if words.isprintable():
        assert card.data.license == words
    assert card.data.eval_results is not None
    assert {one.dataset_split for one in card.data.eval_results} == {card.data.license}
