"""Specs that are not what a spec is, and files that they name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostile.case import Case
from hostile.specs import check, fill, instead_of_file, text

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.specs import Arguments

DEEP = 3000
LONG = "a" * 300
OTHER = "a" * 150
TOO_DEEP, TOO_LONG, NUL = (
    "is nested too deeply",
    "cannot be read (File name too long)",
    "must not contain the character NUL",
)
YAML = 'schema_version: 1\nreport: {title: %s}\nmodels: {m: {path: "m.keras"}}\nsections: [{kind: performance}]\n'


def globbed(folder: Path) -> list[str]:
    """Match a file whose name is not UTF-8."""
    fill(folder, more='[models.q]\npath = "q*.keras"')
    (folder / os.fsdecode(b"q\xff.keras")).touch()
    return ["check", "a.toml"]


def other_data(data: str) -> Arguments:
    """Name other data."""

    def write(folder: Path) -> list[str]:
        fill(folder, data=data)
        return ["check", "a.toml"]

    return write


def piped(data: str, name: str) -> Arguments:
    """Name a pipe as data."""

    def write(folder: Path) -> list[str]:
        fill(folder, data=data)
        os.mkfifo(folder / name)
        return ["check", "a.toml"]

    return write


NESTED = {
    "keys": "a." * DEEP + "b = 1",
    "quoted keys": '"a b" . ' * DEEP + "b = 1",
    "heads": "[" + "a." * DEEP + "b]",
    "arrays of tables": "[[" + "a." * DEEP + "b]]",
    "arrays": "a = " + "[" * DEEP + "]" * DEEP,
    "tables in line": "a = " + "{a=" * DEEP + "1" + "}" * DEEP,
    "a hundred arrays": "a = " + "[" * 100 + "]" * 100,
    "a hundred keys": "a." * 100 + "b = 1",
    "half a million keys": "a." * 500_000 + "b = 1",
}
NESTED_YAML = {
    "lists": "a: " + "[" * DEEP + "]" * DEEP,
    "tables": "a: " + "{a: " * DEEP + "}" * DEEP,
    "dashes": "- " * DEEP,
    "a hundred lists": "a: " + "[" * 100 + "]" * 100,
    "indents": "\n".join(" " * depth + "a:" for depth in range(500)),
}
NAMED = {
    "model": '[models.q]\npath = "{}.keras"',
    "history": '[models.q]\npath = "m.keras"\nhistory = "{}"',
    "folder of a pattern": '[models.q]\npath = "{}/*.keras"',
    "section": '[[sections]]\nkind = "./{}.py:S"',
    "custom objects": '[models.q]\npath = "m.keras"\ncustom_objects = ["./{}.py:S"]',
    "templates": '[output]\ntemplates = "{}"',
}
SAID = {"folder of a pattern": "cannot be searched (File name too long)", "templates": "no such folder"}
DATA = {"data": 'path = "{}.npz"', "inputs": 'x = "{}.npy"\ny = false', "labels": 'x = "x.npy"\ny = "{}.npy"'}


def many_ways(lines: str) -> Arguments:
    """Check a pattern of many stars, which does not match a long name, by an expression that goes back: for years."""

    def write(folder: Path) -> list[str]:
        (folder / OTHER).touch()
        return check(more=lines.format("*a" * 30 + "b", other=OTHER))(folder)

    return write


CASES = [
    Case("no such spec", lambda _: ["check", "a.toml"], 2, "a.toml: no such file"),
    Case("empty spec", text(""), 2, "a.toml: the spec is empty"),
    Case("a good spec", check(), 0, "a.toml: ok (1 model, 1 section, 0 checks)"),
    *(Case(f"nested {name}", text(content), 2, TOO_DEEP) for name, content in NESTED.items()),
    *(
        Case(f"nested {name} in YAML", text(content, "a.yaml"), 2, TOO_DEEP, slow=name == "lists")
        for name, content in NESTED_YAML.items()
    ),
    Case("nested option", check(section="bins" + ".a" * DEEP + " = 1"), 2, TOO_DEEP),
    Case("nested value of a model", check(more="[models.q]\npath = " + "[" * 200 + "]" * 200), 2, "models.q.path"),
    Case("nested key of --set", check("--set", "a." * DEEP + "b=1"), 2, TOO_DEEP),
    Case("nested value of --set", check("--set", "report.title=" + "[" * 200 + "]" * 200), 2, TOO_DEEP),
    Case("nested table of --set", check("--set", "report.title=" + "{a=" * 90 + "1" + "}" * 90), 2, TOO_DEEP),
    Case("equals signs for --set", check("--set", "=" * DEEP), 2, "must be KEY=VALUE"),
    Case(
        "a long --set is cut",
        check("--set", f"nowhere={LONG * 10}"),
        2,
        f"--set nowhere={'a' * 92}…: nowhere: unknown key",
    ),
    Case("surrogate in --set", check("--set", "report.title=\udcff"), 2, "report.title: must be UTF-8"),
    Case("surrogate key of --set", check("--set", "report.\udcff=1"), 2, "must be KEY=VALUE"),
    Case("NUL in --set", check("--set", 'models.m.path="a\\u0000b"'), 2, f"models.m.path: {NUL}"),
    Case("pipe", instead_of_file(os.mkfifo), 2, "a.toml: is not a regular file"),
    *(
        Case(f"{device} as spec", instead_of_file(lambda at, to=device: at.symlink_to(to)), 2, "is not a regular file")
        for device in ("/dev/zero", "/dev/null", "/dev/random")
    ),
    Case("folder", instead_of_file(lambda at: at.mkdir()), 2, "a.toml: is a folder, not a file"),
    Case("link to itself", instead_of_file(lambda at: at.symlink_to(at)), 2, "Too many levels of symbolic links"),
    Case("link to nowhere", instead_of_file(lambda at: at.symlink_to("b.toml")), 2, "no such file"),
    Case("below a file", lambda folder: [(folder / "a").touch(), "check", "a/b.toml"][1:], 2, "a/b.toml: no such file"),
    Case("long name", lambda _: ["check", f"{LONG}.toml"], 2, TOO_LONG),
    Case("long path", lambda _: ["check", "a/" * DEEP + "b.toml"], 2, TOO_LONG),
    Case("no name of UTF-8", lambda _: ["check", os.fsdecode(b"a\xff.toml")], 2, "a\\udcff.toml: no such file"),
    Case("no suffix", text("a = 1", "a"), 2, "must be a .toml, .yaml or .yml file"),
    Case("more than a megabyte", text("a = 1\n#" + "x" * 2_000_000), 2, "is larger than 1 MB"),
    Case("UTF-16", text("a = 1".encode("utf-16")), 2, "is not UTF-8"),
    Case("Latin-1", text("a = 'é'".encode("latin-1")), 2, "is not UTF-8"),
    Case("NUL in the text", text(b"a = 1\0"), 2, "a.toml:1:6: is not TOML"),
    Case("surrogate in TOML", text('a = "\\ud800"'), 2, "a.toml:1:12: is not TOML"),
    Case("surrogate in YAML", text(YAML % '"\\ud800"', "a.yaml"), 2, "a.yaml:2:17: report.title: must be UTF-8"),
    Case("surrogate as key", text('"\\ud800": 1', "a.yaml"), 2, "must be UTF-8"),
    Case("NUL in YAML", text(YAML % '"a\\0b"', "a.yaml"), 2, f"report.title: {NUL}"),
    Case("a number without end", text("schema_version = 0x" + "f" * 6000), 2, "schema_version: is too large a number"),
    Case("a YAML number without end", text("schema_version: 0x" + "f" * 6000, "a.yaml"), 2, "is too large a number"),
    Case("6,000 digits", text("schema_version = " + "9" * 6000), 2, "a number has too many digits"),
    Case("anchors", text("a: &a [x]\nb: [*a, *a]", "a.yaml"), 2, "anchors and aliases are not allowed"),
    Case(
        "a tag that is code", text("a: !!python/object/apply:os.system [id]", "a.yaml"), 2, "is not allowed in a spec"
    ),
    Case(
        "thousands of mistakes", text("".join(f"a{number} = 1\n" for number in range(3000))), 2, "and 2,904 more errors"
    ),
    Case("pattern that matches no UTF-8", globbed, 2, "models.q.path: matches a file whose name is not UTF-8"),
    Case("long pattern", check(more=f'[models.q]\npath = "{LONG}*.keras"'), 2, "no file matches"),
    Case("pattern of many folders", check(more=f'[models.q]\npath = "{"a/" * DEEP}*.keras"'), 2, "no file matches"),
    Case(
        "a field twice",
        check(more='[models.q]\npath = "{lr}-{lr}.keras"'),
        2,
        "models.q.path: has the field {lr} twice",
    ),
    Case("adjacent fields", check(more='[models.q]\npath = "{a}{b}.keras"'), 2, "needs text between {a} and {b}"),
    Case("NaN as a parameter", check(model="params = { lr = nan }"), 2, "models.m.params.lr: must be a finite number"),
    Case("a list as a parameter", check(model="params = { lr = [1] }"), 2, "must be a number, true or false, or text"),
    Case("no parameters", check(model="params = {}"), 2, "models.m.params: must not be empty"),
    Case("device as parameters", check(model='params_from = "/dev/zero"'), 2, "params_from: is not a regular file"),
    Case("a model as parameters", check(model='params_from = "m.keras"'), 2, "models.m.params_from: is"),
    Case("pattern that would be tried in many ways", many_ways('[models.q]\npath = "{}"'), 2, "models.q.path: no file"),
    Case(
        "trend that would be tried in many ways",
        many_ways('[decision]\ncandidate = "m"\n[trend]\nresults = "{}"'),
        2,
        "trend.results: no file matches",
    ),
    Case(
        "check that would be tried in many ways",
        many_ways(
            '[[checks]]\nmetric = "performance.accuracy"\nat_least = 0\nmodels = ["{}"]\n[models.{other}]\npath = "m.keras"'
        ),
        2,
        "checks[0].models[0]: no such model",
    ),
    Case("surrogate in a pattern", text(YAML.replace("m.keras", "\\udcff*.keras") % "t", "a.yaml"), 2, "must be UTF-8"),
    *(
        Case(f"long name of {what}", check(more=line.format(LONG)), 2, SAID.get(what, "File name too long"))
        for what, line in NAMED.items()
    ),
    *(Case(f"NUL in the name of {what}", check(more=line.format("a\\u0000b")), 2, NUL) for what, line in NAMED.items()),
    Case("NUL in the output folder", check(more='[output]\ndirectory = "a\\u0000b"'), 2, NUL),
    *(Case(f"long name of {what}", other_data(line.format(LONG)), 2, TOO_LONG) for what, line in DATA.items()),
    *(Case(f"NUL in the name of {what}", other_data(line.format("\\u0000")), 2, NUL) for what, line in DATA.items()),
    *(
        Case(f"pipe as {name}", piped(data, name), 2, "is not a regular file")
        for name, data in (
            ("p.npz", 'path = "p.npz"'),
            ("p.csv", 'path = "p.csv"'),
            ("p.parquet", 'path = "p.parquet"'),
        )
    ),
    Case("pipe as labels", piped('x = "p.npy"\ny = "p.npy"', "p.npy"), 2, "data.x: is not a regular file"),
    Case("pipe as model", check(model='history = "/dev/zero"'), 2, "models.m.history: is not a regular file"),
    Case("long section of a command", lambda _: ["sections", f"./{LONG}.py:S"], 2, "File name too long"),
    Case("templates of a command", lambda _: ["render", "a", "--templates", LONG], 2, "does not exist"),
]
