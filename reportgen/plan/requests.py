"""Combines the needs of all sections of a plan into one request, for a single pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.needs import Need, Probe, Request, SplitRequest
from reportgen.plan.splits import split_of
from reportgen.spec.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.problems import Location


def request(sections: Iterable[PlannedSection], spec: ReportSpec) -> Request:
    """Return the combined needs of the sections that are not skipped.

    A further split is evaluated if a section names it; the training data also for the generalization gap, if it has labels.
    """
    running = [item for item in sections if item.skip is None]
    needs = frozenset[Need]().union(*(item.section.analyzer.needs for item in running))
    by_split: dict[str | None, list[PlannedSection]] = {None: []}
    for item in running:
        by_split.setdefault(split_of(item, spec), []).append(item)
    own = _of_split(by_split.pop(None), spec)
    if spec.data is not None and "train" in spec.data.further and Need.LABELS in needs:
        by_split.setdefault("train", [])
    timings = (item.timing for item in running if item.timing is not None)
    thresholds = (item.threshold for item in running if item.threshold is not None)
    return Request(
        needs=needs,
        probe=own.probe,
        threshold=next(thresholds, Request(needs=needs).threshold),
        examples=own.examples,
        slices=own.slices,
        timing=next(timings, None),
        splits={name: _of_split(items, spec) for name, items in by_split.items() if name is not None},
    )


def _of_split(sections: Sequence[PlannedSection], spec: ReportSpec) -> SplitRequest:
    """Return what sections on the same rows ask for, beside predictions."""
    shown = any(Need.EXAMPLES in item.section.analyzer.needs for item in sections)
    probes = [item.probe for item in sections if item.probe is not None]
    sliced = any(Need.SLICES in item.section.analyzer.needs for item in sections)
    return SplitRequest(probe=_merged(probes), examples=spec.output.gallery or 0 if shown else 0, slices=sliced)


def conflicts(sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections that request other layers, another threshold, or other times, than an earlier one."""
    layers = {index: item.probe.layers if item.probe else None for index, item in sections.items()}
    yield from _differing(sections, layers, "layers", ())
    thresholds = {index: item.threshold for index, item in sections.items()}
    yield from _differing(sections, thresholds, "threshold", ("threshold",))
    timings = {index: item.timing for index, item in sections.items()}
    yield from _differing(sections, timings, "measurements of time", ())


def _differing(
    sections: dict[int, PlannedSection], asked: Mapping[int, object], what: str, option: Location
) -> Iterator[Problem]:
    first: tuple[str, object] | None = None
    for index, item in sections.items():
        wanted = asked[index]
        if wanted is None:
            continue
        if first is not None and wanted != first[1]:
            message = f"must request the same {what} as section {first[0]}, because they share one pass"
            yield Problem(("sections", index, *option), message, repr(wanted))
        first = first or (item.address, wanted)


def _merged(probes: Sequence[Probe]) -> Probe | None:
    """Return the probe for all sections: the largest number of rows, and the requested layers."""
    if not probes:
        return None
    asked = (probe.layers for probe in probes if probe.layers is not None)
    return Probe(samples=max(probe.samples for probe in probes), layers=next(asked, "units"))
