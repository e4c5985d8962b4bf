"""The code that produced a report: the program, sections, custom objects, functions of models and data, templates; each with its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.analysis.results import CodeRecord
from reportgen.errors import InputError
from reportgen.inputs import digest
from reportgen.plan.registry import module_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.contract.records.data import DataEvaluation
    from reportgen.contract.records.evaluation import ModelEvaluation
    from reportgen.plan.plan import Plan, PlannedSection

_PROGRAM = __name__.partition(".")[0]


def code(
    plan: Plan,
    models: Iterable[ModelEvaluation],
    data: DataEvaluation | None = None,
    splits: Iterable[DataEvaluation] = (),
) -> tuple[CodeRecord, ...]:
    """Return every piece of code that a run executed, each once; ``splits`` are the further ones of the data.

    Raises
    ------
    InputError
        A template cannot be read.
    """
    found = [CodeRecord(what="program", file=_PROGRAM, sha256=digest.of_program())]
    found += [record for item in (*plan.sections, *plan.left_out) for record in _section(item)]
    found += [
        CodeRecord(what="model function" if model.form == "function" else "custom objects", file=file, sha256=sha256)
        for model in models
        for file, sha256 in model.code
    ]
    of_data = [] if data is None else [*data.code, *(() if data.training is None else data.training.code)]
    of_data += [one for split in splits for one in split.code]
    found += [CodeRecord(what="data", file=file, sha256=sha256) for file, sha256 in of_data]
    return tuple(dict.fromkeys([*found, *_templates(plan)]))


def _section(item: PlannedSection) -> Iterator[CodeRecord]:
    kind = item.spec.kind
    if item.sha256 is not None:
        yield CodeRecord(what="section", file=kind.rpartition(":")[0], sha256=item.sha256)
        return
    module = module_of(kind)
    package = None if module.partition(".")[0] == _PROGRAM else digest.of_module(module)
    if package is not None:
        yield CodeRecord(what="section", file=package[0], sha256=package[1])


def _templates(plan: Plan) -> Iterator[CodeRecord]:
    named = plan.spec.output.templates
    if named is None:
        return
    folder = plan.folder / named
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = f"{named.rstrip('/')}/{path.relative_to(folder).as_posix()}"
        try:
            yield CodeRecord(what="template", file=file, sha256=digest.sha256(path))
        except OSError as error:
            raise InputError(("output", "templates"), file, f"cannot be read ({error.strerror})") from error
