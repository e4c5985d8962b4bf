"""Rules of the weights section: signs of pathologies, with what they are compared with. None speaks of accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.sections.weights.schema import TensorWeights, WeightsResult

DEAD_SHARE = 0.1
"""Share of dead rows, or of dead columns, worth a warning. Convention; no literature value."""
NEAR_ZERO_EXCESS = 0.2
"""Share of near-zero weights above that of a Gaussian worth a warning. Convention; no literature value."""
SCALE = 10.0
"""Factor between a tensor's rms and its initialiser's worth a warning. Convention; no literature value."""
TOP_ENERGY = 0.5
"""Share of the squared singular values in the first one worth a note. Convention; no literature value."""
PEAK = 30.0
"""Largest weight over the rms worth a note. Convention; no literature value."""
UNTRAINED_ERRORS = 4.0
"""Standard errors of a Gaussian sample's rms, 1 / sqrt(2 size), within which a tensor may be untrained. Convention."""
UNTRAINED_SIZE = 200
"""Numbers below which the rms of a tensor, known to 20 % at best, says nothing about training. Convention."""
_CONSTANT = frozenset({"Zeros", "Ones", "Constant"})
_SAME = 1e-3
"""Relative error of a constant in the least precise of the stored formats."""
_NARROW = 8
_SMALL = 64
"""Numbers below which a share of near-zero weights says nothing."""


def _of_each_model(
    result: WeightsResult, holds: Callable[[TensorWeights], bool], words: Callable[[list[TensorWeights]], str]
) -> Iterator[Hit]:
    """Yield one hit for each model with tensors that a condition holds for."""
    for model in result.models:
        found = [one for one in result.of(model.model) if holds(one)]
        if found:
            yield Hit(model.model, words(found))


def _is_map(one: TensorWeights) -> bool:
    """Tell weights that inputs pass through from biases and scales, which may well be zero."""
    return one.kind not in {"bias", "normalization"}


def _names(found: list[TensorWeights]) -> str:
    return formatting.listed([one.name for one in found])


def not_finite(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with weights that are NaN or infinite."""
    yield from _of_each_model(
        result,
        lambda one: one.non_finite > 0,
        lambda found: (
            f"{sum(one.non_finite for one in found):,} weights are NaN or infinite, in {_names(found)}: whatever they "
            "reach is NaN as well."
        ),
    )


def dead_lines(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with matrices many of whose rows or columns are dead."""

    def share(one: TensorWeights) -> float:
        return one.matrix.dead_share if one.matrix else 0.0

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=share)
        return (
            f"In {_names(found)} more than {formatting.number(DEAD_SHARE, 'fraction')} of the rows or of the columns are "
            f"practically zero (most in {worst.name}: {formatting.number(share(worst), 'fraction')}): inputs that are not "
            "read, or units that put out their bias alone."
        )

    yield from _of_each_model(result, lambda one: share(one) > DEAD_SHARE, words)


def near_zero(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with tensors that hold many more near-zero weights than a Gaussian would."""

    def share(one: TensorWeights) -> float:
        found = one.distribution
        return (found.near_zero_fraction or 0.0) if found and one.size >= _SMALL else 0.0

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=share)
        return (
            f"{_names(found)}: {formatting.number(share(worst), 'fraction')} of the weights of {worst.name} are near zero, "
            "a Gaussian tensor has 0.8 %. Intended after pruning, otherwise much of the tensor is unused."
        )

    yield from _of_each_model(result, lambda one: _is_map(one) and share(one) > NEAR_ZERO_EXCESS, words)


def all_zero(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with tensors that are zero throughout."""
    yield from _of_each_model(
        result,
        lambda one: _is_map(one) and one.distribution is not None and one.distribution.zero_fraction == 1,
        lambda found: f"{_names(found)}: every weight is zero, nothing passes.",
    )


def scale(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with tensors whose size is far from that of their initialiser."""

    def factor(one: TensorWeights) -> float:
        return one.relative_scale or 1.0

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=factor)
        return (
            f"{_names(found)}: the root mean square of {worst.name} is {worst.rms_ratio or 0:.3g} times what "
            f"{worst.initializer} gives. Look at the activations behind it, unless a normalisation follows."
        )

    yield from _of_each_model(result, lambda one: factor(one) > SCALE, words)


def one_direction(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with matrices that are ruled by one direction."""

    def energy(one: TensorWeights) -> float:
        matrix = one.matrix
        if matrix is None or matrix.stable_rank is None or min(matrix.rows, matrix.columns) < _NARROW:
            return 0.0
        return 1 / matrix.stable_rank

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=energy)
        return (
            f"{_names(found)}: one direction holds {formatting.number(energy(worst), 'fraction')} of the squared singular "
            f"values of {worst.name}."
        )

    yield from _of_each_model(result, lambda one: energy(one) > TOP_ENERGY, words)


def outliers(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with single weights that are far larger than the rest."""

    def peak(one: TensorWeights) -> float:
        return (one.distribution.peak or 0.0) if one.distribution else 0.0

    def words(found: list[TensorWeights]) -> str:
        worst = max(found, key=peak)
        return (
            f"{_names(found)}: the largest weight of {worst.name} is {peak(worst):.3g} times the root mean square; "
            "quantisation to few bits will lose the small ones."
        )

    yield from _of_each_model(result, lambda one: peak(one) > PEAK, words)


def untrained(result: WeightsResult) -> Iterator[Hit]:
    """Yield models whose matrices all look as their initialiser left them."""
    for model in result.models:
        judged = [one for one in result.of(model.model) if one.matrix and one.rms_ratio and one.size >= UNTRAINED_SIZE]
        if judged and all(_looks_initial(one) for one in judged):
            yield Hit(
                model.model,
                f"All {len(judged)} matrices of {UNTRAINED_SIZE} weights and more whose initialiser is known have the root mean square of their initialiser, within the error of a sample of their "
                "size, and no singular value above the edge of a random matrix: the weights cannot be told from untrained ones.",
            )


def _looks_initial(one: TensorWeights) -> bool:
    error = UNTRAINED_ERRORS / (2 * one.size) ** 0.5
    return abs((one.rms_ratio or 0.0) - 1) < error and one.matrix is not None and one.matrix.spikes == 0


def duplicates(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with equal tensors under different names."""
    yield from _of_each_model(
        result,
        lambda one: one.same_as is not None and one.distribution is not None and one.distribution.std > 0,
        lambda found: f"{found[0].name} equals {found[0].same_as} bit for bit ({len(found)} such tensors in all).",
    )


def as_initialised(result: WeightsResult) -> Iterator[Hit]:
    """Yield models with constant tensors that are just what their initialiser gives."""

    def untouched(one: TensorWeights) -> bool:
        found, initial = one.distribution, one.initial_rms
        if one.kind == "bias" or one.initializer not in _CONSTANT or found is None or initial is None:
            return False  # a bias may well end as the zeros that it began with
        return found.minimum == found.maximum and abs(found.rms - initial) <= _SAME * initial

    yield from _of_each_model(
        result,
        untouched,
        lambda found: (
            f"{_names(found)}: every number is just what {found[0].initializer} gives; training, if any, left no trace in it."
        ),
    )


def unmatched(result: WeightsResult) -> Iterator[Hit]:
    """Yield models when a pattern of layer classes matches no layer of any model: it may be misspelt."""
    nowhere = [one for one in result.options.layer_types if all(one in model.unmatched for model in result.models)]
    for model in result.models:
        if nowhere and model.n_tensors:
            yield Hit(model.model, f"No layer with weights is of the class {' or '.join(nowhere)}, in any model.")


def nothing_chosen(result: WeightsResult) -> Iterator[Hit]:
    """Yield models of which the options leave no tensor."""
    for model in result.models:
        if not model.n_tensors:
            types = ", ".join(result.options.layer_types) or "any"
            yield Hit(
                model.model, f"It has no weights in layers of the chosen classes ({types}): nothing was analysed."
            )


CONVENTION = "convention"

RULES: tuple[Rule[WeightsResult], ...] = (
    Rule("WGT001", "problem", "Weights are NaN or infinite", "definition", not_finite),
    Rule("WGT101", "warning", "Dead rows or columns", f"{CONVENTION}; Dohare et al. (2024)", dead_lines),
    Rule("WGT102", "warning", "Many weights near zero", CONVENTION, near_zero),
    Rule("WGT103", "warning", "A tensor is zero", "definition", all_zero),
    Rule("WGT201", "warning", "Size far from the initialiser's", CONVENTION, scale),
    Rule("WGT202", "note", "Ruled by one direction", CONVENTION, one_direction),
    Rule("WGT203", "note", "Single large weights", f"{CONVENTION}; Dettmers et al. (2022)", outliers),
    Rule("WGT301", "warning", "Looks untrained", "Marchenko & Pastur (1967); Johnstone (2001)", untrained),
    Rule("WGT302", "note", "Equal tensors", "definition", duplicates),
    Rule("WGT303", "note", "As initialised", "definition", as_initialised),
    Rule("WGT901", "note", "Nothing to analyse", "definition", nothing_chosen),
    Rule("WGT902", "note", "Layer classes without layers", "definition", unmatched),
)
