"""No text of a figure overlaps another one, is cut off or is too small, on paper and on a phone."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from handmade import full_results
from texts import faults

from reportgen.contract.figures import Figure, Panel
from reportgen.figures import style, svg
from reportgen.pipeline.drawings import figures_of, theme_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reportgen.contract.theme import Style

CASES: Mapping[str, Mapping[str, Any]] = {
    "three models": {"names": ("mlp", "cnn", "cnn_dropout"), "classes": "0123456789", "layers": ("conv2d", "dense")},
    "one model": {"names": ("mlp",), "classes": "0123456789"},
    "values": {"names": ("before", "after", "a model with a long name, version 3.1"), "task": "values"},
    "labels": {"names": ("before", "after", "a model with a long name, version 3.1"), "task": "labels"},
    "two classes": {"names": ("before", "after"), "classes": ("benign", "malignant")},
    "40 classes": {
        "names": ("mobilenet_v2", "efficientnet_v2_b0"),
        "classes": [f"sulphur-crested cockatoo, Kakatoe galerita, {index}" for index in range(40)],
    },
    "27 models": {
        "names": [
            f"{kind}-w{width}-drop{drop}-lr{rate}"
            for kind, width, drop, rate in product(("cnn", "mlp"), (8, 24), (0.0, 0.4), (0.0003, 0.003, 0.03))
        ]
        + ["init", "best", "final"],
        "classes": "0123456789",
    },
    "150 layers": {
        "names": ("mobilenet_v2", "efficientnet_v2_b0"),
        "layers": [f"block_{index}_depthwise_relu_activation" for index in range(150)],
    },
}
STYLES: tuple[Style, ...] = ("publication", "presentation")
PROJECTED = ("three models", "values")
"""Cases that are drawn in the larger sizes of a presentation too."""


@pytest.mark.parametrize("case", CASES)
def test_texts(case: str) -> None:
    """In the figures of all sections."""
    with TemporaryDirectory() as folder:
        results = full_results(Path(folder), **CASES[case])
    found = []
    for name in STYLES if case in PROJECTED else STYLES[:1]:
        drawn = results.model_copy(update={"output": results.output.model_copy(update={"style": name})})
        theme = theme_of(drawn)
        for record in drawn.sections:
            both = (figures_of(record, drawn, one) for one in (theme, svg.narrowed(theme)))
            found += [
                f"{name}, {record.id}, {fault}" for pair in zip(*both, strict=True) for fault in faults(*pair, theme)
            ]
    assert not found, "\n".join(found)


def test_figures_by_seaborn() -> None:
    """Its functions that take ``ax`` draw in the theme, and their labels and legends find room."""
    import seaborn as sns

    theme = style.theme("publication", ["a", "b"])
    values = np.random.default_rng(0).normal(size=(60, 2))
    rows = {"model": ["a"] * 60 + ["b"] * 60, "score": values.T.ravel(), "part": ["odd", "even"] * 60}
    figures = [
        Figure(
            "drawn",
            "t",
            "c",
            "a",
            (
                Panel("distributions", lambda ax: sns.violinplot(rows, x="score", y="model", hue="part", ax=ax)),
                Panel("matrix", lambda ax: sns.heatmap(values[:6], annot=True, fmt=".1f", cbar=False, ax=ax)),
            ),
            columns=2,
        )
        for _ in range(2)
    ]
    assert not list(faults(figures[0], figures[1], theme))
    first, second = svg.draw(figures[0], theme, "drawn").axes
    assert first.get_legend() is not None
    assert {text.get_fontfamily()[0] for text in second.texts} == {theme.rc["font.family"][0]}
