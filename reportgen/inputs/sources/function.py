"""Functions that return data: code that the spec names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from reportgen.inputs.code import imported, load_libraries, model_code
from reportgen.inputs.sources.arrays import ArraySource, require_name, stacked
from reportgen.inputs.sources.elements import parts, rows_of, rows_of_batches
from reportgen.inputs.sources.rows import as_array, digest_of

if TYPE_CHECKING:
    from reportgen.inputs.dataset import Array, Counted
    from reportgen.inputs.sources.arrays import Read
    from reportgen.spec.problems import Location

_AT = ("data", "function")


class Function(ArraySource):
    """A function without arguments that returns arrays, a ``tf.data.Dataset`` or a ``keras.utils.PyDataset``; called once."""

    suffixes: ClassVar[tuple[str, ...]] = ()

    def names(self) -> None:
        """Return None: only calling it can tell."""

    def digest(self) -> tuple[tuple[str, str], ...]:
        """Return the function and the digest of the rows that it returned; that of its code is in :meth:`code`."""
        return ((self.file, self._rows_digest),)

    def reader(self) -> Read:
        """Call the function."""
        load_libraries()
        with model_code(_AT, self.file, "cannot be imported"):
            function = imported(self.file, self.folder)
        with model_code(_AT, self.file, "cannot be used"):
            arrays, self.reading = _rows(function(), self.data.batched, self.counted, self.limits.data_memory)
        self._rows_digest = digest_of(arrays)

        def one(location: Location, name: str) -> Array:
            require_name(tuple(arrays), location, self.file, name)
            return arrays[name]

        return stacked(one, self.file)


def _rows(
    returned: Any,
    batched: bool | None,  # noqa: FBT001 a value of the spec
    counted: Counted,
    most: float | None,
) -> tuple[dict[str, Array], str]:
    import keras
    import tensorflow as tf

    if isinstance(returned, tf.data.Dataset):
        return rows_of(returned, batched, counted, most)
    if isinstance(returned, keras.utils.PyDataset):
        return rows_of_batches(returned, counted, most)
    named = parts(returned) or {"it": returned}
    for name, array in named.items():
        if not hasattr(array, "__array__"):
            kind = type(array).__name__
            raise TypeError(f"it must return arrays, a tf.data.Dataset or a keras.utils.PyDataset ({name} is {kind})")
    arrays = {name: as_array(name, array) for name, array in named.items()}
    return arrays, f"arrays {', '.join(arrays)}" if isinstance(returned, Mapping | tuple | list) else "one array"
