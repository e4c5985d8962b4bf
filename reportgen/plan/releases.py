"""Earlier releases in a spec: the chapter on them, and the files of a trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.plan.entries import entries
from reportgen.plan.plan import decision_of
from reportgen.spec import patterns
from reportgen.spec.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from reportgen.spec.model import ReportSpec
    from reportgen.spec.source import Source

SECTION = "changes"
"""The section that shows what has changed since an earlier release; its own numbers are not compared again."""
_MOST = 100
"""Maximum number of releases in a trend."""


def with_section(source: Source) -> Source:
    """Return the source with the chapter on earlier releases at the end, where the spec names some and does not place it itself."""
    decision = source.data.get("decision")
    named = "trend" in source.data or (isinstance(decision, dict) and isinstance(decision.get("baseline"), dict))
    there = any(entry.get("kind") == SECTION for _, entry in entries(source.data, "sections"))
    if not named or there or not isinstance(source.data.get("sections"), list):
        return source
    return source.with_section({"kind": SECTION})


def of_trend(spec: ReportSpec, folder: Path) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the results files that the trend of a spec matches, and the errors."""
    if spec.trend is None:
        return (), []
    place, pattern = ("trend", "results"), spec.trend.results
    if decision_of(spec).candidate is None:
        return (), [Problem(("trend",), "needs a candidate", hint="set decision.candidate")]
    try:
        found = patterns.files(pattern, folder)
    except (OSError, ValueError) as error:
        return (), [Problem(place, f"cannot be searched ({getattr(error, 'strerror', None) or error})", repr(pattern))]
    if not found:
        return (), [Problem(place, "no file matches", repr(pattern))]
    if len(found) > _MOST:
        return (), [Problem(place, f"matches {len(found)} files, more than {_MOST}", repr(pattern))]
    return tuple(found), []
