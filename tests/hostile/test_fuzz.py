"""Damaged specs, results, histories, arrays and models: each is read, or refused by the product's own exception.

``make fuzz`` tries 10,000, the same ones on every run; ``make test`` a few of them.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zipfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from handmade import full_results
from hostile.specs import SPEC
from hypothesis import HealthCheck, given, settings, strategies as st

from reportgen.analysis import results_file
from reportgen.analysis.releases import report
from reportgen.errors import ReportgenError
from reportgen.inputs import histories, models
from reportgen.inputs.archive import config_of
from reportgen.inputs.sources.registry import source_of, unknown_names
from reportgen.pipeline.present import present
from reportgen.plan.make import make
from reportgen.plan.registry import Registry
from reportgen.spec import source
from reportgen.spec.tables.data import DataSpec

if TYPE_CHECKING:
    from collections.abc import Callable

fuzzed = settings(
    max_examples=int(os.environ.get("REPORTGEN_FUZZ", "10")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

RESULTS = json.loads((Path(__file__).parents[1] / "results" / "0.1.0.json").read_text("utf-8"))
HISTORY = {"history": {"loss": [1.0, 0.5], "lr": [[0.1, 0.2], [0.1, 0.2]]}, "epoch": [0, 1]}
CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "m",
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {"name": "d", "units": 2},
                "registered_name": None,
            }
        ],
    },
    "registered_name": None,
    "build_config": {"input_shape": [None, 2]},
    "compile_config": {"loss": "mse", "optimizer": {"class_name": "Adam", "config": {}}},
}
GOOD_SPEC = SPEC.format(
    model='outputs = "logits"',
    data='path = "d.npz"\nclass_names = ["a", "b"]',
    section="threshold = 0.4",
    more='[[checks]]\nmetric = "performance.accuracy"\nbetween = [0.1, 0.9]\n[output]\nformats = ["json"]',
)
FULL_SPEC = """schema_version = 1
[report]
title = "t"
[models.m]
path = "m.keras"
history = "h.csv"
history_columns = { loss = "train_loss", val_loss = "dev_loss" }
params = { lr = 0.01, width = 24, augment = true, kind = "cnn" }
quantiles = [0.1, 0.5, 0.9]
series = "run"
[models.n]
path = "n.keras"
params = { lr = 0.02, width = 24, augment = false, kind = "mlp" }
outputs = { a = "logits", b = "mean_and_log_variance" }
[data]
images = { size = [8, 8], range = [0, 1], color = "grayscale" }
class_names = ["a", "b"]
[data.features]
x = { dtype = "image" }
y = { dtype = "int64" }
age = { dtype = "float32", shape = [1] }
[data.test]
path = "test.tfrecord"
columns = { region = "age" }
used_for = ["selection"]
[data.validation]
path = "validation.tfrecord"
max_samples = 10
[data.train]
path = "train.tfrecord"
y = "y"
[[slices]]
where = 'age >= 18 and age < 65'
name = "working age"
[[slices]]
by = "age"
edges = [18, 65]
[[slices]]
by = ["region", "age"]
[[slices]]
discover = true
columns = ["age"]
[[sections]]
kind = "performance"
split = "validation"
[[sections]]
kind = "slices"
minimum = 30
[[sections]]
kind = "cost"
measure = true
batch_sizes = [1, 64]
[[sections]]
kind = "pareto"
objectives = ["performance.accuracy", { metric = "cost.multiply_adds", direction = "min" }]
[[sections]]
kind = "sweep"
negligible = 0.005
seed = "width"
[[checks]]
metric = "performance.accuracy"
at_least = 0.9
[limits]
data_memory = 1
[output]
formats = ["json"]
"""
"""Most tables of a spec; files that it names are missing."""
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, 10**400, -1, 0, 1e308, 5e-324]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(), max_size=8),
    st.sampled_from(["", "\0", "\ud800", "Lambda", "keras", "./evil.py:S", "../..", "*", "summary", "{{ 1/0 }}"]),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn, tree: Any) -> Any:
    """Return a tree in which a few places have another value, are gone, or stand twice."""
    tree = json.loads(json.dumps(tree))
    for _ in range(draw(st.integers(1, 3))):
        node = tree
        while True:
            if not isinstance(node, dict | list) or not node:
                break
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            if isinstance(node[key], dict | list) and node[key] and draw(st.integers(0, 5)):
                node = node[key]
                continue
            match draw(st.integers(0, 3)):
                case 0:
                    del node[key]
                case 1 if isinstance(node, list):
                    node.append(node[key])
                case _:
                    node[key] = draw(VALUES)
            break
    return tree


@st.composite
def spoiled(draw: st.DrawFn, content: bytes, *, pieces: tuple[bytes, ...] = ()) -> bytes:
    """Return bytes in which a few are replaced, left out or put in."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.sampled_from([0, 1, 1, 2, 4, 16]))
        put_in = draw(st.sampled_from(pieces) if pieces and draw(st.booleans()) else st.binary(max_size=6))
        content = content[:start] + put_in + content[end:]
    return content


def ends(read: Callable[[Path], object], name: str, content: bytes) -> None:
    """Read a file: only the product's exception may come of it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        with suppress(ReportgenError):
            read(Path(folder))


def check(folder: Path, name: str) -> None:
    """Do what ``check`` does."""
    make(source.read(folder / name, name), folder)


TOML = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b"'''",
    b"\n",
    b"=",
    b".",
    b",",
    b"#",
    b"\\u0000",
    b"inf",
    b"nan",
    b"2026-01-01",
    b"[[a]]\n",
    b"*",
)


@fuzzed
@given(spoiled(GOOD_SPEC.encode(), pieces=TOML) | spoiled(FULL_SPEC.encode(), pieces=TOML))
def test_spec_in_toml(content: bytes) -> None:
    """Other characters."""
    ends(lambda folder: check(folder, "a.toml"), "a.toml", content)


YAML = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b"\n",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"!!int ",
    b"<<: ",
    b"%YAML",
    b"---\n",
    b"0x",
    b".inf",
    b"~",
    b"|\n",
)


@fuzzed
@given(
    st.one_of(
        damaged(source.parse(GOOD_SPEC, "a.toml", "toml").data).map(lambda tree: json.dumps(tree).encode()),
        spoiled(json.dumps(source.parse(GOOD_SPEC, "a.toml", "toml").data, indent=1).encode(), pieces=YAML),
    )
)
def test_spec_in_yaml(content: bytes) -> None:
    """Other values in a good spec, and other characters."""
    ends(lambda folder: check(folder, "a.yaml"), "a.yaml", content)


@fuzzed
@given(damaged(source.parse(FULL_SPEC, "a.toml", "toml").data).map(lambda tree: json.dumps(tree).encode()))
def test_spec_with_most_tables(content: bytes) -> None:
    """Other values in slices, features, images, splits, quantiles, columns of histories, parameters, options of sections."""
    ends(lambda folder: check(folder, "a.yaml"), "a.yaml", content)


@fuzzed
@given(st.text(st.sampled_from("ab.=\"[]{}'\n\\0 -*,#\ud800")))
def test_override(assignment: str) -> None:
    """Any ``--set``."""
    spec = source.parse(GOOD_SPEC, "a.toml", "toml")
    for text in (assignment, f"models.m.{assignment}"):
        with suppress(ReportgenError):
            spec.with_override(text)


def _compared(path: Path) -> object:
    """Compare a release with itself, and render the comparison."""
    return present(report.results(report.difference(path, path), Registry()), ("markdown",))


@cache
def _present_results(task: str) -> Any:
    """Return the results of a model with all sections that need no other, as this version writes them."""
    with tempfile.TemporaryDirectory() as folder:
        made = full_results(Path(folder), ("one",), ("a", "b"), rows=30, task=task)
    return json.loads(made.to_json())


def _results(name: str) -> Any:
    """Return the results of an old version, or results of all sections, by task."""
    return RESULTS if name == "0.1.0" else _present_results(name)


@fuzzed
@given(st.sampled_from(["0.1.0", "classes", "distributions"]), st.data())
def test_results(name: str, data: st.DataObject) -> None:
    """Other values in a results file of an old version or this one, for both of its readers, and for what is written of those that are read."""
    tree = data.draw(damaged(_results(name)))
    content = json.dumps(tree).encode()
    ends(lambda folder: results_file.rows(folder / "r.json"), "r.json", content)
    ends(lambda folder: _compared(folder / "r.json"), "r.json", content)
    ends(lambda folder: present(results_file.load(folder / "r.json", Registry()), ("markdown",)), "r.json", content)


@fuzzed
@given(st.one_of(damaged(HISTORY).map(lambda tree: json.dumps(tree).encode()), spoiled(json.dumps(HISTORY).encode())))
def test_history_in_json(content: bytes) -> None:
    """Other values in a history, and other characters."""
    ends(lambda folder: histories.load(("models", "m", "history"), "h.json", folder), "h.json", content)


@fuzzed
@given(
    spoiled(
        b'epoch,loss,v\n0,1.5,"[0.1 0.2]"\n1,NA,"[0.1, 0.2]"\n',
        pieces=(b",", b'"', b"\n", b"\r", b"[", b"]", b"nan", b"np.float32("),
    )
)
def test_history_in_csv(content: bytes) -> None:
    """Other characters in a CSV history."""
    ends(lambda folder: histories.load(("models", "m", "history"), "h.csv", folder), "h.csv", content)


@fuzzed
@given(
    spoiled(
        b"step,key,value\n0,a,1.5\n0,b,2\n1,a,NA\n",
        pieces=(b",", b'"', b"\n", b"epoch", b"key", b"1e999", b"-1", b"\0"),
    ),
    st.dictionaries(st.sampled_from(["loss", "val_loss", "epoch"]), st.sampled_from(["a", "b", "value", "gone", ""])),
)
def test_history_of_named_columns(content: bytes, names: dict[str, str]) -> None:
    """Other characters in a long table, and other columns."""
    ends(lambda folder: histories.load(("models", "m", "history"), "h.csv", folder, names), "h.csv", content)


def _log() -> bytes:
    """Return an event file of two scalars and a tensor, with checksums."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    log = b""
    for step in range(2):
        value = Summary.Value(tag="epoch_loss", simple_value=step)
        event = Event(step=step, summary=Summary(value=[value])).SerializeToString()
        length = struct.pack("<Q", len(event))
        log += length + struct.pack("<I", masked_crc32c(length)) + event + struct.pack("<I", masked_crc32c(event))
    return log


@pytest.mark.keras
@fuzzed
@given(st.data())
def test_history_in_event_files(data: st.DataObject) -> None:
    """Other bytes in TensorBoard's files, and other records with right checksums."""
    content = data.draw(spoiled(_log()))
    ends(lambda folder: histories.load(("models", "m", "history"), "h.tfevents", folder), "h.tfevents", content)


def _opened(folder: Path, **keys: Any) -> None:
    spec = DataSpec(**keys)
    list(unknown_names(spec, folder))
    source_of(spec, folder).open()


def _saved(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


NPY = (b"'", b"(", b")", b",", b"|O", b"<U9", b">f8", b"9999999999", b"True", b"\x93NUMPY", b"V8", b"<m8", b"\n")


@fuzzed
@given(spoiled(_saved(np.arange(6.0).reshape(3, 2)), pieces=NPY))
def test_npy(content: bytes) -> None:
    """Other bytes in an array."""
    ends(lambda folder: _opened(folder, x="x.npy", y=None), "x.npy", content)


def _zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@fuzzed
@given(spoiled(_zipped({"x.npy": _saved(np.arange(60.0)), "y.npy": _saved(np.arange(60))})))
def test_npz(content: bytes) -> None:
    """Other bytes in an archive."""
    ends(lambda folder: _opened(folder, path="d.npz"), "d.npz", content)


@fuzzed
@given(
    spoiled(
        b"a,b,y\n1,2.5,x\n3,4,y\n", pieces=(b",", b'"', b"\n", b"\r", b";", b"inf", b"1e999", b"\xef\xbb\xbf", b"\0")
    )
)
def test_csv(content: bytes) -> None:
    """Other characters in a table."""
    ends(lambda folder: _opened(folder, path="d.csv", x=("a", "b"), y="y"), "d.csv", content)


def _read_model(folder: Path) -> None:
    location = ("models", "m", "path")
    config = config_of(folder / "m.keras", location, "m.keras")
    models._refuse_foreign(config, {}, location, "m.keras")
    models._losses((config.get("compile_config") or {}).get("loss"))


@fuzzed
@given(damaged(CONFIG))
def test_model_config(tree: Any) -> None:
    """Other values in a model's configuration, as far as it is read without TensorFlow."""
    members = {"config.json": json.dumps(tree).encode(), "metadata.json": b"{}", "model.weights.h5": b""}
    ends(_read_model, "m.keras", _zipped(members, zipfile.ZIP_STORED))


@fuzzed
@given(spoiled(_zipped({"config.json": json.dumps(CONFIG).encode(), "metadata.json": b"{}", "model.weights.h5": b"0"})))
def test_model_archive(content: bytes) -> None:
    """Other bytes in a model's archive."""
    ends(_read_model, "m.keras", content)
