"""Legacy forms of models and functions that make models, broken in every way: one sentence, exit code 3, and nothing of them is run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
from hostile.archives import config, dense, layer
from hostile.test_launch import run

from reportgen.errors import InputError
from reportgen.inputs.forms import refused
from reportgen.inputs.models import load
from reportgen.spec.tables.models import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEEP = 100_000
UNREADABLE = "cannot be read as a legacy HDF5 model"
MODEL = json.dumps(config(dense()))


def hdf5(
    architecture: str | None = MODEL, training: str | None = None, weights: Callable[[Any], object] | None = None
) -> Callable[[Path], None]:
    """Return what writes a legacy file; ``weights`` fills the group of the weights."""

    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            for name, text in (("model_config", architecture), ("training_config", training)):
                if text is not None:
                    file.attrs.create(name, np.bytes_(text.encode())) if len(text) < DEEP else file.attrs.create(
                        name, text, dtype=h5py.string_dtype()
                    )
            group = file.create_group("model_weights")
            if weights is not None:
                weights(group)

    return write


def raw(content: bytes) -> Callable[[Path], None]:
    """Return what writes bytes."""
    return lambda path: path.write_bytes(content) and None


def cut(path: Path) -> None:
    """Write the first half of a file."""
    hdf5()(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def loop(group: Any) -> None:
    """Put a group into itself."""
    group["again"] = group


def virtual(group: Any) -> None:
    """Take values out of another file."""
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3,))
    group.create_virtual_dataset("kernel", layout)


FILES = {
    "empty": (raw(b""), UNREADABLE),
    "a text": (raw(b"model"), UNREADABLE),
    "signature only": (raw(b"\x89HDF\r\n\x1a\n"), UNREADABLE),
    "cut": (cut, UNREADABLE),
    "weights alone": (hdf5(None), "it has no model_config: a file of weights alone is no model"),
    "no JSON": (hdf5("{"), UNREADABLE),
    "no object": (hdf5("[]"), "model_config is not an object"),
    "nested": (hdf5("[" * DEEP + "]" * DEEP), "it is nested too deeply"),
    "a number as class": (hdf5(json.dumps(config(layer(3)))), "class_name in model_config is not text"),
    "compiled with a list": (hdf5(training="[1]"), "compile_config in model_config is not an object"),
    "Lambda": (hdf5(json.dumps(config(layer("Lambda", name="run")))), "contains a Lambda layer (run), which would run"),
    "Lambda of a package": (hdf5(json.dumps(config({"class_name": "my>Lambda", "config": {}}))), "contains a Lambda layer"),
    "a class of others": (
        hdf5(json.dumps(config({"class_name": "my>Own", "config": {}}))),
        "needs Own, which is not part of Keras: name it in custom_objects",
    ),
    "a module of others": (hdf5(json.dumps(config(dense() | {"module": "os"}))), "needs Dense, which is not part of Keras"),
    "linked": (
        hdf5(weights=lambda group: group.__setitem__("kernel", h5py.ExternalLink("/etc/passwd", "x"))),
        "the values of kernel are in another file, which is not read",
    ),
    "stored outside": (
        hdf5(weights=lambda group: group.create_dataset("k", (3,), "u1", external=[("/etc/passwd", 0, 3)])),
        "the values of k are in another file",
    ),
    "virtual": (hdf5(weights=virtual), "the values of kernel are in another file"),
    "a loop": (hdf5(weights=loop), "it is nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize(("write", "says"), FILES.values(), ids=FILES)
def test_a_legacy_file(tmp_path: Path, write: Callable[[Path], None], says: str) -> None:
    """Each is refused before TensorFlow is asked."""
    write(tmp_path / "m.h5")
    with pytest.raises(InputError, match=re.escape(says)) as raised:
        load("m", ModelSpec(path="m.h5", allow_legacy=True), tmp_path)
    assert raised.value.location == ("models", "m", "path")
    assert "\n" not in str(raised.value)


def leaving(folder: Path) -> None:
    """Link to a file elsewhere."""
    (folder / "variables" / "variables.index").symlink_to("/etc/passwd")


def leaving_folder(folder: Path) -> None:
    """Link to a folder elsewhere."""
    (folder / "assets").symlink_to("/etc")


FOLDERS = {
    "link": (leaving, "variables/variables.index is a link that leaves the folder"),
    "link to a folder": (leaving_folder, "assets is a link to a folder, which is not followed"),
    "pipe": (lambda folder: os.mkfifo(folder / "pipe"), "pipe is not a regular file"),
    "pickle": (lambda folder: (folder / "state.pkl").write_bytes(b"?"), "state.pkl is a pickle, which could run code"),
    "pickle in disguise": (
        lambda folder: (folder / "notes.txt").write_bytes(b"\x80\x04\x95\x00"),
        "notes.txt is a pickle, which could run code",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FOLDERS.values(), ids=FOLDERS)
def test_a_folder(tmp_path: Path, spoil: Callable[[Path], object], says: str) -> None:
    """Each is refused before TensorFlow is asked."""
    folder = tmp_path / "m"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"")
    spoil(folder)
    with pytest.raises(InputError, match=re.escape(says)):
        load("m", ModelSpec(path="m", allow_legacy=True), tmp_path)


def test_without_the_option(tmp_path: Path) -> None:
    """A legacy form is refused by name, with what to do; a folder that is none, whatever the option."""
    hdf5()(tmp_path / "m.h5")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    (tmp_path / "other").mkdir()
    better = "which needs allow_legacy = true; better save the model with model.save('name.keras')"
    assert refused(ModelSpec(path="m.h5"), tmp_path) == f"is a legacy HDF5 file, {better}"
    assert refused(ModelSpec(path="saved"), tmp_path) == f"is a SavedModel, {better}"
    assert refused(ModelSpec(path="m.h5", allow_legacy=True), tmp_path) is None
    assert refused(ModelSpec(path="saved/", allow_legacy=True), tmp_path) is None
    none = "is a folder, and not that of a SavedModel (saved_model.pb: no such file)"
    assert refused(ModelSpec(path="other", allow_legacy=True), tmp_path) == none
    assert refused(ModelSpec(path="gone", allow_legacy=True), tmp_path) == "no such file"
    assert refused(ModelSpec(function="./models.py:make"), tmp_path) is None


START = 'schema_version = 1\nreport = { title = "t" }\nsections = [{ kind = "overview" }]\n[models.m]\n'


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", "models.m: needs a path or a function (found neither)"),
        ('path = "m.keras"\nfunction = "./a.py:make"', "models.m: needs a path or a function (found both)"),
        ('function = "./a.py:make"\nallow_legacy = true', "models.m: custom_objects and allow_legacy are for a path"),
        ('function = "make"', "models.m.function: must be 'package.module:Name' or './file.py:Name'"),
        ('function = "./gone.py:make"', "models.m.function: no such file"),
        ('path = "m.h5"', "models.m.path: is a legacy HDF5 file, which needs allow_legacy = true"),
        ('path = "saved"', "models.m.path: is a SavedModel, which needs allow_legacy = true"),
        ('path = "other"\nallow_legacy = true', "models.m.path: is a folder, and not that of a SavedModel"),
    ],
)
def test_a_spec(tmp_path: Path, lines: str, says: str) -> None:
    """``check`` finds it at its line, with exit code 2."""
    hdf5()(tmp_path / "m.h5")
    for name in ("saved", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    (tmp_path / "a.toml").write_text(START + lines, "utf-8")
    code, _, err = run(tmp_path, "check", "a.toml")
    assert code == 2
    assert says in err


MAKE = """
import os, sys
import keras

def fails():
    raise ZeroDivisionError("no")

def leaves():
    sys.exit(0)

def nothing():
    return None

def unbuilt():
    return keras.Sequential([keras.layers.Dense(3)])
"""
FUNCTIONS = {
    "fails": "models.fails.function: ./make.py:fails: cannot be used (ZeroDivisionError: no)",
    "leaves": "models.leaves.function: ./make.py:leaves: cannot be used (SystemExit: 0)",
    "nothing": "models.nothing.function: ./make.py:nothing: must return a Keras model (found NoneType)",
    "unbuilt": "models.unbuilt.function: ./make.py:unbuilt: has no weights yet: call it on data once, or build it",
    "absent": "models.absent.function: ./make.py:absent: cannot be imported (AttributeError",
}
GRAPHS = """
import os, sys
import keras, numpy as np, tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

class Graph(tf.Module):
    def __init__(self, body):
        super().__init__()
        self.w = tf.Variable(np.eye(4, 3, dtype="float32"))
        self.serve = tf.function(lambda x: body(x, self.w), input_signature=[tf.TensorSpec([None, 4], tf.float32)])

def save(name, body):
    module = Graph(body)
    tf.saved_model.save(module, name, signatures={"serving_default": module.serve})

def good(x, w):
    return {"p": tf.nn.softmax(x @ w)}

def writing(x, w):
    tf.io.write_file(sys.argv[1], "x")
    return good(x, w)

def reading(x, w):
    return {"p": tf.nn.softmax(x @ w) + 0 * tf.cast(tf.strings.length(tf.io.read_file("/etc/passwd")), tf.float32)}

def python(x, w):
    return {"p": tf.ensure_shape(tf.py_function(lambda one: one, [x @ w], tf.float32), (None, 3))}

def restoring(x, w):
    return {"p": x @ w + tf.raw_ops.RestoreV2(prefix="/etc/x", tensor_names=["w"], shape_and_slices=[""], dtypes=[tf.float32])[0]}

for body in (writing, reading, python, restoring):
    save(body.__name__, body)
save("disguised", writing)
found = SavedModel.FromString(open("disguised/saved_model.pb", "rb").read())
library = found.meta_graphs[0].graph_def.library.function
inner = next(one for one in library if any(node.op == "WriteFile" for node in one.node_def))
old, new = inner.signature.name, "__inference__traced_save_99"
inner.signature.name = new
for one in library:
    for node in one.node_def:
        if node.attr["f"].func.name == old:
            node.attr["f"].func.name = new
open("disguised/saved_model.pb", "wb").write(found.SerializeToString())
save("garbage", good)
open("garbage/saved_model.pb", "wb").write(b"\\xff" * 64)
save("nothing_inside", good)
open("nothing_inside/saved_model.pb", "wb").write(b"")
save("no_variables", good)
os.remove("no_variables/variables/variables.index")
save("cut_variables", good)
open("cut_variables/variables/variables.data-00000-of-00001", "wb").write(b"")
module = Graph(good)
tf.saved_model.save(module, "unsigned", signatures={"other": module.serve})
save("fine", good)
"""
REFUSED = "TensorFlow cannot load it (ValueError: its graph has the operation"
MODELS = {
    "writing": f"{REFUSED} WriteFile, which could reach files or run code)",
    "reading": f"{REFUSED} ReadFile,",
    "python": f"{REFUSED} EagerPyFunc,",
    "restoring": f"{REFUSED} RestoreV2,",
    "disguised": f"{REFUSED} ",
    "garbage": "TensorFlow cannot load it (",
    "nothing_inside": "TensorFlow cannot load it (",
    "no_variables": "TensorFlow cannot load it (",
    "cut_variables": "TensorFlow cannot load it (",
    "unsigned": "TensorFlow cannot load it (ValueError: The endpoint 'serving_default' is neither",
}


@pytest.mark.hostile
@pytest.mark.keras
def test_graphs_and_functions(tmp_path: Path) -> None:
    """In one run: each is that model's failure, in one sentence; the good one is evaluated, nothing is written by a graph."""
    here = tmp_path / "was-here"
    subprocess.run([sys.executable, "-c", GRAPHS, str(here)], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "make.py").write_text(MAKE, "utf-8")
    np.savez(tmp_path / "d.npz", x=np.zeros((9, 4), np.float32), y=np.arange(9) % 3)
    models = "".join(f'[models.{name}]\nfunction = "./make.py:{name}"\n' for name in FUNCTIONS)
    models += "".join(
        f'[models.{name}]\npath = "{name}"\nallow_legacy = true\noutputs = "probabilities"\n'
        for name in (*MODELS, "fine")
    )
    text = 'schema_version = 1\nreport = { title = "t" }\nsections = [{ kind = "performance" }]\ndata = { path = "d.npz" }\n'
    (tmp_path / "a.toml").write_text(text + models, "utf-8")
    code, _, err = run(tmp_path, "build", "a.toml", "--format", "json", "-o", "out")
    assert code == 3, err
    assert "Traceback" not in err
    reasons = {one["name"]: one["reason"] for one in json.loads((tmp_path / "out/results.json").read_text())["models"]}
    for name, says in MODELS.items():
        assert says in reasons[name], name
    for name, says in FUNCTIONS.items():
        assert says.partition(f"make.py:{name}: ")[2] in reasons[name]
    assert reasons["fine"] is None
    assert not here.exists()
