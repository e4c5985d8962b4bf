"""What the sections of a plan ask of the evaluation, joined into one request: one pass serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.needs import Need, Probe, Request
from reportgen.spec.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.plan.plan import PlannedSection


def request(sections: Iterable[PlannedSection]) -> Request:
    """Return what the sections that are not skipped need."""
    running = [item for item in sections if item.skip is None]
    needs = frozenset[Need]().union(*(item.section.analyzer.needs for item in running))
    return Request(needs=needs, probe=_merged([item.probe for item in running if item.probe is not None]))


def conflicts(sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections that ask for other layers than one before them."""
    first: tuple[str, str] | None = None
    for index, item in sections.items():
        probe = item.probe
        if probe is None or probe.layers is None:
            continue
        if first is not None and probe.layers != first[1]:
            message = f"must ask for the same layers as section {first[0]}: one pass serves both"
            yield Problem(("sections", index), message, repr(probe.layers))
        first = first or (item.address, probe.layers)


def _merged(probes: Sequence[Probe]) -> Probe | None:
    """Return the one probe that serves all sections: the most rows, the layers that were asked for."""
    if not probes:
        return None
    asked = (probe.layers for probe in probes if probe.layers is not None)
    return Probe(samples=max(probe.samples for probe in probes), layers=next(asked, "units"))
