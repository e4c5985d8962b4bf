"""Names beside points."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from reportgen.figures import names, style
from reportgen.figures.layout import text_width

THEME = style.theme("publication", [])
ROOM = (0.0, 0.0, 400.0, 200.0)
NOTE = " named"


def boxes(found: list[names.Name]) -> list[tuple[float, float, float, float]]:
    """Return the edges of names."""
    size = THEME.small_size
    return [(one.left, one.low, one.left + text_width(one.words, size), one.low + size) for one in found]


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 200)), min_size=1, max_size=40))
def test_names_cover_no_other_name_and_no_point(places: list[tuple[float, float]]) -> None:
    """Wherever the points lie; none leaves the axes, and those without room are counted."""
    found = list(names.placed(np.array(places), [f"model_{place}" for place in range(len(places))], ROOM, [], THEME))
    written = [one for one in found if not one.words.endswith(NOTE)]
    note = f"{len(written)} of {len(places)} points {'is' if len(written) == 1 else 'are'}{NOTE}"
    assert [one.words for one in found[len(written) :]] == ([note] if len(written) < len(places) else [])
    edges = boxes(written)
    for place, box in enumerate(edges):
        assert min(box) >= 0
        assert box[2] <= ROOM[2]
        assert box[3] <= ROOM[3]
        assert not any(names.overlap(box, other) for other in edges[place + 1 :])
        assert not any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in places)


def test_names_stay_off_a_line_and_off_what_is_written() -> None:
    """The place to the right is the first choice, unless something is there."""
    point, line = np.array([[100.0, 100.0]]), names.along(np.array([[0.0, 100.0], [400.0, 100.0]]), 8.0)
    (bare,) = names.placed(point, ["a"], ROOM, [], THEME)
    (above,) = names.placed(np.vstack((point, line)), ["a"], ROOM, [], THEME)
    (left,) = names.placed(point, ["a"], ROOM, [(100.0, 0.0, 400.0, 200.0)], THEME)
    assert bare.low < 100 < bare.low + THEME.small_size
    assert above.low > 100
    assert left.left < bare.left


def test_a_name_farther_off_has_a_line_to_its_point() -> None:
    """From the point to the edge of the name."""
    crowd = np.array([[100.0, 100.0], *((100.0 + 9 * dx, 100.0 + 9 * dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))])
    (found,) = names.placed(crowd, ["a"], ROOM, [], THEME)
    assert found.line is not None
    assert found.line[0] == (100.0, 100.0)


def test_the_note_has_its_room_before_the_names() -> None:
    """Names that would take the last free place of a crowded panel are left out; the note stays within the axes."""
    crowd = np.array([(x, y) for x in range(5, 400, 30) for y in range(5, 200, 15) if x < 240 or y > 40], float)
    words = [f"model_{place}" for place in range(len(crowd))]
    *_, note = names.placed(crowd, words, ROOM, [], THEME)
    (box,) = boxes([note])
    assert note.words.endswith(NOTE)
    assert (box[0] >= 240, box[3] <= 40) == (True, True)


def test_where_nothing_fits_the_note_stands_above() -> None:
    """Axes that are narrower than the note."""
    (note,) = names.placed(np.array([[5.0, 5.0]]), ["a name that is long"], (0.0, 0.0, 10.0, 10.0), [], THEME)
    assert (note.words, note.low) == ("0 of 1 points are named", 10.0)


def test_points_that_were_given_no_name_count_too() -> None:
    """The note says how many of all points are named, not how many of the names that were asked for are missing."""
    places = np.array([[50.0, 50.0], [150.0, 100.0], [250.0, 150.0]])
    *_, note = names.placed(places, ["a", "b"], ROOM, [], THEME, points=3)
    assert note.words == "2 of 3 points are named"


def test_a_line_to_a_point_crosses_no_name() -> None:
    """Neither a name that was there before it, nor one that comes after it; crowded as the points are."""
    generator = np.random.default_rng(1)
    places = np.vstack([generator.normal((60, 40), 12, (20, 2)), generator.uniform((0, 0), (400, 200), (8, 2))])
    found = list(names.placed(places, [f"a model {place}" for place in range(28)], ROOM, [], THEME))
    lines = [one.line for one in found if one.line is not None]
    own = {one.line: box for one, box in zip(found, boxes(found), strict=True) if one.line is not None}
    assert len(lines) > 2
    for line in lines:
        assert not any(names.crosses(line, box) for box in boxes(found) if box != own[line])


def test_the_first_names_may_be_farther_away() -> None:
    """Where there is no room beside their points; no name covers a point, and no line to a point crosses another one."""
    places = np.random.default_rng(3).normal((200, 100), (40, 25), (40, 2))
    words = [f"model_{place}" for place in range(40)]
    near, far = (list(names.placed(places, words, ROOM, [], THEME, first=first)) for first in (0, 40))
    assert len(near) < len(far)
    for one, box in zip(far[:-1], boxes(far[:-1]), strict=True):
        own = places[words.index(one.words)]
        others = [place for place in places if not np.array_equal(place, own)]
        assert not any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in places)
        if one.line is not None:
            assert one.line[0] == tuple(own)
            dots = [(x - 1, y - 1, x + 1, y + 1) for x, y in others if np.hypot(x - own[0], y - own[1]) > 8]
            assert not any(names.crosses(one.line, dot) for dot in dots)
