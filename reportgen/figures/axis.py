"""Axes on which one tick stands for all of its kind: the picture that matplotlib draws, in less time.

matplotlib makes five artists for every tick, and looks for the ticks up to four times whenever an axis is measured or drawn.
"""

# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import allow_rasterization
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XAxis, XTick, YAxis, YTick
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.backend_bases import RendererBase
    from matplotlib.transforms import Bbox

_CLOSE = 1e-10
"""Share of the axis by which a tick may lie outside of it, as in matplotlib."""


class _Stamp(Tick):
    """A tick that is drawn at several places, with a label at each."""

    __name__: str
    places: Sequence[float] | None = None
    """Of the axis; None for a tick that is one among others, as matplotlib's are."""
    labels: Sequence[str] = ()
    put: Callable[[Line2D, Sequence[float]], None]
    """Moves a line along the axis."""
    put_label: Callable[[Text, float], None]
    """Moves a label along the axis."""

    @allow_rasterization
    def draw(self, renderer: RendererBase) -> None:
        """Draw it everywhere: grid lines one by one, marks at once, then labels."""
        if self.places is None:
            super().draw(renderer)
            return
        renderer.open_group(self.__name__, gid=self.get_gid())
        for place in self.places if self.gridline.get_visible() else ():
            self.put(self.gridline, (place,))
            self.gridline.draw(renderer)
        for marks in (self.tick1line, self.tick2line):
            self.put(marks, self.places)
            marks.draw(renderer)
        for label in (self.label1, self.label2):
            for _ in self.everywhere(label):
                label.draw(renderer)
        renderer.close_group(self.__name__)

    def everywhere(self, label: Text) -> Iterator[None]:
        """Put a label to one place after the other; nowhere if it is hidden."""
        for place, words in zip(self.places or (), self.labels, strict=True):
            if label.get_visible():
                label.set_text(words)
                self.put_label(label, place)
                yield


class _XStamp(_Stamp, XTick):
    put, put_label = staticmethod(Line2D.set_xdata), staticmethod(Text.set_x)


class _YStamp(_Stamp, YTick):
    put, put_label = staticmethod(Line2D.set_ydata), staticmethod(Text.set_y)


class _Stamped(Axis):
    """An axis with one major and one minor tick, until someone asks for its ticks one by one: then it is as matplotlib's."""

    majorTicks: list[_Stamp]  # type: ignore[assignment] # noqa: N815
    minorTicks: list[_Stamp]  # type: ignore[assignment] # noqa: N815
    _one_by_one = False
    _settled: dict[str, Any] | None = None
    """What was found since it began to be measured or drawn; None at any other time, when it can change."""

    @allow_rasterization
    def draw(self, renderer: RendererBase) -> None:
        """Draw it; nothing changes meanwhile."""
        with self._while_settled():
            super().draw(renderer)

    def get_tightbbox(self, renderer: RendererBase | None = None, **options: Any) -> Bbox | None:
        """Measure it; nothing changes meanwhile."""
        with self._while_settled():
            return super().get_tightbbox(renderer, **options)

    def get_major_ticks(self, numticks: int | None = None) -> list[Tick]:
        """Return ticks that can be changed one by one."""
        self._part()
        return super().get_major_ticks(numticks)

    def get_minor_ticks(self, numticks: int | None = None) -> list[Tick]:
        """Return ticks that can be changed one by one."""
        self._part()
        return super().get_minor_ticks(numticks)

    def _part(self) -> None:
        if self._one_by_one:
            return
        self._one_by_one = True
        for tick in (*self.majorTicks, *self.minorTicks):
            tick.places = None
        super()._update_ticks()  # type: ignore[misc]

    @contextmanager
    def _while_settled(self) -> Iterator[None]:
        self._settled = {}
        try:
            yield
        finally:
            self._settled = None

    def _once(self, what: str, find: Callable[[], Any]) -> Any:
        if self._settled is None:
            return find()
        if what not in self._settled:
            self._settled[what] = find()
        return self._settled[what]

    def _update_ticks(self) -> list[Tick]:
        """Return the ticks that are drawn."""
        if self._one_by_one:
            return super()._update_ticks()  # type: ignore[misc]
        return self._once("ticks", lambda: list(self._stamps()))

    def _stamps(self) -> Iterator[Tick]:
        transform = self.get_transform()
        low, high = sorted(transform.transform(self.get_view_interval()))
        reach = _CLOSE * (high - low)
        for (stamp, *_), locator, formatter, locations in (
            (self.majorTicks, self.get_major_locator(), self.get_major_formatter(), self.get_majorticklocs),
            (self.minorTicks, self.get_minor_locator(), self.get_minor_formatter(), self.get_minorticklocs),
        ):
            if isinstance(locator, NullLocator):
                continue
            places = list(locations())
            labels, where = formatter.format_ticks(places), transform.transform(np.asarray(places, float))
            shown = np.flatnonzero((low - reach <= where) & (where <= high + reach)).tolist()
            if shown:
                stamp.places = [places[index] for index in shown]
                stamp.labels = [labels[index] for index in shown]
                yield stamp

    def _get_ticklabel_bboxes(self, ticks: Sequence[Any], renderer: RendererBase) -> Any:
        """Return the boxes of the labels on the first side of the axes, and those on the second."""
        if self._one_by_one:
            return super()._get_ticklabel_bboxes(ticks, renderer)  # type: ignore[misc]
        return self._once(
            "boxes",
            lambda: tuple(
                [label.get_window_extent(renderer) for tick, label in side for _ in tick.everywhere(label)]
                for side in ([(tick, tick.label1) for tick in ticks], [(tick, tick.label2) for tick in ticks])
            ),
        )


class _StampedX(_Stamped, XAxis):
    _tick_class = _XStamp


class _StampedY(_Stamped, YAxis):
    _tick_class = _YStamp


class StampedAxes(Axes):
    """Axes of which both axes have one tick of each kind."""

    def _init_axis(self) -> None:
        self.xaxis = _StampedX(self, clear=False)
        self.yaxis = _StampedY(self, clear=False)
        for spine in ("bottom", "top", "left", "right"):
            self.spines[spine].register_axis(self.xaxis if spine in ("bottom", "top") else self.yaxis)


_PRIVATE = ((Axes, "_init_axis"), (Axis, "_update_ticks"), (Axis, "_get_ticklabel_bboxes"))
"""What of matplotlib is extended here and not public."""


def axes_class() -> type[Axes]:
    """Return the axes to draw on: matplotlib's own where it has changed what is extended here."""
    return StampedAxes if all(hasattr(owner, name) for owner, name in _PRIVATE) else Axes
