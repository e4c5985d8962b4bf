"""Builds the spec of a report again, from inputs that are found by their SHA-256 digest, and compares the results.

A report is a file of others: nothing that it names is opened by its path, and code that its spec names runs only if the user allows it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from reportgen.analysis import results_file
from reportgen.contract.formats import ANSWERS
from reportgen.errors import InputError, ResultsError
from reportgen.inputs import search
from reportgen.pipeline import flow, verify
from reportgen.pipeline.differences import differences
from reportgen.plan import code
from reportgen.plan.make import files_of
from reportgen.plan.registry import Registry
from reportgen.resources import private_folder
from reportgen.spec import source
from reportgen.spec.problems import Problem
from reportgen.text.formatting import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reportgen.analysis.results import CodeRecord, Results
    from reportgen.pipeline.differences import Difference
    from reportgen.pipeline.run import Run
    from reportgen.spec.problems import Location
    from reportgen.spec.source import Source

_DEEPEST = 32
"""How many folders above that of the spec an input may be."""


@dataclass(frozen=True)
class Rebuilt:
    """The outcome of building a report again.

    Attributes
    ----------
    digest
        SHA-256 of the results, as the report says it.
    count
        Number of metrics of the report.
    differences
        What differs; empty if the digests are equal.
    """

    digest: str
    count: int
    differences: tuple[Difference, ...]


def rebuild(report: Path, folder: Path, run: Run, *, allow_code: bool) -> Rebuilt:
    """Build the spec of a report again.

    Parameters
    ----------
    report
        ``report.pdf``, ``report.html`` or ``results.json``.
    folder
        Where the inputs are searched, by their digests.
    run
        The context; nothing is taken from a store.
    allow_code
        Whether code that the spec names is run: files with the digests of the report, and installed packages.

    Raises
    ------
    ResultsError
        The report cannot be read, does not agree with itself, or names an input in a way that cannot be followed.
    SpecError
        Its spec names code that is not allowed, or a file that the report was not made from, or is not valid for this version of
        the program.
    InputError
        An input is not below the folder.
    """
    found = verify.parts(report)
    wrong = [row for row in found.rows if row.state != "unchanged" and row.what != verify.BESIDE]
    if wrong:
        raise ResultsError(f"{report}: does not agree with itself ({wrong[0].what}: {wrong[0].state})")
    with private_folder() as home:
        try:
            return _built(report, found.content, found.inputs, folder, home, run, allow_code=allow_code)
        except OSError as error:
            raise ResultsError(f"{report}: its inputs cannot be laid out ({error.strerror or error})") from error


def _built(
    report: Path,
    content: bytes,
    inputs: results_file.Inputs,
    folder: Path,
    home: Path,
    run: Run,
    *,
    allow_code: bool,
) -> Rebuilt:
    spec = inputs.spec
    named = [(what, one.file, one.sha256) for what, one in inputs.files if not verify.CODE.search(one.file)]
    if allow_code:
        named += [(one.what, one.file, one.sha256) for one in inputs.code if _is_a_file(one)]
    place = _place(home.resolve(), [file for _, file, _ in named], report)
    if PurePosixPath(spec.file).name != spec.file:
        raise ResultsError(f"{report}: names no file as its spec ({spec.file!r})")
    (place / spec.file).write_text(spec.text, "utf-8", newline="")
    text = source.read(place / spec.file, spec.file)
    for override in spec.overrides:
        text = text.with_override(override)
    if not allow_code:
        _refuse_code(text)
    _lay_out(named, folder, home.resolve(), place, report)
    _refuse_others(text, place, [file for _, file, _ in named])
    _add_answers(inputs, folder, place)
    before = results_file.read(content, report, Registry(place if allow_code else None))
    planned = flow.plan_of(text, place, spec.overrides, skip=before.left_out)
    after = _from_there(flow.compute(planned, run, created=before.created), before)
    same = before.digest == after.digest
    return Rebuilt(before.digest, len(before.rows()), () if same else tuple(differences(before, after)))


def _from_there(after: Results, before: Results) -> Results:
    """Return new results with the command and commit of the report, which say where its spec came from; the platform is today's."""
    origin = before.origin
    if origin is not None and after.origin is not None:
        origin = origin.model_copy(update={"platform": after.origin.platform})
    return after.model_copy(update={"origin": origin})


def _is_a_file(record: CodeRecord) -> bool:
    """Tell whether code is a file beside the spec: packages are imported as they are installed."""
    return record.what == "template" or record.file.endswith(".py")


def _refuse_code(text: Source) -> None:
    problems = [
        Problem(location, "is code, which only runs with --allow-code", repr(item))
        for location, item in code.named(text)
    ]
    if problems:
        raise text.error(problems)


def _refuse_others(text: Source, place: Path, names: Iterable[str]) -> None:
    """Refuse files that the spec names and the report does not have: they would be opened by their paths."""
    known = {PurePosixPath(name) for name in names}
    found = [*files_of(text, place), *_code_files(text)]
    problems = [
        Problem(location, "is none of the files that the report was made from", repr(file))
        for location, file in dict.fromkeys(found)
        if not any(one.is_relative_to(file) for one in known)
    ]
    if problems:
        raise text.error(problems)


def _code_files(text: Source) -> Iterator[tuple[Location, str]]:
    """Yield the files and the folder of templates among the code that a spec names: modules are imported as they are installed."""
    for location, item in code.named(text):
        file = item.rpartition(":")[0]
        if location[0] == "output":
            yield location, item
        elif file.endswith(".py"):
            yield location, file


def _place(home: Path, names: Iterable[str], report: Path) -> Path:
    """Return a new folder for the spec, so deep that no input of it lies outside of a folder."""
    depth = 0
    for name in names:
        level = 0
        for part in PurePosixPath(name).parts:
            level += -1 if part == ".." else 1
            depth = max(depth, -level)
        if PurePosixPath(name).is_absolute() or not name.strip("./"):
            raise ResultsError(f"{report}: names an input that cannot be laid out beside a spec ({name!r})")
    if depth > _DEEPEST:
        raise ResultsError(f"{report}: names an input {depth} folders above its spec, more than {_DEEPEST}")
    place = home.joinpath("inputs", *map(str, range(depth)))
    place.mkdir(parents=True)
    return place


def _lay_out(named: Iterable[tuple[str, str, str]], folder: Path, home: Path, place: Path, report: Path) -> None:
    """Put links to the inputs, or the logo itself, found by their digests, where the spec names them."""
    wanted = {file: (what, digest) for what, file, digest in named}
    found = search.find(((file, digest) for file, (_, digest) in wanted.items()), folder)
    missing = [f"{what} ({file}, {digest[:12]})" for file, (what, digest) in wanted.items() if digest not in found]
    if missing:
        raise InputError(("--inputs",), str(folder), f"has no file with the SHA-256 digest of {listed(missing)}")
    for file, (what, digest) in wanted.items():
        target = place / file
        if not target.parent.resolve().is_relative_to(home):
            raise ResultsError(f"{report}: names an input inside of another ({file!r})")
        target.parent.mkdir(parents=True, exist_ok=True)
        if what == results_file.LOGO:
            shutil.copyfile(found[digest], target)  # a link to a logo is not followed out of the folder of the spec
        else:
            target.symlink_to(found[digest])


def _add_answers(inputs: results_file.Inputs, folder: Path, place: Path) -> None:
    """Put the predictions of the earlier release beside its results, if they are in the folder: with them differences are paired."""
    release = None if inputs.decision.baseline is None else inputs.decision.baseline.release
    if release is None:
        return
    path = place / release.file
    record = results_file.facts(results_file.content_of(path), path).predictions
    for answers in () if record is None else search.find([(ANSWERS, record.sha256)], folder).values():
        path.with_name(ANSWERS).symlink_to(answers)
