"""The headlines over several earlier releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.analysis.releases.compare import same_rows
from reportgen.contract.changes import TrendLine, TrendPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reportgen.analysis.releases.release import Release
    from reportgen.contract.metric_table import Headline


def lines(earlier: Sequence[Release], now: Release, headlines: Iterable[Headline]) -> Iterator[TrendLine]:
    """Yield each headline that this report and an earlier release have over the releases, the oldest first, this report last."""
    ordered = sorted(earlier, key=lambda one: (one.about.created, one.about.file))
    for headline in headlines:
        address = f"{headline.section}.{headline.spec.name}"
        for subject in (subject for found, subject in now.metrics if found == address):
            title = headline.spec.title if subject is None else f"{headline.spec.title}, {subject.words}"
            points = [
                TrendPoint(
                    release=one.about,
                    metric=one.metrics.get((address, subject)),
                    same_rows=same_rows(one.data, now.data)[0],
                )
                for one in ordered
            ]
            if all(point.metric is None or point.metric.value is None for point in points):
                continue
            here = TrendPoint(release=None, metric=now.metrics[address, subject], same_rows=True)
            yield TrendLine(address=address, title=title, unit=headline.spec.unit, points=(*points, here))
