"""Computes the metrics of every probed layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.needs import Need, Probe
from reportgen.contract.numbers import required
from reportgen.contract.records.classification import ClassificationOutputs
from reportgen.contract.section import PerModelAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import activations, comparison, dimension, folds, intervals, rank, separability
from reportgen.sections.information_flow import schema
from reportgen.sections.information_flow.schema import (
    AccuracyFall,
    AttentionFlow,
    InformationFlowOptions,
    InformationFlowResult,
    LayerFlow,
    ModelFlow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement, MetricSpec, Status
    from reportgen.contract.records.activations import Activations, LayerActivations
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.metrics.design import Design

    _Fields = dict[str, Any]

COLLAPSED = 0.05
"""Share of the maximum entropy below which a head is collapsed: Zhai et al. (2023); the level is a convention."""
LEAST_SKILL = 0.05
"""Skill over chance that the output must have beyond its interval for other layers to be compared with it. Convention."""
ROWS_PER_CHANNEL = 16
"""Examples per channel from which the effective rank is close to its limit: by simulation."""
_EXACT, _NEAR = "exact zeros", "below 0.1 % of the RMS, at the sampled positions"
_LIMITED = f"underestimated by an unknown amount: fewer than {ROWS_PER_CHANNEL} rows per unit"
_NOT_FINITE = "the layer outputs NaN or infinite values"
_MASKED = "all positions of the probed rows are masked"


@dataclass(frozen=True)
class _Labels:
    """Labels of the probed rows, the head that they belong to, and the fold of each row."""

    head: str
    place: int
    labels: NDArray[np.int32]
    folds: NDArray[np.int64]
    probed: Design

    @property
    def design(self) -> Design:
        """How those rows belong together that are compared with centers."""
        return self.probed.take(np.isin(self.labels, np.flatnonzero(np.bincount(self.labels) >= folds.FOLDS)))

    @property
    def compared(self) -> NDArray[np.int64]:
        """Rows of each class that has enough of them for a center in every fold."""
        counts = np.bincount(self.labels)
        return counts[counts >= folds.FOLDS]

    @property
    def chance(self) -> float | None:
        """Share of the most frequent of these classes; None for fewer than two."""
        counts = self.compared
        return float(counts.max() / counts.sum()) if len(counts) > 1 else None

    def right(self, one: LayerActivations) -> NDArray[np.bool_] | None:
        """Return which of these rows are nearest to the center of their own class; None where that is unknown."""
        if one.not_finite or not one.n_values:
            return None
        return separability.nearest_center(one.pooled, self.labels, self.folds)


class InformationFlowAnalyzer(PerModelAnalyzer[InformationFlowOptions, InformationFlowResult, InformationFlowResult]):
    """Measures activations, dimensions and class separability of every probed layer."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ACTIVATIONS})
    part = InformationFlowResult

    def probe(self) -> Probe:
        """Request the layers and rows of the options."""
        return Probe(samples=self.options.samples, layers=self.options.layers)

    def of_model(self, evaluation: Evaluation) -> InformationFlowResult:
        """Measure every probed layer of a model."""
        (model,), data = evaluation.models, _data(evaluation)
        if model.activations is None:
            return self._result(data, (), (), (), ())
        probed = model.activations.of(data.design)
        design = data.design.take(probed.places)
        known = _labels(model, probed, data.seed, design)
        right = {one.name: known.right(one) for one in probed.layers} if known else {}
        fields = [self._layer(model.name, one, known, right.get(one.name), design) for one in probed.layers]
        output = None if known is None else _output(fields, _end(probed, known.place))
        flows = _separated(fields, output, None if known is None else known.chance)
        flow = _model(model.name, probed, known, output, flows, right)
        rows = tuple(int(row) for row in data.rows[probed.places])
        return self._result(data, [*_whole(model.name, flows, probed), *_each(flows, flow)], rows, [flow], flows)

    def joined(self, evaluation: Evaluation, parts: Sequence[InformationFlowResult]) -> InformationFlowResult:
        """Put the models one after the other; the probed rows are the same for all."""
        return self._result(
            _data(evaluation),
            [one for part in parts for one in part.measurements],
            next((part.rows for part in parts if part.rows), ()),
            [one for part in parts for one in part.models],
            [one for part in parts for one in part.layers],
        )

    def _result(
        self,
        data: DataEvaluation,
        measurements: Sequence[Measurement],
        rows: tuple[int, ...],
        models: Sequence[ModelFlow],
        layers: Sequence[LayerFlow],
    ) -> InformationFlowResult:
        return InformationFlowResult(
            measurements=tuple(measurements),
            split=data.split,
            rows=rows,
            models=tuple(models),
            layers=tuple(layers),
            options=self.options,
        )

    def _layer(
        self,
        model: str,
        one: LayerActivations,
        known: _Labels | None,
        right: NDArray[np.bool_] | None,
        design: Design,
    ) -> _Fields:
        """Return the fields of a layer, except those that depend on other layers."""
        blank: _Fields = dict.fromkeys(LayerFlow.model_fields)
        blank |= {
            "model": model,
            "name": one.name,
            "layer_type": one.layer_type,
            "layers": one.layers,
            "activation": one.activation,
            "shape": one.shape,
            "channels": len(one.mean),
            "n_values": one.n_values,
            "not_finite": one.not_finite,
            "reason": _NOT_FINITE if one.not_finite else None if one.n_values else _MASKED,
            "effective_rank_limited": False,
        }
        return blank if blank["reason"] else blank | self._measured(one, known, right, design)

    def _measured(
        self, one: LayerActivations, known: _Labels | None, right: NDArray[np.bool_] | None, design: Design
    ) -> _Fields:
        rectified = one.activation in activations.RECTIFIED
        channels = len(one.mean)
        sparsity = (
            float(one.zero.sum() / (one.n_values * channels))
            if rectified
            else activations.near_zero_fraction(one.positions)
        )
        dormant = activations.dormant_units(one.absolute, self.options.dormant_threshold)
        return {
            "mean": float(one.mean.mean()),
            "std": activations.pooled_std(one.mean, one.squares, one.n_values),
            "minimum": float(one.minimum.min()),
            "maximum": float(one.maximum.max()),
            "sparsity": 1.0 if sparsity is None else sparsity,
            "sparsity_rule": _EXACT if rectified else _NEAR,
            "positive_ratio": float(one.positive.sum() / (one.n_values * channels)),
            "dead": activations.dead_units(one.minimum, one.maximum) if rectified else None,
            "dormant": dormant,
            "constant": activations.constant_units(one.mean, one.squares, one.n_values),
            "saturated_fraction": _saturated(one),
            "utilisation": 1 - dormant / channels,
            "attention": _attention(one),
            **_dimensions(one, design),
            **_class_numbers(one, known, rectified=rectified),
            **({} if known is None else _center(right, known)),
        }


def _data(evaluation: Evaluation) -> DataEvaluation:
    if evaluation.data is None:
        message = "information_flow needs data"
        raise ValueError(message)
    return evaluation.data


def _saturated(one: LayerActivations) -> float | None:
    return None if one.saturated is None else float(one.saturated.sum() / (one.n_values * len(one.mean)))


def _labels(model: ModelEvaluation, probed: Activations, seed: int, design: Design) -> _Labels | None:
    """Return the labels of the first head that has any."""
    for place, head in enumerate(model.heads):
        if isinstance(head.outputs, ClassificationOutputs):
            labels = head.outputs.labels[probed.places]
            fold = folds.stratified_folds(labels, seed)
            if design.groups is not None:
                fold = folds.grouped_folds(design.groups, seed)
            return _Labels(head.name, place, labels, fold, design)
    return None


def _dimensions(one: LayerActivations, design: Design) -> _Fields:
    examples, positions, channels = one.positions.shape
    eigenvalues = dimension.covariance_eigenvalues(one.positions.reshape(-1, channels))
    found = dimension.debiased_participation_ratio(one.positions)
    ratio = None if found is None else design.estimate(found)
    return {
        "effective_rank": rank.effective_rank(eigenvalues) if examples * positions > 1 else None,
        "effective_rank_limited": examples < ROWS_PER_CHANNEL * channels,
        "stable_rank": rank.stable_rank(eigenvalues) if examples * positions > 1 else None,
        "participation_ratio": ratio.value if ratio else None,
        "participation_low": ratio.low if ratio else None,
        "participation_high": ratio.high if ratio else None,
        "participation_method": (ratio.method or ratio.withheld) if ratio else None,
        "diversity": min(1.0, ratio.value / channels) if ratio else None,
    }


def _class_numbers(one: LayerActivations, known: _Labels | None, *, rectified: bool) -> _Fields:
    if known is None or not 1 < len(np.unique(known.labels)) < len(known.labels):
        return {}
    omega = separability.omega_squared(one.pooled, known.labels)
    omega = omega[np.isfinite(omega)]
    selective = separability.class_selectivity(one.pooled, known.labels) if rectified else np.empty(0)
    selective = selective[np.isfinite(selective)]
    return {
        "omega_squared_median": float(np.median(omega)) if len(omega) else None,
        "omega_squared_max": float(omega.max()) if len(omega) else None,
        "selectivity_median": float(np.median(selective)) if len(selective) else None,
    }


def _center(right: NDArray[np.bool_] | None, known: _Labels) -> _Fields:
    found = None if right is None else intervals.proportion(right)
    if found is None:
        return {}
    found = known.design.estimate(found)
    return {
        "centre_accuracy": found.value,
        "centre_low": found.low,
        "centre_high": found.high,
        "centre_method": found.method or found.withheld,
    }


def _attention(one: LayerActivations) -> AttentionFlow | None:
    if one.attention is None:
        return None
    return AttentionFlow(
        entropy=tuple(float(value) if np.isfinite(value) else None for value in one.attention.entropy),
        relative_entropy=tuple(
            float(value) if np.isfinite(value) else None for value in one.attention.relative_entropy
        ),
    )


def _end(probed: Activations, place: int) -> str | None:
    return probed.ends[place] if place < len(probed.ends) else None


def _output(flows: Sequence[_Fields], end: str | None) -> _Fields | None:
    """Return the layer that the head ends in, or the last one where that is unknown; None without an accuracy."""
    known = [one for one in flows if one["centre_accuracy"] is not None]
    own = [one for one in known if one["name"] == end]
    return (own or known)[-1] if known else None


def _separated(flows: Sequence[_Fields], output: _Fields | None, chance: float | None) -> list[LayerFlow]:
    """Add separability, which is relative to the output, and the specialization score."""
    reach = _reach(output, chance)
    done = []
    for one in flows:
        apart = None
        if reach is not None and one["centre_accuracy"] is not None and chance is not None:
            apart = min(1.0, max(0.0, (one["centre_accuracy"] - chance) / reach))
        parts = [one["utilisation"], one["diversity"], *([apart] if reach is not None else [])]
        score = None if None in parts else math.prod(parts) ** (1 / len(parts))
        done.append(LayerFlow(**one | {"separability": apart, "specialization_score": score}))
    return done


def _reach(output: _Fields | None, chance: float | None) -> float | None:
    """Return how far above chance the output is; None where that is unknown or too little for comparisons."""
    if output is None or chance is None or output["centre_low"] is None:
        return None
    if output["centre_low"] <= chance + LEAST_SKILL * (1 - chance):
        return None
    return float(output["centre_accuracy"]) - chance


def _score_parts(known: _Labels | None, output: _Fields | None, flows: Sequence[LayerFlow]) -> str:
    """Return what the scores of the layers are made of; empty without layers."""
    if not flows:
        return ""
    if any(one.separability is not None for one in flows):
        return "utilization, diversity and separability"
    parts = "utilization and diversity"
    if known is not None and known.chance is None:
        return f"{parts} (fewer than two classes have {folds.FOLDS} rows)"
    if output is None:
        return parts
    why = "is hardly above chance" if output["centre_low"] is not None else "has no interval in so few groups"
    return f"{parts} ({output['name']} {why})"


def _fall(
    output: _Fields | None, right: Mapping[str, NDArray[np.bool_] | None], labels: _Labels | None
) -> AccuracyFall | None:
    """Compare the output with the layer of the highest accuracy on the same rows; None where there is no test for them."""
    known = {name: rows for name, rows in right.items() if rows is not None}
    if output is None or labels is None:
        return None
    best, last = max(known, key=lambda name: int(known[name].sum())), known[output["name"]]
    if int(known[best].sum()) <= int(last.sum()):
        return None
    table = comparison.discordance(known[best], last)
    p_value = labels.design.p_value(known[best].astype(np.float64) - last, comparison.mcnemar(table))
    if p_value is None:
        return None
    return AccuracyFall(
        layer=best,
        lost=round(table.only_first),
        gained=round(table.only_second),
        p_value=min(1.0, p_value * (len(known) - 1)),
    )


def _model(
    model: str,
    probed: Activations,
    known: _Labels | None,
    output: _Fields | None,
    flows: Sequence[LayerFlow],
    right: Mapping[str, NDArray[np.bool_] | None],
) -> ModelFlow:
    return ModelFlow(
        model=model,
        n_layers=len(probed.layers),
        n=len(probed.places),
        sampling=probed.sampling,
        ends=tuple(name for name in probed.ends if name is not None),
        not_probed=probed.not_probed,
        reason=probed.reason,
        head=None if known is None else known.head,
        output=None if output is None else output["name"],
        n_classified=None if known is None else int(known.compared.sum()),
        chance=None if known is None else known.chance,
        fall=_fall(output, right, known),
        score_parts=_score_parts(known, output, flows),
    )


# ------------------------------------------------------------------------------------------------ measurements


def _whole(model: str, flows: Sequence[LayerFlow], probed: Activations) -> Iterator[Measurement]:
    n = len(probed.places)
    sound = [one for one in flows if one.std is not None]
    if not sound:
        reason = probed.reason or (_unmeasured(flows) if flows else "the model has no layer to probe")
        for spec in schema.PER_MODEL:
            yield spec.missing(model, "failed" if flows else "not_applicable", reason)
        return
    rectified = [one for one in sound if one.dead is not None]
    yield _share(
        schema.DEAD,
        model,
        [(required(one.dead), one.channels) for one in rectified],
        n,
        "no layer has a rectified activation",
    )
    yield _share(schema.DORMANT, model, [(required(one.dormant), one.channels) for one in sound], n, "")
    yield schema.LAYERS.measure(model, len(flows), n=n)
    scores = [one.specialization_score for one in sound if one.specialization_score is not None]
    if scores:
        yield schema.MEAN_SCORE.measure(model, float(np.mean(scores)), n=n)
    else:
        yield schema.MEAN_SCORE.missing(
            model, "insufficient_data", "no layer has a score: too few rows, or constant activations"
        )
    heads = [value for one in sound if one.attention for value in one.attention.relative_entropy if value is not None]
    yield _share(
        schema.COLLAPSED,
        model,
        [(sum(v < COLLAPSED for v in heads), len(heads))] if heads else [],
        n,
        "no attention layer was probed",
    )


def _unmeasured(flows: Sequence[LayerFlow]) -> str:
    reasons = " or ".join(sorted({one.reason for one in flows if one.reason}))
    return f"no layer could be measured: {reasons}"


def _share(spec: MetricSpec, model: str, counts: Sequence[tuple[int, int]], n: int, otherwise: str) -> Measurement:
    total = sum(size for _, size in counts)
    if not total:
        return spec.missing(model, "not_applicable", otherwise)
    return spec.measure(model, sum(count for count, _ in counts) / total, n=n)


def _each(flows: Sequence[LayerFlow], of: ModelFlow) -> Iterator[Measurement]:
    model, n = of.model, of.n
    for one in flows:
        subject = Subject.of("layer", one.name)
        if one.reason is not None:
            for spec in schema.PER_LAYER:
                status: Status = "failed" if one.not_finite else "insufficient_data"
                yield spec.missing(model, status, one.reason, subject=subject)
            continue
        yield schema.MEAN.measure(model, one.mean, subject=subject, n=n)
        yield schema.STD.measure(model, one.std, subject=subject, n=n)
        yield schema.SPARSITY.measure(model, one.sparsity, subject=subject, n=n, estimator=one.sparsity_rule)
        yield schema.POSITIVE.measure(model, one.positive_ratio, subject=subject, n=n)
        yield _rank(model, one, subject, n)
        yield _with_interval(
            schema.PARTICIPATION,
            model,
            subject,
            n,
            (one.participation_ratio, one.participation_low, one.participation_high, one.participation_method),
            "too few rows to estimate it, or constant activations",
        )
        yield _with_interval(
            schema.SPECIALIZATION,
            model,
            subject,
            n,
            (one.specialization_score, None, None, None),
            "a component is missing",
        )
        yield _with_interval(
            schema.CENTER,
            model,
            subject,
            of.n_classified,
            (one.centre_accuracy, one.centre_low, one.centre_high, one.centre_method),
            "no labels, or fewer than two classes with five rows",
        )


def _rank(model: str, one: LayerFlow, subject: str, n: int) -> Measurement:
    if one.effective_rank is None:
        return schema.RANK.missing(model, "not_applicable", "the layer is constant on these rows", subject=subject)
    caveat = _LIMITED if one.effective_rank_limited else None
    return schema.RANK.measure(model, one.effective_rank, subject=subject, n=n, caveat=caveat)


def _with_interval(
    spec: MetricSpec,
    model: str,
    subject: str,
    n: int | None,
    found: tuple[float | None, float | None, float | None, str | None],
    otherwise: str,
) -> Measurement:
    value, low, high, method = found
    if value is None:
        return spec.missing(model, "insufficient_data", otherwise, subject=subject)
    interval: _Fields = {"ci_low": low, "ci_high": high, "ci_method": method}
    if low is None:
        interval = {} if method is None else {"caveat": f"no interval: {method}"}
    return spec.measure(model, value, subject=subject, n=n, **interval)
