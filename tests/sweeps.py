"""Sweeps made by hand: models with parameters, and how many rows each gets right."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from factory import analyzed, evaluation, head, outputs
from handmade import made_plan

from reportgen.analysis import analyze as analysis
from reportgen.contract.params import Params
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.sections.sweep.schema import SweepResult

ROWS = 400
SWEEP = Registry().find("sweep")


def grid(**values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return all settings of some parameters."""
    return [dict(zip(values, one, strict=True)) for one in product(*values.values())]


def made(
    settings: Sequence[dict[str, Any]], right: Callable[[dict[str, Any]], float | None], **changes: Any
) -> Evaluation:
    """Make an evaluation of a model for each setting, which gets a share of the rows right; None: it always answers the first class.

    Rows are right by chance, from one seed, so that models of one setting differ.
    """
    generator = np.random.default_rng(11)
    labels = generator.integers(0, 3, ROWS)
    labels[:20] = 0
    heads = []
    for setting in settings:
        share = right(setting)
        answers = (
            np.zeros(ROWS, int) if share is None else np.where(generator.random(ROWS) < share, labels, (labels + 1) % 3)
        )
        heads.append(head(outputs(4.0 * np.eye(3)[answers], labels)))
    names = tuple(f"m{place}" for place in range(len(settings)))
    values = {name: setting for name, setting in zip(names, settings, strict=True) if setting}
    params = Params(values, readings=("lr from the test",), **changes)
    return replace(evaluation(*heads, names=names), params=params)


def results(folder: Path) -> Results:
    """Analyze a sweep in which a parameter matters, as a run does."""
    settings = grid(kind=("cnn", "mlp"), width=(8, 24), seed=(1, 2, 3))
    lines = ["schema_version = 1", "[report]", 'title = "Sweep"', "[data]", 'path = "test.npz"']
    for place, setting in enumerate(settings):
        (folder / f"m{place}.keras").touch()
        values = ", ".join(f"{name} = {json.dumps(value)}" for name, value in setting.items())
        lines += [f"[models.m{place}]", f'path = "m{place}.keras"', f"params = {{ {values} }}"]
    planned = made_plan(folder, "\n".join([*lines, "[[sections]]", 'kind = "sweep"']))
    found = made(settings, lambda setting: 0.9 if setting["kind"] == "cnn" else 0.7)
    return analysis.analyze(planned, found, "2026-01-02T03:04:05+00:00", keep_going=False)


def swept(
    settings: Sequence[dict[str, Any]], right: Callable[[dict[str, Any]], float | None], **options: Any
) -> SweepResult:
    """Return the result of the section for such an evaluation."""
    found: SweepResult = analyzed(SWEEP, made(settings, right), **options)
    return found
