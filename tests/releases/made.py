"""Two releases made by hand: an old report of model a with its answers beside it, and specs of a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from factory import dense_head, evaluation, head, multilabel_head, noisy, outputs, regression_head, scenes

from reportgen.analysis import analyze as analysis
from reportgen.contract.formats import ANSWERS
from reportgen.plan.make import make
from reportgen.spec import source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.records.evaluation import Evaluation

CLASSES = ("ant", "bee", "cat")
WHEN = "2026-01-02T03:04:05+00:00"


def spec(
    models: Sequence[str], lines: str = "", sections: Sequence[str] = ("performance", "calibration"), version: str = "2"
) -> str:
    """Return a spec of models; ``lines`` come before the sections."""
    named = "".join(f'[models.{name}]\npath = "{name}.keras"\n' for name in models)
    listed = "".join(f'[[sections]]\nkind = "{kind}"\n' for kind in sections)
    head_ = (
        f'schema_version = 1\n[report]\ntitle = "Insects"\nversion = "{version}"\n{named}[data]\npath = "test.npz"\n'
    )
    return f"{head_}{lines}\n{listed}"


def classified(names: Sequence[str] = ("a", "b"), rows: int = 300, seed: int = 0, **changes: Any) -> Evaluation:
    """Models of three classes whose logits differ by noise; ``changes`` are those of the data."""
    logits, labels = noisy(rows, 3, seed=seed)
    generator = np.random.default_rng(7)
    scales = {name: 0.0 if name == "b" else 1.5 for name in "abcd"}
    heads = [
        head(outputs(logits + scales[name] * generator.normal(size=logits.shape), labels), CLASSES)
        for name in sorted(names)
    ]
    made = evaluation(*heads, names=tuple(sorted(names)))
    assert made.data is not None
    return replace(made, data=replace(made.data, **changes))


def only(made: Evaluation, *names: str) -> Evaluation:
    """Return an evaluation with some of its models."""
    return replace(made, models=tuple(model for model in made.models if model.name in names))


def values(rows: int = 120) -> Evaluation:
    """Two models of predicted values."""
    generator = np.random.default_rng(1)
    wanted = generator.normal(size=rows)
    return evaluation(*(regression_head(wanted + scale * generator.normal(size=rows), wanted) for scale in (0.6, 0.4)))


def positions(rows: int = 120, *, tokens: bool = False) -> Evaluation:
    """Two segmentation models, or two of sequences, of images of which two have no position that counts."""
    logits, labels = scenes(rows)
    labels[:2] = 255
    generator, shape = np.random.default_rng(1), (rows, 64) if tokens else (rows, 8, 8)
    heads = (
        dense_head(
            (logits + scale * generator.normal(size=logits.shape)).reshape(*shape, 3),
            labels.reshape(shape),
            CLASSES,
            ignored=255,
        )
        for scale in (1.0, 0.3)
    )
    return evaluation(*heads)


def several(rows: int = 300, **changes: Any) -> Evaluation:
    """Two models of three labels per row."""
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(rows, 3))
    labels = (generator.random(logits.shape) < 1 / (1 + np.exp(-3 * logits))).astype(float)
    made = evaluation(
        *(
            multilabel_head(3 * logits + scale * generator.normal(size=logits.shape), labels, CLASSES)
            for scale in (1.5, 0.5)
        )
    )
    assert made.data is not None
    return replace(made, data=replace(made.data, **changes))


def run(folder: Path, text: str, made: Evaluation, created: str = WHEN) -> Results:
    """Analyze; the files that the spec names are there and empty."""
    for name in ("a.keras", "b.keras", "test.npz"):
        (folder / name).touch()
    return analysis.analyze(make(source.parse(text, "new.toml", "toml"), folder), made, created, keep_going=False)


def release(folder: Path, made: Evaluation, *, answers: bool = True, model: str = "a", **details: Any) -> Path:
    """Write the results file of a release, with the answers beside it, and return it."""
    lines = f"[output]\npredictions = {str(answers).lower()}\n{details.pop('lines', '')}"
    results = run(folder, spec([model], lines, version=details.pop("version", "1"), **details), only(made, model))
    path = folder / f"old-{model}" / "results.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(results.to_json(), "utf-8")
    if results.answers is not None:
        (path.parent / ANSWERS).write_bytes(results.answers)
    return path


BASELINE = '[decision]\nbaseline = { results = "old-a/results.json" }\n'
