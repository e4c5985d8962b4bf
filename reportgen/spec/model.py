"""The spec: what the user writes, as one pydantic schema for TOML and YAML. Nothing is resolved here.

Each section keeps its own keys (``extra``): the plan validates them against that section's options.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.contract.findings import Severity
from reportgen.contract.formats import FORMATS, Format

Name = Annotated[str, Field(min_length=1)]
Style = Literal["publication", "presentation", "draft"]
TaskName = Literal["auto", "multiclass", "binary", "multilabel", "regression"]
OutputsName = Literal["auto", "probabilities", "logits", "values"]

_CLASSIFICATION = frozenset({"multiclass", "binary", "multilabel"})
_CONDITION = re.compile(r"\s*(>=|<=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def _or_false(schema: dict[str, Any]) -> None:
    """Let a key be ``false``, which the model takes for None."""
    schema["anyOf"].append({"const": False})


class ReportInfo(Strict):
    """The author's words about the report."""

    title: str = Field(min_length=1)
    """Title of the report."""
    version: str | None = None
    """Version of the release under review."""
    authors: tuple[str, ...] = ()
    """Who answers for the models."""
    description: str | None = None
    """The author's own words on page one, Markdown."""


class ModelSpec(Strict):
    """A model under review."""

    path: str = Field(min_length=1)
    """The `.keras` file, relative to the spec. With a `*` (`runs/*/model.keras`) the entry stands for every file that matches."""
    name: Name | None = None
    """Names of the models that a pattern stands for, with its `*`: `*-best`; by default what the `*` stands for."""
    history: str | None = None
    """Training history: `history.history` as JSON, or a CSVLogger CSV; with the `*` of a pattern, `runs/*/history.json`."""
    series: Name | None = None
    """Name of the run that the model is a checkpoint of: models with the same name are shown as a series, in their order."""
    outputs: OutputsName | dict[str, OutputsName] = "auto"
    """What the model puts out; `auto`: compiled loss, then last activation, then label type. One value per output head where there are several."""
    task: TaskName | dict[str, TaskName] = "auto"
    """What the model is for; `auto`: compiled loss, then last activation, then labels. One value per output head where there are several."""
    custom_objects: tuple[str, ...] = ()
    """Custom layers and functions: `package.module:Name` or `./layers.py:Name`. They are imported and run: a spec that names code is code."""

    @field_validator("task")
    @classmethod
    def _fits_the_outputs(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse classes as the task of a head whose outputs are values; tables are by output head."""
        outputs = info.data.get("outputs", "auto")
        heads = {head for given in (value, outputs) if isinstance(given, dict) for head in given}
        for head in sorted(heads) or [""]:
            task, kind = (one.get(head, "auto") if isinstance(one, dict) else one for one in (value, outputs))
            if kind == "values" and task in _CLASSIFICATION:
                where = f" of the head {head!r}" if head else ""
                message = f'contradicts outputs = "values"{where}: values are for regression (found {task!r})'
                raise ValueError(message)
        return value

    @field_validator("custom_objects")
    @classmethod
    def _names_an_object(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            module, colon, name = item.rpartition(":")
            if not colon or not module or not name.isidentifier():
                message = f"must be 'package.module:Name' or './file.py:Name' (found {item!r})"
                raise ValueError(message)
        return value


class DataSpec(Strict):
    """The data that the models are evaluated on."""

    path: str | None = None
    """An `.npz`, `.csv` or `.parquet` file; leave it out where `x` and `y` are `.npy` files."""
    x: str | tuple[str, ...] | dict[str, str | tuple[str, ...]] = "x"
    """Array name (npz), file (npy) or column names (csv, parquet); a table with one entry per input for models with several."""
    y: str | dict[str, str] | None = Field(default="y", json_schema_extra=_or_false)
    """The labels, likewise; a table with one entry per output head for models with several. `false` where there are none."""
    class_names: tuple[str, ...] | dict[str, tuple[str, ...]] | None = None
    """Names of the classes in the order of the model's outputs; a table by output head for models with several."""
    split: str = "test"
    """Which split it is; said on every figure."""
    max_samples: int | None = Field(default=None, ge=1)
    """Above it a seeded, label-stratified sample is evaluated; by default every row."""
    seed: int = Field(default=0, ge=0)
    """Seed of everything that is drawn at random."""
    batch_size: int = Field(default=256, ge=1)
    """Rows that go through the model at once."""

    @field_validator("y", mode="before")
    @classmethod
    def _false_is_none(cls, value: Any) -> Any:
        """Return None for ``false``: TOML has no null."""
        return None if value is False else value

    @field_validator("class_names")
    @classmethod
    def _no_name_twice(cls, value: Any) -> Any:
        for names in value.values() if isinstance(value, dict) else [value or ()]:
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                message = f"has a name twice: {', '.join(map(repr, twice))}"
                raise ValueError(message)
        return value


class SectionSpec(BaseModel):
    """A section of the report; keys beyond these are options of its kind."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    kind: str
    """Which section: the name of an installed one, or `./my_section.py:SECTION`, a file that is imported and run."""
    id: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    """Its name in addresses; by default the section's own. Needed where a kind stands twice."""
    title: str | None = None
    """Chapter title in place of the section's own."""
    text: str | None = None
    """The author's own words at the head of the chapter, Markdown."""
    optional: bool = False
    """Skip the section, saying why, where its needs are not met; otherwise that is an error."""
    ignore: tuple[str, ...] = ()
    """Codes of rules that are not applied."""


class CheckSpec(Strict):
    """A condition on a number."""

    metric: str
    """Address of the number: `<section>.<metric>`."""
    at_most: float | None = None
    """Upper limit, itself allowed."""
    at_least: float | None = None
    """Lower limit, itself allowed."""
    between: tuple[float, float] | None = None
    """Lower and upper limit, themselves allowed."""
    threshold: str | None = None
    """Short form: `">= 0.85"` or `"<= 0.05"`."""
    models: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Names of the models that it holds for; `*` stands for anything. By default all."""
    subject: str | None = None
    """Part of the model that it holds for (`class:3`); `*` stands for anything. By default all that the metric has."""
    severity: Literal["fail", "warn"] = "fail"
    """What it means when it does not hold."""
    optional: bool = False
    """Where the number was not measured, SKIPPED instead of ERROR."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [key for key in ("at_most", "at_least", "between", "threshold") if getattr(self, key) is not None]
        if not given:
            message = "needs a condition: at_most, at_least, between or threshold"
            raise ValueError(message)
        if len(given) > 1 and set(given) != {"at_most", "at_least"}:
            message = f"has more than one condition: {', '.join(given)}"
            raise ValueError(message)
        if self.threshold is not None and not _CONDITION.fullmatch(self.threshold):
            message = f"threshold must read '>= NUMBER' or '<= NUMBER' (found {self.threshold!r})"
            raise ValueError(message)
        low, high = self.limits
        if low is not None and high is not None and low > high:
            message = f"the lower limit {low:g} is above the upper limit {high:g}"
            raise ValueError(message)
        return self

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Lower and upper limit, both included; None where there is none."""
        if self.between is not None:
            return self.between
        if self.threshold is not None and (match := _CONDITION.fullmatch(self.threshold)):
            number = float(match[2])
            return (number, None) if match[1] == ">=" else (None, number)
        return self.at_least, self.at_most


class FiguresSpec(Strict):
    """Figures as files of their own."""

    save: bool = False
    """Write each figure into `figures/`."""
    format: Literal["svg", "png", "pdf"] = "png"
    """File format."""
    dpi: int = Field(default=300, ge=50, le=1200)
    """Dots per inch of png."""


class OutputSpec(Strict):
    """What is written, and where."""

    directory: str | None = None
    """Folder, relative to the spec; by default `build/<spec-name>` in the working directory."""
    formats: tuple[Format, ...] = Field(default=FORMATS, min_length=1)
    """Which files are written."""
    focus: Annotated[int, Field(ge=1)] | tuple[str, ...] = 6
    """Of more models than this, figures and tables of single models show those that are best by the first headline of page one; or the names of the models to show."""
    style: Style = "publication"
    """Look of the figures."""
    figures: FiguresSpec = FiguresSpec()
    """Figures as files of their own."""
    fail_on: Severity | None = None
    """Exit 1 when a finding is at least this grave."""
    templates: str | None = None
    """Folder of templates that is searched before reportgen's own, relative to the spec."""


class ReportSpec(Strict):
    """A report: what is reviewed, on which data, what it shows and what must hold."""

    schema_version: Literal[1]
    """Version of this schema."""
    report: ReportInfo
    """The author's words about the report."""
    models: dict[Name, ModelSpec] = Field(min_length=1)
    """The models under review, by name."""
    data: DataSpec | None = None
    """The data that the models are evaluated on."""
    sections: tuple[SectionSpec, ...] = Field(min_length=1)
    """The sections in their order."""
    checks: tuple[CheckSpec, ...] = ()
    """Conditions that the numbers must meet."""
    output: OutputSpec = OutputSpec()
    """What is written, and where."""
