"""The list of renderers is the only place that names a format."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest
from handmade import results
from pydantic import ValidationError

from reportgen.contract.formats import BY_DEFAULT, FORMATS, RENDERERS, Renderer
from reportgen.pipeline import present
from reportgen.spec.tables.output import OutputSpec


def function_of(one: Renderer) -> Any:
    """Return what a renderer names."""
    module, _, name = one.function.partition(":")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("one", RENDERERS, ids=FORMATS)
def test_every_renderer_is_called_alike(one: Renderer) -> None:
    """A content in, bytes out, or what returns them."""
    signature = inspect.signature(function_of(one))
    assert [str(parameter) for parameter in signature.parameters.values()] == ["content: 'Content'"]
    assert signature.return_annotation == ("Callable[[], bytes]" if one.begins else "bytes")


def test_a_spec_takes_the_formats_of_the_list() -> None:
    """All of them by default, and no other."""
    assert OutputSpec().formats == BY_DEFAULT == ("html", "pdf", "json", "markdown")
    assert OutputSpec(formats=FORMATS).formats == FORMATS
    with pytest.raises(
        ValidationError, match="'html', 'pdf', 'archive', 'json', 'markdown', 'summary', 'bom' or 'junit'"
    ):
        OutputSpec(formats=("docx",))


def test_a_renderer_is_an_entry_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added to it is written, and nothing else needs to know."""
    more = Renderer("plain", "report.txt", f"{__name__}:plain")
    monkeypatch.setattr(present, "RENDERERS", (*RENDERERS, more))
    files = present.present(results(), ("plain",)).files
    assert files == {"report.txt": b"Hand <made> & $x$"}


def plain(content: Any) -> bytes:
    """Render the title alone."""
    return str(content.results.report.title).encode()


def test_json_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is composed only where a renderer asks for it, and once."""
    composed = []
    real = present.compose

    def counted(*arguments: Any) -> Any:
        composed.append(1)
        return real(*arguments)

    monkeypatch.setattr(present, "compose", counted)
    present.present(results(), ("json",))
    assert not composed
    present.present(results(), ("html", "markdown", "json"))
    assert composed == [1]
