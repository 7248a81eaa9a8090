"""A bar chart fast enough for a slider: frame and legend are drawn once, a move draws its bars and its writing.

Measured against a new figure per move by ``python -m benchmarks.sliders``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, STYLE
from genlab.widgets.lettering import DPI, write
from genlab.widgets.palette import PALETTE

# In pixels. Around the axes: labels on the left, notes on the right, title and legend above, ticks below.
LEFT, RIGHT, ABOVE, BELOW = 150, 62, 46, 24
TITLE, LEGEND = 14, 20  # baseline of the title, top of the legend, from the top
LABEL_GAP, NOTE_GAP = 8, 6  # between the writing and its bar
EDGE = 4  # writing keeps away from the edge of the picture
MIDDLE = 4  # from a baseline up to the middle of its letters
OVERHANG = 8  # how far lines and marks may reach out of the axes

# In rows: where the bar of a row begins and ends, and where two bars of a row meet.
TOP, MEETING, BOTTOM = 0.1, 0.46, 0.9
LOWER = 0.27  # how far below the middle of a row with two bars the note of the second one stands
MARK = 0.01  # half the width of a mark, where the axis is 1 wide

STYLES: dict[str, dict[str, Any]] = {
    "base": {"facecolor": (*to_rgb(CUT), 0.3), "edgecolor": CUT, "linewidth": 1},
    "cut": {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH, "linewidth": 1},
    "kept": {"facecolor": KEPT, "linewidth": 0},
    "chosen": {"facecolor": CHOSEN, "linewidth": 0},
}
MARKS = {"marker": "D", "markersize": 5, "markerfacecolor": CHOSEN, "markeredgewidth": 0, "linestyle": "none"}


class Bars:
    """Horizontal bars for up to ``rows`` probabilities, from 0 to 1, with a label before and a note after each.

    ``legend`` maps the kinds of bars that may appear (``base``, ``cut``, ``kept``, ``chosen``, ``marks``) to words.
    """

    def __init__(self, rows: int, legend: Mapping[str, str], row_height: int = 20, width: int = 680):
        self.rows, self.row_height, self.width = rows, row_height, width
        self.height = ABOVE + rows * row_height + BELOW
        self._span = width - LEFT - RIGHT
        self._changing = (  # the part of the picture that bars and marks reach
            slice(ABOVE - OVERHANG, self.height - BELOW + OVERHANG),
            slice(LEFT - OVERHANG, width - RIGHT + OVERHANG),
        )
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(width / DPI, self.height / DPI), dpi=DPI)
            self._canvas = FigureCanvasAgg(figure)
            self._axes = self._empty_axes(figure)
            self._patches = {kind: self._hidden(PathPatch(Path([(0, 0)]), **style)) for kind, style in STYLES.items()}
            self._marks = self._hidden(Line2D([], [], **MARKS))
            self._add_legend(figure, legend)
            self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        self._frame = PALETTE.indices(self._pixels())

    def _empty_axes(self, figure: Figure) -> Axes:
        place = np.array([LEFT, BELOW, self._span, self.rows * self.row_height])
        axes = figure.add_axes(place / [self.width, self.height, self.width, self.height])
        axes.set(xlim=(0, 1), ylim=(self.rows, 0), yticks=[])
        ticks = np.linspace(0, 1, 6)
        axes.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks], fontsize=9)
        axes.grid(axis="x", color=CUT, alpha=0.2, linewidth=1)
        axes.set_axisbelow(True)
        return axes

    def _add_legend(self, figure: Figure, legend: Mapping[str, str]) -> None:
        handles = [
            Line2D([], [], **MARKS, label=words) if kind == "marks" else Patch(**STYLES[kind], label=words)
            for kind, words in legend.items()
        ]
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(LEFT / self.width, 1 - LEGEND / self.height),
            ncols=len(handles),
            borderpad=0,
            borderaxespad=0,
            handlelength=1.4,
            columnspacing=1.6,
            fontsize=9,
        )

    def _hidden(self, artist: Artist) -> Artist:
        """``artist`` in the axes, but not drawn with them: ``draw`` does that."""
        artist.set_animated(True)
        return self._axes.add_artist(artist)

    def _pixels(self) -> np.ndarray:
        return np.asarray(self._canvas.buffer_rgba())

    def blank(self, title: str = "") -> bytes:
        """A PNG with no bars."""
        return self.draw([], np.zeros(0), [], title=title)

    def draw(
        self,
        labels: Sequence[str],
        values: np.ndarray,
        notes: Sequence[str],
        *,
        kinds: Sequence[str] | str = "kept",
        base: np.ndarray | None = None,
        base_kinds: Sequence[str] | str = "base",
        marks: np.ndarray | None = None,
        title: str = "",
    ) -> bytes:
        """A PNG with one row per label, at most ``rows``; ``values``, ``base`` and ``marks`` are ``[n]`` in 0..1.

        ``kinds`` says how each value is drawn; with ``base`` each row has two bars, the base one above.
        """
        if len(labels) > self.rows:
            raise ValueError(f"{len(labels)} labels for {self.rows} rows")
        row = np.arange(len(labels))
        begin = TOP if base is None else MEETING
        ends, shifts = values, np.zeros(len(labels))
        self._canvas.restore_region(self._background)
        self._draw_bars(values, row + begin, row + BOTTOM, kinds)
        if base is not None:
            self._draw_bars(base, row + TOP, row + MEETING, base_kinds)
            # A note stands at the end of the bar that it means: the lower one, where there is one.
            ends, shifts = np.where(values > 0, values, base), np.where(values > 0, LOWER, 0)
        if marks is not None:
            self._marks.set_data(marks, row + (begin + BOTTOM) / 2)
            self._axes.draw_artist(self._marks)
            ends = np.fmax(ends, marks + MARK)  # a mark that is not a number is not there
        picture = self._frame.copy()
        picture[self._changing] = PALETTE.indices(self._pixels()[self._changing])
        self._write(picture, labels, ends, np.round(shifts * self.row_height).astype(int), notes, title)
        return PALETTE.png(picture)

    def _draw_bars(self, values: np.ndarray, top: np.ndarray, bottom: np.ndarray, kinds: Sequence[str] | str) -> None:
        """Bars from 0 to ``values``; one path per kind, for hatching is costly per path, not per rectangle."""
        for kind, patch in self._patches.items():
            some = (np.asarray(kinds) == kind) & (values > 0)
            if some.any():
                patch.set_path(_rectangles(values[some], top[some], bottom[some]))
                self._axes.draw_artist(patch)

    def _write(
        self,
        picture: np.ndarray,
        labels: Sequence[str],
        ends: np.ndarray,
        shifts: np.ndarray,
        notes: Sequence[str],
        title: str,
    ) -> None:
        """``shifts``: how far below the middle of its row each note stands, in pixels."""
        write(picture, title, LEFT, TITLE, room=self.width - LEFT - EDGE)
        for row, (label, end, shift, note) in enumerate(zip(labels, ends, shifts, notes, strict=True)):
            baseline = ABOVE + row * self.row_height + self.row_height // 2 + MIDDLE
            write(picture, label, LEFT - LABEL_GAP, baseline, room=LEFT - LABEL_GAP - EDGE, right=True)
            write(picture, note, LEFT + round(end * self._span) + NOTE_GAP, baseline + shift, room=self.width)


def _rectangles(right: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> Path:
    """One path of rectangles from 0 to ``right``."""
    corners = np.zeros((len(right), 5, 2))
    corners[:, 1:3, 0] = right[:, None]
    corners[:, [0, 1, 4], 1] = top[:, None]
    corners[:, 2:4, 1] = bottom[:, None]
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(right))
    return Path(corners.reshape(-1, 2), codes)
