"""How a PDF uses its pages: height down to the last mark, and words. Printed by ``make bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pypdfium2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_TEXT_AREA = (0.055, 0.935)
"""Where the text of a page begins and ends, as shares of its height: running header and footer are outside."""
_DARK = 200
"""Gray value below which a pixel is a mark."""


class Pages(NamedTuple):
    """Of every page, the share of the text area's height down to the last mark, and the number of words."""

    use: Sequence[float]
    words: Sequence[int]
    megabytes: float

    def __str__(self) -> str:
        """Return it as a line."""
        return (
            f"{len(self.use)} pages, mean use {np.mean(self.use):.0%}, lowest {min(self.use):.0%} "
            f"(page {int(np.argmin(self.use)) + 1}); words: {self.words[0]:,} on page one, {sum(self.words):,} in all; "
            f"{self.megabytes:.2f} MB"
        )


def measured(path: Path) -> Pages:
    """Render every page and look."""
    use, words = [], []
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            use.append(_use(page.render(scale=0.5, grayscale=True).to_numpy()))
            words.append(len(page.get_textpage().get_text_bounded().split()))
    return Pages(use, words, path.stat().st_size / 1e6)


def _use(pixels: NDArray[np.uint8]) -> float:
    height = len(pixels)
    top, bottom = (round(share * height) for share in _TEXT_AREA)
    marked = np.flatnonzero(pixels[top:bottom].reshape(bottom - top, -1).min(axis=1) < _DARK)
    return float(marked[-1] + 1) / (bottom - top) if len(marked) else 0.0
