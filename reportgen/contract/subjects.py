"""Subjects: the part of a model that a metric or finding is about. The only module that formats and parses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

Kind = Literal["head", "class", "level", "slice", "layer", "tensor", "recipe", "param", "vs"]
"""An output, a class, a level of a quantile or a central interval, a slice of the rows, a layer, a weight tensor, the recipe that the model is a seed of, a training parameter of a sweep, or the other
model of a pair."""

_WORDS: dict[str, str] = {"head": "output", "param": "parameter", "vs": "vs"}
_PART = re.compile(rf"(?:^|/)(?:({'|'.join(kind for kind in get_args(Kind) if kind != 'vs')}):|(vs) )")


class Subject(str):
    """A part of a model as text: ``class:8``, ``head:kind/class:8``, ``level:0.9``, ``slice:region = north``, ``layer:stem/conv``, ``tensor:dense/kernel``, ``vs mlp``.

    ``recipe:cnn`` is the recipe that the model is a seed of. The text is the same in ``results.json``, in specs and in
    ``reportgen metrics``. Only the first part can be a head; everything after the innermost kind is its name, including slashes.

    Examples
    --------
    >>> Subject.of("class", "a/b", within=Subject.of("head", "kind"))
    'head:kind/class:a/b'
    >>> subject = Subject("head:kind/class:a/b")
    >>> subject.head, subject.kind, subject.name, subject.words
    ('kind', 'class', 'a/b', 'output kind, class a/b')
    """

    __slots__ = ()

    @classmethod
    def of(cls, kind: Kind, name: str, within: str | None = None) -> Self:
        """Return the subject of a part, within a head if the model has several."""
        return cls(f"vs {name}" if kind == "vs" else f"{kind}:{name}").within(within)

    def within(self, head: str | None) -> Self:
        """Return the same part within a head; None stands for the model's only head."""
        return type(self)(f"{head}/{self}") if head else self

    @property
    def head(self) -> str | None:
        """Name of the head; None if the model has only one."""
        first = self._parts()[0]
        return first[1] if first[0] == "head" else None

    @property
    def kind(self) -> Kind | None:
        """Kind of the innermost part; None for custom text, which a plugin can use."""
        return self._parts()[-1][0]

    @property
    def name(self) -> str:
        """Name of the innermost part."""
        return self._parts()[-1][1]

    @property
    def whole(self) -> bool:
        """Whether it is a head, not a part of one."""
        return self.kind == "head"

    @property
    def outer(self) -> Self | None:
        """The head that contains the innermost part; None if there is none."""
        return type(self).of("head", self.head) if self.head is not None and not self.whole else None

    @property
    def words(self) -> str:
        """The text for readers, on page one, in chapters and in tables.

        >>> Subject("class:8").words, Subject("vs cnn").words, Subject("tensor:stem/kernel").words, Subject("Bonn").words
        ('class 8', 'vs cnn', 'tensor stem/kernel', 'Bonn')
        """
        return ", ".join(name if kind is None else f"{_WORDS.get(kind, kind)} {name}" for kind, name in self._parts())

    def _parts(self) -> list[tuple[Kind | None, str]]:
        """Split into (kind, name): a head and the part within it, or a single part."""
        first = _PART.match(self)
        if first is None:
            return [(None, str(self))]
        kind: Any = first[1] or first[2]
        inner = _PART.search(self, first.end()) if kind == "head" else None
        if inner is None:
            return [(kind, self[first.end() :])]
        inner_kind: Any = inner[1] or inner[2]
        return [(kind, self[first.end() : inner.start()]), (inner_kind, self[inner.end() :])]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate from text, serialize as text."""
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


def about(model: str, subject: str | None) -> str:
    """Return the name of a model, or of a part of it, for readers; a recipe and a parameter are no parts of their first model.

    >>> about("cnn", None), about("cnn", "head:kind"), about("cnn", "vs mlp"), about("cnn-1", "recipe:cnn"), about("a", "param:lr = 0.1")
    ('cnn', 'cnn, output kind', 'cnn vs mlp', 'recipe cnn', 'parameter lr = 0.1')
    """
    if subject is None:
        return model
    part = Subject(subject)
    if part.kind in {"recipe", "param"}:
        return part.words
    return f"{model} {part.words}" if part.kind == "vs" and part.head is None else f"{model}, {part.words}"
