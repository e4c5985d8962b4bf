"""What people say of the release, and which models it is about."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.contract.card import CardItem
from reportgen.spec.tables.types import Name


class ReportInfo(Strict):
    """Title, version, authors and description of the report."""

    title: str = Field(min_length=1)
    """Title of the report."""
    version: str | None = None
    """Version of the release under review."""
    authors: tuple[str, ...] = ()
    """Responsible authors."""
    description: str | None = None
    """Author's note on page one, Markdown."""


class CardSpec(Strict):
    """What only people know about the model: the prose of a model card, Markdown. What is left out is listed as not stated."""

    intended_use: str | None = None
    """What the model is for, and for whom."""
    out_of_scope: str | None = None
    """What it must not be used for."""
    usage: str | None = None
    """How to load and call it, and what it needs."""
    factors: str | None = None
    """Groups, instruments and environments that matter, and which of them were evaluated."""
    metrics: str | None = None
    """Why these metrics and limits are appropriate."""
    evaluation_data: str | None = None
    """Where the evaluation data comes from, why it was chosen, and how it was prepared."""
    training_data: str | None = None
    """What it was trained on."""
    training_procedure: str | None = None
    """How it was trained: methods, pretrained parts, hardware, time."""
    ethical_considerations: str | None = None
    """Sensitive data, risks, harms, and how they are mitigated."""
    limitations: str | None = None
    """Known limitations, risks and biases."""
    recommendations: str | None = None
    """Caveats and recommendations for its users."""
    oversight: str | None = None
    """Who supervises it in use, and how they can intervene."""
    environmental_impact: str | None = None
    """Energy or emissions of training and use."""
    owner: str | None = None
    """Who is responsible for it."""
    contact: str | None = None
    """Whom to ask."""
    license: str | None = None
    """Its license, an identifier of SPDX or of the Hugging Face Hub: `apache-2.0`."""
    citation: str | None = None
    """How to cite it."""
    language: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Languages of its inputs, as codes of ISO 639: `en`. For the metadata of the model card."""
    tags: tuple[Name, ...] = ()
    """Tags for the metadata of the model card."""
    pipeline_tag: Name | None = None
    """Task on the Hugging Face Hub: `image-classification`. For the metadata of the model card."""
    base_model: Name | None = None
    """The model that it was derived from, as named on the Hugging Face Hub. For the metadata of the model card."""
    require: tuple[CardItem, ...] = ()
    """Items that must be stated: each is a check of the release, which fails if the item is missing."""

    def states(self, item: str) -> bool:
        """Return whether an item is stated."""
        return bool((getattr(self, item) or "").strip())


class BaselineSpec(Strict):
    """A model in an earlier release, as its results file tells it."""

    results: str = Field(min_length=1)
    """The `results.json` of the earlier release, relative to the spec. With the `predictions.parquet` beside it differences are paired, row by row."""
    model: Name | None = None
    """The model in it; by default its candidate, or its only model, or the one with the name of the candidate."""


class TrendSpec(Strict):
    """The headlines over several earlier releases."""

    results: str = Field(min_length=1)
    """Their results files, relative to the spec: a path with a `*`, such as `releases/*/results.json`."""
    model: Name | None = None
    """The model in each of them; by default its candidate, or its only model, or the one with the name of the candidate."""


class DecisionSpec(Strict):
    """The roles of the models in the decision."""

    candidate: Name | None = None
    """The model that is to be released; by default the only model. With several models and no candidate the report is a comparison."""
    baseline: Name | BaselineSpec | None = None
    """The model that the candidate would replace: a model of this spec, or a table that names the results file of an earlier release."""
