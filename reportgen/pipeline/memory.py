"""What an analysis takes from the store, and what it keeps there: results of sections, and what they find of each model by itself.

What the program cannot know all about is never kept: results of sections of others, and what rests on an earlier release.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reportgen.analysis.memory import Memory
from reportgen.contract.needs import Need
from reportgen.contract.section import BaseComparer, PartT
from reportgen.pipeline.store import key
from reportgen.plan.registry import is_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reportgen.contract.result import SectionResult
    from reportgen.pipeline.run import Run
    from reportgen.pipeline.stored import Keys
    from reportgen.plan.plan import Plan, PlannedSection

_TEXT = "content.json"
"""Name of the file of an entry."""


class KeptResults(Memory):
    """The results of sections, and what they found of each model by itself.

    Parameters
    ----------
    plan, run
        The plan, and the context with the store.
    keys
        Of the evaluation; None if it must not be kept.
    """

    def __init__(self, plan: Plan, run: Run, keys: Keys | None) -> None:
        self._plan, self._run, self._store, self._keys = plan, run, run.store, keys

    def result(self, item: PlannedSection, compute: Callable[[], SectionResult]) -> SectionResult:
        """Take the result of a section from the store, or compute and keep it."""
        with self._run.part("analysis", item.address):
            return self._result(item, compute)

    def _result(self, item: PlannedSection, compute: Callable[[], SectionResult]) -> SectionResult:
        if self._keys is None or not self._keys.complete or not _is_kept(item):
            return compute()
        plan, asked = self._plan, [_asked(item)]
        if issubclass(item.section.analyzer, BaseComparer):
            if not all(is_own(one.section) for one in plan.sections):
                return compute()
            asked += [[one.address, one.skip, _asked(one)] for one in plan.sections]
        own = ["section", self._keys.all, plan.decision.model_dump(mode="json"), asked, _params(plan, item)]
        return self._kept("section", own, item.section.result, compute)

    def part(self, item: PlannedSection, model: str, kind: type[PartT], compute: Callable[[], PartT]) -> PartT:
        """Take what a section finds of a model from the store, or compute and keep it: nothing of the other models is in its key."""
        if self._keys is None or model not in self._keys.models or not _is_kept(item):
            return compute()
        return self._kept("part", ["part", self._keys.data, self._keys.models[model], _asked(item)], kind, compute)

    def _kept(self, kind: str, content: list[Any], made: type[PartT], compute: Callable[[], PartT]) -> PartT:
        if self._store is None:
            return compute()
        own = key(content)
        found = self._store.fetch(kind, own, lambda folder: made.model_validate_json((folder / _TEXT).read_bytes()))
        if found is None:
            found = compute()
            self._store.keep(kind, own, _writer(found.model_dump_json()))
        return found


def _is_kept(item: PlannedSection) -> bool:
    return is_own(item.section) and Need.RELEASE not in item.section.analyzer.needs


def _params(plan: Plan, item: PlannedSection) -> Any:
    """Return the parameters of the models, for a section that looks at them."""
    return asdict(plan.params) if Need.PARAMS in item.section.analyzer.needs else None


def _asked(item: PlannedSection) -> list[Any]:
    return [item.section.name, item.spec.split, item.options.model_dump(mode="json")]


def _writer(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / _TEXT).write_text(text, "utf-8")

    return write
