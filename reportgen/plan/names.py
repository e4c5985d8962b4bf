"""Validates the names of models and sections in a spec and in command line options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.contract.section import BaseAnalyzer
from reportgen.spec.problems import Problem, suggest
from reportgen.text.matching import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.contract.decision import Decision
    from reportgen.plan.plan import PlannedSection
    from reportgen.spec.model import ReportSpec
    from reportgen.spec.tables.sections import CheckSpec


def unknown(spec: ReportSpec, sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield unknown model names: in checks, in the focus, in the options of sections, in the decision."""
    yield from _roles(spec)
    yield from _models(spec)
    yield from _focus(spec)
    yield from _named_models(spec, sections)


def seeds(spec: ReportSpec) -> Iterator[Problem]:
    """Yield models that cannot be different seeds of their recipe: checkpoints of one run."""
    runs: dict[tuple[str, str], str] = {}
    for name, model in spec.models.items():
        if model.recipe is None or model.series is None:
            continue
        first = runs.setdefault((model.recipe, model.series), name)
        if first != name:
            message = f"checkpoints of one run are not different seeds of a recipe: {first} has the same series"
            yield Problem(
                ("models", name, "recipe"), message, repr(model.recipe), "name the recipe of one of them only"
            )


def selection(sections: dict[int, PlannedSection], only: Iterable[str], skip: Iterable[str]) -> list[Problem]:
    """Return the unknown section names of ``--only`` and ``--skip``."""
    ids = [item.address for item in sections.values()]
    return [
        Problem((), f"{flag} {name}: no such section in this spec", hint=suggest(name, ids))
        for flag, names in (("--only", only), ("--skip", skip))
        for name in names
        if name not in ids
    ]


def check_matches(check: CheckSpec, model: str, decision: Decision) -> bool:
    """Return whether a check applies to a model: without names to the candidate, in a comparison to all."""
    if check.models is None:
        return decision.concerns(model)
    return any(matches(model, pattern) for pattern in check.models)


def _roles(spec: ReportSpec) -> Iterator[Problem]:
    """Yield roles without a model, and a baseline without a candidate."""
    roles = spec.decision
    for key, name in (("candidate", roles.candidate), ("baseline", roles.baseline)):
        if isinstance(name, str) and name not in spec.models:
            yield Problem(("decision", key), "no such model", repr(name), suggest(name, spec.models))
    if roles.baseline is not None and roles.baseline == roles.candidate:
        yield Problem(("decision", "baseline"), "is the candidate itself", repr(roles.baseline))
    several = isinstance(roles.baseline, str) or len(spec.models) > 1
    if roles.baseline is not None and roles.candidate is None and several:
        yield Problem(
            ("decision", "baseline"), "needs a candidate that would replace it", hint="set decision.candidate"
        )


def _models(spec: ReportSpec) -> Iterator[Problem]:
    """Yield checks that match no model."""
    for index, check in enumerate(spec.checks):
        for position, pattern in enumerate(check.models or ()):
            if not any(matches(name, pattern) for name in spec.models):
                location = ("checks", index, "models", position)
                yield Problem(location, "no such model", repr(pattern), suggest(pattern, spec.models))


def _focus(spec: ReportSpec) -> Iterator[Problem]:
    """Yield unknown names of models to show."""
    for index, name in enumerate(spec.output.focus if isinstance(spec.output.focus, tuple) else ()):
        if name not in spec.models:
            yield Problem(("output", "focus", index), "no such model", repr(name), suggest(name, spec.models))


def _named_models(spec: ReportSpec, sections: dict[int, PlannedSection]) -> Iterator[Problem]:
    """Yield sections whose options name an unknown model."""
    for index, item in sections.items():
        analyzer = item.section.analyzer(item.options)
        named = analyzer.names() if isinstance(analyzer, BaseAnalyzer) else {}
        for option, name in named.items():
            if name not in spec.models:
                location = ("sections", index, option)
                yield Problem(location, "no such model", repr(name), suggest(name, spec.models))
