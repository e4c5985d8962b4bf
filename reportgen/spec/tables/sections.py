"""Sections, slices and checks, as written."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from reportgen.contract.base import Strict
from reportgen.spec import where
from reportgen.spec.tables.types import Flag, Name, Names, Number

Compared = Literal["value", "ci_low", "ci_high", "clear"]
Change = Literal["absolute", "relative"]
_CONDITION = re.compile(r"\s*(>=|<=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


_Edges = Annotated[tuple[Number, ...], Field(min_length=1)]


class SliceSpec(Strict):
    """A part of the rows, or several of them, on which the section `slices` measures every model."""

    where: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Condition on columns, one slice: `region == "north" and 18 <= age < 65`; also `in ["a", "b"]`, `or`, `not`, parentheses; a name with other characters stands in backticks."""
    name: Name | None = None
    """Name of the slice of a `where`; by default the condition."""
    by: Name | Annotated[tuple[Name, ...], Field(min_length=1, max_length=2)] | None = None
    """Column, one slice for each of its values; or two columns, one slice for each pair of values."""
    edges: _Edges | dict[Name, _Edges] | None = None
    """Numbers at which the values of the column of `by` are cut into ranges: `[18, 65]` makes three slices. Of two columns, by name: `{ age = [18, 65] }`."""
    discover: Flag = False
    """Find slices with many errors by a shallow tree on a half of the rows, and judge them on the other half."""
    columns: Names | None = None
    """The columns that `discover` searches; by default those of `[data] columns`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [key for key, value in (("where", self.where), ("by", self.by), ("discover", self.discover)) if value]
        if not given:
            message = "needs where, by or discover = true"
            raise ValueError(message)
        if len(given) > 1:
            message = f"has more than one of where, by and discover: {', '.join(given)}"
            raise ValueError(message)
        for key, owner in (("name", "where"), ("edges", "by"), ("columns", "discover")):
            if getattr(self, key) is not None and given != [owner]:
                message = f"{key} belongs to {owner}"
                raise ValueError(message)
        if self.edges is not None:
            self._require_edges()
        if len(set(self.by_columns)) < len(self.by_columns):
            message = "names a column twice"
            raise ValueError(message)
        return self

    def _require_edges(self) -> None:
        """Reject edges that are in no order, or of no column of ``by``."""
        if not isinstance(self.edges, dict) and len(self.by_columns) > 1:
            message = f"edges of two columns are named: edges = {{ {self.by_columns[0]} = [...] }}"
            raise ValueError(message)
        for name, edges in self.edges_of.items():
            if name not in self.by_columns:
                message = f"edges are of {name!r}, which by does not name"
                raise ValueError(message)
            if any(high <= low for low, high in pairwise(edges)) or not all(map(math.isfinite, edges)):
                message = "edges must be finite numbers in increasing order"
                raise ValueError(message)

    @field_validator("where")
    @classmethod
    def _is_a_condition(cls, value: str | None) -> str | None:
        if value is not None:
            where.parse(value)
        return value

    @property
    def by_columns(self) -> tuple[str, ...]:
        """The columns of ``by``."""
        return () if self.by is None else (self.by,) if isinstance(self.by, str) else self.by

    @property
    def edges_of(self) -> dict[str, tuple[float, ...]]:
        """The edges by column of ``by``."""
        if self.edges is None or isinstance(self.edges, dict):
            return self.edges or {}
        return dict.fromkeys(self.by_columns, self.edges)

    @property
    def named_columns(self) -> tuple[tuple[str, str], ...]:
        """The columns that it names, each with its key: (key, column)."""
        if self.where is not None:
            return tuple(("where", column) for column in where.columns(where.parse(self.where)))
        if self.by is not None:
            return tuple(("by", column) for column in self.by_columns)
        return tuple(("columns", column) for column in self.columns or ())


class SectionSpec(BaseModel):
    """A section of the report; all other keys are options of its kind."""

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    kind: str
    """Which section: the name of an installed section, or a file that is imported and run: `./my_section.py:SECTION`."""
    id: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    """Its name in addresses; by default the name of the section. Required if a kind is used twice."""
    title: str | None = None
    """Chapter title; replaces the default."""
    text: str | None = None
    """Author's note at the top of the chapter, Markdown."""
    split: Name | None = None
    """The split of the data that it is measured on: `validation`, `train` (with `data.train.y`) or the default one."""
    optional: Flag = False
    """If the section lacks an input, skip it with the reason instead of reporting an error."""
    ignore: tuple[str, ...] = ()
    """Codes of rules not to apply."""


class CheckSpec(Strict):
    """A condition on a metric."""

    metric: str
    """Address of the metric: `<section>.<metric>`."""
    at_most: Number | None = None
    """Upper limit, inclusive."""
    at_least: Number | None = None
    """Lower limit, inclusive."""
    between: tuple[Number, Number] | None = None
    """Lower and upper limit, inclusive."""
    threshold: str | None = None
    """Short form: `">= 0.85"` or `"<= 0.05"`."""
    not_worse_by: Annotated[Number, Field(ge=0, allow_inf_nan=False)] | None = None
    """Non-inferiority: the candidate is not worse than the baseline by more than this, with its whole interval. The limit of the absolute change in the metric's worse direction, on the worse end of its interval."""
    on: Compared = "value"
    """What must be within the limits: the value, an end of its 95 % interval, or `clear` for both ends. Without an interval the outcome is ERROR."""
    change: Change | None = None
    """The limits apply to the change against the baseline, in the unit of the metric (`absolute`) or as a share of the baseline's value (`relative`)."""
    models: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Names of the models that it applies to; `*` matches anything. By default the candidate; in a comparison all."""
    subject: Name | None = None
    """Part of the model that it applies to (`class:3`); `*` matches anything. By default all parts that the metric has."""
    slices: Names | None = None
    """Names of the slices that it applies to, for a metric of the section `slices`; `*` matches anything. By default all."""
    severity: Literal["fail", "warn"] = "fail"
    """Outcome if the condition is not met."""
    optional: Flag = False
    """If the metric was not measured, the outcome is SKIPPED instead of ERROR."""

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        keys = ("at_most", "at_least", "between", "threshold", "not_worse_by")
        given = [key for key in keys if getattr(self, key) is not None]
        if not given:
            message = "needs a condition: at_most, at_least, between, threshold or not_worse_by"
            raise ValueError(message)
        if len(given) > 1 and set(given) != {"at_most", "at_least"}:
            message = f"has more than one condition: {', '.join(given)}"
            raise ValueError(message)
        if self.threshold is not None and not _CONDITION.fullmatch(self.threshold):
            message = f"threshold must be '>= NUMBER' or '<= NUMBER' (found {self.threshold!r})"
            raise ValueError(message)
        if self.slices is not None and self.subject is not None:
            message = "names its parts twice: leave out subject or slices"
            raise ValueError(message)
        if self.not_worse_by is not None and (self.on != "value" or self.change is not None):
            message = "not_worse_by says what is compared: leave out on and change"
            raise ValueError(message)
        low, high = self.limits
        if self.threshold is not None and not all(map(math.isfinite, (low or 0.0, high or 0.0))):
            message = f"threshold must have a finite number (found {self.threshold!r})"
            raise ValueError(message)
        if low is not None and high is not None and low > high:
            message = f"the lower limit {low:g} is above the upper limit {high:g}"
            raise ValueError(message)
        return self

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Lower and upper limit, both inclusive; None if there is none."""
        if self.between is not None:
            return self.between
        if self.threshold is not None and (match := _CONDITION.fullmatch(self.threshold)):
            number = float(match[2])
            return (number, None) if match[1] == ">=" else (None, number)
        return self.at_least, self.at_most
