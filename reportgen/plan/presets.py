"""Presets of ``[[checks]]``: a name that stands for the usual checks of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.plan.entries import entries
from reportgen.spec.problems import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportgen.spec.source import Source

_WARN = {"severity": "warn"}
PRESETS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "classification-release": (
        {"metric": "performance.accuracy_gain", "at_least": 0.0, "on": "ci_low"},
        {"metric": "performance.accuracy", "not_worse_by": 0.01},
        {"metric": "performance.recall", "at_least": 0.5, **_WARN},
        {"metric": "calibration.ece", "at_most": 0.05, **_WARN},
        {"metric": "weights.non_finite", "at_most": 0.0},
        {"metric": "information_flow.dead_fraction", "at_most": 0.1, **_WARN},
    ),
}
"""The checks of each preset: better than the majority class, not worse than the baseline (where there is one) by more than one point, no
class mostly missed, calibrated within 5 points, finite weights, few dead units. Convention."""
_KEYS = ("preset", "models", "optional")


def expand(source: Source) -> tuple[Source, list[Problem]]:
    """Replace each preset by its checks, which have the ``models`` and ``optional`` of its entry; also return the errors."""
    checks = source.data.get("checks")
    if not isinstance(checks, list) or not any("preset" in entry for _, entry in entries(source.data, "checks")):
        return source, []
    decision = source.data.get("decision")
    has_baseline = isinstance(decision, dict) and decision.get("baseline") is not None
    problems, expanded, places = [], [], []
    for index, entry in enumerate(checks):
        made = [entry]
        if isinstance(entry, dict) and "preset" in entry:
            wrong = list(_mistakes(index, entry))
            problems += wrong
            made = [] if wrong else list(_checks(entry, has_baseline=has_baseline))
        expanded += made
        places += [index] * len(made)
    return source.with_checks(expanded, places), problems


def _mistakes(index: int, entry: Mapping[str, Any]) -> Iterator[Problem]:
    name = entry["preset"]
    if not isinstance(name, str) or name not in PRESETS:
        hint = suggest(str(name), PRESETS) or f"available: {', '.join(PRESETS)}"
        yield Problem(("checks", index, "preset"), "no such preset", repr(name), hint)
    for key in entry:
        if key not in _KEYS:
            yield Problem(("checks", index, key), "a preset takes only models and optional", at_key=True)


def _checks(entry: Mapping[str, Any], *, has_baseline: bool) -> Iterator[dict[str, Any]]:
    common = {key: entry[key] for key in _KEYS[1:] if key in entry}
    for check in PRESETS[entry["preset"]]:
        if has_baseline or "not_worse_by" not in check:
            yield {**check, **common}
