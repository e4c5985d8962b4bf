"""Near duplicates: copies that were compressed, rounded or brightened are found, look-alikes and blank pictures are not."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import cdist
from streams import Stream

from reportgen.evaluation.bands import Bands
from reportgen.evaluation.forms import Pictures, forms_of
from reportgen.evaluation.leakage import training_rows
from reportgen.inputs.sources.memory import Memory
from reportgen.metrics.likeness import CORRELATION, TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from reportgen.contract.records.data import NearDuplicates, TrainingRows

SPECS = Path(__file__).parents[2] / "specs"


def compared(x: Any, training: Any, rows: Any = None, *, pictures: bool = False) -> TrainingRows:
    """Look for rows of an array, or of several by name, in another one."""
    dataset, other = (Memory(one, None).open() for one in (x, training))
    return training_rows(dataset, np.arange(dataset.n) if rows is None else np.asarray(rows), other, pictures=pictures)


def near(x: Any, training: Any, **options: Any) -> NearDuplicates:
    """Return the near duplicates."""
    found = compared(x, training, **options).near
    assert found is not None
    return found


def scenes(n: int, side: int = 32, seed: int = 0, channels: int = 3) -> NDArray[np.uint8]:
    """Make smooth pictures that have nothing in common, with colors that vary less than their brightness."""
    noise = np.random.default_rng(seed).normal(size=(n, side, side, channels + 1))
    smooth = gaussian_filter(noise, (0, side / 16, side / 16, 0))
    smooth = smooth[..., :1] + 0.3 * smooth[..., 1:]
    smooth /= smooth.std(axis=(1, 2, 3), keepdims=True)
    return (128 + 45 * smooth).clip(0, 255).astype(np.uint8)


def compressed(pictures: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Save pictures as JPEG and read them again."""
    from PIL import Image

    made = []
    for picture in pictures:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "jpeg", quality=quality)
        made.append(np.asarray(Image.open(file)))
    return np.stack(made)


def halved(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce pictures to half their size and enlarge them again."""
    from PIL import Image

    side = pictures.shape[1]
    return np.stack(
        [np.asarray(Image.fromarray(one).resize((side // 2, side // 2)).resize((side, side))) for one in pictures]
    )


ALTERED: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    "compressed": lambda x: compressed(x, 90),
    "halved": halved,
    "brighter": lambda x: np.clip(x.astype(int) + 20, 0, 255).astype(np.uint8),
    "flatter": lambda x: (0.8 * (x - 128.0) + 128).astype(np.uint8),
    "noisy": lambda x: (x + np.random.default_rng(1).normal(0, 4, x.shape)).clip(0, 255).astype(np.uint8),
    "as floats": lambda x: x.astype(np.float32) + np.float32(0.25),
}


@pytest.mark.parametrize("how", ALTERED)
def test_altered_pictures_are_found(how: str) -> None:
    """All planted copies and nothing else, not those that are copied bit by bit; in a stream, too."""
    x, others = scenes(200), scenes(600, seed=1)
    planted = ALTERED[how](x[:40])
    training = np.concatenate([others.astype(planted.dtype), planted, x[40:60].astype(planted.dtype)])
    found = compared(x, training)
    assert found.near is not None
    assert np.flatnonzero(found.near.near).tolist() == list(range(40))
    assert np.flatnonzero(found.leaked).tolist() == list(range(40, 60))
    assert found.near.own == 0
    assert all(CORRELATION <= (pair.correlation or 0) <= 1 and pair.difference is None for pair in found.near.pairs)
    assert [pair.training_row - 600 for pair in found.near.pairs] == [pair.row for pair in found.near.pairs]
    dataset, stream = (Stream(Memory(one, None).open()) for one in (x, training))
    streamed = training_rows(dataset, np.arange(200), stream)  # type: ignore[arg-type]
    assert streamed.near is not None
    assert streamed.near.near.tolist() == found.near.near.tolist()
    assert [pair.row for pair in streamed.near.pairs] == [pair.row for pair in found.near.pairs]


@pytest.mark.parametrize(
    "how",
    [
        lambda x: x[:, :, ::-1],
        lambda x: 255 - x,
        lambda x: np.roll(x, 8, axis=1),
        lambda x: x[..., ::-1] // 2 + scenes(40, seed=3) // 2,
    ],
)
def test_other_pictures_are_not(how: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> None:
    """Mirrored, inverted, moved by a quarter, mixed with another one."""
    x = scenes(40)
    assert near(x, np.concatenate([scenes(200, seed=1), how(x)])).count == 0


def test_blank_pictures_are_no_near_duplicates() -> None:
    """Of any gray, with a little noise, or with nothing but what all share: they can only be equal bit by bit."""
    generator = np.random.default_rng(0)
    x = scenes(60, channels=1)
    gray = np.full((20, 32, 32, 1), 90, np.uint8) + np.arange(20, dtype=np.uint8)[:, None, None, None]
    noisy = (gray + generator.normal(0, 1, gray.shape)).astype(np.uint8)
    for blank in (gray, noisy):
        found = compared(np.concatenate([x, blank]), np.concatenate([scenes(60, seed=1, channels=1), blank[::-1] + 1]))
        assert found.near is not None
        assert (found.near.count, found.near.own) == (0, 0)
    assert compared(np.concatenate([x, gray]), gray).count == 20


def test_what_all_pictures_share_is_no_likeness() -> None:
    """Thin curves in the same strong frame: as whole pictures they correlate above the limit, and are other curves."""
    generator = np.random.default_rng(0)
    frame = np.zeros((48, 48), np.float32)
    frame[:4], frame[-4:], frame[:, :4], frame[:, -4:] = 1000, 1000, 1000, 1000
    phases, speeds = generator.uniform(0, 6, (80, 1)), generator.uniform(0.1, 0.5, (80, 1))
    places = 24 + 14 * np.sin(phases + speeds * np.arange(48))
    curves = np.exp(-((np.arange(48)[None, :, None] - places[:, None, :]) ** 2) / 8) * 100 + frame
    flat = curves.reshape(80, -1)
    whole = np.corrcoef(flat)
    assert whole[:40, 40:].min() > CORRELATION
    assert near(curves[:40], curves[40:]).count == 0
    assert near(curves[:40], np.concatenate([curves[40:], curves[:5] * 1.02])).count == 5


def test_digits_have_no_near_duplicates() -> None:
    """Handwritten digits of 8 × 8 pixels by the same writers look much alike; that is no copy."""
    x, training = (np.load(SPECS / "digits" / name)["x"] for name in ("test.npz", "train.npz"))
    found = near(x, training)
    assert (found.count, found.own, found.reason) == (0, 0, None)
    touched = x[:30].astype(np.float32) + np.random.default_rng(0).normal(0, 0.2, x[:30].shape).astype(np.float32)
    assert np.flatnonzero(near(x, np.concatenate([training, touched])).near).tolist() == list(range(30))


def test_rows_of_the_sample_only() -> None:
    """Positions are those of the data set, places those among the evaluated rows."""
    x = scenes(50)
    found = near(x, ALTERED["flatter"](x[20:30]), rows=[5, 21, 24, 40])
    assert found.near.tolist() == [False, True, True, False]
    assert sorted((pair.place, pair.row, pair.training_row) for pair in found.pairs) == [(1, 21, 1), (2, 24, 4)]


def test_thumbnails() -> None:
    """Of both rows, if they are kept."""
    x = scenes(20)
    pairs = near(x, ALTERED["flatter"](x[:2]), pictures=True).pairs
    assert [(len(pair.pictures), len(pair.training_pictures)) for pair in pairs] == [(1, 1), (1, 1)]
    assert base64.b64decode(pairs[0].pictures[0].png).startswith(b"\x89PNG")
    assert not near(x, ALTERED["flatter"](x[:2])).pairs[0].pictures


def test_own_near_duplicates_are_counted() -> None:
    """Evaluated rows that are as close to each other, but not those that are equal."""
    x = scenes(60)
    twice = np.concatenate([x, ALTERED["flatter"](x[:4]), x[10:13]])
    assert near(twice, scenes(30, seed=1)).own == 8


# ------------------------------------------------------------------------------------------------ values


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(4, 30), st.sampled_from([0.05, 0.5, 1.5, 4.0]))
def test_near_values_are_those_of_all_distances(seed: int, columns: int, noise: float) -> None:
    """Whatever is found is within the limit (scipy's Chebyshev distance), and of what is well within it nothing is missed."""
    generator = np.random.default_rng(seed)
    scale = 10.0 ** generator.integers(-3, 4, columns)
    x = generator.normal(size=(150, columns)) * scale + generator.normal(size=columns) * scale
    moved = x[:50] + generator.uniform(-1, 1, (50, columns)) * noise * TOLERANCE * x.std(axis=0)
    training = np.concatenate([generator.normal(size=(300, columns)) * scale, moved])
    distances = cdist(x / x.std(axis=0), training / x.std(axis=0), "chebyshev")
    found = near(x, training)
    assert not (found.near & (distances.min(axis=1) > TOLERANCE * (1 + 1e-9))).any()
    if noise <= 0.5:
        assert np.flatnonzero(found.near).tolist() == list(range(50))
        assert all(pair.difference is not None and pair.difference <= TOLERANCE for pair in found.pairs)


def test_integers_must_be_equal() -> None:
    """Codes of categories beside fractions: another category is another row, whatever the fractions."""
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.normal(size=(100, 5)), generator.integers(0, 3, (100, 2))], axis=1)
    rounded = np.round(x, 4)
    other = rounded.copy()
    other[:, 5] = (other[:, 5] + 1) % 3
    assert near(x, rounded).count == 100
    assert near(x, other).count == 0


def test_a_constant_column_must_be_equal() -> None:
    """It has no scale on which a value could be near."""
    x = np.random.default_rng(0).normal(size=(100, 7))
    x[:, 6] = 3.0
    moved = np.round(x, 4)
    assert near(x, moved).count == 100
    moved[:, 6] = 3.0001
    assert near(x, moved).count == 0


def test_huge_values_are_near_nothing() -> None:
    """Their spread is infinite, which must not make everything near."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(100, 6))
    moved = np.round(x, 4)
    x[:, 5] = moved[:, 5] = generator.choice([1e300, -1e300, 3e307], 100)
    assert near(x, moved).count == 100
    moved[:, 5] *= 0.5
    assert near(x, moved).count == 0
    pictures = scenes(30, channels=1).astype(np.float64) * 1e305
    assert near(pictures, pictures * 0.5).count == 0


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).normal(size=(50, 3)),
        np.random.default_rng(0).integers(0, 17, (50, 64)),
        np.random.default_rng(0).normal(size=(50, 6, 6, 1)).round(),
        np.random.default_rng(0).normal(size=(1, 20)),
        np.full((50, 9), 0.5),
    ],
)
def test_where_rows_would_be_near_by_chance_none_are_looked_for(x: Any) -> None:
    """That is said, and is no "none found"."""
    found = near(x, x + 1)
    assert not found.near.any()
    assert "by chance" in (found.reason or "")


def test_several_inputs_must_all_be_near() -> None:
    """A copy of the picture with other values is another row; equal pictures with rounded values are a near duplicate."""
    generator = np.random.default_rng(0)
    x = {"image": scenes(40), "values": generator.normal(size=(40, 2))}
    other = {"image": ALTERED["flatter"](x["image"]), "values": np.round(x["values"], 5)}
    other["values"][20:] += 1
    found = near(x, other)
    assert np.flatnonzero(found.near).tolist() == list(range(20))
    assert all(pair.correlation is not None and pair.difference is not None for pair in found.pairs)
    assert "image: " in found.compared
    assert "values: " in found.compared
    assert near(x, x | {"values": np.round(x["values"], 5)}).count == 40


# ------------------------------------------------------------------------------------------------ the search


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_pairs_share_a_key(seed: int, n: int, m: int, limited: bool) -> None:
    """All pairs that do, once for each band; with a limit not those of a key that more rows share."""
    generator = np.random.default_rng(seed)
    keys, others = (generator.integers(0, 4, (size, 3)).astype(np.uint64) for size in (n, m))
    usable = generator.random(n) < 0.8
    found = [
        pair
        for own, other in Bands(keys, usable, 3 if limited else None).pairs(others)
        for pair in zip(own.tolist(), other.tolist(), strict=True)
    ]
    told = [
        (own, other)
        for band in range(3)
        for other in range(m)
        for own in range(n)
        if usable[own] and keys[own, band] == others[other, band]
        if not limited or (usable & (keys[:, band] == others[other, band])).sum() <= 3
    ]
    assert sorted(found) == sorted(told)


@given(st.integers(0, 2**63 - 1), st.sets(st.integers(0, 62), max_size=6))
def test_hashes_that_differ_in_six_bits_share_a_piece(value: int, flipped: set[int]) -> None:
    """So that no such pair is missed."""
    other = value
    for bit in flipped:
        other ^= 1 << bit
    pieces = Pictures.pieces(np.array([value, other], np.uint64))
    assert (pieces[0] == pieces[1]).any()


def test_forms_are_those_of_numpy() -> None:
    """Mean picture, range and spread, over batches."""
    x = {"image": scenes(300), "values": np.random.default_rng(0).normal(size=(300, 5))}
    found = forms_of(Memory(x, None).open(), np.arange(100, 300))
    picture, values = found["image"], found["values"]
    assert isinstance(picture, Pictures)
    np.testing.assert_allclose(picture.mean, x["image"][100:].mean(axis=0))
    assert (picture.low, picture.high) == (x["image"][100:].min(), x["image"][100:].max())
    np.testing.assert_allclose(values.spread, x["values"][100:].std(axis=0))  # type: ignore[union-attr]
