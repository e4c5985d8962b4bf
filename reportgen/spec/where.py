"""The language of ``where`` in a slice: comparisons of columns with values, joined by ``and``, ``or`` and ``not``.

A text is parsed into a tree of comparisons; nothing of it is ever run as code::

    condition   = all, { "or", all } ;
    all         = one, { "and", one } ;
    one         = "not", one | "(", condition, ")" | comparison ;
    comparison  = side, operator, side, [ operator, side ] | column, [ "not" ], "in", "[", value, { ",", value }, "]" ;
    operator    = "==" | "!=" | "<" | "<=" | ">" | ">=" ;
    side        = column | value ;
    column      = name | "`", any text, "`" ;
    value       = number | quoted text | "true" | "false" ;
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Value = float | str
DEEPEST = 20
"""Maximum number of parentheses and negations around a comparison."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<column>`[^`]+`)
      | (?P<word>[^\W\d]\w*)
      | (?P<sign>==|!=|<=|>=|[<>()\[\],])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)
_TRUTH = {"true": 1.0, "false": 0.0}
_KEYWORDS = {"and", "or", "not", "in", *_TRUTH}
_TURNED: dict[Operator, Operator] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class WhereError(ValueError):
    """A condition is not one of the language; the message is one clause, in lower case."""


@dataclass(frozen=True)
class Comparison:
    """A column, and how its values compare with a number (also for true, 1, and false, 0) or a text."""

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True)
class Member:
    """A column, and the values of which it has one."""

    column: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """What does not hold."""

    part: Condition


@dataclass(frozen=True)
class Joined:
    """Conditions that all hold, or of which any holds."""

    how: Literal["and", "or"]
    parts: tuple[Condition, ...]


Condition = Comparison | Member | Not | Joined


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse(text: str) -> Condition:
    """Return the tree of a condition.

    Raises
    ------
    WhereError
        It is not one; the message names what was found and the character where.

    >>> parse('region == "north" and age >= 18')
    Joined(how='and', parts=(Comparison(column='region', operator='==', value='north'), Comparison(column='age', operator='>=', value=18.0)))
    """
    return _Parser(list(_tokens(text))).parse()


def columns(condition: Condition) -> tuple[str, ...]:
    """Return the names of the columns of a condition, each once, in order.

    >>> columns(parse("18 <= age < 65 or not `sex at birth` in ['f']"))
    ('age', 'sex at birth')
    """
    return tuple(dict.fromkeys(one.column for one in comparisons(condition)))


def comparisons(condition: Condition) -> Iterator[Comparison | Member]:
    """Yield the comparisons of a condition, in order."""
    if isinstance(condition, Comparison | Member):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.part)
    else:
        for part in condition.parts:
            yield from comparisons(part)


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while True:
        found = _TOKEN.match(text, place)
        if found is None or found.lastgroup is None:
            rest = text[place:].lstrip()
            at = len(text) - len(rest) + 1
            if rest[0] in "\"'`":
                raise WhereError(f"the {rest[0]} at character {at} is not closed")
            hint = ": equal is written ==" if rest[0] == "=" else ""
            raise WhereError(f"{rest[0]!r} at character {at} is not part of a condition{hint}")
        yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1)
        if found.lastgroup == "end":
            return
        place = found.end()


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens, self._next, self._depth = tokens, 0, 0

    def parse(self) -> Condition:
        found = self._joined("or")
        if self._here.kind != "end":
            raise self._unexpected('"and", "or" or the end')
        return found

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _took(self, *texts: str) -> bool:
        """Take the next token if it is one of these words or signs."""
        if self._here.kind in {"word", "sign"} and self._here.text in texts:
            self._next += 1
            return True
        return False

    def _unexpected(self, wanted: str) -> WhereError:
        found = "the end" if self._here.kind == "end" else f"{self._here.text} at character {self._here.place}"
        return WhereError(f"expected {wanted}, found {found}")

    def _joined(self, how: Literal["and", "or"]) -> Condition:
        def part() -> Condition:
            return self._joined("and") if how == "or" else self._one()

        parts = [part()]
        while self._took(how):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))

    def _one(self) -> Condition:
        if not (self._here.kind in {"word", "sign"} and self._here.text in {"not", "("}):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise WhereError(f"more than {DEEPEST} parentheses or negations are nested")
        found: Condition
        if self._took("not"):
            found = Not(self._one())
        else:
            self._take()
            found = self._joined("or")
            if not self._took(")"):
                raise self._unexpected('"and", "or" or ")"')
        self._depth -= 1
        return found

    def _comparison(self) -> Condition:
        sides, operators = [self._side()], []
        if isinstance(sides[0], _Column) and (self._here.text in {"in", "not"} and self._here.kind == "word"):
            return self._member(sides[0].name)
        while self._here.kind == "sign" and self._here.text in get_args(Operator):
            operators.append(self._take())
            sides.append(self._side())
        if not operators:
            raise self._unexpected("==, !=, <, <=, >, >= or in")
        named = [place for place, side in enumerate(sides) if isinstance(side, _Column)]
        if len(operators) > 2 or len(named) != 1 or (len(operators) == 2 and named != [1]):  # noqa: PLR2004
            raise WhereError(self._wrong(sides, operators[0]))
        (place,) = named
        column = sides[place]
        parts = []
        for index, operator in enumerate(operators):
            own: Operator = operator.text  # type: ignore[assignment]
            other = sides[index] if index + 1 == place else sides[index + 1]
            parts.append(Comparison(column.name, _TURNED[own] if index + 1 == place else own, other))  # type: ignore[union-attr,arg-type]
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    @staticmethod
    def _wrong(sides: list[_Column | Value], operator: _Token) -> str:
        """Return why sides cannot be compared."""
        where = f"the comparison at character {operator.place}"
        names = [side.name for side in sides if isinstance(side, _Column)]
        if len(names) > 1:
            return f"{where} is of two columns, {names[0]} and {names[1]}: text must be in quotes"
        if not names:
            return f"{where} has no column: names of columns are not in quotes"
        return f'{where} is of too many values: join comparisons with "and"'

    def _member(self, column: str) -> Condition:
        negated = self._took("not")
        if not self._took("in"):
            raise self._unexpected('"in"')
        if not self._took("["):
            raise self._unexpected('"["')
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        if not self._took("]"):
            raise self._unexpected('"," or "]"')
        found = Member(column, tuple(values))
        return Not(found) if negated else found

    def _value(self) -> Value:
        found = self._side()
        if isinstance(found, _Column):
            raise WhereError(f"a list contains numbers, text in quotes, true and false, found the name {found.name}")
        return found

    def _side(self) -> _Column | Value:
        kind, text, _ = self._here
        if kind not in {"number", "text", "column", "word"} or (kind == "word" and text in _KEYWORDS - _TRUTH.keys()):
            raise self._unexpected("a column or a value")
        self._take()
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        if kind == "word" and text in _TRUTH:
            return _TRUTH[text]
        return _Column(text.strip("`"))


class _Column(NamedTuple):
    name: str
