"""Rules of the information_flow section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.contract.numbers import required
from reportgen.contract.subjects import Subject
from reportgen.metrics.activations import silent_bound
from reportgen.text import formatting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reportgen.sections.information_flow.schema import InformationFlowResult, LayerFlow

DEAD_WARN, DEAD_PROBLEM = 0.1, 0.5
"""Share of dead units of a layer worth a warning, a problem. Convention; no literature value."""
DORMANT_WARN = 0.25
"""Share of dormant units of a layer worth a warning. Convention; no literature value."""
SATURATED_WARN = 0.5
"""Share of saturated values of a layer worth a warning. Convention; no literature value."""
COLLAPSED_RATIO = 2.0
COLLAPSED_DROP = 0.05
"""Dimensions, and share of those of the previous layer, below which dimensions have collapsed. Convention; no literature value."""
COLLAPSED_ENTROPY, UNIFORM_ENTROPY = 0.05, 0.99
"""Share of the maximum entropy of a head that attends to one key, or uniformly. Convention; no literature value."""
ACCURACY_DROP = 0.1
"""Drop in nearest-center accuracy from another layer to the output worth a note. Convention; no literature value."""
SURE = 0.05
"""Adjusted p-value below which a drop is significant. Convention."""
_NARROW = 8


def _each(
    result: InformationFlowResult,
    holds: Callable[[LayerFlow], bool],
    words: Callable[[list[LayerFlow], int], str],
    effect: Callable[[LayerFlow], float] | None = None,
) -> Iterator[Hit]:
    """Yield one hit for each model with layers that meet a condition; the message gets the number of probed rows.

    ``effect`` is how many times its threshold a layer is; None for a condition that is met or not.
    """
    for model in result.models:
        found = [one for one in result.of(model.model) if holds(one)]
        if found:
            largest = None if effect is None else max(map(effect, found))
            yield Hit(model.model, words(found, model.n), effect=largest, n=model.n)


def _most(found: list[LayerFlow], worst: LayerFlow) -> str:
    """Return how many layers it is about, and the worst of them.

    A single one is just named.
    """
    return worst.name if len(found) == 1 else f"{len(found)} layers, worst in {worst.name}"


def _names(found: list[LayerFlow]) -> str:
    return formatting.listed([one.name for one in found])


def not_finite(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that output NaN or infinite values."""
    yield from _each(
        result,
        lambda one: one.not_finite > 0,
        lambda found, n: (
            f"{found[0].name} is the first layer with NaN or infinite values, on {found[0].not_finite:,} of {n:,} probed rows "
            f"(layers affected: {len(found)}). Fix the model before it ships."
        ),
    )


def _dead(low: float, high: float) -> Callable[[LayerFlow], bool]:
    """Match layers with a rectified activation whose share of dead units is above ``low``, up to ``high``."""
    return lambda one: one.dead is not None and low < one.dead / one.channels <= high


def _dead_share(one: LayerFlow) -> float:
    return required(one.dead) / one.channels


def _dead_words(found: list[LayerFlow], n: int) -> str:
    worst = max(found, key=_dead_share)
    return (
        f"{_most(found, worst)}: {worst.dead} of {worst.channels} units {'outputs' if worst.dead == 1 else 'output'} 0 on all {n:,} probed rows, so "
        f"{'it' if worst.dead == 1 else 'each'} is active on less than {formatting.fraction(silent_bound(n))} of rows (95 % bound). They add size but no information: prune them, "
        "or retrain with a lower learning rate."
    )


def dead_problem(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers whose units are mostly dead."""
    yield from _each(result, _dead(DEAD_PROBLEM, 1), _dead_words, lambda one: _dead_share(one) / DEAD_PROBLEM)


def dead_warning(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that have many dead units."""
    yield from _each(result, _dead(DEAD_WARN, DEAD_PROBLEM), _dead_words, lambda one: _dead_share(one) / DEAD_WARN)


def dead_note(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that have a few dead units; the effect is at most 1, that of many."""
    yield from _each(result, _dead(0, DEAD_WARN), _dead_words, lambda one: _dead_share(one) / DEAD_WARN)


def dormant(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that have many dormant units, not counting dead ones."""

    def share(one: LayerFlow) -> float:
        dead = 0 if one.dead is None else one.dead  # without a rectified activation no unit counts as dead
        return (required(one.dormant) - dead) / one.channels

    def words(found: list[LayerFlow], _n: int) -> str:
        worst = max(found, key=share)
        return (
            f"{_most(found, worst)}: {formatting.fraction(share(worst))} of the units are not dead but stay at or below "
            f"{formatting.fraction(result.options.dormant_threshold)} of the mean activation of the layer. A narrower layer may do."
        )

    yield from _each(
        result,
        lambda one: one.dormant is not None and share(one) > DORMANT_WARN,
        words,
        lambda one: share(one) / DORMANT_WARN,
    )


def saturated(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with hidden layers whose activations are mostly saturated; an output layer may be."""
    ends = {(model.model, name) for model in result.models for name in model.ends}

    def words(found: list[LayerFlow], _n: int) -> str:
        worst = max(found, key=lambda one: required(one.saturated_fraction))
        return (
            f"{_most(found, worst)}: {formatting.fraction(required(worst.saturated_fraction))} of the values are in the flat part of "
            f"{worst.activation}, where hardly any gradient passes. Check initialization and input scaling before retraining."
        )

    yield from _each(
        result,
        lambda one: (
            one.saturated_fraction is not None
            and one.saturated_fraction > SATURATED_WARN
            and (one.model, one.name) not in ends
        ),
        words,
        lambda one: required(one.saturated_fraction) / SATURATED_WARN,
    )


def constant(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers whose units are all constant, but not all dead."""
    yield from _each(
        result,
        lambda one: one.constant == one.channels and (one.dead is None or one.dead < one.channels),
        lambda found, n: (
            f"{_names(found)}: all units of {found[0].name} are constant on the {n:,} probed rows, so they carry no information "
            "about the input. Check the layers before it."
        ),
    )


def rank_collapse(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models in which the dimensions of the activations collapse.

    The effect is how many times the dimensions would be enough; of two conditions that hold the larger.
    """
    for model in result.models:
        layers = [
            (one, one.participation_ratio) for one in result.of(model.model) if one.participation_ratio is not None
        ]
        for before, (one, ratio) in zip([None, *layers], layers, strict=False):
            if one.channels < _NARROW:
                continue
            least = COLLAPSED_RATIO
            if before is not None and before[0].channels == one.channels:
                least = max(least, COLLAPSED_DROP * before[1])
            if ratio < least:
                name = f" after {before[1]:.1f} in {before[0].name}" if before is not None else ""
                yield Hit(
                    model.model,
                    f"The activations of {one.name} use {ratio:.2f} of {one.channels} dimensions{name}. Check whether this bottleneck is intended.",
                    Subject.of("layer", one.name),
                    effect=least / ratio if ratio > 0 else None,
                    n=model.n,
                )
                break


def attention(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with heads that attend to one key, or uniformly; the effect is the number of such heads."""
    for model in result.models:
        heads = [
            (value, one.name)
            for one in result.of(model.model)
            if one.attention
            for value in one.attention.relative_entropy
            if value is not None
        ]
        one_key = [name for value, name in heads if value < COLLAPSED_ENTROPY]
        alike = [name for value, name in heads if value > UNIFORM_ENTROPY]
        if one_key or alike:
            yield Hit(
                model.model,
                f"Of {len(heads)} attention heads, {len(one_key)} attend to practically one key (entropy below "
                f"{formatting.fraction(COLLAPSED_ENTROPY)} of the maximum) and {len(alike)} attend uniformly (above "
                f"{formatting.fraction(UNIFORM_ENTROPY)}). Such heads are candidates for pruning.",
                effect=len(one_key) + len(alike),
                n=model.n,
            )


def accuracy_falls(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models whose classes are less separable at the output than in another layer, beyond chance."""
    for model in result.models:
        fall = model.fall
        if fall is None or fall.p_value >= SURE:
            continue
        accuracy = {one.name: one.centre_accuracy for one in result.of(model.model)}
        best, last = required(accuracy[fall.layer]), required(accuracy[str(model.output)])
        if best - last > ACCURACY_DROP:
            yield Hit(
                model.model,
                f"Nearest-center accuracy is {formatting.fraction(best)} in {fall.layer} but {formatting.fraction(last)} at the output, {model.output}: "
                f"{fall.lost:,} rows are right only in {fall.layer}, {fall.gained:,} only at the output. Check the layers in "
                "between.",
                effect=(best - last) / ACCURACY_DROP,
                n=model.n,
            )


def not_probed(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that could not be probed: no number, so no effect."""
    for model in result.models:
        if model.reason is not None:
            yield Hit(model.model, f"No layer was probed: {model.reason}.")
        elif model.not_probed:
            name, reason = model.not_probed[0]
            more = len(model.not_probed) - 1
            others = f" {more} more layers could not be probed either." if more else ""
            yield Hit(model.model, f"{name} could not be probed, because {reason}.{others}")


CONVENTION = "convention"

RULES: tuple[Rule[InformationFlowResult], ...] = (
    Rule("INF001", "problem", "NaN or infinite activations", "definition", not_finite),
    Rule("INF101", "problem", "Mostly dead layer", f"{CONVENTION}; Lu et al. (2019)", dead_problem),
    Rule("INF102", "warning", "Dead units", f"{CONVENTION}; Lu et al. (2019)", dead_warning),
    Rule("INF103", "note", "A few dead units", f"{CONVENTION}; Lu et al. (2019)", dead_note),
    Rule("INF104", "warning", "Dormant units", f"{CONVENTION}; Sokar et al. (2023)", dormant),
    Rule("INF105", "warning", "Saturated activations", CONVENTION, saturated),
    Rule("INF106", "warning", "Constant layer", CONVENTION, constant),
    Rule("INF201", "note", "Very few dimensions in use", f"{CONVENTION}; Dong et al. (2021)", rank_collapse),
    Rule("INF202", "note", "One-key or uniform attention", "Zhai et al. (2023)", attention),
    Rule("INF301", "note", "Classes less separable at the output", f"{CONVENTION}; McNemar (1947)", accuracy_falls),
    Rule("INF901", "note", "Layers not probed", "definition", not_probed),
)
