"""Feeds the inputs of a data set to a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reportgen.errors import InputError

if TYPE_CHECKING:
    from reportgen.contract.records.architecture import TensorSummary
    from reportgen.inputs.dataset import Batch, Dataset, Layout
    from reportgen.spec.problems import Location


@dataclass(frozen=True)
class Feed:
    """How a model receives batches; ``takes`` are its input tensors, empty if it does not declare any."""

    takes: tuple[Any, ...]
    inputs: tuple[TensorSummary, ...]
    layout: Layout

    def batch(self, batch: Batch) -> Any:
        """Return a batch in the form that the model expects; inputs by position get its names, if the numbers match."""
        arrays = list(batch.values())
        if self.layout == "single":
            return arrays[0]
        if self.layout == "by name":
            return batch
        if len(self.takes) != len(arrays):
            return arrays
        return {one.name: array for one, array in zip(self.takes, arrays, strict=True)}

    def check(self, location: Location, file: str) -> None:
        """Compare the inputs that the model expects, if it declares any, with those of the data.

        Raises
        ------
        InputError
            They differ in number, names or shapes.
        """
        for name, given, tensor in self._pairs(location, file) if self.takes else ():
            wanted, found = tuple(tensor.shape[1:]), given.shape or ()
            if len(wanted) != len(found) or any(
                size not in (None, have) for size, have in zip(wanted, found, strict=True)
            ):
                raise InputError(
                    location, file, f"expects input shape {wanted}, but {name} of the data has shape {found}"
                )

    def _pairs(self, location: Location, file: str) -> list[tuple[str, TensorSummary, Any]]:
        """Return the name of each input, its array in the data, and the tensor that receives it."""
        names = [tensor.name for tensor in self.takes]
        if self.layout == "single":
            if len(names) > 1:
                message = f"expects {len(names)} inputs ({', '.join(names)}): name an array for each in x of the data"
                raise InputError(location, file, message)
            return [("x", self.inputs[0], self.takes[0])]
        if self.layout == "by position" and len(names) != len(self.inputs):
            message = (
                f"expects {len(names)} input{'s' * (len(names) > 1)}, but x of the data has {len(self.inputs)} arrays"
            )
            raise InputError(location, file, message)
        called = names if self.layout == "by position" else [one.name for one in self.inputs]
        given = dict(zip(called, self.inputs, strict=True))
        if set(given) != set(names):
            message = f"expects inputs named {', '.join(names)}, but x of the data has {', '.join(given)}"
            raise InputError(location, file, message)
        return [(f"x.{tensor.name}", given[tensor.name], tensor) for tensor in self.takes]


def feed(model: Any, dataset: Dataset) -> Feed:
    """Return how a model receives the batches of a data set."""
    return Feed(tuple(getattr(model, "inputs", None) or ()), dataset.inputs, dataset.layout)
