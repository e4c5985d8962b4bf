"""Computes the metrics of every weight tensor and of every model as a whole."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from reportgen.contract.forms import NO_LAYERS
from reportgen.contract.needs import Need
from reportgen.contract.section import PerModelAnalyzer
from reportgen.contract.subjects import Subject
from reportgen.metrics import rank, spectrum, weights
from reportgen.sections.weights import schema
from reportgen.sections.weights.schema import (
    Component,
    Distribution,
    Health,
    Limits,
    MatrixNumbers,
    ModelWeights,
    TensorDigest,
    TensorWeights,
    WeightsOptions,
    WeightsResult,
    WorstTensor,
)
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from reportgen.contract.numbers import Measurement
    from reportgen.contract.records.evaluation import Evaluation, ModelEvaluation
    from reportgen.contract.records.weights import WeightTensor
    from reportgen.metrics.spectrum import Spectrum
    from reportgen.metrics.weights import Moments

_LIMITS = weights.HealthLimits()
_STRICTER, _LOOSER = 0.5, 2.0
_SHOWN_VALUES = 64
_WORST = 3
_QUANTILE = 0.05
_NOT_FINITE = "the tensor has NaN or infinite values"


class WeightsAnalyzer(PerModelAnalyzer[WeightsOptions, WeightsResult, WeightsResult]):
    """Screens the weights for pathologies; needs no data."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.WEIGHTS})
    part = WeightsResult

    def of_model(self, evaluation: Evaluation) -> WeightsResult:
        """Measure the selected tensors of a model."""
        (model,) = evaluation.models
        chosen = [tensor for tensor in model.weights or () if tensor.values.size and self._is_chosen(tensor)]
        digests = {tensor.name: _digest(tensor) for tensor in model.weights or ()}
        measured = _tensors(model.name, chosen, digests)
        about = _model(model, measured, self.options.layer_types, tuple(digests.values()))
        return self._result([*_whole(model, measured), *_each(model.name, measured)], [about], measured)

    def joined(self, _evaluation: Evaluation, parts: Sequence[WeightsResult]) -> WeightsResult:
        """Put the models one after the other."""
        return self._result(
            [one for part in parts for one in part.measurements],
            [one for part in parts for one in part.models],
            [one for part in parts for one in part.tensors],
        )

    def _result(
        self, measurements: Sequence[Measurement], models: Sequence[ModelWeights], tensors: Sequence[TensorWeights]
    ) -> WeightsResult:
        return WeightsResult(
            measurements=tuple(measurements),
            models=tuple(models),
            tensors=tuple(tensors),
            limits=Limits(**asdict(_LIMITS)),
            options=self.options,
        )

    def _is_chosen(self, tensor: WeightTensor) -> bool:
        if tensor.kind in {"bias", "normalization"} and not self.options.include_biases:
            return False
        types = self.options.layer_types
        return not types or any(matches(tensor.layer_type, pattern) for pattern in types)


# ------------------------------------------------------------------------------------------------ of one tensor


def _tensors(model: str, chosen: Sequence[WeightTensor], digests: Mapping[str, TensorDigest]) -> list[TensorWeights]:
    seen: dict[tuple[str, tuple[int, ...]], str] = {}
    measured = []
    for tensor in chosen:
        first = seen.setdefault((digests[tensor.name].sha256, tensor.values.shape), tensor.name)
        measured.append(_tensor(model, tensor, None if first == tensor.name else first))
    return measured


def _digest(tensor: WeightTensor) -> TensorDigest:
    values = np.ascontiguousarray(tensor.values)
    numbers = values.reshape(-1).view(np.uint8).data
    return TensorDigest(
        name=tensor.name, shape=tensor.values.shape, dtype=str(values.dtype), sha256=hashlib.sha256(numbers).hexdigest()
    )


def _tensor(model: str, tensor: WeightTensor, same_as: str | None) -> TensorWeights:
    values = tensor.values
    non_finite = int(np.count_nonzero(~np.isfinite(values)))
    usable = non_finite == 0
    found = weights.moments(values) if usable else None
    matrix = _matrix_of(tensor) if usable and tensor.inputs else None
    spectral = None if matrix is None else spectrum.spectrum(matrix, tensor.groups)
    numbers = None if matrix is None or spectral is None else _numbers(tensor, matrix, spectral)
    norms = _channel_norms(tensor) if usable and tensor.kind == "depthwise_convolution" else None
    ratio = found.rms / tensor.initial_rms if found is not None and tensor.initial_rms else None
    judged = None if tensor.kind == "normalization" else ratio  # its statistics follow the data, not the initializer
    return TensorWeights(
        model=model,
        name=tensor.name,
        layer=tensor.layer,
        layer_type=tensor.layer_type,
        kind=tensor.kind,
        shape=values.shape,
        size=values.size,
        trainable=tensor.trainable,
        initializer=tensor.initializer,
        initial_rms=tensor.initial_rms,
        rms_ratio=ratio,
        non_finite=non_finite,
        distribution=None if found is None else Distribution(**asdict(found)),
        matrix=numbers,
        operator_bounds=_bounds(tensor, spectral) if usable else None,
        channel_norms=None if norms is None else _spread(norms),
        relative_scale=max(judged, 1 / judged) if judged else None,
        same_as=same_as,
        health=_health(found, _dead_share(numbers, norms), spectral, judged, values.size if tensor.outputs else 0),
    )


def _matrix_of(tensor: WeightTensor) -> NDArray[np.float64]:
    return spectrum.as_matrix(tensor.values, tensor.inputs, tensor.outputs)


def _numbers(tensor: WeightTensor, matrix: NDArray[np.float64], found: Spectrum) -> MatrixNumbers:
    rows, columns = weights.dead_lines(matrix, tensor.groups)
    spikes = found.spikes
    values, ranks = _thinned(found)
    return MatrixNumbers(
        rows=found.shape[0],
        columns=found.shape[1],
        blocks=found.blocks,
        spectral_norm=found.spectral_norm,
        stable_rank=found.stable_rank,
        participation_ratio=found.participation_ratio,
        relative_participation=found.relative_participation,
        effective_rank=None if found.eigenvalues is None else rank.effective_rank(found.eigenvalues),
        random_edge=found.random_edge,
        spikes=None if spikes is None else len(spikes),
        spike_energy=float(spikes.sum() / found.total) if spikes is not None and found.total > 0 else None,
        dead_rows=rows,
        dead_columns=columns,
        singular_values=values,
        singular_ranks=ranks,
        head_norms=_head_norms(tensor),
    )


def _thinned(found: Spectrum) -> tuple[tuple[float, ...], tuple[int, ...]]:
    if found.eigenvalues is None:
        return (found.spectral_norm,), (1,)
    size = len(found.eigenvalues)
    places = np.unique(np.linspace(0, size - 1, min(size, _SHOWN_VALUES)).round().astype(int))
    return tuple(map(float, np.sqrt(found.eigenvalues[places]))), tuple(int(place) + 1 for place in places)


def _head_norms(tensor: WeightTensor) -> tuple[float, ...]:
    if tensor.heads is None:
        return ()
    heads = np.moveaxis(np.asarray(tensor.values, np.float64), tensor.heads, 0)
    return tuple(float(norm) for norm in np.linalg.norm(heads, ord=2, axis=(1, 2)))


def _bounds(tensor: WeightTensor, spectral: Spectrum | None) -> tuple[float, float] | None:
    if tensor.kind == "depthwise_convolution":
        return spectrum.filter_bounds(_filters(tensor))
    if tensor.kind not in {"convolution", "transposed_convolution"}:
        return None
    transposed = tensor.kind == "transposed_convolution"
    kernel = np.asarray(tensor.values, np.float64)
    kernel = np.swapaxes(kernel, -1, -2) if transposed else kernel
    seen = spectral.spectral_norm if spectral is not None and tensor.groups == 1 else None
    bounds = [
        spectrum.operator_norm_bounds(part, seen=seen, strided=tensor.strided, transposed=transposed)
        for part in np.split(kernel, tensor.groups, axis=-1)
    ]
    return max(low for low, _ in bounds), max(high for _, high in bounds)


def _filters(tensor: WeightTensor) -> NDArray[np.float64]:
    values = np.asarray(tensor.values, np.float64)
    return values.reshape(*values.shape[: values.ndim - len(tensor.outputs)], -1)


def _channel_norms(tensor: WeightTensor) -> NDArray[np.float64]:
    filters = _filters(tensor)
    norms: NDArray[np.float64] = np.sqrt((filters.reshape(-1, filters.shape[-1]) ** 2).sum(axis=0))
    return norms


def _spread(norms: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(norms.min()), float(np.median(norms)), float(norms.max())


def _dead_share(numbers: MatrixNumbers | None, norms: NDArray[np.float64] | None) -> float | None:
    if numbers is not None:
        return numbers.dead_share
    return None if norms is None else weights.dead_norms(norms) / len(norms)


def _health(
    found: Moments | None, dead_share: float | None, spectral: Spectrum | None, ratio: float | None, size: int
) -> Health:
    def scored(limits: weights.HealthLimits) -> dict[str, float | None]:
        return weights.health_components(found, dead_share, spectral, ratio, size, limits)

    components = scored(_LIMITS)
    applied = {name: score for name, score in components.items() if score is not None}
    binding = min(applied, key=lambda name: applied[name])
    return Health(
        score=applied[binding],
        binding=binding,
        components=tuple(
            Component(
                name=name,
                score=score,
                reason=weights.why_not_scored(name, found, spectral, size) if score is None else None,
            )
            for name, score in components.items()
        ),
        low=_lowest(scored(_LIMITS.loosened(_STRICTER))),
        high=_lowest(scored(_LIMITS.loosened(_LOOSER))),
    )


def _lowest(components: dict[str, float | None]) -> float:
    return min(score for score in components.values() if score is not None)


# ------------------------------------------------------------------------------------------------ of a model


def _model(
    model: ModelEvaluation,
    measured: Sequence[TensorWeights],
    patterns: Sequence[str],
    digests: tuple[TensorDigest, ...],
) -> ModelWeights:
    classes = {tensor.layer_type for tensor in model.weights or ()}
    worst = sorted(measured, key=lambda one: one.health.score)[:_WORST]
    return ModelWeights(
        model=model.name,
        n_tensors=len(measured),
        left_out=len(model.weights or ()) - len(measured),
        unmatched=tuple(one for one in patterns if not any(matches(name, one) for name in classes)),
        worst=tuple(WorstTensor(name=one.name, score=one.health.score, binding=one.health.binding) for one in worst),
        reason=NO_LAYERS if model.form == "saved_model" else None,
        digests=digests,
    )


def _whole(evaluated: ModelEvaluation, measured: Sequence[TensorWeights]) -> Iterator[Measurement]:
    model = evaluated.name
    if not measured:
        none = "has no weights" if not evaluated.weights else "has no weights selected by the options"
        reason = NO_LAYERS if evaluated.form == "saved_model" else f"this model {none}"
        for spec in schema.PER_MODEL:
            yield spec.missing(model, "not_applicable", reason)
        return
    size = sum(one.size for one in measured)
    sound = [(one, one.distribution) for one in measured if one.distribution is not None]
    scores = [one.health.score for one in measured]
    low, high = ([getattr(one.health, end) for one in measured] for end in ("low", "high"))
    sizes = [float(one.size) for one in measured]
    score, lower, upper = (weights.weighted_quantile(some, sizes, _QUANTILE) for some in (scores, low, high))
    yield schema.HEALTH.measure(
        model,
        score,
        n=len(measured),
        estimator=f"{lower:.2f} with all limits twice as strict, {upper:.2f} with half as strict",
    )
    yield schema.FAILING.measure(model, sum(score < schema.PASS for score in scores))
    yield schema.ANALYZED.measure(model, size)
    yield schema.NOT_FINITE.measure(model, sum(one.non_finite for one in measured), n=size)
    dead = [one.matrix for one in measured if one.matrix is not None]
    if len(sound) < len(measured):
        for spec in (schema.NORM, schema.SPARSITY, schema.NEAR, schema.DEAD, schema.SCALE):
            yield spec.missing(model, "failed", "some weights are NaN or infinite")
        return
    yield schema.NORM.measure(model, float(np.hypot.reduce([found.l2 for _, found in sound])), n=size)
    yield schema.SPARSITY.measure(model, sum(found.zero_fraction * one.size for one, found in sound) / size, n=size)
    near = sum(
        (1.0 if found.near_zero_fraction is None else found.near_zero_fraction) * one.size for one, found in sound
    )
    yield schema.NEAR.measure(model, near / size, n=size)
    yield _dead(model, dead)
    yield _scale(model, measured)


def _dead(model: str, matrices: Sequence[MatrixNumbers]) -> Measurement:
    if not matrices:
        return schema.DEAD.missing(model, "not_applicable", "no analyzed weight is a matrix")
    rows = sum(one.dead_rows for one in matrices) / sum(one.rows * one.blocks for one in matrices)
    columns = sum(one.dead_columns for one in matrices) / sum(one.columns * one.blocks for one in matrices)
    side = "rows" if rows > columns else "columns"
    return schema.DEAD.measure(model, max(rows, columns), n=len(matrices), estimator=f"share of {side}")


def _scale(model: str, measured: Sequence[TensorWeights]) -> Measurement:
    factors = [one.relative_scale for one in measured if one.relative_scale is not None]
    if not factors:
        return schema.SCALE.missing(model, "not_applicable", "the initial RMS is unknown for all tensors")
    return schema.SCALE.measure(model, max(factors), n=len(factors))


def _each(model: str, measured: Sequence[TensorWeights]) -> Iterator[Measurement]:
    for one in measured:
        subject = Subject.of("tensor", one.name)
        yield schema.TENSOR_HEALTH.measure(model, one.health.score, subject=subject, n=one.size)
        found = one.distribution
        if found is None:
            for spec in schema.OF_VALUES:
                yield spec.missing(model, "failed", _NOT_FINITE, subject=subject)
            continue
        yield schema.L1.measure(model, found.l1, subject=subject, n=one.size)
        yield schema.L2.measure(model, found.l2, subject=subject, n=one.size)
        if one.matrix is None:
            yield schema.SPECTRAL.missing(model, "not_applicable", "the tensor is not a matrix", subject=subject)
        else:
            yield schema.SPECTRAL.measure(model, one.matrix.spectral_norm, subject=subject, n=one.size)
        yield schema.TENSOR_SPARSITY.measure(model, found.zero_fraction, subject=subject, n=one.size)
        if found.near_zero_fraction is None:
            yield schema.TENSOR_NEAR.missing(model, "not_applicable", "all weights are zero", subject=subject)
        else:
            yield schema.TENSOR_NEAR.measure(model, found.near_zero_fraction, subject=subject, n=one.size)
