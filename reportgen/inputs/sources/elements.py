"""The elements of ``tf.data`` data sets, of ``PyDataset`` and of functions: their parts by name, and whether they are batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reportgen.inputs.dataset import uncounted
from reportgen.inputs.sources.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportgen.inputs.dataset import Array, Counted

    Shapes = Mapping[str, tuple[int | None, ...] | None]

_PARTS = ("x", "y", "weight")
_ROWS_AT_ONCE = 256


def parts(element: Any) -> dict[str, Any]:
    """Return the parts of an element by name.

    A tuple is (x,), (x, y) or (x, y, weight), as for Keras' ``fit``; anything else but a dict is x. Dicts and tuples in it
    add their keys and positions: ``x/left``, ``x/0``.

    Raises
    ------
    ValueError
        A tuple of more parts.
    """
    if isinstance(element, tuple | list):
        if not 0 < len(element) <= len(_PARTS):
            raise ValueError(f"an element has {len(element)} parts, not (x,), (x, y) or (x, y, weight)")
        named: Any = dict(zip(_PARTS, element, strict=False))
    else:
        named = element if isinstance(element, Mapping) else {"x": element}
    return dict(_flat("", named))


def _flat(name: str, part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, Mapping | tuple | list):
        for key, one in part.items() if isinstance(part, Mapping) else enumerate(part):
            yield from _flat(f"{name}/{key}" if name else str(key), one)
    elif part is not None:
        yield name, part


def batches_rule(shapes: Shapes, declared: bool | None) -> tuple[bool, str]:  # noqa: FBT001 a value of the spec
    """Return whether elements of these shapes are batches, and the rule that decided; the first one that applies.

    Raises
    ------
    ValueError
        None applies.
    """
    if declared is not None:
        return declared, f"data.batched = {str(declared).lower()}"
    known = {name: shape for name, shape in shapes.items() if shape is not None}
    scalar = next((name for name, shape in known.items() if not shape), None)
    if scalar is not None:
        return False, f"{scalar} is a single value in every element"
    if known == dict(shapes) and all(shape[0] is None for shape in known.values()):
        return True, "the first dimension of every part has no fixed size"
    found = ", ".join(f"{name} {'of any shape' if shape is None else shape}" for name, shape in shapes.items())
    raise ValueError(f"whether its elements are batches cannot be told from their shapes ({found}): set data.batched")


def rows_of(
    dataset: Any,
    declared: bool | None,  # noqa: FBT001 a value of the spec
    counted: Counted = uncounted,
    most: float | None = None,
) -> tuple[dict[str, Array], str]:
    """Read a ``tf.data`` data set once, in order, counting its rows, of which an array may have ``most`` GiB.

    Returns all rows by name, and the rule that decided what a row is.

    Raises
    ------
    ValueError
        It does not end, has parts that are no dense tensors, or rows of different shapes.
    """
    import tensorflow as tf

    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        message = "does not end: leave out repeat()"
        raise ValueError(message)
    specs = parts(dataset.element_spec)
    other = next((name for name, spec in specs.items() if not isinstance(spec, tf.TensorSpec)), None)
    if other is not None:
        raise ValueError(f"{other!r} is a {type(specs[other]).__name__.removesuffix('Spec')}: make it dense")
    shapes = {name: None if spec.shape.rank is None else tuple(spec.shape) for name, spec in specs.items()}
    batched, rule = batches_rule(shapes, declared)
    options = tf.data.Options()
    options.deterministic = True
    batches = (dataset if batched else dataset.batch(_ROWS_AT_ONCE)).with_options(options)
    with Rows(counted, 0 if batched else max(int(dataset.cardinality()), 0), most) as rows:
        n_batches = 0
        for element in batches.as_numpy_iterator():
            rows.add(parts(element))
            n_batches += 1
        arrays = _some(rows)
        _require_all(int(dataset.cardinality()), n_batches if batched else len(next(iter(arrays.values()))))
        return arrays, f"elements are {'batches' if batched else 'rows'}: {rule}"


def rows_of_batches(
    dataset: Any, counted: Counted = uncounted, most: float | None = None
) -> tuple[dict[str, Array], str]:
    """Read the batches of a Keras ``PyDataset`` once, in order, counting its rows.

    Raises
    ------
    ValueError
        It does not say how many there are.
    """
    count = dataset.num_batches
    if count is None or count == float("inf"):
        message = "does not end: __len__ must return the number of batches"
        raise ValueError(message)
    with Rows(counted, most=most) as rows:
        for index in range(int(count)):
            rows.add(parts(dataset[index]))
        return _some(rows), "elements are batches: a PyDataset"


def _some(rows: Rows) -> dict[str, Array]:
    arrays = rows.arrays()
    if not arrays:
        message = "contains no rows"
        raise ValueError(message)
    return arrays


def _require_all(expected: int, found: int) -> None:
    """Reject a data set that ended early, or late; a negative number is not known."""
    if 0 <= expected != found:
        raise ValueError(f"should have {expected:,} elements, but has {found:,}")
