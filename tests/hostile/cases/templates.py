"""Templates of users that fail, never end, take all memory, or read what is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handmade import SPEC, results
from hostile.case import Case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SMALL = results(SPEC.partition("[[sections]]")[0] + '[[sections]]\nkind = "performance"\n').to_json()


def template(text: str | bytes, name: str = "sections/performance.html.j2") -> Callable[[Path], list[str]]:
    """Render results with a template in the place of the one of this name."""

    def write(folder: Path) -> list[str]:
        (folder / "results.json").write_text(SMALL, "utf-8")
        path = folder / "mine" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ["render", "results.json", "--templates", "mine", "--format", "html", "-q"]

    return write


def failing(name: str, text: str | bytes, says: str, *, slow: bool = False) -> Case:
    """Expect one sentence and no page."""
    return Case(name, template(text), 3, f"report.html was not written: a template cannot be rendered: {says}", slow)


HERE = "sections/performance.html.j2, line 1: "
CASES = [
    failing("undefined name", "{{ nothing }}", HERE),
    failing("undefined field", "{{ results.nothing }}", HERE),
    failing("division by zero", "{{ 1 / 0 }}", f"{HERE}division by zero"),
    failing("third line", "a\nb\n{{ 1 / 0 }}", "sections/performance.html.j2, line 3: division by zero"),
    failing("wrong types", "{{ 1 + 'a' }}", HERE),
    failing("call of a number", "{{ 3() }}", HERE),
    failing("index of a number", "{{ 3[0] }}", HERE),
    failing("unknown filter", "{{ 3 | nothing }}", HERE),
    failing("no template", "{% if %}", HERE),
    failing("unclosed block", "{% for a in results.models %}", HERE),
    failing("Latin-1", "ä".encode("latin-1"), "sections/performance.html.j2 is not UTF-8 text"),
    failing("itself", '{% include "sections/performance.html.j2" %}', HERE),
    failing("extends itself", '{% extends "sections/performance.html.j2" %}', ""),
    failing("recursion of a macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", HERE),
    failing("long string", "{{ 'a' * 10 ** 9 }}", f"{HERE}a repetition with more than 10,000,000 elements"),
    failing("large power", "{{ 10 ** (10 ** 10) }}", f"{HERE}a power with an exponent above 64"),
    failing("large range", "{% for i in range(10 ** 9) %}{% endfor %}", HERE),
    failing("wide filter", "{{ 'a' | center(3 * 10 ** 9) }}", f"{HERE}MemoryError"),
    failing(
        "endless loop",
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        f"{HERE}it takes more than 30 s",
        slow=True,
    ),
    failing(
        "endless page",
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
        "MemoryError",
        slow=True,
    ),
    failing("a file of the system by a module", '{% include "json:/etc/passwd" %}', f"{HERE}json:/etc/passwd"),
    failing("a file of a module", '{% include "json:__init__.py" %}', HERE),
    failing("a file above a module", '{% include "json:../os.py" %}', HERE),
    failing("a module that does not exist", '{% include "nothing.at.all:a.j2" %}', HERE),
    failing("an absolute path", '{% include "/etc/passwd" %}', HERE),
    failing("a path upwards", '{% include "../../../../etc/passwd" %}', HERE),
    failing("two colons", '{% include "reportgen:json:/etc/passwd" %}', HERE),
    failing("the program's code", '{% include "reportgen:errors.py" %}', HERE),
    failing("a class", "{{ ''.__class__.__mro__ }}", HERE),
    failing("a method of the results", "{{ results.parse_file('/etc/passwd') }}", HERE),
    Case("a folder as file", template("", "sections/performance.html.j2/x"), 0, "", writes=frozenset({"report.html"})),
]
