"""Results files that ``render`` and ``metrics`` must not trust."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hostile.case import Case
from hostile.specs import instead_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hostile.specs import Arguments

OLD = json.loads((Path(__file__).parents[2] / "results" / "0.1.0.json").read_text("utf-8"))
DEEP = 3000
NO_FILE, NO_RESULTS = "is not a reportgen results file", "is not a valid results file"


def content(command: str, text: str | bytes) -> Arguments:
    """Read a results file with this content."""

    def write(folder: Path) -> list[str]:
        (folder / "r.json").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return [command, "r.json"]

    return write


def changed(command: str, at: tuple[str | int, ...], value: Any) -> Arguments:
    """Read a good file with another value in one place."""

    def write(folder: Path) -> list[str]:
        raw = json.loads(json.dumps(OLD))
        inner = raw
        for part in at[:-1]:
            inner = inner[part]
        inner[at[-1]] = value
        (folder / "r.json").write_text(json.dumps(raw), "utf-8")
        (folder / "evil.py").write_text("raise SystemExit(0)", "utf-8")
        return [command, "r.json"]

    return write


def nested(depth: int) -> Any:
    """Return lists in lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


TEXTS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is not JSON"),
    "null": ("null", NO_FILE),
    "a list": ("[]", NO_FILE),
    "a number": ("7", NO_FILE),
    "no schema": ("{}", NO_FILE),
    "nested lists": ("[" * DEEP + "]" * DEEP, "is nested too deeply"),
    "nested tables": ('{"a":' * DEEP + "1" + "}" * DEEP, "is nested too deeply"),
    "open lists": ("[" * 100_000, "is nested too deeply"),
    "Latin-1": (b'{"a": "\xe9"}', "is not JSON"),
    "UTF-16": ('{"schema_version": 2}'.encode("utf-16"), "is not JSON"),
    "NaN": ('{"schema_version": NaN}', "NaN is not a finite number"),
    "infinity": ('{"schema_version": 2, "a": 1e999}', "1e999 is not a finite number"),
    "digits": ('{"schema_version": ' + "9" * 6000 + "}", "is not JSON"),
    "no sections": ('{"schema_version": 2}', NO_RESULTS),
    "surrogate": ('{"schema_version": 2, "a": "\\ud800"}', "a: must be UTF-8"),
    "surrogate as key": ('{"schema_version": 2, "\\ud800": 1}', "must be UTF-8"),
    "NUL": ('{"schema_version": 2, "a": "\\u0000"}', "a: must not contain the character NUL"),
}
VERSIONS = {
    "true": NO_FILE,
    "0": NO_FILE,
    "-1": NO_FILE,
    "1.5": NO_FILE,
    '"2"': NO_FILE,
    "3": "newer version",
    "null": NO_FILE,
}
SECTIONS = (None, 7, "x", {}, [None], [7], ["x"], [{}], [[]], True)
RESULTS = (7, "x", [], True, {"measurements": 7}, {"measurements": [7]}, {"measurements": [{"metric": None}]})
KINDS: tuple[Any, ...] = (7, None, True, [], {}, ["summary"], 1.5)
CREATED = (
    "",
    "yesterday",
    "2026-13-01T00:00:00",
    "0000-01-01T00:00:00",
    "99999-01-01T00:00:00",
    "2026-01-01T25:00:00",
    7,
    None,
    [],
)
PLACES: dict[tuple[str | int, ...], Any] = {
    ("models",): None,
    ("models", 0): 7,
    ("models", 0, "name"): None,
    ("models", 0, "heads"): "x",
    ("data",): [],
    ("spec",): "x",
    ("spec", "text"): None,
    ("report", "title"): None,
    ("versions",): [],
    ("checks",): [None],
    ("left_out",): 7,
    ("output", "style"): "evil",
    ("output", "fail_on"): "x",
    ("unknown",): 1,
    ("sections", 1, "id"): None,
    ("sections", 1, "findings"): 7,
    ("sections", 1, "status"): "fine",
    ("sections", 1, "options"): [],
    ("sections", 1, "result", "unknown"): 1,
}


def refused(command: str) -> Iterator[Case]:
    """Yield what each command refuses."""

    def case(name: str, arguments: Arguments, says: str) -> Case:
        return Case(f"{command}: {name}", arguments, 2, says)

    for name, (text, says) in TEXTS.items():
        yield case(name, content(command, text), says)
    for version, says in VERSIONS.items():
        yield case(f"schema {version}", content(command, f'{{"schema_version": {version}}}'), says)
    for value in SECTIONS:
        yield case(f"sections {value!r}", changed(command, ("sections",), value), NO_RESULTS)
    for value in RESULTS:
        yield case(f"result {value!r}", changed(command, ("sections", 1, "result"), value), NO_RESULTS)
    yield case("nested options", changed(command, ("sections", 1, "options"), {"a": nested(100)}), "nested too deeply")
    yield case("pipe", instead_of_file(os.mkfifo, "r.json", command), "r.json: is not a regular file")
    yield case("device", instead_of_file(_to("/dev/zero"), "r.json", command), "r.json: is not a regular file")
    yield case("folder", instead_of_file(lambda at: at.mkdir(), "r.json", command), "r.json: is a folder, not a file")
    yield case("no file", lambda _: [command, "r.json"], "r.json: no such file")
    yield case("long name", lambda _: [command, "r" * 300], "File name too long")


def not_rendered() -> Iterator[Case]:
    """Yield what ``render`` alone reads, and refuses."""

    def case(name: str, at: tuple[str | int, ...], value: Any, says: str) -> Case:
        return Case(name, changed("render", at, value), 2, says)

    kind = ("sections", 1, "kind")
    for value in KINDS:
        yield case(f"kind {value!r}", kind, value, "the kind of a section must be text")
    yield case("unknown kind", kind, "evil", "unknown section evil")
    for file in ("./evil.py:S", "/evil.py:S", "evil.py", "../../evil.py:S"):
        yield case(f"kind {file}", kind, file, f"the section {file!r}")
    for value in CREATED:
        yield case(f"created {value!r}", ("created",), value, "created: ")
    for address in ("javascript:alert(1)", "file:///etc/passwd", "https://a/?b", ""):
        yield case(f"docs {address}", ("output", "docs_url"), address, "output.docs_url: ")
    for at, value in PLACES.items():
        yield case(f"{'.'.join(map(str, at))} is {value!r}", at, value, NO_RESULTS)


def _to(target: str) -> Callable[[Path], object]:
    return lambda at: at.symlink_to(target)


CASES = [*refused("metrics"), *refused("render"), *not_rendered()]
