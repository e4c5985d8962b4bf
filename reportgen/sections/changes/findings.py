"""Rules of the changes section: another evaluation set, and headlines that are worse than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.findings import Hit, Rule
from reportgen.text import formatting
from reportgen.text.naming import in_a_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.sections.changes.schema import ChangesResult


def other_rows(result: ChangesResult) -> Iterator[Hit]:
    """Yield a comparison with a release that was measured on other rows."""
    changes = result.changes
    if changes is not None and not changes.same_rows:
        yield Hit(
            changes.model_now,
            f"{changes.earlier.name} was measured on other rows ({changes.rows}): a difference may come from the rows instead of the model, so none "
            "is called better or worse. Measure both on the same rows.",
        )


def worse(result: ChangesResult) -> Iterator[Hit]:
    """Yield headlines that are worse than in the earlier release, with their whole interval."""
    changes = result.changes
    if changes is None or not changes.same_rows:
        return
    for one in result.first(changes):
        if not one.settled or one.better is not False or one.before is None or one.now is None:
            continue
        then, now = (formatting.metric(metric).text for metric in (one.before, one.now))
        yield Hit(
            changes.model_now,
            f"The {in_a_sentence(result.title(one))} is worse than that of {changes.earlier.name}: {then} then, {now} now, on {changes.rows}: "
            f"{formatting.with_interval(one.difference)}, {one.how}. Find out why before it replaces it.",
            subject=one.subject,
            n=one.difference.n,
        )


RULES: tuple[Rule[ChangesResult], ...] = (
    Rule("CHG101", "warning", "Worse than the last release", "convention", worse),
    Rule("CHG201", "warning", "Measured on other rows than the last release", "convention", other_rows),
)
