"""Training data of a spec, from its files to the report: what is leaked, and what cannot be compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import InputError
from reportgen.evaluation.sampling import choose_rows
from reportgen.pipeline import flow, stored
from reportgen.pipeline.run import Run
from reportgen.pipeline.store import Store

pytestmark = pytest.mark.usefixtures("warm_processes")
SPECS = Path(__file__).parents[1] / "specs"
SPEC = """
schema_version = 1
report = {{ title = "Digits" }}
models.mlp = {{ path = "mlp.keras" }}
data = {{ path = "test.npz", max_samples = 400, train = {{ {train} }} }}
sections = [{{ kind = "overview" }}, {{ kind = "performance" }}]
checks = [{{ metric = "overview.leaked_rows", at_most = 0 }}, {{ metric = "performance.unseen_accuracy", at_least = 0.5 }}]
output = {{ formats = ["json"] }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Provide a model, evaluation data, and training data in which every fifth row of these is planted, as floats."""
    for name in ("mlp.keras", "test.npz", "train.npz"):
        shutil.copy(SPECS / "digits" / name, tmp_path)
    own, other = (np.load(tmp_path / name)["x"] for name in ("train.npz", "test.npz"))
    np.savez(tmp_path / "leaky.npz", pictures=np.concatenate([own, other[::5]]).astype(np.float32))
    np.savez(tmp_path / "flat.npz", x=own.reshape(len(own), -1))
    return tmp_path


def spec(folder: Path, train: str) -> Path:
    """Write a spec."""
    path = folder / "spec.toml"
    path.write_text(SPEC.format(train=train), "utf-8")
    return path


def test_planted_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are counted among the evaluated ones, fail a check on them, and are left out of the scores on unseen rows; all that is kept."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    plan = flow.read_plan(spec(folder, 'path = "leaky.npz", x = "pictures"'))
    store = Store(folder / "cache")
    found = flow.compute(plan, Run(store=store))
    rows = choose_rows(600, 400, np.load(folder / "test.npz")["y"], 0)[0]
    planted = int((rows % 5 == 0).sum())
    assert found.data is not None
    training = found.data.training
    assert training is not None
    assert (training.n, training.leaked, training.compared) == (957 + 120, planted, "bit by bit, x as float32")
    assert [one.file for one in training.files] == ["leaky.npz"]
    assert [(one.address, one.state) for one in found.checks] == [
        ("overview.leaked_rows", "FAIL"),
        ("performance.unseen_accuracy", "PASS"),
    ]
    assert found.checks[0].metric.value == planted / 400
    assert found.checks[1].metric.n == 400 - planted
    monkeypatch.setattr(stored, "EvaluationProcess", None)
    assert flow.compute(plan, Run(store=store)).to_json() == found.to_json()


def test_training_data_that_cannot_be_compared(folder: Path) -> None:
    """The error names the key of the training data, and its file."""
    with pytest.raises(
        InputError, match=r"rows of x have the shape \(64\) in the training data, \(8, 8, 1\)"
    ) as caught:
        flow.compute(flow.read_plan(spec(folder, 'path = "flat.npz"')), Run())
    assert (caught.value.location, caught.value.file) == (("data", "train", "x"), "flat.npz")
    content = (folder / "train.npz").read_bytes()
    (folder / "damaged.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cannot be read as npz") as caught:
        flow.compute(flow.read_plan(spec(folder, 'path = "damaged.npz"')), Run())
    assert (caught.value.location, caught.value.file) == (("data", "train", "path"), "damaged.npz")
