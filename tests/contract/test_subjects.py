"""The text of a subject: one writer, one reader."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel

from reportgen.contract.subjects import Kind, Subject

NAMES = st.text(min_size=1)
HEADS = st.text(min_size=1).filter(lambda name: "/" not in name)


@given(st.sampled_from(["class", "layer", "tensor", "recipe", "vs"]), NAMES, st.none() | HEADS)
def test_what_is_written_is_read(kind: Kind, name: str, head: str | None) -> None:
    """Kind, name and head come back, whatever characters a name has."""
    subject = Subject.of(kind, name, within=None if head is None else Subject.of("head", head))
    assert (subject.kind, subject.name, subject.head) == (kind, name, head)
    assert not subject.whole
    assert subject.outer == (None if head is None else Subject.of("head", head))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("head:kind", "output kind"),
        ("head:kind/vs mlp", "output kind, vs mlp"),
        ("layer:stem/conv", "layer stem/conv"),
        ("tensor:dense/kernel", "tensor dense/kernel"),
        ("class:a:b", "class a:b"),
        ("block_1", "block_1"),
    ],
)
def test_words(text: str, words: str) -> None:
    """A reader sees the kind in words; a text of another form stays as it is."""
    assert Subject(text).words == words


def test_a_model_keeps_it_as_text() -> None:
    """It is validated from text and serialized as text."""

    class One(BaseModel):
        subject: Subject | None

    read = One.model_validate_json('{"subject": "class:8"}')
    assert isinstance(read.subject, Subject)
    assert read.model_dump_json() == '{"subject":"class:8"}'
