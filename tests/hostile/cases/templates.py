"""Templates of users that fail, never end, take all memory, or read what is not theirs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostile.case import Case
from hostile.specs import fill, small_results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def template(text: str | bytes, name: str = "sections/performance.html.j2") -> Callable[[Path], list[str]]:
    """Render results with a template in the place of the one of this name."""

    def write(folder: Path) -> list[str]:
        (folder / "results.json").write_text(small_results(), "utf-8")
        path = folder / "mine" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return ["render", "results.json", "--templates", "mine", "--format", "html", "-q"]

    return write


def failing(name: str, text: str | bytes, says: str, *, slow: bool = False) -> Case:
    """Expect one sentence and no page."""
    return Case(name, template(text), 3, f"report.html was not written: a template cannot be rendered: {says}", slow)


def in_a_spec(command: str, text: str, name: str, limits: str = "") -> Callable[[Path], list[str]]:
    """Check or build a spec whose model is no model, with a template in the place of the one of this name."""

    def write(folder: Path) -> list[str]:
        fill(folder, more=f'[output]\ntemplates = "mine"\n[limits]\n{limits}')
        path = folder / "mine" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
        return [command, "a.toml", *([] if command == "check" else ["-o", "out"])]

    return write


def early(name: str, text: str, says: str, *, file: str = "sections/performance.html.j2") -> list[Case]:
    """Expect the sentence at the key of the spec, before anything is computed: the model would be refused."""
    says = f"output.templates: a template cannot be rendered: {file}, line {says}"
    return [
        Case(f"{command} before anything is computed: {name}", in_a_spec(command, text, file), 3, says)
        for command in ("check", "build")
    ]


def unsure(name: str, text: str) -> Case:
    """Expect no word: what the real document holds may make it right."""
    return Case(f"no false alarm: {name}", in_a_spec("check", text, "sections/performance.html.j2"), 0, "a.toml: ok")


HERE = "sections/performance.html.j2, line 1: "
CASES = [
    *early("undefined name", "{{ nothing }}", "1: 'nothing' is undefined"),
    *early("third line", "a\nb\n{{ 1 / 0 }}", "3: division by zero"),
    *early("undefined field", "{{ results.nothing }}", "1: "),
    *early("undefined field in a loop", "{% for one in chapter.body.drawings %}{{ one.titel }}{% endfor %}", "1: "),
    *early("a method", "{{ results.to_json() }}", "1: "),
    *early("wrong types", "{{ results.report.title + 1 }}", "1: "),
    *early("call of a number", "{{ 3() }}", "1: "),
    *early("index of a number", "{{ 3[0] }}", "1: "),
    *early("recursion of a macro", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "1: "),
    *early("itself", '{% include "sections/performance.html.j2" %}', "1: "),
    *early("a template that does not exist", '{% include "nothing.j2" %}', "1: nothing.j2"),
    *early("a file of the system", '{% include "json:/etc/passwd" %}', "1: json:/etc/passwd"),
    *early("long string", "{{ 'a' * 10 ** 9 }}", "1: a repetition with more than 10,000,000 elements"),
    *early("large range", "{% for i in range(10 ** 9) %}{% endfor %}", "1: "),
    *early("wide filter", "{{ 'a' | center(3 * 10 ** 9) }}", "1: MemoryError"),
    *early("model card", "{{ nothing }}", "1: 'nothing' is undefined", file="report.md.j2"),
    *early("a macro", "{% macro finding(a, b, c) %}{{ a.nothing }}{% endmacro %}", "1: ", file="macros.md.j2"),
    Case(
        "before anything is computed: endless loop",
        in_a_spec(
            "build",
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "report.md.j2",
            "template_seconds = 2",
        ),
        3,
        "report.md.j2, line 1: it takes more than 2 s",
        slow=True,
    ),
    unsure("a count that may be another", "{{ 1 / (results.models | length - 1) }}"),
    unsure("a model that may be there", "{{ results.models[7].name }}"),
    unsure("a figure that may be there", "{{ chapter.body.drawings[3].title }}"),
    unsure("a picture that may be there", "{{ document.front.picture.title }}"),
    unsure("a value that may be there", "{{ results.data.groups + 1 }}"),
    unsure("a field of a result", "{% for one in results.sections %}{{ one.result.averages }}{% endfor %}"),
    unsure("a name that is defined sometimes", "{% if results.data.groups %}{% set n = 1 %}{% endif %}{{ n }}"),
    unsure("a row that may be there", "{{ chapter.tables[0].rows[0][1] + 1 }}"),
    unsure("a template that may be there", "{% include chapter.kind ~ '.j2' %}"),
    unsure("a test for a name", "{% if nothing is defined %}{{ nothing }}{% endif %}"),
    unsure("a branch that is not taken", "{% if results.data.groups %}{{ 1 / 0 }}{% endif %}"),
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
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ 'a' * 9999 }}{% endfor %}{% endfor %}",
        f"{HERE}MemoryError",
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
    Case(
        "before anything is computed: a sparse file of 50 GB",
        lambda folder: [in_a_spec("check", "", "a.j2")(folder), os.truncate(folder / "mine" / "a.j2", 50 * 2**30)][0],
        2,
        "a template cannot be rendered: a.j2 is larger than 1 MB",
    ),
    Case("a folder as file", template("", "sections/performance.html.j2/x"), 0, "", writes=frozenset({"report.html"})),
    *(
        Case(
            f"check of a template of {name}",
            in_a_spec("check", text, "report.html.j2"),
            2,
            f"output.templates: a template cannot be rendered: report.html.j2: {says}",
        )
        for name, text, says in (
            ("nested blocks", "{% if 1 %}" * 20_000, "maximum recursion depth exceeded"),
            ("nested parentheses", "{{" + "(" * 20_000 + "1" + ")" * 20_000 + "}}", "maximum recursion depth exceeded"),
            ("a number of 6,000 digits", "{{ " + "9" * 6_000 + " }}", "Exceeds the limit"),
            ("thirty loops", "{% for a in b %}" * 30 + "{% endfor %}" * 30, "too many statically nested blocks"),
        )
    ),
]
