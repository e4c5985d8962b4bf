"""What is evaluated on every kind of cluster: two models, and one that cannot be loaded."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.pipeline import flow

if TYPE_CHECKING:
    from reportgen.analysis.results import Results
    from reportgen.pipeline.run import Run

TOP = Path(__file__).parents[1]
SPEC = """
schema_version = 1
report = { title = "Cluster" }
models.mlp = { path = "digits/mlp.keras" }
models.cnn = { path = "digits/cnn.keras" }
models.broken = { path = "broken.keras" }
data = { path = "digits/test.npz" }
sections = [{ kind = "performance" }, { kind = "errors" }]
"""


def project(folder: Path) -> Path:
    """Write the models and ``spec.toml``, and ``one.toml`` with one of them, into a folder; return it."""
    shutil.copytree(TOP / "specs" / "digits", folder / "digits")
    (folder / "broken.keras").write_bytes(b"no model")
    (folder / "spec.toml").write_text(SPEC, "utf-8")
    alone = (line for line in SPEC.splitlines(keepends=True) if "cnn" not in line and "broken" not in line)
    (folder / "one.toml").write_text("".join(alone), "utf-8")
    return folder


def computed(folder: Path, run: Run, spec: str = "spec.toml") -> Results:
    """Return the results of a spec."""
    return flow.compute(flow.read_plan(folder / spec), run)
