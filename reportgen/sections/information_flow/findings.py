"""Rules of the information_flow section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
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
"""Dimensions, and share of the layer before, below which the dimension has collapsed. Convention; no literature value."""
COLLAPSED_ENTROPY, UNIFORM_ENTROPY = 0.05, 0.99
"""Share of the possible entropy of a head that looks at one key, or at all alike. Convention; no literature value."""
ACCURACY_DROP = 0.1
"""Fall of the nearest-centre accuracy below another layer worth a note. Convention; no literature value."""
SURE = 0.05
"""Adjusted p-value below which a fall is more than chance. Convention."""
_NARROW = 8


def _percent(value: float) -> str:
    return formatting.number(value, "fraction")


def _each(
    result: InformationFlowResult, holds: Callable[[LayerFlow], bool], words: Callable[[list[LayerFlow], int], str]
) -> Iterator[Hit]:
    """Yield one hit for each model with layers that a condition holds for; the words are told the rows probed."""
    for model in result.models:
        found = [one for one in result.of(model.model) if holds(one)]
        if found:
            yield Hit(model.model, words(found, model.n))


def _names(found: list[LayerFlow]) -> str:
    return formatting.listed([one.name for one in found])


def not_finite(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that put out NaN."""
    yield from _each(
        result,
        lambda one: one.not_finite > 0,
        lambda found, n: (
            f"{found[0].name} is the first layer with NaN or infinite values, in {found[0].not_finite:,} of {n:,} probed rows; "
            f"{len(found)} layers have some."
        ),
    )


def _dead_share(one: LayerFlow) -> float:
    return (one.dead or 0) / one.channels


def _dead_words(found: list[LayerFlow], n: int) -> str:
    worst = max(found, key=_dead_share)
    return (
        f"{_names(found)}: most in {worst.name}, where {worst.dead} of {worst.channels} units put out 0 for every value of "
        f"{n:,} rows; such a unit fires for less than {_percent(silent_bound(n))} of rows (95 %)."
    )


def dead_problem(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers most of which is dead."""
    yield from _each(result, lambda one: _dead_share(one) > DEAD_PROBLEM, _dead_words)


def dead_warning(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers of which much is dead."""
    yield from _each(result, lambda one: DEAD_WARN < _dead_share(one) <= DEAD_PROBLEM, _dead_words)


def dead_note(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that have some dead units."""
    yield from _each(result, lambda one: 0 < _dead_share(one) <= DEAD_WARN, _dead_words)


def dormant(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers many of whose units are dormant without being dead."""

    def share(one: LayerFlow) -> float:
        return ((one.dormant or 0) - (one.dead or 0)) / one.channels

    def words(found: list[LayerFlow], _n: int) -> str:
        worst = max(found, key=share)
        return (
            f"{_names(found)}: in {worst.name} {_percent(share(worst))} of the units stay below "
            f"{_percent(result.options.dormant_threshold)} of the layer's mean activation without being dead."
        )

    yield from _each(result, lambda one: share(one) > DORMANT_WARN, words)


def saturated(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers inside that are mostly at the flat end of their activation; an output may be sure of itself."""
    ends = {(model.model, name) for model in result.models for name in model.ends}

    def words(found: list[LayerFlow], _n: int) -> str:
        worst = max(found, key=lambda one: one.saturated_fraction or 0)
        return (
            f"{_names(found)}: {_percent(worst.saturated_fraction or 0)} of the values of {worst.name} are at the flat end of "
            f"{worst.activation}, where it passes hardly any gradient."
        )

    yield from _each(
        result,
        lambda one: (one.saturated_fraction or 0) > SATURATED_WARN and (one.model, one.name) not in ends,
        words,
    )


def constant(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers none of whose units varies, without all of them being dead."""
    yield from _each(
        result,
        lambda one: one.constant == one.channels and (one.dead or 0) < one.channels,
        lambda found, n: (
            f"{_names(found)}: no unit of {found[0].name} varies over the {n:,} probed rows; nothing about the input is in it."
        ),
    )


def rank_collapse(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models in which the dimension of the activations collapses."""
    for model in result.models:
        layers = [one for one in result.of(model.model) if one.participation_ratio is not None]
        for before, one in zip([None, *layers], layers, strict=False):
            ratio = one.participation_ratio or 0.0
            if one.channels < _NARROW:
                continue
            fell = (
                before is not None
                and before.channels == one.channels
                and ratio < COLLAPSED_DROP * (before.participation_ratio or 0.0)
            )
            if ratio < COLLAPSED_RATIO or fell:
                name = f" after {before.participation_ratio or 0:.1f} in {before.name}" if before is not None else ""
                yield Hit(
                    model.model,
                    f"The activations of {one.name} use {ratio:.2f} of {one.channels} dimensions{name}.",
                    Subject.of("layer", one.name),
                )
                break


def attention(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with heads that look at one key, or at all alike."""
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
                f"Of {len(heads)} attention heads {len(one_key)} look at practically one key (entropy below "
                f"{_percent(COLLAPSED_ENTROPY)} of what is possible) and {len(alike)} at all keys alike (above "
                f"{_percent(UNIFORM_ENTROPY)}).",
            )


def accuracy_falls(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models whose output tells classes apart worse than another layer, by more than chance on the same rows."""
    for model in result.models:
        fall = model.fall
        if fall is None or fall.p_value >= SURE:
            continue
        known = {one.name: one.centre_accuracy or 0.0 for one in result.of(model.model)}
        best, last = known[fall.layer], known[model.output or ""]
        if best - last > ACCURACY_DROP:
            yield Hit(
                model.model,
                f"Nearest-centre accuracy is {_percent(best)} in {fall.layer} but {_percent(last)} at the end, in {model.output}: "
                f"{fall.lost:,} rows are right there and wrong at the end, {fall.gained:,} the other way round.",
            )


def not_probed(result: InformationFlowResult) -> Iterator[Hit]:
    """Yield models with layers that could not be looked at."""
    for model in result.models:
        if model.reason is not None:
            yield Hit(model.model, f"Nothing was probed: {model.reason}.")
        elif model.not_probed:
            name, reason = model.not_probed[0]
            more = len(model.not_probed) - 1
            others = f" Nor could {more} more." if more else ""
            yield Hit(model.model, f"{name} could not be looked at, because {reason}.{others}")


CONVENTION = "convention"

RULES: tuple[Rule[InformationFlowResult], ...] = (
    Rule("INF001", "problem", "NaN inside the model", "definition", not_finite),
    Rule("INF101", "problem", "Most of a layer is dead", f"{CONVENTION}; Lu et al. (2019)", dead_problem),
    Rule("INF102", "warning", "Dead units", f"{CONVENTION}; Lu et al. (2019)", dead_warning),
    Rule("INF103", "note", "A few dead units", f"{CONVENTION}; Lu et al. (2019)", dead_note),
    Rule("INF104", "warning", "Dormant units", f"{CONVENTION}; Sokar et al. (2023)", dormant),
    Rule("INF105", "warning", "Saturated activations", CONVENTION, saturated),
    Rule("INF106", "warning", "Nothing varies", CONVENTION, constant),
    Rule("INF201", "note", "Very few dimensions", f"{CONVENTION}; Dong et al. (2021)", rank_collapse),
    Rule("INF202", "note", "Attention on one key, or on all alike", "Zhai et al. (2023)", attention),
    Rule("INF301", "note", "Classes are told apart worse at the end", f"{CONVENTION}; McNemar (1947)", accuracy_falls),
    Rule("INF901", "note", "Layers that were not seen", "definition", not_probed),
)
