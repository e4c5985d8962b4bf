"""Galleries: single rows of the data as small cards, with the answers of the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.contract.tables import Column, Table

Mark = Literal["right", "wrong", "new", "fixed", "shared", "value"]
"""An answer is right or wrong; ``new`` if only this model is wrong, ``fixed`` if only it is right, ``shared`` if all are wrong. A ``value`` is
neither: it is off by some amount."""
SYMBOLS: dict[Mark, str] = {"right": "✓", "fixed": "✓", "wrong": "×", "new": "×", "shared": "×", "value": ""}


@dataclass(frozen=True)
class Picture:
    """A PNG file as base64 and its size in pixels; ``name`` is shown if a card has several."""

    name: str
    png: str
    width: int
    height: int


@dataclass(frozen=True)
class CardAnswer:
    """The answer of a model: its name, the answer as text, and how it compares with the label and the others."""

    model: str
    text: str
    mark: Mark

    @property
    def change(self) -> str:
        """``new`` or ``fixed``; otherwise empty."""
        return self.mark if self.mark in {"new", "fixed"} else ""

    @property
    def plain(self) -> str:
        """The answer without that word."""
        return f"{SYMBOLS[self.mark]} {self.model}: {self.text}".lstrip()

    @property
    def words(self) -> str:
        """The answer on one line."""
        return ", ".join(part for part in (self.plain, self.change) if part)


@dataclass(frozen=True)
class Card:
    """A row of the data.

    Attributes
    ----------
    title, label
        Which row it is, and its label; empty without.
    answers
        Of the models; empty for a card that is not about predictions.
    alt
        The card in words, for readers who cannot see its pictures; generated from the data.
    pictures
        Of its inputs.
    values
        (name, value as text) of the columns that stand out.
    text
        Its text; empty without.
    """

    title: str
    label: str
    answers: tuple[CardAnswer, ...]
    alt: str
    pictures: tuple[Picture, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    text: str = ""

    @property
    def change(self) -> str:
        """The word ``new`` or ``fixed`` of its only answer that has one, to stand beside the title; empty if none or several have."""
        found = [one.change for one in self.answers if one.change]
        return found[0] if len(found) == 1 else ""

    @property
    def content(self) -> str:
        """What a table shows of the row: its text, or its values."""
        return self.text or ", ".join(f"{name} {value}" for name, value in self.values)


@dataclass(frozen=True)
class Gallery:
    """Cards on a grid, with title and caption; ``name`` is unique within the section.

    ``pictures`` says how to read the pictures: formats without them leave it out.
    """

    name: str
    title: str
    caption: str
    cards: tuple[Card, ...]
    pictures: str = ""

    @property
    def table(self) -> Table:
        """The cards as a table, for formats without pictures."""
        cells = {
            "Row": [card.title for card in self.cards],
            "Label": [card.label for card in self.cards],
            "Content": [card.content for card in self.cards],
            "Answers": ["; ".join(one.words for one in card.answers) for card in self.cards],
        }
        shown = {title: texts for title, texts in cells.items() if any(texts)}
        columns = tuple(Column(title, numeric=False) for title in shown)
        return Table(self.name, self.title, columns, tuple(zip(*shown.values(), strict=True)), self.caption)
