"""Compares models pair by pair: predictions, representations, weight statistics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from reportgen.contract.heads import MeasuredHead, comparable
from reportgen.contract.needs import Need, Probe
from reportgen.contract.records.classification import ClassificationOutputs, ClassPredictions
from reportgen.contract.section import BaseAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import agreement, cka, comparison, embedding, intervals, weights
from reportgen.metrics.intervals import Estimate
from reportgen.sections.similarity import schema
from reportgen.sections.similarity.schema import (
    DRIVEN,
    HeadAgreement,
    LayerAlignment,
    Representation,
    SimilarityOptions,
    SimilarityResult,
    WeightMap,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.activations import Activations, LayerActivations
    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.weights import WeightTensor
    from reportgen.metrics.cka import Alignment, Grams
    from reportgen.metrics.design import Design
    from reportgen.metrics.weights import Moments
    from reportgen.sections.similarity.schema import Matrix

    FloatArray = NDArray[np.float64]

_COMPARED_VALUES = 1_000_000
"""Maximum number of probabilities compared per model: the more classes, the fewer rows."""


class SimilarityAnalyzer(BaseAnalyzer[SimilarityOptions, SimilarityResult]):
    """Compares all pairs of models, and each model with the reference layer by layer."""

    needs: ClassVar[frozenset[Need]] = frozenset(
        {Need.PREDICTIONS, Need.ACTIVATIONS, Need.WEIGHTS, Need.SEVERAL_MODELS}
    )
    libraries = ("scipy.cluster.hierarchy",)

    def probe(self) -> Probe:
        """Request the rows of the options, and the layers that other sections request."""
        return Probe(samples=self.options.samples)

    def names(self) -> dict[str, str]:
        """Return the reference where the spec names it."""
        return {} if self.options.reference is None else {"reference": self.options.reference}

    def analyze(self, evaluation: Evaluation) -> SimilarityResult:
        """Compare all pairs of models, and each model with the reference layer by layer."""
        data = evaluation.data
        if data is None:
            message = "similarity needs data"
            raise ValueError(message)
        pair = evaluation.decision.pair
        default = evaluation.models[0].name if pair is None else pair[1]
        reference = self.options.reference or default
        measurements: list[Measurement] = []
        heads = []
        for group in comparable([_Head(*one, data) for one in evaluation.heads(ClassPredictions)]):
            found, agreed = _agreement(group)
            measurements += found
            heads.append(agreed)
        inside = [_Inside.of(model, data) for model in evaluation.models]
        representation, reason = _represented(inside, data, measurements)
        weight_map, why = _weight_map(evaluation.models)
        measurements += _coordinates(evaluation.models, weight_map, why or "")
        aligned, refused = self._aligned(inside, reference, data.design)
        return SimilarityResult(
            measurements=tuple(measurements),
            split=data.split,
            n=data.n,
            rows=_rows(inside, data),
            reference=reference,
            heads=tuple(heads),
            representation=representation,
            representation_reason=reason,
            alignments=tuple(aligned),
            not_aligned=tuple(refused),
            weight_map=weight_map,
            weight_map_reason=why,
            options=self.options,
        )

    def _aligned(
        self, inside: Sequence[_Inside], reference: str, design: Design
    ) -> tuple[list[LayerAlignment], list[tuple[str, str]]]:
        """Compare the layers of the reference with themselves and with those of every other model."""
        own = next(one for one in inside if one.model == reference)
        refused = [(one.model, one.reason) for one in inside if one.reason is not None]
        if own.reason is not None:
            return [], refused
        first, grams = self._grams(own)
        aligned = []
        for one in (own, *(other for other in inside if other is not own)):
            if one.reason is None:
                chosen, second = (first, grams) if one is own else self._grams(one)
                left_out = len(own.layers) - len(first) + len(one.layers) - len(chosen)
                found = cka.align(grams, second)
                if not design.plain:
                    found = found.without_interval()
                aligned.append(_alignment(one.model, (first, chosen), left_out, found))
        return aligned, refused

    def _grams(self, one: _Inside) -> tuple[list[LayerActivations], Grams]:
        most = min(len(one.layers), self.options.max_layers)
        places = np.unique(np.linspace(0, len(one.layers) - 1, most).round().astype(int))
        chosen = [one.layers[place] for place in places]
        return chosen, cka.grams([layer.pooled for layer in chosen])


# ------------------------------------------------------------------------------------------------ predictions


_Head = MeasuredHead[ClassPredictions]


def _agreement(group: list[_Head]) -> tuple[list[Measurement], HeadAgreement]:
    """Compare the predictions of models that share a head."""
    measurements: list[Measurement] = []
    differing = np.zeros((len(group), len(group)))
    forecasts = [_log_probabilities(one) for one in group]
    whole = group[0].design
    sampled = whole.take(group[0].outputs.logit_sample_rows[_compared(group[0])])
    for i, j in combinations(range(len(group)), 2):
        first, second = group[i], group[j]
        changed = agreement.churn(first.outputs.predictions, second.outputs.predictions, first.design.weights)
        distances = agreement.js_divergence(forecasts[i], forecasts[j])
        apart = intervals.mean(distances, 0.0, 1.0, sampled.weights)
        differing[i, j] = differing[j, i] = changed.value if changed else np.nan
        errors = _errors(first, second)
        for one, other, flips in ((first, second, errors.flips), (second, first, errors.flips[::-1])):
            part = Subject.of("vs", other.model.name)
            for spec, estimate, design, otherwise in (
                (schema.CHURN, changed, whole, ""),
                (schema.NEGATIVE_FLIPS, flips[0], whole, errors.reason),
                (schema.POSITIVE_FLIPS, flips[1], whole, errors.reason),
                (schema.SHARED_ERRORS, errors.shared, whole, errors.reason),
                (schema.ERROR_CONSISTENCY, errors.consistency, whole, errors.reason),
                (schema.DIVERGENCE, apart, sampled, ""),
            ):
                found = one.insufficient(spec, otherwise, part)
                if estimate is not None:
                    found = one.estimated(spec, estimate, part, design)
                measurements.append(found)
    return measurements, HeadAgreement(
        subject=group[0].subject(),
        models=tuple(one.model.name for one in group),
        churn=_matrix(differing),
        order=tuple(embedding.order(differing)),
    )


@dataclass(frozen=True)
class _Errors:
    """Errors of two models compared: negative and positive flips of the first against the second, errors of both, and consistency."""

    flips: tuple[Estimate | None, Estimate | None]
    shared: Estimate | None
    consistency: Estimate | None
    reason: str


def _errors(first: _Head, second: _Head) -> _Errors:
    """Compare the errors if both heads have labels."""
    one, other = first.outputs, second.outputs
    if not isinstance(one, ClassificationOutputs) or not isinstance(other, ClassificationOutputs):
        return _Errors((None, None), None, None, first.head.reason or second.head.reason or "")
    table = comparison.discordance(one.correct, other.correct, first.design.weights)
    return _Errors(
        (agreement.negative_flips(table), agreement.positive_flips(table)),
        agreement.shared_errors(table),
        agreement.error_consistency(table),
        "both models are right on all rows, or wrong on all rows",
    )


def _compared(one: _Head) -> NDArray[np.int64]:
    """Return the positions in the sample of logits that are compared, the same for every model with these classes."""
    most = max(_COMPARED_VALUES // one.outputs.n_classes, 1)
    places = np.arange(len(one.outputs.logit_sample))
    if len(places) > most:
        places = np.sort(np.random.default_rng(one.data.seed).choice(places, most, replace=False))
    return places


def _log_probabilities(one: _Head) -> NDArray[np.float32]:
    """Return the log-probabilities of the compared rows."""
    outputs, places = one.outputs, _compared(one)
    normalizer = outputs.log_normalizer[outputs.logit_sample_rows[places]]
    return (outputs.logit_sample[places].astype(np.float64) - normalizer[:, None]).astype(np.float32)


# ------------------------------------------------------------------------------------------------ representations


@dataclass(frozen=True)
class _Inside:
    """The layers of a model that can be compared, or why there are none."""

    model: str
    places: NDArray[np.int64]
    layers: tuple[LayerActivations, ...]
    hidden: LayerActivations | None
    reason: str | None

    @classmethod
    def of(cls, model: ModelEvaluation, data: DataEvaluation) -> _Inside:
        """Select the layers with finite values, and the last one before the output."""
        probed = None if model.activations is None else model.activations.of(data.design)
        if probed is None or probed.reason is not None:
            return cls(model.name, np.empty(0, np.int64), (), None, (probed and probed.reason) or "no layer was probed")
        layers = tuple(one for one in probed.layers if not one.not_finite and one.n_values)
        reason = None if layers else "no layer has finite values"
        if len(probed.places) < cka.LEAST_EXAMPLES:
            reason = f"fewer than {cka.LEAST_EXAMPLES} rows were probed"
        return cls(model.name, probed.places, layers, _last_hidden(probed, layers), reason)


def _last_hidden(probed: Activations, layers: Sequence[LayerActivations]) -> LayerActivations | None:
    """Return the last layer before the one that the first head ends in."""
    names = [one.name for one in probed.layers]
    end = next((name for name in probed.ends if name is not None), names[-1] if names else "")
    before = names[: names.index(end)]
    return next((one for one in reversed(layers) if one.name in before), None)


def _rows(inside: Sequence[_Inside], data: DataEvaluation) -> tuple[int, ...]:
    places = next((one.places for one in inside if one.reason is None), np.empty(0, np.int64))
    return tuple(int(row) for row in data.rows[places])


def _represented(
    inside: Sequence[_Inside], data: DataEvaluation, measurements: list[Measurement]
) -> tuple[Representation | None, str | None]:
    """Compare the last hidden layers of all models, and append the measurements."""
    known = [(one, one.hidden) for one in inside if one.reason is None and one.hidden is not None]
    if len(known) < 2:  # noqa: PLR2004
        return None, "fewer than two models have a hidden layer that could be compared"
    found = cka.align(*[cka.grams([hidden.pooled for _, hidden in known])] * 2)
    for i, j in np.ndindex(found.value.shape):
        if i != j:
            measurements += _aligned_pair(known[i], known[j], found, (i, j), data.design)
    for one in inside:
        if one.reason is not None or one.hidden is None:
            reason = one.reason or "it has no hidden layer"
            others = (other for other in inside if other is not one)
            for other in others:
                measurements += _missing_pair(one, other, reason)
            for other, _ in known:
                measurements += _missing_pair(other, one, f"{one.model}: {reason}")
    distances = np.nan_to_num(1 - found.value, nan=1.0)
    np.fill_diagonal(distances, 0.0)
    return Representation(
        models=tuple(one.model for one, _ in known),
        layers=tuple(hidden.name for _, hidden in known),
        cka=_matrix(found.value),
        order=tuple(embedding.order(distances)),
    ), None


def _aligned_pair(
    one: tuple[_Inside, LayerActivations],
    other: tuple[_Inside, LayerActivations],
    found: Alignment,
    place: tuple[int, int],
    design: Design,
) -> Iterator[Measurement]:
    subject, value, trimmed = Subject.of("vs", other[0].model), float(found.value[place]), float(found.trimmed[place])
    details: dict[str, Any] = {
        "subject": subject,
        "n": len(one[0].places),
        "estimator": f"{one[1].name} against {other[1].name}",
    }
    for spec, number in ((schema.CKA, value), (schema.TRIMMED_CKA, trimmed)):
        if np.isnan(number):
            reason = "a layer is constant on these rows"
            yield spec.missing(one[0].model, "insufficient_data", reason, subject=subject)
        elif spec is schema.TRIMMED_CKA:
            yield spec.measure(one[0].model, number, **details)
        else:
            yield spec.measure(one[0].model, number, **_ends(found, place, design), **details)


def _ends(found: Alignment, place: tuple[int, int], design: Design) -> dict[str, Any]:
    """Return the interval of a CKA, or why there is none, and whether few rows drive the value."""
    value, trimmed, deciding = (float(one[place]) for one in (found.value, found.trimmed, found.deciding))
    caveats = []
    if abs(value - trimmed) > DRIVEN:
        caveats.append(f"driven by few rows: {trimmed:.2f} without the 1 % farthest from the mean")
    interval = Estimate(value, design.n)
    if not np.isnan(found.low[place]):
        ends = float(found.low[place]), float(found.high[place])
        interval = design.estimate(Estimate(value, design.n, *ends, cka.METHOD))
    else:
        few = f"so few rows decide it that they count as {deciding:.1f} of equal influence (at least {cka.LEAST_DECIDING:g} are needed)"
        interval = interval.without(
            few if deciding < cka.LEAST_DECIDING else "the layers are equal up to rotation and scale"
        )
    if interval.withheld is not None:
        caveats.append(f"no interval: {interval.withheld}")
    return {
        "ci_low": interval.low,
        "ci_high": interval.high,
        "ci_method": interval.method,
        "caveat": "; ".join(caveats) or None,
    }


def _missing_pair(one: _Inside, other: _Inside, reason: str) -> Iterator[Measurement]:
    for spec in (schema.CKA, schema.TRIMMED_CKA):
        yield spec.missing(one.model, "not_applicable", reason, subject=Subject.of("vs", other.model))


def _alignment(
    model: str,
    layers: tuple[Sequence[LayerActivations], Sequence[LayerActivations]],
    left_out: int,
    found: Alignment,
) -> LayerAlignment:
    return LayerAlignment(
        model=model,
        reference_layers=tuple(one.name for one in layers[0]),
        layers=tuple(one.name for one in layers[1]),
        left_out=left_out,
        cka=_matrix(found.value),
        low=_matrix(found.low),
        high=_matrix(found.high),
        trimmed=_matrix(found.trimmed),
    )


def _matrix(values: FloatArray) -> Matrix:
    return tuple(tuple(float(value) if np.isfinite(value) else None for value in row) for row in values)


# ------------------------------------------------------------------------------------------------ weights


def _weight_map(models: Sequence[ModelEvaluation]) -> tuple[WeightMap | None, str | None]:
    """Compute the principal components of the weight statistics of models of the most frequent architecture."""
    kernels = {model.name: _kernels(model) for model in models}
    shapes = {name: tuple((one.kind, one.values.shape) for one in found) for name, found in kernels.items()}
    (shape, count), *_ = Counter(shapes.values()).most_common()
    if count < embedding.LEAST_POINTS or not shape:
        return None, f"this needs three models of the same architecture (found {count if shape else 0})"
    chosen = [name for name in kernels if shapes[name] == shape]
    described = [[_described(tensor) for tensor in kernels[name]] for name in chosen]
    broken = [name for name, rows in zip(chosen, described, strict=True) if None in rows]
    if broken:
        return None, f"{broken[0]} has NaN or infinite weights"
    found = embedding.principal_components(np.array(described, np.float64).reshape(len(chosen), -1))
    if found is None:
        return None, "the weight statistics of all models are the same"
    return WeightMap(
        models=tuple(chosen),
        points=tuple((float(x), float(y)) for x, y in found.points),
        explained=(float(found.explained[0]), float(found.explained[1])),
        n_tensors=len(shape),
        n_features=found.n_features,
        others=tuple(name for name in kernels if name not in chosen),
    ), None


def _kernels(model: ModelEvaluation) -> list[WeightTensor]:
    return [one for one in model.weights or () if one.outputs]


def _described(tensor: WeightTensor) -> tuple[float, ...] | None:
    """Return mean, logarithm of the standard deviation, skewness and excess kurtosis; None with NaN among the values."""
    if not np.isfinite(tensor.values).all():
        return None
    found = weights.moments(tensor.values)
    spread = float(np.log(found.std)) if found.std > 0 else 0.0
    return found.mean, spread, *_shape(found)


def _shape(found: Moments) -> tuple[float, float]:
    """Return skewness and excess kurtosis; a constant tensor has neither and stands at the origin of both."""
    if found.skewness is None or found.excess_kurtosis is None:
        return 0.0, 0.0
    return found.skewness, found.excess_kurtosis


def _coordinates(models: Sequence[ModelEvaluation], found: WeightMap | None, reason: str) -> Iterator[Measurement]:
    for model in models:
        for axis, spec in enumerate(schema.COMPONENTS):
            if found is None:
                yield spec.missing(model.name, "not_applicable", reason)
            elif model.name not in found.models:
                yield spec.missing(model.name, "not_applicable", "its architecture differs from that of most models")
            else:
                yield spec.measure(model.name, found.points[found.models.index(model.name)][axis])
