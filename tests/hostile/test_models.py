"""Models whose code, configuration or outputs are wrong: each is that model's failure, and the others are evaluated."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hostile.archives import archive, config, dense, layer
from hostile.test_launch import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.hostile, pytest.mark.keras]

RAISED = {
    "ZeroDivisionError": ("1 / 0", "ZeroDivisionError: division by zero"),
    "KeyError": ("{}['key']", "KeyError: "),
    "AttributeError": ("None.missing", "'NoneType' object has no attribute 'missing'"),
    "AssertionError": ("fail(AssertionError)", "AssertionError"),
    "NotImplementedError": ("fail(NotImplementedError('later'))", "NotImplementedError: later"),
    "MemoryError": ("fail(MemoryError)", "MemoryError"),
    "SystemExit": ("fail(SystemExit(0))", "SystemExit: 0"),
    "KeyboardInterrupt": ("fail(KeyboardInterrupt)", "KeyboardInterrupt"),
    "GeneratorExit": ("fail(GeneratorExit)", "GeneratorExit"),
    "BaseException": ("fail(BaseException('bare'))", "BaseException: bare"),
    "RecursionError": ("self.call(x)", "RecursionError"),
    "mute": ("fail(Mute)", "Mute"),
}
HEAD = """
import keras

class Mute(Exception):
    def __str__(self):
        return 1 / 0

def fail(error):
    raise error
"""
CLASS = """
class {kind}{name}(keras.layers.Layer):
    def {kind}(self, x):
        {code}
        {last}
    def compute_output_shape(self, shape):
        return shape
"""
OUTPUTS = {
    "complex": "keras.ops.cast(x, 'complex64')",
    "text": "__import__('tensorflow').strings.as_string(x)",
    "nothing": "None",
    "number": "3.0",
    "sparse": "__import__('tensorflow').sparse.from_dense(x)",
    "scalar": "keras.ops.sum(x)",
    "empty": "x[:, :0]",
    "fewer": "x[:1]",
}
CONFIGS: dict[str, tuple[dict[str, Any], str]] = {
    "huge_units": (config(dense(10**12)), "(ResourceExhaustedError: OOM when allocating tensor with shape[4,"),
    "huge_number": (config(dense(10**30)), ""),
    "negative_units": (config(dense(-3)), ""),
    "units_as_text": (config(dense("three")), ""),
    "fewer_units": (config(dense(2)), "shape"),
    "no_layers": (config(config={}), ""),
    "layers_as_text": (config(config={"layers": "dense"}), ""),
    "layer_as_number": (config(3), ""),  # type: ignore[arg-type]
    "unknown_layer": (config(layer("Densest", units=3)), "Densest"),
    "unknown_key": (config(dense(3, unitz=4)), ""),
    "bad_activation": (config(dense(3, activation="softest")), "softest"),
    "bad_dtype": (config(dense(3, dtype="float7")), ""),
    "a_function": (config() | {"class_name": "function", "config": "load_model"}, ""),
    "not_a_model": (dense(3), "is not a model (found Dense)"),
}


def _layers() -> str:
    code = HEAD
    for name, (raised, _) in RAISED.items():
        code += CLASS.format(kind="call", name=name, code=raised, last="return x")
        code += CLASS.format(kind="build", name=name, code=raised.replace("call", "build"), last="pass")
    for name, made in OUTPUTS.items():
        code += CLASS.format(kind="call", name=f"_{name}", code="pass", last=f"return {made}")
    return code


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Build a report of all these models and one that is right: exit code, failures by model, results."""
    folder: Path = tmp_path_factory.mktemp("models")
    (folder / "temporary").mkdir()
    (folder / "layers.py").write_text(_layers(), "utf-8")
    np.savez(folder / "data.npz", x=np.eye(8, 4, dtype=np.float32), y=np.arange(8) % 3)
    text = 'schema_version = 1\n[report]\ntitle = "T"\n[data]\npath = "data.npz"\n[[sections]]\nkind = "performance"\n'
    classes = [f"{kind}{name}" for name in RAISED for kind in ("call", "build")] + [f"call_{name}" for name in OUTPUTS]
    for name in classes:
        own = {"module": "layers", "class_name": name, "config": {"name": "own"}, "registered_name": f"p>{name}"}
        archive(folder / f"{name}.keras", config=config(dense(), own))
        text += f'[models.{name}]\npath = "{name}.keras"\ntask = "multiclass"\noutputs = "logits"\n'
        text += f'custom_objects = ["./layers.py:{name}"]\n'
    for name, (wrong, _) in CONFIGS.items():
        archive(folder / f"{name}.keras", config=wrong)
        text += f'[models.{name}]\npath = "{name}.keras"\n'
    archive(folder / "broken_weights.keras", weights=b"\x89HDF\r\n\x1a\n" + bytes(100))
    archive(folder / "right.keras")
    text += '[models.broken_weights]\npath = "broken_weights.keras"\n[models.right]\npath = "right.keras"\n'
    (folder / "spec.toml").write_text(text, "utf-8")
    code, _, err = run(folder, "build", "spec.toml", "-o", "out", "--format", "json", "-q")
    print(err)  # noqa: T201 for whoever looks into a failure
    assert not list((folder / "temporary").iterdir())
    failures = dict(re.findall(r"^reportgen: model (\w+): (.*)$", err, re.MULTILINE))
    assert len(failures) == len(err.splitlines()), err
    return code, failures, json.loads((folder / "out" / "results.json").read_text("utf-8"))


Built = tuple[int, dict[str, str], dict[str, Any]]


def test_the_right_one_is_evaluated(built: Built) -> None:
    """It has its numbers; the exit code tells of the others."""
    code, failures, results = built
    assert code == 3
    assert "right" not in failures
    assert [one["reason"] for one in results["models"] if one["name"] == "right"] == [None]


@pytest.mark.parametrize("kind", ["call", "build"])
@pytest.mark.parametrize("name", RAISED)
def test_code_that_raises(built: Built, name: str, kind: str) -> None:
    """What was raised, in one line."""
    said = built[1][f"{kind}{name}"]
    swallowed = (name, kind) == ("NotImplementedError", "build")  # by Keras
    assert ("has no defined outputs yet" if swallowed else RAISED[name][1]) in said
    assert len(said) < 150
    assert "•" not in said


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_that_are_no_numbers_for_every_row(built: Built, name: str) -> None:
    """They are refused."""
    assert built[1][f"call_{name}"].startswith("cannot be evaluated")
    assert name != "complex" or "the outputs of 'own' are complex64, not real numbers" in built[1][f"call_{name}"]


@pytest.mark.parametrize("name", [*CONFIGS, "broken_weights"])
def test_configurations(built: Built, name: str) -> None:
    """Keras refuses them, and says why in one line."""
    said = built[1][name]
    assert said.startswith(("Keras cannot load it (", "needs ", "contains ", "cannot be evaluated (", "is not "))
    assert CONFIGS.get(name, ({}, ""))[1] in said


KILLERS = {
    "os._exit(0)": "ended with exit code 0",
    "os._exit(1)": "ended with exit code 1",
    "os.kill(os.getpid(), 9)": "was killed (signal 9), perhaps out of memory",
    "os.abort()": "was killed (signal 6)",
}


@pytest.mark.parametrize(("code", "words"), KILLERS.items(), ids=KILLERS)
@pytest.mark.parametrize("where", ["import", "call"])
def test_code_that_ends_the_worker(tmp_path: Path, code: str, words: str, where: str) -> None:
    """One line that says which model was at work; nothing is left behind."""
    (tmp_path / "temporary").mkdir()
    text = "import os\nimport keras\n" + (f"{code}\n" if where == "import" else "")
    text += CLASS.format(kind="call", name="Ending", code=code, last="return x")
    (tmp_path / "layers.py").write_text(text, "utf-8")
    own = {"module": "layers", "class_name": "callEnding", "config": {"name": "own"}, "registered_name": "callEnding"}
    archive(tmp_path / "m.keras", config=config(dense(), own))
    np.savez(tmp_path / "data.npz", x=np.eye(8, 4, dtype=np.float32), y=np.arange(8) % 3)
    (tmp_path / "spec.toml").write_text(
        'schema_version = 1\n[report]\ntitle = "T"\n[data]\npath = "data.npz"\n[[sections]]\nkind = "performance"\n'
        '[models.m]\npath = "m.keras"\ncustom_objects = ["./layers.py:callEnding"]\ntask = "multiclass"\noutputs = "logits"\n',
        "utf-8",
    )
    returned, _, err = run(tmp_path, "build", "spec.toml", "-o", "out", "-q")
    assert (returned, len(err.splitlines())) == (3, 1), err
    assert f"reportgen: the evaluation process {words}, while " in err
    assert " m\n" in err
    assert not list((tmp_path / "temporary").iterdir())
    assert not (tmp_path / "out").exists()
