"""The look that a spec asks for, as style sheets: paper, page numbers in its language, accent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reportgen.contract.colors import accent_in_the_dark
from reportgen.render.words import Words
from reportgen.resources import share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.contract.page import PageTheme

PAGE_NUMBER = "page {page} of {pages}"
"""What stands in the foot of a page."""
_COUNTER = re.compile(r"\{(\w+)\}")


def sheets(theme: PageTheme) -> Iterator[str]:
    """Yield the style sheets that follow those of every report."""
    yield f"@media print{{@page{{@bottom-right{{content:{_content(Words(theme.language, str).label(PAGE_NUMBER))}}}}}}}"
    if theme.paper != "a4":
        yield (share("templates") / "css" / f"{theme.paper}.css").read_text("utf-8")
    if theme.accent is not None:
        dark = accent_in_the_dark(theme.accent)
        yield f":root{{--accent:{theme.accent}}}@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"


def _content(words: str) -> str:
    """Return words with counters in braces as the value of the CSS property.

    >>> _content("page {page} of {pages}")
    '"page " counter(page) " of " counter(pages)'
    """
    parts = _COUNTER.split(words)
    return " ".join(f"counter({part})" if place % 2 else f'"{part}"' for place, part in enumerate(parts) if part)
