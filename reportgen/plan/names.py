"""Names of models and sections that a spec and a call use, held against those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.section import BaseAnalyzer
from reportgen.spec.problems import Problem, suggest
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import CheckSpec, ReportSpec


def unknown(spec: ReportSpec, sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield names that no model has: in checks, in the focus, in the options of sections."""
    yield from _models(spec)
    yield from _focus(spec)
    yield from _named_models(spec, sections)


def selection(sections: dict[int, PlannedSection], only: Iterable[str], skip: Iterable[str]) -> list[Problem]:
    """Return the names of ``--only`` and ``--skip`` that no section has."""
    ids = [item.address for item in sections.values()]
    return [
        Problem((), f"{flag} {name}: there is no such section in this spec", hint=suggest(name, ids))
        for flag, names in (("--only", only), ("--skip", skip))
        for name in names
        if name not in ids
    ]


def check_matches(check: CheckSpec, model: str) -> bool:
    """Tell whether a check holds for a model."""
    return check.models is None or any(matches(model, pattern) for pattern in check.models)


def _models(spec: ReportSpec) -> Iterator[Problem]:
    """Yield checks that name no model."""
    for index, check in enumerate(spec.checks):
        for position, pattern in enumerate(check.models or ()):
            if not any(matches(name, pattern) for name in spec.models):
                location = ("checks", index, "models", position)
                yield Problem(location, "there is no such model", repr(pattern), suggest(pattern, spec.models))


def _focus(spec: ReportSpec) -> Iterator[Problem]:
    """Yield names of models to show that no model has."""
    for index, name in enumerate(spec.output.focus if isinstance(spec.output.focus, tuple) else ()):
        if name not in spec.models:
            yield Problem(("output", "focus", index), "there is no such model", repr(name), suggest(name, spec.models))


def _named_models(spec: ReportSpec, sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections whose options name no model."""
    for index, item in sections.items():
        analyzer = item.section.analyzer(item.options)
        named = analyzer.names() if isinstance(analyzer, BaseAnalyzer) else {}
        for option, name in named.items():
            if name not in spec.models:
                location = ("sections", index, option)
                yield Problem(location, "there is no such model", repr(name), suggest(name, spec.models))
