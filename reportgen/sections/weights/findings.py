"""Rules of the weights section: signs of pathology. None of them measures accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.metrics.weights import poisson_quantile
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.sections.weights.schema import TensorWeights, WeightsResult

DEAD_SHARE = 0.1
"""Share of dead rows, or of dead columns, worth a warning. Convention; no literature value."""
NEAR_ZERO_EXCESS = 0.2
"""Share of near-zero weights above that of a Gaussian worth a warning. Convention; no literature value."""
SCALE = 10.0
"""Factor between the RMS of a tensor and that of its initializer worth a warning. Convention; no literature value."""
TOP_ENERGY = 0.5
"""Share of the squared singular values in the largest one worth a note. Convention; no literature value."""
PEAK = 30.0
"""Largest weight over the RMS worth a note. Convention; no literature value."""
UNTRAINED_ERRORS = 4.0
"""Standard errors of the RMS of a Gaussian sample, 1 / sqrt(2 size), within which a tensor may be untrained. Convention."""
UNTRAINED_SIZE = 200
"""Minimum number of weights whose RMS says anything about training: with fewer it is known to 20 % at best. Convention."""
BEYOND_EDGE = 0.01
"""Share of random matrices with a singular value above the edge, by its definition as a 99 % quantile: Johnstone (2001)."""
FOUND = 0.9
"""Share of untrained models that the rule finds, whatever their number of matrices. Convention."""
_CONSTANT = frozenset({"Zeros", "Ones", "Constant"})
_SAME = 1e-3
"""Relative error of a constant in the least precise of the stored formats."""
_NARROW = 8
_SMALL = 64
"""Minimum number of weights for a meaningful share of near-zero weights."""


def _of_each_model(
    result: WeightsResult,
    holds: Callable[[TensorWeights], bool],
    words: Callable[[list[TensorWeights]], str],
    effect: Callable[[TensorWeights], float] | None = None,
) -> Iterator[Hit]:
    """Yield one hit for each model with tensors that meet a condition.

    ``effect`` is how many times its threshold a tensor is; None for a condition that is met or not.
    """
    for model in result.models:
        found = [one for one in result.of(model.model) if holds(one)]
        if found:
            yield Hit(model.model, words(found), effect=None if effect is None else max(map(effect, found)))


def _is_map(one: TensorWeights) -> bool:
    """Return whether inputs pass through the weight, unlike biases and scales, which may well be zero."""
    return one.kind not in {"bias", "normalization"}


def _names(found: list[TensorWeights]) -> str:
    return formatting.listed([one.name for one in found])


def not_finite(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with weights that are NaN or infinite."""
    yield from _of_each_model(
        result,
        lambda one: one.non_finite > 0,
        lambda found: (
            f"{sum(one.non_finite for one in found):,} weights are NaN or infinite, in {_names(found)}: outputs that depend on "
            "them are invalid. Restore an earlier checkpoint."
        ),
    )


def dead_lines(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with matrices that have many dead rows or columns."""

    def share(one: TensorWeights) -> float:
        return one.matrix.dead_share if one.matrix else 0.0

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=share)
        return (
            f"In {_names(found)}, more than {formatting.number(DEAD_SHARE, 'fraction')} of the rows or columns are practically "
            f"zero (most in {worst.name}: {formatting.number(share(worst), 'fraction')}): inputs that are ignored, or units that "
            "output only their bias. Consider a narrower layer or a lower learning rate."
        )

    yield from _of_each_model(result, lambda one: share(one) > DEAD_SHARE, words, lambda one: share(one) / DEAD_SHARE)


def _above(value: float | None, limit: float) -> bool:
    return value is not None and value > limit


def near_zero(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with tensors that have many more near-zero weights than a Gaussian."""

    def share(one: TensorWeights) -> float | None:
        return None if one.distribution is None or one.size < _SMALL else one.distribution.near_zero_fraction

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=lambda one: required(share(one)))
        return (
            f"{_names(found)}: {formatting.number(required(share(worst)), 'fraction')} of the weights of {worst.name} are near zero, "
            "against 0.8 % for Gaussian weights. This is expected after pruning; otherwise much of the tensor is unused."
        )

    yield from _of_each_model(
        result,
        lambda one: _is_map(one) and _above(share(one), NEAR_ZERO_EXCESS),
        words,
        lambda one: required(share(one)) / NEAR_ZERO_EXCESS,
    )


def all_zero(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with all-zero tensors."""
    yield from _of_each_model(
        result,
        lambda one: _is_map(one) and one.distribution is not None and one.distribution.zero_fraction == 1,
        lambda found: f"{_names(found)}: all weights are zero, so no signal passes. Check initialization and training.",
    )


def scale(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with tensors whose scale is far from that of their initializer."""

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=lambda one: required(one.relative_scale))
        return (
            f"{_names(found)}: the RMS of {worst.name} is {required(worst.rms_ratio):.3g} times that of its initializer "
            f"({worst.initializer}). Check the activations after it, unless normalization follows."
        )

    yield from _of_each_model(
        result,
        lambda one: _above(one.relative_scale, SCALE),
        words,
        lambda one: required(one.relative_scale) / SCALE,
    )


def one_direction(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with matrices that have a dominant singular value."""

    def energy(one: TensorWeights) -> float:
        matrix = one.matrix
        if matrix is None or matrix.stable_rank is None or min(matrix.rows, matrix.columns) < _NARROW:
            return 0.0
        return 1 / matrix.stable_rank

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=energy)
        return (
            f"{_names(found)}: the largest singular value holds {formatting.number(energy(worst), 'fraction')} of the sum of squares in "
            f"{worst.name}, so one direction dominates the layer. Compare it with an earlier checkpoint or another model."
        )

    yield from _of_each_model(result, lambda one: energy(one) > TOP_ENERGY, words, lambda one: energy(one) / TOP_ENERGY)


def outliers(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with weight outliers."""

    def peak(one: TensorWeights) -> float | None:
        return None if one.distribution is None else one.distribution.peak

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=lambda one: required(peak(one)))
        return (
            f"{_names(found)}: the largest weight of {worst.name} is {required(peak(worst)):.3g} times its RMS. Before low-bit "
            "quantization, check the accuracy: small weights will lose precision."
        )

    yield from _of_each_model(
        result, lambda one: _above(peak(one), PEAK), words, lambda one: required(peak(one)) / PEAK
    )


def untrained(result: WeightsResult) -> Iterator[Hit]:
    """Yield models whose matrices look as initialized, but for as many as chance makes look trained: they do or not, so no effect."""
    for model in result.models:
        judged = [one for one in result.of(model.model) if _says_something(one)]
        trained = sum(not _looks_initial(one) for one in judged)
        if judged and trained <= _by_chance(judged):
            yield Hit(
                model.model,
                f"{len(judged) - trained} of {len(judged)} matrices with a known initializer and at least {UNTRAINED_SIZE} weights "
                "have the RMS of that initializer within sampling error and no singular value above the edge of a random matrix, "
                "as untrained weights would. Check that the right file was loaded.",
            )


def _says_something(one: TensorWeights) -> bool:
    return (
        one.matrix is not None and one.matrix.spikes is not None and bool(one.rms_ratio) and one.size >= UNTRAINED_SIZE
    )


def _by_chance(judged: list[TensorWeights]) -> int:
    """Return how many untrained matrices may look trained: the 90 % quantile of a Poisson distribution.

    Each block of a matrix has a singular value above the edge, a 99 % quantile, in 1 of 100 cases.
    """
    expected = sum(1 - (1 - BEYOND_EDGE) ** (one.matrix.blocks if one.matrix else 1) for one in judged)
    return poisson_quantile(expected, FOUND)


def _looks_initial(one: TensorWeights) -> bool:
    error = UNTRAINED_ERRORS / (2 * one.size) ** 0.5
    return abs(required(one.rms_ratio) - 1) < error and one.matrix is not None and one.matrix.spikes == 0


def duplicates(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with identical tensors under different names."""
    yield from _of_each_model(
        result,
        lambda one: one.same_as is not None and one.distribution is not None and one.distribution.std > 0,
        lambda found: (
            f"{found[0].name} is bit-identical to {found[0].same_as} (duplicates in total: {len(found)}). Check that this is intended."
        ),
    )


def as_initialized(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with constant tensors that still have the values of their initializer."""

    def untouched(one: TensorWeights) -> bool:
        found, initial = one.distribution, one.initial_rms
        if one.kind == "bias" or one.initializer not in _CONSTANT or found is None or initial is None:
            return False  # a bias may well end at the zeros that it started from
        return found.minimum == found.maximum and abs(found.rms - initial) <= _SAME * initial

    yield from _of_each_model(
        result,
        untouched,
        lambda found: (
            f"{_names(found)}: all values are still those of the initializer ({found[0].initializer}). Check that the layer was meant to stay untrained."
        ),
    )


def unmatched(result: WeightsResult) -> Iterator[Hit]:
    """Yield models when a layer type pattern matches no layer of any model: it may be misspelled."""
    nowhere = [one for one in result.options.layer_types if all(one in model.unmatched for model in result.models)]
    for model in result.models:
        if nowhere and model.n_tensors:
            yield Hit(
                model.model, f"No model has a layer with weights of type {' or '.join(nowhere)}: check layer_types."
            )


def nothing_chosen(result: WeightsResult) -> Iterator[Hit]:
    """Yield models without any selected tensor."""
    for model in result.models:
        if not model.n_tensors:
            types = ", ".join(result.options.layer_types) or "any"
            yield Hit(
                model.model,
                f"It has no weights in the selected layer types ({types}), so nothing was analyzed: check layer_types."
                if model.reason is None
                else f"Nothing was analyzed: {model.reason}.",
            )


CONVENTION = "convention"

RULES: tuple[Rule[WeightsResult], ...] = (
    Rule("WGT001", "problem", "Weights are NaN or infinite", "definition", not_finite),
    Rule("WGT101", "warning", "Dead rows or columns", f"{CONVENTION}; Dohare et al. (2024)", dead_lines),
    Rule("WGT102", "warning", "Many weights near zero", CONVENTION, near_zero),
    Rule("WGT103", "warning", "All-zero tensor", "definition", all_zero),
    Rule("WGT201", "warning", "Scale far from initialization", CONVENTION, scale),
    Rule("WGT202", "note", "Dominant singular value", CONVENTION, one_direction),
    Rule("WGT203", "note", "Weight outliers", f"{CONVENTION}; Dettmers et al. (2022)", outliers),
    Rule("WGT301", "warning", "Looks untrained", "Marchenko & Pastur (1967); Johnstone (2001)", untrained),
    Rule("WGT302", "note", "Identical tensors", "definition", duplicates),
    Rule("WGT303", "note", "Still at initialization", "definition", as_initialized),
    Rule("WGT901", "note", "Nothing to analyze", "definition", nothing_chosen),
    Rule("WGT902", "note", "Layer type not found", "definition", unmatched),
)
