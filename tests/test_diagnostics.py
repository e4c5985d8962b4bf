"""Mistakes to text: :mod:`reportgen.spec.diagnostics`."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings, strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from reportgen.spec.problems import Mark, Problem, dotted, printable, suggest
from reportgen.spec.source import Source, parse
from reportgen.spec.validation import from_validation_error


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Small(Strict):
    height: int
    width: int = 0


class Large(Strict):
    height: int
    mass: float
    depth: float


class Model(Strict):
    path: str = Field(default="p", min_length=1)
    outputs: Literal["probabilities", "logits"] | dict[str, Literal["probabilities", "logits"]] = "logits"
    columns: str | tuple[str, ...] | dict[str, str | tuple[str, ...]] | None = None
    shape: Small | Large | None = None
    size: int | None = Field(default=None, ge=2, lt=100)
    limits: tuple[float, float] | None = None
    code: str | None = Field(default=None, pattern="^[a-z]+$")
    colour: Colour | None = None
    day: dt.date | None = None
    sure: bool = False
    tags: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("a",)
    word: str = Field(default="ab", min_length=2)
    step: int = Field(default=2, multiple_of=2)
    one: Literal[1] = 1
    limit: Annotated[int, Field(ge=1)] | Literal["auto"] = 1

    @field_validator("code")
    @classmethod
    def _not_bad(cls, value: str | None) -> str | None:
        if value == "bad":
            message = "says bad things"
            raise ValueError(message)
        return value


class Spec(Strict):
    models: dict[str, Model] = Field(default={}, min_length=0)
    sections: tuple[Model, ...] = Field(default=(), min_length=1)
    title: str = ""
    version: int = 0


def mistakes(data: Any, model: type[BaseModel] = Spec) -> list[Problem]:
    """Return the problems of data."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(data)
    return from_validation_error(caught.value, model)


def mistake(**values: Any) -> Problem:
    """Return the only problem of a model."""
    (problem,) = mistakes(values, Model)
    return problem


def sentence(**values: Any) -> str:
    """Return the only problem's sentence."""
    return mistake(**values).message


# ------------------------------------------------------------------------------------------------ pydantic's errors


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"path": 3}, "must be text"),
        ({"path": ""}, "must not be empty"),
        ({"word": "a"}, "must have at least 2 characters"),
        ({"size": 0}, "must be at least 2"),
        ({"size": 100}, "must be less than 100"),
        ({"size": 2.5}, "must be a whole number"),
        ({"size": "x"}, "must be a whole number"),
        ({"sure": "maybe"}, "must be true or false"),
        ({"code": "X1"}, "must match ^[a-z]+$"),
        ({"code": "bad"}, "says bad things"),
        ({"colour": "green"}, "must be one of 'red' or 'blue'"),
        ({"one": 2}, "must be 1"),
        ({"tags": []}, "must not be empty"),
        ({"tags": ["a", "b", "c"]}, "must have at most 2 entries"),
        ({"tags": "a"}, "must be a list"),
        ({"day": "x"}, "must be a date"),
        ({"step": 3}, "must be a multiple of 2"),
        ({"limits": [1.0, float("nan")]}, "must be a finite number"),
        ({"limits": [1.0]}, "is required"),
    ],
)
def test_sentences(values: dict[str, Any], message: str) -> None:
    """Each common error has a short sentence of our own."""
    assert sentence(**values).startswith(message)


def test_unmapped_types_fall_back() -> None:
    """An error that has no sentence of ours keeps pydantic's, beginning in lower case."""

    class Timed(Strict):
        zone: dt.timedelta

    assert mistakes({"zone": "x"}, Timed)[0].message.startswith("input should be a valid timedelta")


def test_missing() -> None:
    """A missing key is named, with no value found."""
    (problem,) = mistakes({}, Small)
    assert problem == Problem(("height",), "is required", at_key=True)


def test_unknown_key_suggests_a_field() -> None:
    """Fields of the model at that place are suggested, through tables, lists and unions."""
    problems = mistakes({"titel": 1, "models": {"a": {"pth": 1}}, "sections": [{"shape": {"height": 1, "widht": 1}}]})
    assert {(p.location, p.message, p.hint) for p in problems} == {
        (("titel",), "unknown key", "did you mean 'title'?"),
        (("models", "a", "pth"), "unknown key", "did you mean 'path'?"),
        (("sections", 0, "shape", "widht"), "unknown key", "did you mean 'width'?"),
    }
    assert all(p.at_key and p.found is None for p in problems)


def test_base_and_more_names() -> None:
    """The location begins at the base, and names that are allowed there are suggested too, but not below it."""
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate({"optoinal": 1, "models": {"a": {"optoinal": 1}}})
    problems = from_validation_error(caught.value, Spec, ("sections", 2), ["optional"])
    assert {p.location: p.hint for p in problems} == {
        ("sections", 2, "optoinal"): "did you mean 'optional'?",
        ("sections", 2, "models", "a", "optoinal"): None,
    }


def test_choice_suggests() -> None:
    """A choice that is close to what was written is suggested."""
    problem = mistake(colour="blu")
    assert (problem.found, problem.hint) == ("'blu'", "did you mean 'blue'?")


@pytest.mark.parametrize(
    ("values", "location", "message"),
    [
        ({"outputs": "logit"}, ("outputs",), "must be one of 'probabilities' or 'logits', or a table"),
        ({"outputs": {"h": "logit"}}, ("outputs", "h"), "must be one of 'probabilities' or 'logits'"),
        ({"columns": 3}, ("columns",), "must be text, a list or a table"),
        ({"columns": {"left": 3}}, ("columns", "left"), "must be text or a list"),
        ({"columns": ["a", 3]}, ("columns", 1), "must be text"),
        ({"columns": {"left": ["a", 3]}}, ("columns", "left", 1), "must be text"),
        ({"shape": 3}, ("shape",), "must be a table"),
        ({"limit": "often"}, ("limit",), "must be a whole number or 'auto'"),
    ],
)
def test_unions_are_folded(values: dict[str, Any], location: tuple[str | int, ...], message: str) -> None:
    """A union that nothing matched is one mistake in one sentence, at the place in the data."""
    problem = mistake(**values)
    assert (problem.location, problem.message) == (location, message)


def test_the_closest_branch_speaks() -> None:
    """Of several tables that could be meant, the one with the fewest mistakes tells them."""
    assert mistake(shape={"height": "x"}).location == ("shape", "height")


def test_a_validator_speaks_for_its_union() -> None:
    """A branch that took the value and refused it for a reason of its own tells the reason."""

    def refuse(value: str) -> str:
        message = f"names no file (found {value!r})"
        raise ValueError(message)

    class Named(Strict):
        file: Annotated[str, AfterValidator(refuse)] | dict[str, str]

    (problem,) = mistakes({"file": "x"}, Named)
    assert (problem.location, problem.message) == (("file",), "names no file (found 'x')")


def test_the_same_unions_of_two_models() -> None:
    """Mistakes of different entries are not folded into one."""
    problems = mistakes({"models": {"a": {"columns": 1}, "b": {"columns": 2}}})
    assert [p.location for p in problems] == [("models", "a", "columns"), ("models", "b", "columns")]


def test_no_echo_of_wrong_entries() -> None:
    """A list whose entries are wrong is not called too short as well."""
    assert [p.location for p in mistakes({"sections": [3]})] == [("sections", 0)]


def test_bad_key_points_at_the_key() -> None:
    """A key that its pattern refuses is the place of the mistake."""

    class Keyed(Strict):
        heads: dict[Annotated[str, Field(pattern="^[a-z]+$")], int]

    (problem,) = mistakes({"heads": {"A1": 1}}, Keyed)
    assert (problem.location, problem.at_key) == (("heads", "A1"), True)


@pytest.mark.parametrize(
    ("value", "found"),
    [(1.5, "1.5"), (True, "true"), ({}, "an empty table"), ({"a": 1}, "a table"), ([1], "[1]"), (None, "null")],
)
def test_found(value: object, found: str) -> None:
    """What was found is shown as the spec writes it."""
    assert mistake(path=value).found == found


def test_found_is_short() -> None:
    """A long value is cut to 60 characters."""
    found = mistake(size="x" * 500).found
    assert found is not None
    assert len(found) == 60
    assert found.endswith("…")


# ------------------------------------------------------------------------------------------------ did you mean


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("calibration", "calibration"),
        ("Calibration", "calibration"),
        ("calibratoin", "calibration"),
        ("calibraton", "calibration"),
        ("max-samples", "max_samples"),
        ("maxsamples", "max_samples"),
        ("bisn", "bins"),
        ("bin", "bins"),
    ],
)
def test_suggest(word: str, meant: str) -> None:
    """Case, a transposition, a missing letter, dashes for underscores."""
    assert suggest(word, ["summary", "calibration", "max_samples", "bins"]) == f"did you mean '{meant}'?"


@pytest.mark.parametrize("word", ["", "x", "style", "weights"])
def test_no_far_fetched_suggestion(word: str) -> None:
    """Nothing is suggested where nothing is close."""
    assert suggest(word, ["summary", "calibration", "title", "bins"]) is None


# ------------------------------------------------------------------------------------------------ drawing


def spec(text: str) -> Source:
    """Parse TOML."""
    return parse(text, "specs/r.toml", "toml")


def test_render() -> None:
    """A problem is its place, key, sentence and hint, the line, and carets beneath the whole value."""
    problem = Problem(("s", 0, "bins"), "must be at least 2", "10", "did you mean 20?")
    assert spec("[[s]]\n  bins = 10 # few\n").draw([problem]) == (
        "specs/r.toml:2:10: s[0].bins: must be at least 2 (found 10); did you mean 20?\n"
        "    2 |   bins = 10 # few\n"
        "      |          ^^"
    )


def test_render_in_the_order_of_the_text() -> None:
    """Problems come by line and column; those of the file as a whole come first."""
    problems = [
        Problem(("b",), "two"),
        Problem((), "whole"),
        Problem(("a",), "one"),
        Problem((), "zero", mark=Mark(1, 1)),
    ]
    heads = [line for line in spec("a = 1\nb = 2\n").draw(problems).split("\n") if line.startswith("specs")]
    assert heads == [
        "specs/r.toml: whole",
        "specs/r.toml:1:1: zero",
        "specs/r.toml:1:5: a: one",
        "specs/r.toml:2:5: b: two",
    ]


def test_render_key() -> None:
    """A mistake in a key has its carets beneath the key."""
    drawn = spec('"my key" = 1').draw([Problem(("my key",), "unknown key", at_key=True)])
    assert drawn.split("\n")[1:] == ['    1 | "my key" = 1', "      | ^^^^^^^^"]


def test_render_missing_at_its_table() -> None:
    """A missing key is drawn at the header of the table that lacks it."""
    drawn = spec("[models.cnn]\nx = 1\n").draw([Problem(("models", "cnn", "path"), "is required", at_key=True)])
    assert drawn == ("specs/r.toml:1:2: models.cnn.path: is required\n    1 | [models.cnn]\n      |  ^^^^^^^^^^")


def test_render_override() -> None:
    """A mistake in what ``--set`` put there names the argument, not a line."""
    drawn = spec("a = 1").with_override("b.c=2").draw([Problem(("b", "c"), "must be text", "2")])
    assert drawn == "--set b.c=2: b.c: must be text (found 2)"


def test_render_wide_letters() -> None:
    """Carets stand beneath wide letters, combining ones and tabs."""
    line, carets = spec('\ta = { "日e\u0301" = "本x" }').draw([Problem(("a", "日e\u0301"), "no")]).split("\n")[1:]
    assert line == '    1 |  a = { "日e\u0301" = "本x" }'
    assert carets == "      |" + " " * 16 + "^" * 5


def test_render_cuts_long_lines() -> None:
    """A long line is cut on both sides of the carets."""
    text = f'a = ["{"x" * 300}", 1, "{"y" * 300}"]'
    line, carets = spec(text).draw([Problem(("a", 1), "no")]).split("\n")[1:]
    assert len(line) < 130
    assert line[8] == line[-1] == "…"
    assert line[carets.index("^")] == "1"


def test_render_a_long_value() -> None:
    """Carets end where the quoted part of the line ends."""
    line, carets = spec(f'a = "{"x" * 300}"').draw([Problem(("a",), "no")]).split("\n")[1:]
    assert len(carets) < len(line)


def test_render_a_value_of_several_lines() -> None:
    """A value that does not end on its line has one caret, where it begins."""
    assert spec("a = [\n1,\n]").draw([Problem(("a",), "no")]).endswith("    1 | a = [\n      |     ^")


def test_render_at_the_end_of_the_file() -> None:
    """A place behind the last line can be drawn."""
    assert spec("a = 1").draw([Problem((), "no", mark=Mark(9, 1))]) == "specs/r.toml:9:1: no\n    9 |\n      | ^"


def test_nothing_controls_the_terminal() -> None:
    """Escape sequences and direction marks of the file are shown, not sent."""
    source = spec('a = "\u202ex\u009b31m"')
    drawn = source.draw([Problem(("a", "\x1b[0m"), "un\rtrue\n", "\x07", "\x1b]0;x")])
    assert all(letter.isprintable() for letter in drawn.replace("\n", ""))
    assert drawn.count("\n") == 2
    assert "\\u202e" in drawn


def test_dotted() -> None:
    """Keys that are not bare are quoted, indices stand in brackets."""
    assert dotted(("sections", 2, "my bins", 'a"b', "x-y_1")) == 'sections[2]."my bins"."a\\"b".x-y_1'
    assert dotted(()) == ""


@settings(deadline=None)
@given(st.text(), st.integers(1, 9), st.integers(1, 200), st.integers(1, 200))
def test_any_mark_can_be_drawn(text: str, line: int, column: int, length: int) -> None:
    """Whatever stands in the file, the drawing is three printable lines at most."""
    drawn = Source("s", text, "toml", {}).draw([Problem((), "no", mark=Mark(line, column, length))])
    assert all(printable(part) == part for part in drawn.split("\n"))
    assert drawn.count("\n") == 2
    assert drawn.endswith("^")
