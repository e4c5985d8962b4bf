"""Results of a whole run, made without keras: the sections analyze outputs that were drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from factory import evaluation, head, noisy, outputs, unmeasured

from reportgen.analysis import analyze as analysis
from reportgen.contract.records.examples import Example, Examples, OutlyingValue, PictureScale
from reportgen.evaluation.thumbnails import thumbnail
from reportgen.plan.make import make
from reportgen.spec import source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reportgen.analysis.results import Results
    from reportgen.contract.records.evaluation import Evaluation
    from reportgen.plan.plan import Plan

SPEC = """\
schema_version = 1
[report]
title = "Hand <made> & $x$"
version = "1.0"
authors = ["A | B"]
description = "Written **by the author**, with <script>alert(1)</script>."
[models.a]
path = "a.keras"
[models.b]
path = "b.keras"
[models.c]
path = "c.keras"
[data]
path = "test.npz"
[[sections]]
kind = "summary"
[[sections]]
kind = "performance"
text = "A [link](javascript:alert(1)) and ![image](http://example.org/x.png)."
[[sections]]
kind = "calibration"
[[checks]]
metric = "performance.accuracy"
at_least = 0.6
[[checks]]
metric = "calibration.ece"
at_most = 0.05
severity = "warn"
[[checks]]
metric = "performance.recall"
threshold = ">= 0.5"
models = ["a"]
[[checks]]
metric = "performance.roc_auc"
at_least = 0.5
models = ["c"]
optional = true
"""
WITH_ERRORS = SPEC.replace('kind = "calibration"', 'kind = "errors"\n[[sections]]\nkind = "calibration"')


def made_evaluation() -> Evaluation:
    """Two models of three classes, one over-confident; a third whose head is not measured."""
    logits, labels = noisy(300, 3)
    names = ("ant", "<b>bee</b>", "cat|dog")
    first, second = (head(outputs(logits * scale, labels), names) for scale in (1.0, 3.0))
    return replace(evaluation(first, second, unmeasured()), examples=made_examples())


def made_examples() -> Examples:
    """Make a dot, two columns and a hostile text for every row."""
    scale = PictureScale("x", 0.0, 255.0)
    dot = thumbnail(np.eye(4) * 255, scale)
    values = (OutlyingValue("a|b", 3.5, 1.0), OutlyingValue("<i>c</i>", -2.0, 0.0))
    rows = tuple(
        Example(place, (dot,), values, "Text <b>of</b> a | row & [more](javascript:alert(1))") for place in range(300)
    )
    return Examples(3, rows, (scale,), 300)


def made_plan(folder: Path, text: str = SPEC, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Plan:
    """Plan the spec with files that are there and empty."""
    for name in ("a.keras", "b.keras", "c.keras", "test.npz"):
        (folder / name).touch()
    return make(source.parse(text, "specs/handmade.toml", "toml"), folder, only=only, skip=skip)


def results(text: str = SPEC, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Results:
    """Analyze."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        planned = made_plan(Path(folder), text, only, skip)
    return analysis.analyze(planned, made_evaluation(), "2026-01-02T03:04:05+00:00", keep_going=False)
