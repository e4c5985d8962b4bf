"""What all tests share."""

from __future__ import annotations

import gc
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

settings.register_profile("reportgen", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("reportgen")

os.environ["REPORTGEN_NO_CACHE"] = "1"  # tests compute, unless they are about the store

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
collect_ignore = [str(path) for path in HERE.rglob("*.py") if not path.name.startswith("test_")]
"""Programs and what tests share, which are not looked through for examples: some of them load TensorFlow."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` writes the golden files anew instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_collection_finish() -> None:
    """Have the collector of garbage look at what tests make, seldom: what was imported and collected stays to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="module")
def warm_processes() -> Iterator[None]:
    """Have the workers and the PDF processes of this process be such that have TensorFlow or WeasyPrint already."""
    import warm

    from reportgen.evaluation import process
    from reportgen.render import pdf

    with pytest.MonkeyPatch.context() as patch:
        for starting in (process, pdf):
            patch.setattr(starting, "subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": warm.Popen}))
        yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a golden file; what differs is left in ``golden/actual`` to be looked at."""

    def compare(name: str, text: str) -> None:
        if request.config.getoption("--update-golden"):
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / name).write_text(text, "utf-8")
        if text != (GOLDEN / name).read_text("utf-8"):
            (GOLDEN / "actual").mkdir(exist_ok=True)
            (GOLDEN / "actual" / name).write_text(text, "utf-8")
            pytest.fail(
                f"differs from tests/golden/{name}: see tests/golden/actual/{name}; regenerate with `make golden`"
            )

    return compare
