"""Training parameters of the models: what a sweep varies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

if TYPE_CHECKING:
    from collections.abc import Mapping


def _is_a_value(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str):
        message = "must be a number, true or false, or text"
        raise ValueError(message)  # noqa: TRY004 pydantic takes it for a mistake in the spec
    if isinstance(value, float) and not math.isfinite(value):
        message = f"must be a finite number (found {value})"
        raise ValueError(message)
    return value


Value = Annotated[bool | int | float | str, BeforeValidator(_is_a_value)]
"""The value of a parameter."""


@dataclass(frozen=True)
class FailedTrial:
    """A trial that its tuner marks as failed and that left no model.

    Attributes
    ----------
    name
        The trial: its file, and its number in a file of many.
    params
        Those that are known of it.
    file, sha256
        Where the tuner says so, and its digest.
    """

    name: str
    params: Mapping[str, Value]
    file: str
    sha256: str


@dataclass(frozen=True)
class Params:
    """The training parameters of all models, and where they come from.

    Attributes
    ----------
    values
        By model; models without parameters are left out.
    files
        File and SHA-256 digest of the table that a model's parameters come from, by model.
    readings
        Where the parameters come from, as sentences.
    unused
        Tables with rows that are about no model of the spec: file and number of such rows, without failed trials.
    failed
        Trials that left no model and that the tuner marks as failed.
    pruned
        Tables with trials that the tuner stopped early, which is no failure: file and number, which are among those of ``unused``.
    """

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    unused: tuple[tuple[str, int], ...] = ()
    failed: tuple[FailedTrial, ...] = ()
    pruned: tuple[tuple[str, int], ...] = ()


NO_PARAMS = Params()
"""No model has parameters."""
