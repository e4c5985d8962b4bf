"""What is gathered of the rows: the same bytes from one worker and from several, on the disk where it is large."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from reportgen.contract.records.heads import Decision
from reportgen.errors import InputError, ReportgenError
from reportgen.evaluation import row_digests
from reportgen.evaluation.parts import BLOCKS, RowsPart
from reportgen.evaluation.sampling import choose_rows
from reportgen.evaluation.tasks.base import HeadRows
from reportgen.evaluation.tasks.classification import ClassificationAccumulator, Labels, encode
from reportgen.metrics import mapped, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reportgen.contract.records.classification import ClassPredictions


@given(n=st.integers(0, 5_000), size=st.integers(1, 70), of=st.integers(1, BLOCKS))
def test_parts_are_whole_batches_and_hold_every_row_once(n: int, size: int, of: int) -> None:
    """In order, at most as many blocks as there can be parts, each of the same batches as without parts."""
    whole = RowsPart(0, 1).blocks(n, size)
    parts = [RowsPart(index, of).blocks(n, size) for index in range(of)]
    assert [block for part in parts for block in part] == whole
    assert len(whole) <= BLOCKS
    assert [row for block in whole for row in block] == list(range(n))
    assert all(first.stop == second.start and len(first) % size == 0 for first, second in pairwise(whole))


def accumulator(logits: NDArray[np.float32], labels: NDArray[np.int32], keep_limit: int) -> ClassificationAccumulator:
    """Return an empty accumulator for as many rows."""
    rows = HeadRows(len(logits), logits.shape[1], "logits")
    return ClassificationAccumulator(rows, Labels(labels, None, Decision("integers", ""), ()), keep_limit=keep_limit)


def fields(found: ClassPredictions) -> dict[str, Any]:
    """Return what a record holds, arrays as bytes."""
    flat = {**vars(found), **vars(found.histogram or object)} if hasattr(found, "histogram") else vars(found)
    return {name: value.tobytes() for name, value in flat.items() if isinstance(value, np.ndarray)}


def fill(one: ClassificationAccumulator, logits: NDArray[np.float32], blocks: list[range], size: int) -> None:
    """Add the batches of some blocks."""
    for block in blocks:
        for start in range(block.start, block.stop, size):
            places = np.arange(start, min(start + size, block.stop))
            one.add(logits[places], places)
        one.gathered.end_block()


@settings(max_examples=25)
@given(
    n=st.integers(1, 400),
    size=st.integers(1, 9),
    of=st.integers(1, 7),
    keep_limit=st.sampled_from([0, 10**6]),
    seed=st.integers(0, 99),
)
def test_pieces_give_the_bytes_of_all_rows_at_once(n: int, size: int, of: int, keep_limit: int, seed: int) -> None:
    """Whether logits are kept or histograms, whose sums depend on the order of additions."""
    generator = np.random.default_rng(seed)
    logits = (generator.normal(size=(n, 3)) * 4).astype(np.float32)
    labels = generator.integers(0, 3, n).astype(np.int32)
    whole, joined = (accumulator(logits, labels, keep_limit) for _ in range(2))
    fill(whole, logits, RowsPart(0, 1).blocks(n, size), size)
    for index in range(of):
        blocks = RowsPart(index, of).blocks(n, size)
        own = np.arange(n)[blocks[0].start : blocks[-1].stop] if blocks else np.empty(0, np.int64)
        part = accumulator(logits, labels, keep_limit)
        part.gathered.only(own)
        fill(part, logits, blocks, size)
        joined.gathered.merge(part.gathered.piece(), own)
    assert fields(whole.result()) == fields(joined.result())


def test_rows_that_are_not_finite_are_counted_over_all_pieces() -> None:
    """And the first of them is the first of all."""
    logits = np.zeros((6, 3), np.float32)
    logits[[2, 5]] = np.nan
    joined = accumulator(logits, np.zeros(6, np.int32), 0)
    for own in (np.arange(3, 6), np.arange(3)):
        part = accumulator(logits, np.zeros(6, np.int32), 0)
        part.gathered.only(own)
        part.add(logits[own], own)
        joined.gathered.merge(part.gathered.piece(), own)
    assert (joined.gathered.not_finite, joined.gathered.first_not_finite) == (2, 2)


def test_large_arrays_are_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros, to be written like any others; a disk without room is said before a page is written."""
    monkeypatch.setattr(mapped, "MAPPED", 1)
    found = mapped.zeros((3, 2), np.float32)
    found[1] = 5
    assert found.tolist() == [[0, 0], [5, 5], [0, 0]]
    assert type(found.base).__name__ == "mmap"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mapped.os, "posix_fallocate", full)
    with pytest.raises(ReportgenError, match=r"temporary files cannot be written \(No space left on device\)"):
        mapped.zeros((3, 2), np.float32)


def test_chosen_rows_are_copied_only_where_they_are_not_all() -> None:
    """Also over several spans."""
    array = np.arange(10)
    assert mapped.chosen(array, np.arange(10)) is array
    assert mapped.chosen(array, np.array([1, 9])).tolist() == [1, 9]
    assert mapped.numbers(4).tolist() == [0, 1, 2, 3]


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 9))
def test_equal_rows_are_found_in_parts(values: list[int], part: int) -> None:
    """Each with the first row of the same digest, however many digests are sorted at once."""
    digests = row_digests.row_digests({"x": np.array(values, np.int16).reshape(len(values), 1)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_digests, "_PART", part)
        found = [pair for both in row_digests.equal_rows(digests) for pair in zip(*both, strict=True)]
    assert sorted(found) == [
        (place, values.index(value)) for place, value in enumerate(values) if values.index(value) < place
    ]


def test_a_stratified_sample_is_the_same_in_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """So are labels as classes, from text and from one-hot rows."""
    labels = np.random.default_rng(0).integers(0, 5, 700)
    one_hot, text = np.eye(5)[labels], np.array(list("abcde"))[labels]
    place = (("data", "y"), "y.npy")
    whole = choose_rows(700, 90, labels, 3)[0]
    monkeypatch.setattr(spans, "AT_ONCE", 13)
    rows = choose_rows(700, 90, labels, 3)[0]
    assert rows.tolist() == whole.tolist()
    assert np.bincount(labels[rows]).tolist() == pytest.approx(np.bincount(labels) * 90 / 700, abs=1)
    for y in (labels, one_hot, text, labels.astype(np.float32)):
        assert encode(y, 5, None, *place).hard.tolist() == labels.tolist()
    soft = one_hot * 0.8 + 0.04
    assert encode(soft, 5, None, *place).soft == pytest.approx(soft)
    one_hot[600] = 0.5
    with pytest.raises(InputError, match=r"has 1 rows .*\(row 600 sums to 2.5\)"):
        encode(one_hot, 5, None, *place)
    labels[[300, 500]] = 7
    with pytest.raises(InputError, match=r"has 2 labels outside .*\(the first is 7 in row 300\)"):
        encode(labels, 5, None, *place)
