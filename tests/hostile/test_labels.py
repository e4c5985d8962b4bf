"""Labels that a task cannot use, in a named split: one sentence with the key of the split and its file, for that model alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

import h5py
import numpy as np
import pytest
from hostile.archives import archive, config, dense, layer

from reportgen.pipeline import flow
from reportgen.pipeline.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from reportgen.analysis.results import Results

pytestmark = [pytest.mark.keras, pytest.mark.usefixtures("warm_processes")]

N = 6
CLASSES = np.arange(N) % 3
PIXELS, TOKENS = np.arange(N * 4).reshape(N, 2, 2) % 3, np.arange(N * 2).reshape(N, 2) % 3
TEXT = np.array(list("abcdef"))
SPLITS = ("test", "validation", "train")


class Kind(NamedTuple):
    """A task: the units of the dense layer, the shape of the output, its activation, what the spec says, and labels that are right."""

    units: int
    shape: tuple[int, ...]
    activation: str
    spec: str
    right: NDArray[Any]


KINDS = {
    "regression": Kind(1, (), "linear", 'outputs = "values"', CLASSES / 2),
    "values": Kind(3, (), "linear", 'outputs = "values"', np.eye(3)[CLASSES]),
    "binary": Kind(1, (), "sigmoid", "", CLASSES % 2),
    "multiclass": Kind(3, (), "softmax", "", CLASSES),
    "ordinal": Kind(3, (), "softmax", 'task = "ordinal"', CLASSES),
    "multilabel": Kind(3, (), "sigmoid", "", np.eye(3, dtype=int)[CLASSES]),
    "segmentation": Kind(12, (2, 2, 3), "softmax", "", PIXELS),
    "sequence": Kind(6, (2, 3), "softmax", "", TOKENS),
    "normal": Kind(2, (), "softplus", 'outputs = "mean_and_sd"', CLASSES / 2),
    "quantiles": Kind(3, (), "linear", "quantiles = [0.1, 0.5, 0.9]", CLASSES / 2),
}
"""By task; what the model answers does not matter."""
ONE, TWO = "must have one number per row (found shape (6, 2))", "one number per row, because the head has"
OUTSIDE = "labels outside the model's 3 classes 0 to 2 (the first is"
POSITIONS = "labels of positions outside the model's 3 classes 0 to 2 (the first is"
FLAGS = "must be 0 or 1 for each of the 3 classes, of shape (6, 3)"
WRONG: dict[str, list[tuple[NDArray[Any], str]]] = {
    "regression": [
        (TEXT, "must be numbers for regression (found dtype <U1)"),
        (np.zeros((N, 2)), ONE),
        (np.zeros((N, 2, 1)), "must have one number per row (found shape (6, 2, 1))"),
    ],
    "values": [
        (CLASSES / 2, "must have 3 numbers per row (found shape (6,))"),
        (np.zeros((N, 4)), "must have 3 numbers per row (found shape (6, 4))"),
        (TEXT, "must be numbers for regression"),
    ],
    "binary": [
        (CLASSES, "has 2 labels outside the model's 2 classes 0 to 1 (the first is 2 in row 2)"),
        (CLASSES % 2 - 1, "(the first is -1 in row 0)"),
        (TEXT, "has 6 different labels, but the model has 2 output classes: set data.class_names"),
        (np.eye(3)[CLASSES], "has 3 columns, but the model has 2 output classes"),
    ],
    "multiclass": [
        (CLASSES + 1, f"has 2 {OUTSIDE} 3 in row 2)"),
        (CLASSES - 1, f"has 2 {OUTSIDE} -1 in row 0)"),
        (CLASSES + 0.5, "must be class labels (found fractional numbers)"),
        (CLASSES.astype(str), "has numbers as text (found '0'): save them as numbers, or set data.class_names"),
        (np.ones((N, 3)), "has 6 rows that are not distributions over the classes (row 0 sums to 3)"),
        (np.zeros((N, 2, 2)), "must have one label per row (found shape (6, 2, 2))"),
    ],
    "ordinal": [
        (CLASSES + 1, f"has 2 {OUTSIDE} 3 in row 2)"),
        (CLASSES - 0.5, "must be class labels (found fractional numbers)"),
        (np.eye(4)[CLASSES], "has 4 columns, but the model has 3 output classes"),
    ],
    "multilabel": [
        (CLASSES, f"{FLAGS}, because the head is multilabel (found integers of shape (6,))"),
        (np.full((N, 3), 2), f"{FLAGS}, or -1 where it is not known: 6 rows have other values (the first is 2 in row 0)"),
        (np.full((N, 3), -1), "has 6 rows of which no label is known (the first is row 0)"),
        (np.zeros((N, 4), int), "has 4 columns, but the model has 3 output classes"),
    ],
    "segmentation": [
        (PIXELS + 1, f"{POSITIONS} 3 in row 0)"),
        (PIXELS - 1, f"{POSITIONS} -1 in row 0); if it marks positions that do not count, set data.ignore_label = -1"),
        (PIXELS + 0.5, f"{POSITIONS} 0.5 in row 0)"),
        (CLASSES, "must have a class for each of the 2 × 2 positions of the output, of shape (6, 2, 2) (found shape (6,))"),
    ],
    "sequence": [
        (TOKENS.astype(str), "must be class indices for each position (found dtype <U21)"),
        (TOKENS[:, :1], "must have a class for each of the 2 positions of the output, of shape (6, 2) (found shape (6, 1))"),
        (np.eye(3)[TOKENS] / 2, "must have a single 1 for each position (row 0 has others)"),
    ],
    "normal": [
        (TEXT, "must be numbers for regression"),
        (np.zeros((N, 2)), f"must have {TWO} 2 outputs, 2 for each value (found shape (6, 2))"),
        (np.zeros((N, 3)), f"must have {TWO} 2 outputs, 2 for each value (found shape (6, 3))"),
    ],
    "quantiles": [
        (TEXT, "must be numbers for regression"),
        (np.zeros((N, 2)), f"must have {TWO} 3 outputs, 3 for each value (found shape (6, 2))"),
        (np.zeros((N, 3)), f"must have {TWO} 3 outputs, 3 for each value (found shape (6, 3))"),
    ],
}  # fmt: skip
CASES = {
    f"{task}_{place}": (task, split, y, says)
    for task, cases in WRONG.items()
    for place, (split, (y, says)) in enumerate(zip(SPLITS * 2, cases, strict=False))
}
"""By the name of the model and of its output: the task, the split that is wrong, its labels and what is said of them."""
SPEC = """\
schema_version = 1
[report]
title = "T"
[[sections]]
kind = "performance"
[[sections]]
kind = "performance"
id = "on_validation"
split = "validation"
[[sections]]
kind = "performance"
id = "on_train"
split = "train"
[data.test]
path = "test.npz"
y = { heads }
[data.validation]
path = "validation.npz"
y = { heads }
[data.train]
path = "train.npz"
y = { heads }
"""


def weights(*units: int) -> bytes:
    """Return the weights of dense layers of these units on four inputs."""
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        for place, one in enumerate(units):
            group = made.create_group(f"layers/dense{f'_{place}' if place else ''}/vars")
            group["0"], group["1"] = np.eye(4, one, dtype=np.float32), np.zeros(one, np.float32)
        made.create_group("vars")
    return file.getvalue()


def model(path: Path, kind: Kind) -> None:
    """Write a model whose output is named like its file."""
    layers = [dense(kind.units, name=path.stem, activation=kind.activation)]
    if kind.shape:
        layers = [
            dense(kind.units, activation="linear"),
            layer("Reshape", name="shaped", target_shape=list(kind.shape)),
        ]
        layers.append(layer("Activation", name=path.stem, activation=kind.activation))
    archive(path, config=config(*layers), weights=weights(kind.units))


def two_outputs(path: Path) -> None:
    """Write a model of two outputs."""
    tensor = {"shape": [None, 4], "dtype": "float32", "keras_history": ["x", 0, 0]}
    node = {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}
    first = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="x") | {"name": "x", "inbound_nodes": []}
    heads = [dense(3, name=name) | {"name": name, "inbound_nodes": [node]} for name in ("kind", "size")]
    inside = {"name": "two", "trainable": True, "layers": [first, *heads], "input_layers": [["x", 0, 0]]}
    inside["output_layers"] = [["kind", 0, 0], ["size", 0, 0]]
    functional = config(
        config=inside, module="keras.src.models.functional", class_name="Functional", registered_name="Functional"
    )
    archive(path, config=functional, weights=weights(3, 3))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, warm_processes: None) -> Results:
    """Evaluate a model for every case, one whose labels are right, and one of two outputs of which one has wrong labels."""
    folder: Path = tmp_path_factory.mktemp("labels")
    heads = {name: task for name, (task, *_) in CASES.items()} | {"right": "multiclass"}
    names = [*heads, "kind", "size"]
    arrays: dict[str, dict[str, Any]] = {
        split: {
            "x": np.eye(N, 4, dtype=np.float32) + place,
            **{name: KINDS[task].right for name, task in heads.items()},
        }
        for place, split in enumerate(SPLITS)
    }
    for name, (_, split, y, _) in CASES.items():
        arrays[split][name] = y
    for split, found in arrays.items():
        np.savez(folder / f"{split}.npz", **found, kind=CLASSES, size=CLASSES + (split == "validation"))
    text = SPEC.replace("heads", ", ".join(f'{name} = "{name}"' for name in names))
    for name, task in heads.items():
        model(folder / f"{name}.keras", KINDS[task])
        text += f'[models.{name}]\npath = "{name}.keras"\n{KINDS[task].spec}\n'
    two_outputs(folder / "two.keras")
    (folder / "spec.toml").write_text(f'{text}[models.two]\npath = "two.keras"\n', "utf-8")
    return flow.compute(flow.read_plan(folder / "spec.toml"), Run())


def reason(results: Results, name: str) -> str | None:
    """Return why a model was not evaluated."""
    return next(one.reason for one in results.models if one.name == name)


@pytest.mark.parametrize("name", CASES)
def test_labels_of_a_split(results: Results, name: str) -> None:
    """The key of the split that is wrong, its file, and what is wrong."""
    _, split, _, says = CASES[name]
    said = reason(results, name)
    assert said is not None
    assert said.startswith(f"data.{split}.y.{name}: {split}.npz: ")
    assert says in said
    assert len(said) < 300


def test_labels_of_one_of_two_outputs(results: Results) -> None:
    """It is named."""
    says = "data.validation.y.size: validation.npz: has 2 labels outside the model's 3 classes 0 to 2"
    assert (reason(results, "two") or "").startswith(says)


def test_labels_that_are_right(results: Results) -> None:
    """The model is evaluated on all splits."""
    assert reason(results, "right") is None
