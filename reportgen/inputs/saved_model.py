"""SavedModel folders as models whose predictions can be had: a graph without layers.

A graph runs in TensorFlow, which can read and write files and call Python: folders whose graph has such an operation are not
loaded. That is a list of operations, not a sandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.errors import InputError
from reportgen.inputs.code import load_libraries, model_code
from reportgen.inputs.folders import FolderError, files_below
from reportgen.inputs.forms import GRAPH
from reportgen.spec.files import FileError, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import keras

    from reportgen.spec.problems import Location

_LARGEST = 1024
"""Megabytes of the graph."""
_ENDPOINT = "serving_default"
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill")
_PICKLE_START = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
_SAVERS = ("__inference__traced_save", "__inference__traced_restore")
"""Beginnings of the names of the functions that save and restore variables, which are never called."""
_OF_A_SAVER = frozenset({"MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2"})
_REACHING = frozenset({
    "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "EagerPyFunc", "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2", "MatchingFiles", "PrintV2", "PyFunc", "PyFuncStateless", "ReadFile", "TFRecordReader",
    "TFRecordReaderV2", "TextLineReader", "TextLineReaderV2", "WholeFileReader", "WholeFileReaderV2", "WriteFile",
})  # fmt: skip
_REACHING_PARTS = ("Dataset", "Summary", "Rpc", "Checkpoint")
"""Parts of the names of other operations that reach out: pipelines of ``tf.data``, event files, calls of other machines."""


def model_of(path: Path, location: Location, file: str) -> keras.Model:
    """Return a model whose inputs and outputs are those of the signature ``serving_default``, by name.

    Raises
    ------
    InputError
        A link leaves the folder, it holds a pickle, its graph reaches out of TensorFlow, or TensorFlow cannot load it.
    """
    try:
        pickles = [name for name in files_below(path) if _is_pickle(path / name)]
        content = read_bytes(path / GRAPH, _LARGEST)
    except (FolderError, FileError, OSError) as error:
        raise InputError(location, file, f"is not loaded as a SavedModel ({error})") from error
    if pickles:
        raise InputError(
            location, file, f"is not loaded as a SavedModel ({pickles[0]} is a pickle, which could run code)"
        )
    load_libraries()
    with model_code(location, file, "TensorFlow cannot load it"):
        _require_harmless(content)
        return _functional(path)


def _is_pickle(path: Path) -> bool:
    if path.suffix in _PICKLES:
        return True
    with path.open("rb") as file:
        start = file.read(3)
    return start.startswith(_PICKLE_START) and start[2:] in (b"\x95", b"}", b"]", b"(", b"c", b"X")


def _require_harmless(content: bytes) -> None:
    """Reject a graph with operations that reach out of TensorFlow, other than those that save and restore variables."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    for graph in SavedModel.FromString(content).meta_graphs:
        functions = graph.graph_def.library.function
        savers = {one.signature.name for one in functions if one.signature.name.startswith(_SAVERS)}
        for one in functions:
            if one.signature.name not in savers:
                _require_inside(one.node_def, savers)
        _require_inside(node for node in graph.graph_def.node if node.op not in _OF_A_SAVER)


def _require_inside(nodes: Iterable[Any], savers: Iterable[str] = ()) -> None:
    for node in nodes:
        reaches = node.op in _REACHING | _OF_A_SAVER or any(part in node.op for part in _REACHING_PARTS)
        if reaches or not {node.op, *_called(node)}.isdisjoint(savers):
            raise ValueError(f"its graph has the operation {node.op}, which could reach files or run code")


def _called(node: Any) -> Iterator[str]:
    """Yield the names of the functions that a node can call."""
    for value in node.attr.values():
        yield value.func.name
        yield from (one.name for one in value.list.func)


def _functional(path: Path) -> keras.Model:
    import keras

    class Graph(keras.layers.TFSMLayer):  # type: ignore[misc]
        """Calls a signature with its inputs by name, which Keras' own layer cannot."""

        def call(self, inputs: dict[str, Any]) -> dict[str, Any]:
            outputs: dict[str, Any] = self.call_endpoint_fn(**inputs)
            return outputs

    layer = Graph(str(path), call_endpoint=_ENDPOINT, name="saved_model")
    _, specs = layer.call_endpoint_fn.structured_input_signature
    if not specs or any(one.shape.rank is None for one in specs.values()):
        message = f"the signature {_ENDPOINT} does not say the shapes of its inputs"
        raise ValueError(message)
    inputs = {name: keras.Input(batch_shape=one.shape, dtype=one.dtype.name, name=name) for name, one in specs.items()}
    return keras.Model(inputs, layer(inputs))
