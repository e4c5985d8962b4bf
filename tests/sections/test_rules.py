"""The explanations of the rules: every rule has one, and its example is true of a finding on the smallest input."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from factory import (
    analyzed,
    dense_head,
    distributional_head,
    evaluation,
    head,
    history,
    inside,
    layer,
    leaking,
    model,
    multilabel_head,
    noisy,
    outputs,
    probed,
    regression_head,
    unmeasured,
    weight,
)
from scipy.special import ndtri
from sweeps import SWEEP, grid, made, swept

from reportgen.analysis.releases.compare import compare
from reportgen.analysis.releases.predictions import Predictions
from reportgen.analysis.releases.release import Release
from reportgen.analysis.results import DataRecord, FileRecord, HeadRecord, ModelRecord
from reportgen.contract.decision import Baseline, Decision, Earlier
from reportgen.contract.findings import Explanation, Rule, explained
from reportgen.contract.metric_table import Headline, MetricTable, TableRow
from reportgen.contract.numbers import Measurement, Metric, MetricSpec
from reportgen.contract.records.activations import AttentionStatistics
from reportgen.contract.records.architecture import Architecture
from reportgen.contract.records.cost import BatchTimes, Cost, LayerCost, Machine, Times
from reportgen.contract.records.data import DataDescription, LabelCounts, NearDuplicates
from reportgen.contract.records.slices import Slicing
from reportgen.plan.registry import Registry
from reportgen.sections.calibration.schema import CalibrationOptions, CalibrationResult
from reportgen.sections.changes.analyzer import ChangesComparer
from reportgen.sections.changes.schema import ChangesOptions
from reportgen.sections.checkpoints.schema import ACCURACY_GAIN, CheckpointsOptions, CheckpointsResult, Series
from reportgen.sections.pareto.analyzer import ParetoAnalyzer
from reportgen.sections.pareto.schema import ParetoOptions
from reportgen.text.formatting import THIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from reportgen.contract.forms import Form
    from reportgen.contract.result import SectionResult
    from reportgen.contract.section import Section

    Make = Callable[[], SectionResult]

SECTIONS: list[Section[Any, Any]] = [Registry().find(name) for name in Registry().names]
RULES: dict[str, tuple[Section[Any, Any], Rule[Any]]] = {
    rule.code: (section, rule)
    for section in SECTIONS
    for rule in section.rules
    if section.analyzer.__module__.startswith("reportgen.sections.")
}
"""Every rule of the program, with its section."""
N = 200


def section_of(name: str) -> Section[Any, Any]:
    """Return a section."""
    return Registry().find(name)


# ------------------------------------------------------------------------------------------------ calibration


def measured(name: str, value: float, subject: str | None = None, **details: Any) -> Measurement:
    """Make a measurement of a metric of the calibration section."""
    unit = section_of("calibration").metric(name).unit
    metric = Metric(value=value, unit=unit, n=1000, **details)
    return Measurement(name=name, model="a", subject=subject, metric=metric)


def calibration(ece: float, limit: float, p: float, gap: float = 0.0, *more: Measurement) -> CalibrationResult:
    """Make a result by what its verdict is based on."""
    band = {"ci_low": 0.0, "ci_high": limit, "ci_method": "band"}
    ends = {"ci_low": gap - 0.01, "ci_high": gap + 0.01, "ci_method": "Wilson"}
    base = (
        measured("ece", ece),
        measured("ece_null", 0.009, **band),
        measured("calibration_p", p),
        measured("calibration_gap", gap, **ends),
        measured("calibration_gap_p", 0.005 if gap else 0.5),
    )
    return CalibrationResult(measurements=(*base, *more), split="test", n=1000, heads=(), options=CalibrationOptions())


TEMPERATURE = (
    measured("temperature_nll_gain", 0.010, ci_low=0.001, ci_high=0.020, ci_method="folds"),
    measured("temperature", 1.5),
    measured("ece_after_temperature", 0.01),
    measured("ece_after_temperature_null", 0.009, ci_low=0.0, ci_high=0.02, ci_method="band"),
)
BIAS = (measured("class_bias", 0.02, "class:1"), measured("class_bias_p", 0.01, "class:1"))

# ------------------------------------------------------------------------------------------------ other sections


def performance(*heads: Any) -> SectionResult:
    """Analyze the outputs of models a and b."""
    return analyzed(section_of("performance"), evaluation(*heads))  # type: ignore[no-any-return]


def replaced(*heads: Any) -> SectionResult:
    """Analyze the outputs of candidate a and its baseline b."""
    made = replace(evaluation(*heads), decision=Decision(candidate="a", baseline=Baseline(model="b")))
    return analyzed(section_of("performance"), made)  # type: ignore[no-any-return]


def images(found: list[int], wrong: list[int], of: int, size: int, without: int = 0) -> SectionResult:
    """Analyze images of ``size`` pixels, ``of`` which have class 1, but in some images none: so many of them are found, and so many others called class 1."""
    place = np.broadcast_to(np.arange(size), (len(found), size))
    labels = (place < of) & (np.arange(len(found)) >= without)[:, None]
    called = (place < np.array(found)[:, None]) | (place >= size - np.array(wrong)[:, None])
    shape = (len(found), 4, size // 4)
    return performance(
        dense_head(3.0 * np.eye(2)[called.astype(int)].reshape(*shape, 2), labels.astype(int).reshape(shape))
    )


def seeds(first: Any, second: Any, count: int = 3) -> SectionResult:
    """Analyze two recipes with so many equal models each."""
    made = evaluation(*[first] * count, *[second] * count)
    models = tuple(replace(one, recipe="x" if place < count else "y") for place, one in enumerate(made.models))
    return analyzed(section_of("performance"), replace(made, models=models))  # type: ignore[no-any-return]


def slices(small: int = 0) -> SectionResult:
    """Analyze a candidate that is right on 20 of 40 rows of the north, where its baseline is on 38, and on 152 of 160 others.

    So many others are of the west.
    """
    rows, labels = np.arange(200), [0] * 200
    first, second = (says([0 if row < right or 40 <= row < 192 else 1 for row in rows], labels) for right in (20, 38))
    regions = np.where(rows < 40, 0, np.where(rows < 200 - small, 1, 2)).astype(np.int16)
    names = ("region = north", "region = east", "region = west")[: 3 if small else 2]
    made = evaluation(first, second)
    data = replace(made.data, slicings=(Slicing(names, regions, 0),))  # type: ignore[type-var]
    decision = Decision(candidate="a", baseline=Baseline(model="b"))
    return analyzed(section_of("slices"), replace(made, data=data, decision=decision))  # type: ignore[no-any-return]


def sure_errors() -> SectionResult:
    """Analyze a model that is sure, and wrong on one row."""
    return analyzed(section_of("errors"), evaluation(says([0] * 3, [0, 0, 1], 5.0)))  # type: ignore[no-any-return]


LINE = np.arange(40.0)
EVERY_OTHER = np.tile([[1, 1], [0, 0]], (20, 1))
"""Two classes that apply to every other row together."""
RANGES = np.arange(160.0) / 4


def few_rows(error: float) -> SectionResult:
    """Analyze the errors of 50 rows: one is far off, the others by 1."""
    labels = np.arange(50.0)
    made = evaluation(regression_head(labels + np.where(labels == 0, error, 1.0), labels))
    return analyzed(section_of("errors"), made)  # type: ignore[no-any-return]


def says(predictions: list[int], labels: list[int], strength: float = 2.0) -> Any:
    """Make a head of two classes that predicts these classes."""
    return head(outputs(np.eye(2, dtype=np.float32)[predictions] * strength, labels))


START = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32)


def checkpoints(*steps: list[Any]) -> SectionResult:
    """Analyze checkpoints c0, c1 of one run by their weights."""
    logits, labels = noisy(50, 2)
    made = evaluation(*(head(outputs(logits, labels)) for _ in steps), names=("c0", "c1"))
    models = [replace(one, series="run", weights=tuple(step)) for one, step in zip(made.models, steps, strict=True)]
    return analyzed(section_of("checkpoints"), replace(made, models=tuple(models)))  # type: ignore[no-any-return]


def fall(value: float, half: float) -> CheckpointsResult:
    """Make a run of one step by the change of its accuracy."""
    ends = {"ci_low": value - half, "ci_high": value + half, "ci_method": "paired"}
    series = Series(name="run", models=("c0", "c1"), layers=(), reason=None, heads=(None,))
    rows = (ACCURACY_GAIN.measure("c1", value, n=600, **ends),)
    return CheckpointsResult(measurements=rows, split="test", n=600, series=(series,), options=CheckpointsOptions())


RECTIFIED = np.maximum(np.random.default_rng(0).normal(size=(N, 16)), 0)


def flow(*layers: Any, **changes: Any) -> SectionResult:
    """Analyze the activations of a model."""
    made = inside(model(activations=probed(*layers, **changes)), n=N)
    return analyzed(section_of("information_flow"), made)  # type: ignore[no-any-return]


def dead(count: int) -> SectionResult:
    """Analyze a layer of 16 rectified units, some of them dead."""
    return flow(layer(RECTIFIED * (np.arange(16) >= count)))


def separable() -> SectionResult:
    """Analyze features that separate two classes, and an output that is wrong on 50 of 200 rows."""
    labels = np.arange(N) % 2
    told = np.where(np.arange(N) < N // 4, 1 - labels, labels)
    made = evaluation(head(outputs(np.eye(2)[labels], labels)))
    layers = probed(
        *(layer(np.eye(2)[values], name, None) for name, values in (("features", labels), ("logits", told)))
    )
    made = replace(made, models=(replace(made.models[0], activations=layers),))
    return analyzed(section_of("information_flow"), made)  # type: ignore[no-any-return]


def overview(
    duplicates: int = 0,
    conflicting: int = 0,
    counts: tuple[int, ...] = (),
    loss: str | None = "mse",
    form: Form = "keras",
    leaked: int = 0,
    near: int = 0,
) -> SectionResult:
    """Analyze 100 rows and a model."""
    labels = (LabelCounts(None, ("rare", "common"), counts),) if counts else ()
    design = Architecture("Functional", (), 0, 0, 0, "float32", (), (), loss, None, None)
    description = DataDescription((), labels, duplicates, conflicting)
    made = inside(replace(model(architecture=design), form=form), n=100, description=description)
    made = leaking(made, np.arange(100) < leaked, NearDuplicates(np.arange(100) < near, "by hand"))
    return analyzed(section_of("overview"), made)  # type: ignore[no-any-return]


def costs(*totals: int | None, seconds: tuple[float, ...] = (0.01,)) -> SectionResult:
    """Analyze a candidate a, and a baseline b if there are two, with so many multiply-adds."""
    design = Architecture("Functional", (), 0, 0, 0, "float32", (), (), "mse", None, None)
    reason = "not on the list of operations: custom (Custom)"
    times = Times(Machine("p", 1, "s", "CPU"), 5, (BatchTimes(32, seconds),))
    models = [
        model(
            name,
            architecture=design,
            cost=Cost((LayerCost("dense", "Dense", 1, total or 50),), total, 1, 1, None if total else reason),
            times=times,
        )
        for name, total in zip("ab", totals, strict=False)
    ]
    made = replace(inside(*models), decision=Decision(candidate="a", baseline=Baseline(model="b")))
    return analyzed(section_of("cost"), made, measure=True)  # type: ignore[no-any-return]


ACCURACY = MetricSpec("accuracy", "Accuracy", "fraction", True, "More.", "test")
NLL = MetricSpec("nll", "NLL", "nats", False, "Less.", "test")
PEAK = MetricSpec("peak", "Best validation score", "", True, "High.", "test", direction_by_model=True)


def pareto(*rows: tuple[MetricSpec, str, float | None, float | None, str | None]) -> SectionResult:
    """Compare models by the values of two objectives, each with half the width of its interval and its estimator."""
    made = []
    for spec, name, value, half, way in rows:
        ends = (
            {}
            if half is None or value is None
            else {"ci_low": value - half, "ci_high": value + half, "ci_method": "made"}
        )
        missing = spec.missing(name, "insufficient_data", "it was not measured")
        made.append(
            TableRow(
                section="s", measurement=missing if value is None else spec.measure(name, value, estimator=way, **ends)
            )
        )
    specs = tuple(dict.fromkeys(row[0] for row in rows))
    table = MetricTable(
        tuple(dict.fromkeys(row[1] for row in rows)), tuple(made), (), {f"s.{spec.name}": spec for spec in specs}
    )
    objectives = tuple(f"s.{spec.name}" for spec in specs)
    return ParetoAnalyzer(ParetoOptions(objectives=objectives)).compare(table)


def two(
    first: tuple[float, float], second: tuple[float, float], halves: tuple[float | None, float | None]
) -> SectionResult:
    """Compare models A and B by two objectives."""
    return pareto(
        *(
            (spec, name, value, half, None)
            for name, values in (("model A", first), ("model B", second))
            for spec, value, half in zip((ACCURACY, NLL), values, halves, strict=True)
        )
    )


def flips(lost: int) -> SectionResult:
    """Compare two models that are each wrong on other rows of 200."""
    labels = np.arange(N) % 2
    one, other = labels.copy(), labels.copy()
    one[:lost], other[lost : 2 * lost] = 1 - one[:lost], 1 - other[lost : 2 * lost]
    made = evaluation(*(head(outputs(np.eye(2)[said], labels)) for said in (one, other)))
    return analyzed(section_of("similarity"), made)  # type: ignore[no-any-return]


def far_rows() -> SectionResult:
    """Compare two models whose layers agree on two far rows only."""
    logits, labels = noisy(N, 2)
    made = evaluation(*(head(outputs(logits, labels)) for _ in range(2)))
    models = []
    for seed, one in enumerate(made.models):
        values = RECTIFIED[:, :4] + np.random.default_rng(seed).normal(size=(N, 4))
        values[[3, 9]] = 20
        models.append(replace(one, activations=probed(layer(values, "hidden", None), layer(logits, "out", None))))
    return analyzed(section_of("similarity"), replace(made, models=tuple(models)))  # type: ignore[no-any-return]


EPOCHS = np.arange(1, 31)
FALL = 0.3 + 2 * np.exp(-EPOCHS / 4)


def training(**curves: Any) -> SectionResult:
    """Analyze a history."""
    return analyzed(section_of("training_dynamics"), inside(model(history=history(**curves))))  # type: ignore[no-any-return]


GENERATOR = np.random.default_rng(0)
SOUND = weight(GENERATOR.normal(size=(64, 32)))
TRAINED = weight(SOUND.values + 0.75 * np.outer(GENERATOR.normal(size=64), GENERATOR.normal(size=32)))


def weights(*tensors: Any, **options: Any) -> SectionResult:
    """Analyze the weights of a model."""
    return analyzed(section_of("weights"), inside(model(weights=tensors)), **options)  # type: ignore[no-any-return]


def changed(**values: Any) -> Any:
    """Return a trained matrix with another value at some places: ``at`` is an index, ``value`` what is put there."""
    made = TRAINED.values.copy()
    made[values["at"]] = values["value"]
    return replace(TRAINED, values=made)


def dominant() -> SectionResult:
    """Analyze a matrix whose largest singular value is 4 of 5 in norm, 64 % of the sum of squares."""
    left, right = (
        np.linalg.qr(np.random.default_rng(seed).normal(size=(size, 8)))[0] for seed, size in ((0, 64), (1, 32))
    )
    spectrum = np.array([0.8, *[0.6 / 7**0.5] * 7])
    return weights(weight((left * spectrum) @ right.T))


def since(right: int, sha256: str = "0", rows: int = 100) -> SectionResult:
    """Compare a model that gets some of its rows right with a release that got 90 of 100 right, row by row."""
    data = DataRecord(
        files=(FileRecord(file="test.npz", sha256=sha256),),
        split="test",
        n_total=rows,
        n=rows,
        seed=0,
        sampling="all rows",
    )
    head = HeadRecord(
        name="out", task="binary", task_rule="", outputs="", outputs_rule="", labels="", labels_rule="", class_names=("0", "1"),
        n=100, status="ok", reason=None,
    )  # fmt: skip
    model = ModelRecord(name="a", file="a.keras", sha256=None, size_bytes=None, history=None, heads=(head,))
    about = Earlier(file="r.json", sha256="0", title="t", version="1", created="2026-01-02T03:04:05+00:00")

    def made(hits: int, data: DataRecord) -> Release:
        columns = {"label": np.zeros(data.n, np.int32), "prediction": (np.arange(data.n) >= hits).astype(np.int32)}
        accuracy = Metric(value=hits / data.n, unit="fraction", n=data.n, higher_is_better=True)
        answers = Predictions({"row": np.arange(data.n)}, {("a", "out"): columns})
        return Release(about, model, {("performance.accuracy", None): accuracy}, data, predictions=answers)

    old = data.model_copy(update={"files": (FileRecord(file="test.npz", sha256="0"),), "n": 100, "n_total": 100})
    changes, _ = compare(made(90, old), made(right, data))
    section = section_of("performance")
    headlines = (Headline("performance", section.metric("accuracy")),)
    table = MetricTable(("a",), (), headlines, {"performance.accuracy": section.metric("accuracy")}, changes=changes)
    return ChangesComparer(ChangesOptions()).compare(table)


def swept_with(**changes: Any) -> SectionResult:
    """Return the sweep of a parameter, from a table with more to say."""
    settings = grid(kind=("a", "b"), seed=(1, 2, 3, 4))
    return analyzed(SWEEP, made(settings, lambda _: 0.8, **changes))


def together(count: int, other: int) -> SectionResult:
    """Return the sweep of two parameters that have the same value in all but ``other`` of the models."""
    settings = [{"x": place % 2, "y": place % 2 if place >= other else 1 - place % 2} for place in range(count)]
    return swept(settings, lambda _: 0.8)


PLACES = (np.arange(40) + 0.5) / 40
"""Of labels that are spread evenly over a distribution."""


def spread(factor: float) -> Any:
    """Calibrate a model whose standard deviations are this many times those of normal labels."""
    outputs = np.column_stack([np.zeros(40), np.full(40, factor)])
    return analyzed(section_of("calibration"), evaluation(distributional_head(outputs, ndtri(PLACES))))


def narrow_slice() -> SectionResult:
    """Analyze predicted normal distributions whose spread is half of that of the labels on the 40 rows of a slice."""
    regions = np.where(np.arange(200) < 40, 0, 1).astype(np.int16)
    labels = np.concatenate([2.0 * ndtri((np.arange(40) + 0.5) / 40), ndtri((np.arange(160) + 0.5) / 160)])
    made = evaluation(distributional_head(np.stack([np.zeros(200), np.ones(200)], axis=1), labels))
    names = ("region = north", "region = east")
    data = replace(made.data, slicings=(Slicing(names, regions, 0),))  # type: ignore[type-var]
    return analyzed(section_of("slices"), replace(made, data=data))  # type: ignore[no-any-return]


def quantiles(levels: tuple[float, ...], by: Any) -> Any:
    """Calibrate a model whose quantiles are off by so much."""
    outputs = np.tile(ndtri(levels), (40, 1)) + by
    return analyzed(section_of("calibration"), evaluation(distributional_head(outputs, ndtri(PLACES), levels=levels)))


CASES: dict[str, Make] = {
    "CAL101": lambda: calibration(0.101, 0.015, 0.01),
    "CAL102": lambda: calibration(0.016, 0.015, 0.04),
    "CAL103": lambda: calibration(0.015, 0.02, 0.5),
    "CAL111": lambda: analyzed(
        section_of("calibration"),
        evaluation(multilabel_head(np.tile(np.log([9.0, 1.0]), (200, 1)), [[1, 0], [0, 1]] * 100)),
    ),
    "CAL201": lambda: calibration(0.02, 0.025, 0.01, 0.02),
    "CAL202": lambda: calibration(0.02, 0.025, 0.01, -0.02),
    "CAL203": lambda: analyzed(
        section_of("calibration"),
        evaluation(
            head(outputs(np.outer(np.repeat([2.0, 8.0], [1000, 300]), [1.0, 0.0]), [0] * 1000 + [1] * 5 + [0] * 295))
        ),
    ),
    "CAL121": lambda: spread(0.5),
    "CAL122": lambda: spread(3.0),
    "CAL123": lambda: quantiles((0.4, 0.5, 0.6), np.where(PLACES[:, None] < 0.25, [0, 0, -9], 0)),
    "CAL124": lambda: quantiles((0.1, 0.5), [0.0, 1.0]),
    "CAL125": lambda: spread(1.0),
    "CAL301": lambda: calibration(0.05, 0.02, 0.01, 0.0, *TEMPERATURE),
    "CAL401": lambda: calibration(0.015, 0.02, 0.5, 0.0, *BIAS),
    "CAL501": lambda: analyzed(section_of("calibration"), evaluation(head(outputs(*noisy(199, 2))))),
    "CHG101": lambda: since(70),
    "CHG201": lambda: since(45, "1", 50),
    "CKP101": lambda: checkpoints(
        [weight(START), weight(START, "still/kernel")], [weight(START * 2), weight(START, "still/kernel")]
    ),
    "CKP102": lambda: checkpoints(*([weight(START, trainable=False)] for _ in range(2))),
    "CKP103": lambda: checkpoints([weight(START)], [weight(START)]),
    "CKP201": lambda: fall(-0.021, 0.02),
    "CST101": lambda: costs(300, 100),
    "CST201": lambda: costs(None, 100),
    "CST301": lambda: costs(100, 100, seconds=(0.008, *[0.009] * 8, *[0.010] * 11, *[0.012] * 10)),
    "INF001": lambda: flow(layer(RECTIFIED, "sound"), replace(layer(RECTIFIED, "broken"), not_finite=1)),
    "INF101": lambda: dead(9),
    "INF102": lambda: dead(2),
    "INF103": lambda: dead(1),
    "INF104": lambda: flow(layer(RECTIFIED * np.where(np.arange(16) < 5, 1e-3, 1))),
    "INF105": lambda: flow(
        layer(RECTIFIED, activation="tanh", saturated=np.full(16, 0.6 * N)), layer(RECTIFIED, "next")
    ),
    "INF106": lambda: flow(layer(np.ones((N, 4)))),
    "INF201": lambda: flow(layer(np.outer(RECTIFIED[:, 0], np.ones(16)))),
    "INF202": lambda: flow(
        layer(RECTIFIED, attention=AttentionStatistics(np.array([0.01, 1.79]), np.array([0.01, 0.995]), 100))
    ),
    "INF301": separable,
    "INF901": lambda: flow(layer(RECTIFIED), not_probed=(("loop", "it runs inside a loop"),)),
    "OVW101": lambda: overview(duplicates=1, conflicting=1),
    "OVW102": lambda: overview(duplicates=2),
    "OVW103": lambda: overview(duplicates=1),
    "OVW104": lambda: overview(leaked=2),
    "OVW105": lambda: overview(near=2),
    "OVW201": lambda: overview(counts=(3, 30)),
    "OVW301": lambda: overview(loss=None),
    "OVW302": lambda: overview(form="hdf5"),
    "OVW303": lambda: overview(form="saved_model"),
    "SWP101": lambda: swept(grid(lr=(0.1, 1), seed=range(6)), lambda setting: None if setting["lr"] == 1 else 0.8),
    "SWP102": lambda: swept(
        grid(kind=("a", "b"), width=(8, 24), seed=range(3)),
        lambda setting: 0.6 if setting == {**setting, "kind": "b", "width": 8} else 0.9,
    ),
    "SWP201": lambda: together(12, 0),
    "SWP202": lambda: together(48, 1),
    "SWP203": lambda: swept_with(unused=(("trials.csv", 3),)),
    "PAR101": lambda: two((0.9, 0.1), (0.8, 0.2), (0.01, 0.01)),
    "PAR102": lambda: two((0.90, 0.1), (0.91, 0.5), (0.1, 0.01)),
    "PAR103": lambda: two((0.9, 0.1), (0.8, 0.2), (0.01, 0.01)),
    "PAR104": lambda: two((0.9, 0.1), (0.8, 0.2), (0.01, None)),
    "PAR201": lambda: pareto(
        *(
            (spec, name, value, None, None)
            for name, value in (("model A", 0.9), ("model B", 0.8))
            for spec in (ACCURACY, NLL)
        ),
        (ACCURACY, "model C", None, None, None),
        (NLL, "model C", 0.1, None, None),
    ),
    "PAR202": lambda: pareto(
        *(
            (PEAK, name, 0.9, None, way)
            for name, way in (("model A", "val_accuracy"), ("model B", "val_accuracy"), ("model C", "val_auc"))
        ),
        *((NLL, name, 0.5, None, None) for name in ("model A", "model B", "model C")),
    ),
    "ERR101": sure_errors,
    "ERR201": lambda: few_rows(10.0),
    "PRF001": lambda: performance(unmeasured("failed", "outputs are NaN")),
    "PRF101": lambda: performance(says([0] * 30, [0] * 20 + [1] * 10)),
    "PRF102": lambda: performance(says([0] * 8 + [1, 0], [0] * 8 + [1, 1])),
    "PRF111": lambda: performance(regression_head([3.0] * 40, np.arange(40.0))),
    "PRF112": lambda: performance(regression_head(19.5 + np.where(LINE % 2, 5, -5), LINE)),
    "PRF121": lambda: performance(multilabel_head(np.full((40, 2), 3.0), [[1, 0], [1, 1]] * 20)),
    "PRF122": lambda: performance(
        multilabel_head((6 * EVERY_OTHER - 3) * np.where(LINE < 14, -1, 1)[:, None], EVERY_OTHER)
    ),
    "PRF131": lambda: images([0] * 12, [0] * 12, of=4, size=16),
    "PRF132": lambda: images([3, 0] * 6, [0, 1] * 6, of=5, size=20),
    "PRF231": lambda: images([0] * 12, [0] * 12, of=4, size=16),
    "PRF232": lambda: images([1, 3] * 6, [0] * 12, of=10, size=20),
    "PRF531": lambda: images([0] * 24, [0] * 24, of=4, size=16, without=12),
    "PRF201": lambda: performance(says([0] * 30, [0] * 24 + [1] * 6)),
    "PRF202": lambda: performance(says([1] * 2 + [0] * 38, [1] * 20 + [0] * 20)),
    "PRF203": lambda: replaced(says([0] * 24, [0] * 12 + [1] * 12), says([0] * 12 + [1] * 12, [0] * 12 + [1] * 12)),
    "PRF211": lambda: performance(regression_head(LINE + 2 + np.where(LINE % 2, 2, -2), LINE)),
    "PRF212": lambda: performance(
        regression_head(RANGES, np.where(RANGES < 9.8, RANGES - 3, RANGES + 1) + np.tile([-0.5, 0.5], 80))
    ),
    "PRF213": lambda: performance(
        regression_head(LINE, LINE + np.where(LINE % 2, 1, -1) * (1 + LINE.reshape(-1, 2)[:, ::-1].ravel()))
    ),
    "PRF221": lambda: performance(multilabel_head(np.full((40, 2), 3.0), EVERY_OTHER)),
    "PRF301": lambda: performance(says([0] * 100, [1] * 3 + [0] * 97, 5.0)),
    "PRF401": lambda: performance(says([0, 1] * 50, [0, 1] * 50), says([1, 1, *[0, 1] * 49], [0, 1] * 50)),
    "PRF402": lambda: seeds(says([0, 1] * 50, [0, 1] * 50), says([0] * 100, [0, 1] * 50)),
    "PRF501": lambda: performance(says([0] * 19 + [1] * 20, [0] * 19 + [1] * 20)),
    "SIM101": lambda: flips(5),
    "SIM102": lambda: flips(0),
    "SIM201": far_rows,
    "SLC101": slices,
    "SLC102": slices,
    "SLC201": slices,
    "SLC202": narrow_slice,
    "SLC301": lambda: slices(5),
    "TRN101": lambda: training(loss=FALL, val_loss=np.where(EPOCHS < 23, FALL, np.inf)),
    "TRN102": lambda: training(loss=FALL, val_loss=FALL + 0.005 * np.maximum(EPOCHS - 15, 0)),
    "TRN103": lambda: training(val_loss=2.3 + 0.01 * np.random.default_rng(0).normal(size=30)),
    "TRN104": lambda: training(loss=FALL, val_loss=np.where(EPOCHS == 10, np.inf, FALL)),
    "TRN201": lambda: training(val_loss=np.linspace(2, 1, 20)),
    "TRN202": lambda: training(loss=FALL, val_loss=np.append(FALL[:-1], 0.33)),
    "TRN301": lambda: training(val_loss=[3.0, 2.0, 1.0]),
    "TRN302": lambda: training(loss=[3.0, 2, 1, 1, 1], accuracy=[0.1, 0.2, 0.3, 0.3, 0.3]),
    "TRN303": lambda: training(val_loss=[3.0, 2, 1, 1, 1], wobble=[1.0, 2, 3, 4, 5]),
    "TRN304": lambda: training(loss=[6.0, 5, 4, 3, 2, 1], val_loss=[5.5, 3.5, 1.5]),
    "WGT001": lambda: weights(changed(at=(0, 0), value=np.nan)),
    "WGT101": lambda: weights(changed(at=np.s_[:, :4], value=0)),
    "WGT102": lambda: weights(changed(at=np.s_[:13], value=0)),
    "WGT103": lambda: weights(changed(at=np.s_[:], value=0)),
    "WGT201": lambda: weights(
        replace(TRAINED, values=TRAINED.values * np.float32(11 / np.sqrt((TRAINED.values**2).mean())))
    ),
    "WGT202": dominant,
    "WGT203": lambda: weights(changed(at=(0, 0), value=55)),
    "WGT301": lambda: weights(SOUND),
    "WGT302": lambda: weights(TRAINED, replace(TRAINED, name="twin/kernel")),
    "WGT303": lambda: weights(
        TRAINED,
        weight(np.ones(8), "n/moving_variance", kind="normalization", inputs=(), outputs=(), initializer="Ones"),
        include_biases=True,
    ),
    "WGT901": lambda: weights(TRAINED, layer_types=("LSTM",)),
    "WGT902": lambda: weights(TRAINED, layer_types=("Dense", "Cnv2D")),
}
"""For each rule, the smallest result that triggers it: the example of its explanation."""


def plain(text: str) -> str:
    """Return a text with plain blanks."""
    return text.replace(THIN, " ")


def numbers(text: str) -> set[str]:
    """Return the numbers in a text, but those in names."""
    return set(re.findall(r"(?<![\w.,])[−+]?\d+(?:[.,]\d+)*(?!\w)", plain(text)))


def test_every_rule_has_an_example() -> None:
    """And nothing else does."""
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("code", RULES)
def test_the_example_is_true(code: str) -> None:
    """The rule fires on it, and the numbers of the example are in the message."""
    _, rule = RULES[code]
    assert rule.explanation is not None
    (found, *_) = rule.apply(CASES[code]())
    assert numbers(rule.explanation.example) - numbers(found.message) == set(), plain(found.message)


@pytest.mark.parametrize("code", RULES)
def test_the_explanation_is_short(code: str) -> None:
    """Every part is one sentence or two or three, and says something of its own."""
    _, rule = RULES[code]
    assert rule.explanation is not None
    parts = [plain(text) for _, text in rule.explanation.parts]
    assert not re.search(r"(?<![\w.-])(?:a (?:has|is|and)|[bc])(?![\w.-])", rule.explanation.example), (
        "a letter is no model's name"
    )
    assert len(set(parts)) == len(parts)
    for text in parts:
        assert re.fullmatch(r"\S.*\.", text)
        assert len(re.split(r"(?<=[.!])\s+(?=[A-Z])", text)) <= 3
        assert len(text.split()) <= 60
        assert not re.search(r"\s{2}|\bTODO\b|`", text)


@pytest.mark.parametrize(
    "section", [section for section in SECTIONS if section.rules], ids=lambda section: section.name
)
def test_nothing_else_is_explained(section: Section[Any, Any]) -> None:
    """The explanations of a section are those of its rules."""
    module = importlib.import_module(f"reportgen.sections.{section.name}.rules")
    assert list(module.EXPLANATIONS) == sorted(rule.code for rule in section.rules)


def test_a_rule_without_an_explanation_is_an_error() -> None:
    """Where a section explains its rules, it explains all."""
    rule: Rule[Any] = Rule("ABC101", "note", "A title", "convention", lambda _: ())
    text = Explanation("A.", "B.", "C.", "D.", "E.")
    assert [one.explanation for one in explained([rule], {"ABC101": text})] == [text]
    with pytest.raises(KeyError, match="ABC101"):
        explained([rule], {})
