"""Models that share a head, compared: which pairs, the family of their tests, and the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Generic

from reportgen.contract.heads import HeadT
from reportgen.metrics import comparison
from reportgen.sections.performance.tiers import Tier, tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reportgen.contract.decision import Decision
    from reportgen.contract.numbers import Measurement
    from reportgen.metrics.intervals import Estimate
    from reportgen.metrics.simultaneous import Ends

MOST = 50
"""Maximum number of models of which all pairs are compared; of more, each is compared with the best, the candidate and its baseline."""


@dataclass(frozen=True)
class Comparison(Generic[HeadT]):
    """How two models that share a head are compared."""

    goodness: Callable[[HeadT], float | None]
    """What the best has most of; None if it was not measured."""
    difference: Callable[[HeadT, HeadT], Estimate | None]
    """Of what the best is known by."""
    p_value: Callable[[HeadT, HeadT], float | None]
    """Of no difference; None where there is no test."""
    pair: Callable[[HeadT, HeadT, float | None, float | None], Iterable[Measurement]]
    """The numbers of the first against the second, with the p-value and the adjusted one."""


def compare(
    groups: Sequence[Sequence[HeadT]], how: Comparison[HeadT], decision: Decision
) -> tuple[list[Measurement], list[Tier]]:
    """Compare the models of each group, in both directions, and find the best of each.

    The tests of all groups are one family: Holm (1979) over all pairs of models, where a pair that is not compared has the
    p-value 1.
    """
    chosen = [_chosen(group, how, decision) for group in groups]
    p_values = {pair: how.p_value(*two) for pairs in chosen for pair, two in pairs.items()}
    tested = {pair: p for pair, p in p_values.items() if p is not None}
    left_out = sum(comb(len(group), 2) - len(pairs) for group, pairs in zip(groups, chosen, strict=True))
    adjusted = dict(zip(tested, comparison.holm(list(tested.values()), left_out), strict=True))
    measurements = [
        one
        for group, pairs in zip(groups, chosen, strict=True)
        for first, second in _both_ways(group, pairs)
        for pair in [_key(first, second)]
        for one in how.pair(first, second, p_values[pair], adjusted.get(pair))
    ]
    tiers = (_tier(group, pairs, how) for group, pairs in zip(groups, chosen, strict=True))
    return measurements, [one for one in tiers if one is not None]


_Pairs = dict[frozenset[int], tuple[HeadT, HeadT]]


def _key(first: HeadT, second: HeadT) -> frozenset[int]:
    return frozenset((id(first), id(second)))


def _chosen(group: Sequence[HeadT], how: Comparison[HeadT], decision: Decision) -> _Pairs[HeadT]:
    """Return the pairs that are compared."""
    if len(group) > MOST:
        goodness = _known(group, how)
        best = max(goodness, key=goodness.__getitem__, default=group[0].model.name)
        fixed = {best, decision.candidate or best, *(decision.pair or ())}
        places = [place for place, one in enumerate(group) if one.model.name in fixed]
        some = {(min(a, b), max(a, b)) for a in places for b in range(len(group)) if a != b}
        return {_key(group[a], group[b]): (group[a], group[b]) for a, b in sorted(some)}
    return {_key(*pair): pair for pair in combinations(group, 2)}


def _both_ways(group: Sequence[HeadT], pairs: _Pairs[HeadT]) -> Iterator[tuple[HeadT, HeadT]]:
    """Yield the pairs of a group in both directions: each of the models with its others, in their order."""
    places = {id(one): place for place, one in enumerate(group)}
    others: dict[int, list[int]] = {place: [] for place in places.values()}
    for pair in pairs.values():
        a, b = (places[id(one)] for one in pair)
        others[a].append(b)
        others[b].append(a)
    for place, those in others.items():
        yield from ((group[place], group[other]) for other in sorted(those))


def _known(group: Sequence[HeadT], how: Comparison[HeadT]) -> dict[str, float]:
    goodness = {one.model.name: how.goodness(one) for one in group}
    return {name: value for name, value in goodness.items() if value is not None}


def _tier(group: Sequence[HeadT], pairs: _Pairs[HeadT], how: Comparison[HeadT]) -> Tier | None:
    """Return the best of a group, and those that are not told from it; None where nothing was measured."""
    goodness = _known(group, how)
    if not goodness:
        return None
    differences: dict[frozenset[str], Ends] = {}
    for first, second in pairs.values():
        raw = how.difference(first, second)
        found = None if raw is None else first.design.estimate(raw)
        if found is not None and found.low is not None and found.high is not None:
            differences[frozenset((first.model.name, second.model.name))] = (found.value, found.low, found.high)
    return tier(group[0].subject(), goodness, differences, comb(len(group), 2) - len(pairs))
