"""Records what has changed since an earlier release at addresses of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reportgen.contract.needs import Need
from reportgen.contract.numbers import Measurement
from reportgen.contract.section import BaseComparer
from reportgen.sections.changes import schema
from reportgen.sections.changes.schema import ChangesOptions, ChangesResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.changes import Changes
    from reportgen.contract.metric_table import MetricTable


class ChangesComparer(BaseComparer[ChangesOptions, ChangesResult]):
    """Takes the comparison with the earlier release as it is."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.RELEASE})

    def compare(self, table: MetricTable) -> ChangesResult:
        """Record every difference, and the rows that are answered differently."""
        changes = table.changes
        return ChangesResult(
            measurements=() if changes is None else tuple(_measurements(changes)),
            changes=changes,
            trend=table.trend,
            headlines=tuple(f"{one.section}.{one.spec.name}" for one in table.headlines),
            titles={} if changes is None else _titles(table, changes),
            options=self.options,
        )


def _titles(table: MetricTable, changes: Changes) -> dict[str, str]:
    addresses = dict.fromkeys(one.address for one in changes.deltas)
    return {address: table.specs[address].title for address in addresses if address in table.specs}


def _measurements(changes: Changes) -> Iterator[Measurement]:
    model = changes.model_now
    for one in changes.deltas:
        yield Measurement(name=schema.DIFFERENCE.name, model=model, subject=one.part, metric=one.difference)
    for flips in changes.flips:
        for spec, metric in ((schema.FIXED, flips.fixed), (schema.NEW, flips.new), (schema.CHURN, flips.churn)):
            if metric is not None:
                yield Measurement(name=spec.name, model=model, subject=flips.subject, metric=metric)
