"""Spec text to data and places: :mod:`reportgen.spec.source`."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from typing import IO, TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st
from ruamel.yaml import YAML

from reportgen.spec import source
from reportgen.spec.errors import SpecError
from reportgen.spec.source import Mark, Source, Syntax

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reportgen.spec.problems import Location


def toml(text: str) -> Source:
    """Parse TOML."""
    return source.parse(text, "s.toml", "toml")


def yaml(text: str) -> Source:
    """Parse YAML."""
    return source.parse(text, "s.yaml", "yaml")


def refusal(text: str, syntax: Syntax) -> tuple[str, tuple[int, int] | None]:
    """Return the sentence and the place of a text that is refused."""
    with pytest.raises(SpecError) as caught:
        source.parse(text, "s", syntax)
    (problem,) = caught.value.problems
    return problem.message, (problem.mark.line, problem.mark.column) if problem.mark else None


def pointed(spec: Source, *location: str | int, key: bool = False) -> str:
    """Return the text that a location points to."""
    mark = spec.locate(location, key=key)
    assert mark is not None
    return spec.text.split("\n")[mark.line - 1][mark.column - 1 :][: mark.length]


# ------------------------------------------------------------------------------------------------ TOML


def test_toml_value_and_key() -> None:
    """A value and its key have places of their own."""
    spec = toml("a = 1\n\nbins = 20 # many\n")
    assert spec.locate(("bins",)) == Mark(3, 8)
    assert spec.locate(("bins",), key=True) == Mark(3, 1)
    assert pointed(spec, "bins") == "20"


def test_columns_count_characters() -> None:
    """Letters of several bytes before the caret count once."""
    assert toml('"é日😀" = { x = 1 }').locate(("é日😀", "x")) == Mark(1, 15)
    assert yaml('"é日😀": {x: 1}').locate(("é日😀", "x")) == Mark(1, 12)


def test_toml_dotted_and_quoted_keys() -> None:
    """Each part of a dotted key has its place, quoted or not."""
    spec = toml("""models."my cnn".'path' = "x"\n""")
    assert pointed(spec, "models", "my cnn", "path") == '"x"'
    assert pointed(spec, "models", "my cnn", "path", key=True) == "'path'"
    assert pointed(spec, "models", "my cnn") == '"my cnn"'
    assert pointed(spec, "models") == "models"


def test_toml_escaped_key() -> None:
    """A key written with escapes is found by what it means."""
    assert pointed(toml('"\\u00e9" = 7'), "é") == "7"


def test_toml_tables() -> None:
    """A table is found at its header, and so is the table above it."""
    spec = toml("[models.cnn]\npath = 1\n[models.mlp]\npath = 2\n")
    assert pointed(spec, "models", "mlp") == "models.mlp"
    assert spec.locate(("models",)) == Mark(1, 2)
    assert spec.locate(("models", "mlp", "path")) == Mark(4, 8)


def test_toml_arrays_of_tables() -> None:
    """Each ``[[sections]]`` is an entry of its own, with its sub-tables."""
    spec = toml("[[s]]\nk = 1\n[[s]]\nk = 2\n[s.t]\nu = 3\n[[s.v]]\nw = 4\n[[s.v]]\nw = 5\n[[s]]\n[[s.v]]\nw = 6\n")
    assert [pointed(spec, "s", i, "k") for i in (0, 1)] == ["1", "2"]
    assert pointed(spec, "s", 1, "t", "u") == "3"
    assert [pointed(spec, "s", 1, "v", i, "w") for i in (0, 1)] == ["4", "5"]
    assert spec.locate(("s", 2)) == Mark(11, 3)
    assert spec.locate(("s", 2, "v", 0, "w")) == Mark(13, 5)
    assert spec.locate(("s",)) == Mark(1, 3)


def test_toml_inline_tables_and_arrays() -> None:
    """What stands inside of values is found; a value of several lines has length 1."""
    spec = toml("a = [\n  1, # one\n  { b.c = [2, 3] },\n]\n")
    assert pointed(spec, "a", 0) == "1"
    assert pointed(spec, "a", 1, "b", "c", 1) == "3"
    assert pointed(spec, "a", 1, "b", "c") == "[2, 3]"
    assert pointed(spec, "a") == "["


def test_missing_points_at_the_nearest_ancestor() -> None:
    """What is not there has the place of the table that lacks it; the root has none."""
    spec = toml('[models.cnn]\nhistory = "h"\n')
    assert spec.locate(("models", "cnn", "path")) == Mark(1, 2)
    assert yaml("models:\n  cnn:\n    history: h\n").locate(("models", "cnn", "path")) == Mark(2, 3)
    assert spec.locate(("report", "title")) is None
    assert spec.locate(()) is None


def test_toml_dates() -> None:
    """Dates come as dates, also with a space inside."""
    spec = toml("d = 2026-01-02\nt = 2026-01-02 03:04:05\n")
    assert spec.data["d"] == dt.date(2026, 1, 2)
    assert pointed(spec, "t") == "2026-01-02 03:04:05"


@pytest.mark.parametrize("syntax", ["toml", "yaml"])
def test_windows_line_ends_and_byte_order_mark(syntax: Syntax) -> None:
    """CRLF and a BOM move no place."""
    text = "\ufeffa = 1\r\nb = 2\r\n" if syntax == "toml" else "\ufeffa:  1\r\nb:  2\r\n"
    spec = source.parse(text, "s", syntax)
    assert spec.data == {"a": 1, "b": 2}
    assert spec.locate(("a",)) == Mark(1, 5)
    assert spec.locate(("b",)) == Mark(2, 5)


def test_tab_counts_as_one_column() -> None:
    """A tab is one character."""
    assert toml("\ta =\t1").locate(("a",)) == Mark(1, 6)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a = \n", "is not TOML: invalid value", (1, 5)),
        ("a = 1\n é = 2", "is not TOML: invalid statement", (2, 2)),
        ("a = [1,\n", "is not TOML: invalid value", (2, 1)),
        ("a = 1\na = 2\n", "is defined twice", (2, 1)),
        ("[m]\n  [m]\n", "is defined twice", (2, 3)),
        ("# nothing\n", "the spec is empty", None),
        ("a = " + "[" * 5000, "is nested too deeply", None),
        ("a = " + "9" * 5000, "is not TOML: a number has too many digits", None),
    ],
)
def test_toml_refusals(text: str, message: str, place: tuple[int, int] | None) -> None:
    """A text that is no TOML is refused in one sentence, at its place."""
    assert refusal(text, "toml") == (message, place)


def test_toml_places_wait_for_a_mistake() -> None:
    """A good spec loads neither tree-sitter nor ruamel."""
    program = (
        "import sys; from reportgen.spec import source; s = source.parse('a = 1', 's', 'toml');"
        "heavy = {'tree_sitter', 'tree_sitter_toml', 'ruamel.yaml'}; assert not heavy & set(sys.modules);"
        "s.locate(('a',)); assert 'tree_sitter' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# ------------------------------------------------------------------------------------------------ YAML


def test_yaml_block_and_flow() -> None:
    """Keys and values are found in both styles."""
    spec = yaml("sections:\n  - kind: two words  # why\n    bins: {low: 1, high: [2, 3]}\n  - kind: |\n      x\n")
    assert pointed(spec, "sections", 0, "kind") == "two words"
    assert pointed(spec, "sections", 0, "bins", "high", 1) == "3"
    assert pointed(spec, "sections", 0, "bins", key=True) == "bins"
    assert spec.locate(("sections", 1)) == Mark(4, 5)
    assert spec.locate(("sections", 1, "kind")) == Mark(4, 11)


def test_yaml_is_1_2() -> None:
    """``NO`` and ``yes`` are words, ``017`` is seventeen, and the types are the plain ones."""
    spec = yaml("a: NO\nb: yes\nc: 017\nd: 1e3\ne: 2026-01-02\nf:\ng: true\nh: '1'\ni: =\nj: <<\n")
    day = dt.date(2026, 1, 2)
    assert list(spec.data.values()) == ["NO", "yes", 17, 1000.0, day, None, True, "1", "=", "<<"]
    assert {type(value) for value in spec.data.values()} == {str, int, float, dt.date, type(None), bool}


def test_yaml_line_separator_ends_no_line() -> None:
    """U+2028 moves no line, as in an editor."""
    assert yaml('a: "x\u2028y"\nb: 1').locate(("b",)) == Mark(2, 4)


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\nb: {c: 1, c: 2}", "duplicate key 'c'", (2, 11)),
        ("a: &x 1\nb: *x\n", "anchors and aliases are not allowed in a spec", (1, 4)),
        ("? &k a\n: 1\n", "anchors and aliases are not allowed in a spec", (1, 3)),
        ("a: *x\n", "is not YAML: found undefined alias 'x'", (1, 4)),
        ("a:\n  <<: {b: 1}\n", "merge keys are not allowed in a spec", (2, 3)),
        ("a: !python/name:os.system x", "the tag !python/name:os.system is not allowed in a spec", (1, 4)),
        ("a: !!binary aGk=", "the tag !!binary is not allowed in a spec", (1, 4)),
        ("a: !!str [1]", "the tag !!str is not allowed in a spec", (1, 4)),
        ("a: !!int x", "is not a valid int", (1, 4)),
        ("a: 2026-99-99", "is not a valid timestamp", (1, 4)),
        ("a: " + "9" * 5000, "is not a valid int", (1, 4)),
        ("---\na: 1\n---\nb: 1\n", "a spec must be a single YAML document", (3, 1)),
        ("1: x", "a key must be text: put it in quotes", (1, 1)),
        ("? [a]\n: x", "a key must be text: put it in quotes", (1, 3)),
        ("# c\n%YAML 1.1\n---\na: NO\n", "a spec must be YAML 1.2 without directives", (2, 1)),
        ("a:\n\t- 1\n", "is not YAML: found character '\\t' that cannot start any token", (2, 1)),
        ("a: b: c", "is not YAML: mapping values are not allowed here", (1, 5)),
        ("a: \x07", "is not YAML: unacceptable character #x0007: special characters are not allowed", (1, 4)),
        ('a: "\\UFFFFFFFF"', "is not YAML: Python int too large to convert to C int", (1, 1)),
        ("[1, 2]", "the top level must be a table of keys", (1, 1)),
        ("", "the spec is empty", None),
        ("a: " + "[" * 5000, "is nested too deeply", None),
    ],
)
def test_yaml_refusals(text: str, message: str, place: tuple[int, int] | None) -> None:
    """What a spec does not need is refused in one sentence, at its place."""
    assert refusal(text, "yaml") == (message, place)


# ------------------------------------------------------------------------------------------------ files


@pytest.mark.parametrize("file", ["a.toml", "a.TOML", "a.yaml", "a.yml"])
def test_read_by_suffix(tmp_path: Path, file: str) -> None:
    """The suffix says which syntax it is."""
    path = tmp_path / file
    path.write_text("a = 1" if path.suffix.lower() == ".toml" else "a: 1", encoding="utf-8")
    spec = source.read(path, "as typed")
    assert (spec.data, spec.name) == ({"a": 1}, "as typed")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("none.toml", "no such file"),
        ("folder.toml", "is a folder, not a file"),
        ("spec.json", "a spec must be a .toml, .yaml or .yml file"),
        ("latin.toml", "is not UTF-8 (byte 5)"),
    ],
)
def test_unreadable_files(tmp_path: Path, file: str, sentence: str) -> None:
    """Each file that is no spec gets one sentence that names it."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "spec.json").write_text("{}", encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b'a = "\xe9"')
    with pytest.raises(SpecError) as caught:
        source.read(tmp_path / file, file)
    assert str(caught.value) == f"{file}: {sentence}"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says is passed on."""
    (tmp_path / "a.toml").write_text("a = 1", encoding="utf-8")

    def refuse(_: Path, _mode: str) -> IO[bytes]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(SpecError) as caught:
        source.read(tmp_path / "a.toml", "a.toml")
    assert caught.value.problems[0].message == "cannot be read (Permission denied)"


# ------------------------------------------------------------------------------------------------ --set


@pytest.mark.parametrize(
    ("assignment", "location", "value"),
    [
        ("a.b=2", ("a", "b"), 2),
        ("a.b = [1, 'x']", ("a", "b"), [1, "x"]),
        ("a.b=new.keras", ("a", "b"), "new.keras"),
        ("a.b=", ("a", "b"), ""),
        ("a.b=1\nc = 2", ("a", "b"), "1\nc = 2"),
        ("x.y.z=true", ("x", "y", "z"), True),
        ("s.1.k=9", ("s", 1, "k"), 9),
        ('a."my = key".c=x=y', ("a", "my = key", "c"), "x=y"),
    ],
)
def test_override(assignment: str, location: Location, value: object) -> None:
    """A value is TOML or else a string; tables are made as needed; numbers lead into lists."""
    spec = toml("a.b = 1\na.c = 2\n[[s]]\nk = 1\n[[s]]\nk = 2\n")
    node: Any = spec.with_override(assignment).data
    for part in location:
        node = node[part]
    assert node == value
    assert type(node) is type(value)


def test_override_leaves_the_rest() -> None:
    """The other values, and the source it was made from, stay as they are."""
    spec = toml("a.b = 1\na.c = 2\n")
    assert spec.with_override("a.b=3").data == {"a": {"b": 3, "c": 2}}
    assert spec.data == {"a": {"b": 1, "c": 2}}


def test_override_of_nothing_in_yaml() -> None:
    """A YAML key without a value becomes a table where one is needed."""
    assert yaml("a:\n").with_override("a.b=1").data == {"a": {"b": 1}}


def test_overridden_values_have_no_place() -> None:
    """What came from the command line is not looked for in the file; what stands beside it is."""
    spec = toml("a.b = 1\na.c = 2\n").with_override("a.b=3").with_override("a.b={ d = 4 }")
    assert spec.locate(("a", "b", "d")) is None
    assert spec.override_at(("a", "b", "d")) == "a.b={ d = 4 }"
    assert spec.locate(("a", "c")) == Mark(2, 7)


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("a", "must be KEY=VALUE, e.g. models.cnn.path=new.keras"),
        ("=1", "must be KEY=VALUE, e.g. models.cnn.path=new.keras"),
        ("#=1", "must be KEY=VALUE, e.g. models.cnn.path=new.keras"),
        ("a b=1", "must be KEY=VALUE, e.g. models.cnn.path=new.keras"),
        ("a.b.c=1", "cannot be set: a.b is not a table"),
        ("s.5.k=1", "s is a list of 1: use an index, starting at 0"),
        ("s.k=1", "s is a list of 1: use an index, starting at 0"),
    ],
)
def test_bad_overrides(assignment: str, sentence: str) -> None:
    """A bad one is a mistake of the call that names the argument."""
    with pytest.raises(SpecError) as caught:
        toml("a.b = 1\n[[s]]\n").with_override(assignment)
    assert str(caught.value) == f"s.toml: --set {assignment}: {sentence}"


# ------------------------------------------------------------------------------------------------ properties

letters = st.characters(exclude_categories=["Cs", "Cc", "Cn"])
words = st.text(letters, max_size=6) | st.sampled_from(["two words", "null", "NO", "<<"])
scalars = words | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans() | st.dates()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=12
)
tables = st.dictionaries(words, values, min_size=1, max_size=4)


def leaves(node: object, location: Location = ()) -> Iterator[tuple[Location, object]]:
    """Yield every value that holds no others."""
    if isinstance(node, dict | list) and node:
        for part, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(inner, (*location, part))
    else:
        yield location, node


def quoted(text: str) -> str:
    """Return a string as TOML."""
    return json.dumps(text, ensure_ascii=False)


def inline(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {inline(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ",  ".join(map(inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


def toml_lines(table: dict[str, Any], path: str, draw: st.DrawFn) -> Iterator[str]:
    """Yield a table as TOML, in a style that is drawn for each value: pair, dotted keys, table, array of tables."""
    later = []
    for key, value in table.items():
        style = draw(st.sampled_from(["pair", "dotted", "table"]))
        inner = f"{path}.{quoted(key)}" if path else quoted(key)
        if style == "table" and isinstance(value, dict):
            later += [f"[ {inner} ] # table", *toml_lines(value, inner, draw)]
        elif style == "table" and isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                later += [f"[[{inner}]]", *toml_lines(item, inner, draw)]
        elif style == "dotted" and isinstance(value, dict) and value:
            yield from (f"  {quoted(key)} . {quoted(name)} = {inline(item)}" for name, item in value.items())
        else:
            yield f"{quoted(key)} = {inline(value)}"
    yield from later


@st.composite
def toml_texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw data and a TOML text of it."""
    data = draw(tables)
    return "\n".join(toml_lines(data, "", draw)), data


@settings(deadline=None)
@given(toml_texts())
def test_every_toml_leaf_is_found(drawn: tuple[str, dict[str, Any]]) -> None:
    """What stands at the place of a leaf reads as that leaf."""
    text, data = drawn
    spec = toml(text)
    assert spec.data == data
    for location, value in leaves(data):
        if value != {}:  # an empty table may be a header
            assert tomllib.loads(f"v = {pointed(spec, *location)}")["v"] == value
        if isinstance(location[-1], str):
            key = pointed(spec, *location, key=True)
            assert value == {} or tomllib.loads(f"{key} = 0") == {location[-1]: 0}


def yaml_scalar(value: Any) -> str:
    """Return a value or key as YAML, words plain and other strings quoted."""
    if isinstance(value, str):
        plain = re.fullmatch(r"[a-z]+( [a-z]+)*", value) and value not in {"null", "true", "false"}
        return value if plain else re.sub("[\u2028\u2029\ufeff]", lambda hit: f"\\u{ord(hit[0]):04x}", quoted(value))
    return {"inf": ".inf", "-inf": "-.inf"}.get(str(value), str(value).lower())


def yaml_flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{yaml_scalar(key)}: {yaml_flow(inner)}" for key, inner in value.items()) + "}"
    return f"[{', '.join(map(yaml_flow, value))}]" if isinstance(value, list) else yaml_scalar(value)


def yaml_lines(value: Any, draw: st.DrawFn) -> Iterator[str]:
    """Yield a value as YAML, in block or flow style as drawn for each collection."""
    if not value or not isinstance(value, dict | list) or draw(st.booleans()):
        yield yaml_flow(value) + draw(st.sampled_from(["", "  # why"]))
    elif isinstance(value, list):
        for inner in value:
            first, *rest = yaml_lines(inner, draw)
            yield from [f"- {first}", *(f"  {line}" for line in rest)]
    else:
        for key, inner in value.items():
            yield f"{yaml_scalar(key)}:"
            yield from (f"  {line}" for line in yaml_lines(inner, draw))


@st.composite
def yaml_texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw data and a YAML text of it."""
    data = draw(tables)
    return "\n".join(yaml_lines(data, draw)), data


@settings(deadline=None)
@given(yaml_texts())
def test_every_yaml_leaf_is_found(drawn: tuple[str, dict[str, Any]]) -> None:
    """What stands at the place of a leaf reads as that leaf, in block and in flow style."""
    text, data = drawn
    spec = yaml(text)
    assert spec.data == data
    for location, value in leaves(data):
        assert YAML(typ="safe", pure=True).load(pointed(spec, *location)) == value
        if isinstance(location[-1], str):
            assert YAML(typ="safe", pure=True).load(pointed(spec, *location, key=True)) == location[-1]


@settings(deadline=None)
@given(st.text(st.sampled_from("ab=.[]{}\"'#:-&*!%|>?, \n\t1\\é"), max_size=25), st.sampled_from(["toml", "yaml"]))
def test_any_text_is_read_or_refused(text: str, syntax: Syntax) -> None:
    """Nothing but a SpecError comes out of a text, and it can be shown; every leaf of the data has a place."""
    try:
        spec = source.parse(text, "s", syntax)
    except SpecError as error:
        shown = str(error)
    else:
        shown = "s:"
        assert all(spec.locate(location) for location, _ in leaves(spec.data))
    assert shown.startswith("s:")
