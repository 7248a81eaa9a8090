"""A bar chart fast enough for a slider: frame and legend are drawn once, a move draws bars and encodes little.

Measured against a new figure per move by ``python -m benchmarks.sliders``. What takes long in matplotlib is laying
out text, so text is set once per string and remembered; what takes long after it is encoding, so the picture has
sixteen colours: three inks in five strengths each over a transparent background, which reads on light and dark.
"""

import functools
import io
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from PIL import Image

from genlab.plots.base import _STYLE, CHOSEN, CUT, HATCH, KEPT
from genlab.widgets.reading import FONT, drawable

DPI = 100
LEVELS = 5
INKS = (CUT, KEPT, CHOSEN)  # an index of the palette is 0, or 1 + 5 * ink + strength
LEFT, RIGHT, ABOVE, BELOW = 150, 62, 46, 24  # pixels around the axes
STYLES = {
    "base": {"facecolor": CUT, "alpha": 0.4, "linewidth": 0},
    "cut": {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH, "linewidth": 1},
    "kept": {"facecolor": KEPT, "linewidth": 0},
    "chosen": {"facecolor": CHOSEN, "linewidth": 0},
}
MARKS = {"marker": "D", "markersize": 5, "markerfacecolor": CHOSEN, "markeredgewidth": 0, "linestyle": "none"}


def _palette() -> tuple[bytes, bytes]:
    colours = [(0, 0, 0)] + [tuple(round(255 * c) for c in to_rgb(ink)) for ink in INKS for _ in range(LEVELS)]
    strengths = [0] + [round(255 * level / LEVELS) for _ in INKS for level in range(1, LEVELS + 1)]
    return bytes(c for colour in colours for c in colour), bytes(strengths)


def _index_of_pixel() -> np.ndarray:
    """Palette index for (three bits of red, four of alpha): red alone tells the three inks apart."""
    red, alpha = np.divmod(np.arange(128), 16)
    ink = np.select([red < 2, red < 5], [INKS.index(KEPT), INKS.index(CUT)], INKS.index(CHOSEN))
    level = np.rint(alpha / 15 * LEVELS).astype(int)
    return np.where(level > 0, 1 + LEVELS * ink + level - 1, 0).astype(np.uint8)


PALETTE, STRENGTHS = _palette()
INDEX = _index_of_pixel()


def _indexed(pixels: np.ndarray) -> np.ndarray:
    """RGBA ``[H, W, 4]`` uint8, drawn with the three inks, to palette indices ``[H, W]``."""
    words = np.ascontiguousarray(pixels).view("<u4")[..., 0]
    return INDEX[((words >> 1) & 0x70) | (words >> 28)]


def _png(indices: np.ndarray) -> bytes:
    image = Image.frombuffer("P", indices.shape[::-1], np.ascontiguousarray(indices), "raw", "P", 0, 1)
    image.putpalette(PALETTE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, bits=4, transparency=STRENGTHS)
    return buffer.getvalue()


@functools.lru_cache(maxsize=4096)
def _writing(text: str, size: float = 9.5) -> tuple[np.ndarray, int]:
    """``text`` in grey as palette indices, and how many of its rows lie below the baseline."""
    font = get_font(findfont(FONT))
    font.set_size(size, DPI)
    font.set_text(drawable(text), 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    level = np.rint(np.asarray(font.get_image()) / 255 * LEVELS).astype(np.uint8)
    return level, round(font.get_descent() / 64)  # grey is the first ink: its indices are 1 to 5


def _bars(left: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> Path:
    """One path of rectangles from 0 to ``left``: hatching is costly per path, not per rectangle."""
    corners = np.zeros((len(left), 5, 2))
    corners[:, 1:3, 0] = left[:, None]
    corners[:, [0, 1, 4], 1] = top[:, None]
    corners[:, 2:4, 1] = bottom[:, None]
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(left))
    return Path(corners.reshape(-1, 2), codes)


class Bars:
    """Horizontal bars for up to ``rows`` probabilities, from 0 to 1, with a label before and a note after each.

    ``legend`` maps the kinds of bars that may appear (``base``, ``cut``, ``kept``, ``chosen``, ``marks``) to words.
    """

    def __init__(self, rows: int, legend: Mapping[str, str], row_height: int = 20, width: int = 680):
        self.rows, self.row_height, self.width = rows, row_height, width
        self.height = ABOVE + rows * row_height + BELOW
        self._inside = (slice(ABOVE - 2, ABOVE + rows * row_height + 2), slice(LEFT - 6, width - RIGHT + 8))
        with matplotlib.rc_context(_STYLE):
            figure = Figure(figsize=(width / DPI, self.height / DPI), dpi=DPI)
            self._canvas = FigureCanvasAgg(figure)
            self._axes = self._empty_axes(figure)
            self._patches = {kind: self._hidden(PathPatch(Path([(0, 0)]), **style)) for kind, style in STYLES.items()}
            self._marks = self._hidden(Line2D([], [], **MARKS))
            handles = [
                Line2D([], [], **MARKS, label=words) if kind == "marks" else Patch(**STYLES[kind], label=words)
                for kind, words in legend.items()
            ]
            figure.legend(
                handles=handles,
                loc="upper left",
                bbox_to_anchor=(LEFT / width, 1 - 20 / self.height),
                ncols=len(handles),
                borderpad=0,
                borderaxespad=0,
                handlelength=1.4,
                columnspacing=1.6,
                fontsize=9,
            )
            self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(figure.bbox)
        self._frame = _indexed(np.asarray(self._canvas.buffer_rgba()))

    def _empty_axes(self, figure: Figure):
        box = [LEFT, BELOW, self.width - LEFT - RIGHT, self.rows * self.row_height]
        axes = figure.add_axes([v / side for v, side in zip(box, (self.width, self.height) * 2, strict=True)])
        axes.set(xlim=(0, 1), ylim=(self.rows, 0), yticks=[])
        ticks = np.linspace(0, 1, 6)
        axes.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks], fontsize=9)
        axes.grid(axis="x", color=CUT, alpha=0.2, linewidth=1)
        axes.set_axisbelow(True)
        return axes

    def _hidden(self, artist: Artist) -> Artist:
        artist.set_animated(True)
        return self._axes.add_artist(artist)

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
        n = len(labels)
        if n > self.rows:
            raise ValueError(f"{n} labels for {self.rows} rows")
        row = np.arange(n)
        self._canvas.restore_region(self._background)
        split = 0.1 if base is None else 0.46
        bars = [(np.asarray(values), split, 0.9, _each(kinds, n))]
        if base is not None:
            bars.append((np.asarray(base), 0.1, split, _each(base_kinds, n)))
        for value, top, bottom, kind in bars:
            self._draw_bars(value, row + top, row + bottom, kind)
        if marks is not None:
            self._marks.set_data(marks, row + (split + 0.9) / 2)
            self._axes.draw_artist(self._marks)
        ends = values if marks is None else np.maximum(values, marks + 0.01)
        return _png(self._written(labels, np.asarray(ends), notes, split, title))

    def _draw_bars(self, value: np.ndarray, top: np.ndarray, bottom: np.ndarray, kind: np.ndarray) -> None:
        for name, patch in self._patches.items():
            some = (kind == name) & (value > 0)
            if some.any():
                patch.set_path(_bars(value[some], top[some], bottom[some]))
                self._axes.draw_artist(patch)

    def _written(self, labels: Sequence[str], values: np.ndarray, notes: Sequence[str], split: float, title: str):
        picture = self._frame.copy()
        picture[self._inside] = _indexed(np.asarray(self._canvas.buffer_rgba())[self._inside])
        span = self.width - LEFT - RIGHT
        if title:
            self._write(picture, title, LEFT, 14, self.width - LEFT - 4)
        for i, (label, value, note) in enumerate(zip(labels, values, notes, strict=True)):
            middle = ABOVE + i * self.row_height
            self._write(picture, label, LEFT - 8, middle + self.row_height // 2 + 4, LEFT - 12, right=True)
            across = middle + round((split + 0.9) / 2 * self.row_height) + 4
            self._write(picture, note, LEFT + 6 + round(value * span), across, self.width)
        return picture

    @staticmethod
    def _write(picture: np.ndarray, text: str, x: int, baseline: int, room: int, right: bool = False) -> None:
        """Put text at (x, baseline), or ending at x; what is wider than ``room`` pixels loses its end."""
        if not text:
            return
        ink, descent = _writing(text)
        if ink.shape[1] > room:
            keep = max(1, len(text) * room // ink.shape[1] - 2)
            ink, descent = _writing(text[:keep] + "…")
        ink = ink[:, : min(room, picture.shape[1])]
        x = x - ink.shape[1] if right else min(x, picture.shape[1] - ink.shape[1])
        y = baseline + descent - ink.shape[0]
        place = picture[max(y, 0) : y + ink.shape[0], x : x + ink.shape[1]]
        np.copyto(place, ink[max(-y, 0) :][: len(place)], where=ink[max(-y, 0) :][: len(place)] > 0)


def _each(kinds: Sequence[str] | str, n: int) -> np.ndarray:
    return np.array([kinds] * n if isinstance(kinds, str) else list(kinds))
