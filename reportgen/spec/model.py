"""The spec as written by the user: one pydantic schema for TOML and YAML. Nothing is resolved here.

Sections keep their own keys (``extra``); the plan validates them against the options of the section.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.contract.base import Strict
from reportgen.spec.tables.data import DataSpec
from reportgen.spec.tables.models import ModelSpec
from reportgen.spec.tables.output import LimitsSpec, OutputSpec
from reportgen.spec.tables.release import CardSpec, DecisionSpec, ReportInfo, TrendSpec
from reportgen.spec.tables.sections import CheckSpec, SectionSpec, SliceSpec
from reportgen.spec.tables.types import Name


class ReportSpec(Strict):
    """The spec of a report: models, data, sections, checks and output."""

    schema_version: Literal[1]
    """Version of the schema."""
    report: ReportInfo
    """Title, version, authors and description of the report."""
    models: dict[Name, ModelSpec] = Field(min_length=1)
    """The models under review, by name."""
    decision: DecisionSpec = DecisionSpec()
    """The roles of the models in the decision."""
    trend: TrendSpec | None = None
    """The headlines over several earlier releases."""
    data: DataSpec | None = None
    """The evaluation data."""
    slices: tuple[SliceSpec, ...] = ()
    """Parts of the rows on which the section `slices` measures every model."""
    card: CardSpec = CardSpec()
    """What only people know about the model."""
    sections: tuple[SectionSpec, ...] = Field(min_length=1)
    """The sections in the order of the report."""
    checks: tuple[CheckSpec, ...] = ()
    """Conditions that metrics must meet."""
    output: OutputSpec = OutputSpec()
    """Output files and their folder."""
    limits: LimitsSpec = LimitsSpec()
    """What a run may take: time, memory, sizes of files."""
