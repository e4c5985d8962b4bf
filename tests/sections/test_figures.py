"""What sections declare of their figures is what they draw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from factory import declared, evaluation, head, history, layer, noisy, outputs, probed, weight
from handmade import made_plan

from reportgen.analysis import analyze as analysis
from reportgen.contract.records.activations import AttentionStatistics
from reportgen.contract.records.data import DataDescription, LabelCounts
from reportgen.figures.style import theme
from reportgen.plan.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation

NAMES = tuple("abcdefgh")
N = 200
GENERATOR = np.random.default_rng(0)
LOGITS, LABELS = noisy(N, 4)
CURVES = {
    "loss": np.linspace(2, 0.5, 12),
    "val_loss": np.linspace(2, 1, 12),
    "accuracy": np.linspace(0.5, 0.95, 12),
    "val_accuracy": np.linspace(0.5, 0.9, 12),
    "wobble": np.arange(12.0),
}


def filled(made: ModelEvaluation, step: int) -> ModelEvaluation:
    """Give a model weights, activations with attention, a history, and a place in a run."""
    looks = AttentionStatistics(np.ones(2), np.array([0.5, 0.6]), 100)
    hidden = layer(np.maximum(GENERATOR.normal(size=(N, 8)), 0), "hidden", attention=looks)
    return replace(
        made,
        series="run",
        weights=(weight(GENERATOR.normal(size=(16, 8)) + step), weight(GENERATOR.normal(size=(8, 4)), "out/kernel")),
        activations=probed(hidden, layer(LOGITS, "out", None)),
        history=history(**CURVES),
    )


def everything() -> Evaluation:
    """Make an evaluation of many models that has all that a section can ask for."""
    heads = [head(outputs(LOGITS + step * GENERATOR.normal(size=LOGITS.shape), LABELS)) for step in range(len(NAMES))]
    made = evaluation(*heads, names=NAMES)
    assert made.data is not None
    described = DataDescription((), (LabelCounts(None, ("0", "1", "2", "3"), (50, 50, 50, 50)),), 0, 0)
    models = tuple(filled(one, step) for step, one in enumerate(made.models))
    return replace(made, models=models, data=replace(made.data, description=described))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Analyze them with every section that is installed."""
    folder: Path = tmp_path_factory.mktemp("figures")
    (folder / "h.json").touch()
    for name in NAMES:
        (folder / f"{name}.keras").touch()
    lines = ["schema_version = 1", "[report]", 'title = "Figures"', "[data]", 'path = "test.npz"']
    for name in NAMES:
        lines += [f"[models.{name}]", f'path = "{name}.keras"', 'history = "h.json"', 'series = "run"']
    for name in Registry().names:
        lines += ["[[sections]]", f'kind = "{name}"']
    planned = made_plan(folder, "\n".join(lines))
    return analysis.analyze(planned, everything(), "2026-01-02T03:04:05+00:00", keep_going=False)


@pytest.mark.parametrize("name", Registry().names)
def test_what_is_declared_is_drawn(name: str, results: Results) -> None:
    """With everything that there can be, all declared figures are drawn in the declared order, those of sheets last."""
    section = Registry().find(name)
    record = next(one for one in results.sections if one.kind == name)
    drawer = section.visualizer(theme("publication", NAMES)) if section.visualizer else None
    figures = [*drawer.figures(record.result), *drawer.further(record.result)] if drawer else []
    drawn = [declared(section, figure.name) for figure in figures]
    assert list(dict.fromkeys(drawn)) == [spec.name for spec in section.figures]
