"""The inputs of a data set as one model takes them."""

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
    """How a model takes batches; ``takes`` are its input tensors, nothing where it does not say what it takes."""

    takes: tuple[Any, ...]
    inputs: tuple[TensorSummary, ...]
    layout: Layout

    def batch(self, batch: Batch) -> Any:
        """Return a batch as the model takes it; inputs by position get its names, where it has as many."""
        arrays = list(batch.values())
        if self.layout == "single":
            return arrays[0]
        if self.layout == "by name":
            return batch
        if len(self.takes) != len(arrays):
            return arrays
        return {one.name: array for one, array in zip(self.takes, arrays, strict=True)}

    def check(self, location: Location, file: str) -> None:
        """Compare what the model takes with what the data give, where the model says what it takes.

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
                raise InputError(location, file, f"takes rows of shape {wanted}, but {name} has rows of shape {found}")

    def _pairs(self, location: Location, file: str) -> list[tuple[str, TensorSummary, Any]]:
        """Return what each input is called, what the data give for it, and the tensor that takes it."""
        names = [tensor.name for tensor in self.takes]
        if self.layout == "single":
            if len(names) > 1:
                message = f"takes {len(names)} inputs ({', '.join(names)}): name an array for each in data.x"
                raise InputError(location, file, message)
            return [("data.x", self.inputs[0], self.takes[0])]
        if self.layout == "by position" and len(names) != len(self.inputs):
            message = f"takes {len(names)} input{'s' * (len(names) > 1)}, but data.x has {len(self.inputs)} arrays"
            raise InputError(location, file, message)
        called = names if self.layout == "by position" else [one.name for one in self.inputs]
        given = dict(zip(called, self.inputs, strict=True))
        if set(given) != set(names):
            message = f"takes inputs named {', '.join(names)}, but data.x gives {', '.join(given)}"
            raise InputError(location, file, message)
        return [(f"data.x.{tensor.name}", given[tensor.name], tensor) for tensor in self.takes]


def feed(model: Any, dataset: Dataset) -> Feed:
    """Return how a model takes the batches of a data set."""
    return Feed(tuple(getattr(model, "inputs", None) or ()), dataset.inputs, dataset.layout)
