"""A bar chart fast enough for a slider: frame and legend are drawn once, a move draws bars and encodes little.

Measured against a new figure per move by ``python -m benchmarks.sliders``. What takes long in matplotlib is laying
out text, so text is set once per string and remembered; what takes long after it is encoding, so the picture has
sixteen colours: three inks in five strengths each over a transparent background, which reads on light and dark.
"""

import functools
import math
import re
import struct
import zlib
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

from genlab.plots.base import _STYLE, CHOSEN, CUT, HATCH, KEPT
from genlab.widgets.reading import FONT, drawable

DPI = 100
LEVELS = 5
SIZE, ASCENT, DESCENT = 9.5, 14, 5  # of the writing: points, pixels above and below the baseline
INKS = (CUT, KEPT, CHOSEN)  # an index of the palette is 0, or 1 + 5 * ink + strength
LEFT, RIGHT, ABOVE, BELOW = 150, 62, 46, 24  # pixels around the axes
STYLES = {
    "base": {"facecolor": (*to_rgb(CUT), 0.3), "edgecolor": CUT, "linewidth": 1},
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
    """Palette indices ``[H, W]``, W even, as a PNG of four bits a pixel (the format of ISO/IEC 15948)."""
    height, width = indices.shape
    lines = np.zeros((height, 1 + width // 2), np.uint8)  # each line begins with its filter: 0, none
    np.bitwise_or(indices[:, 0::2] << 4, indices[:, 1::2], out=lines[:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)  # four bits, palette
    chunks = {b"IHDR": header, b"PLTE": PALETTE, b"tRNS": STRENGTHS, b"IDAT": zlib.compress(lines, 1), b"IEND": b""}
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@functools.lru_cache(maxsize=4096)
def _set(text: str) -> tuple[np.ndarray, int]:
    """``text`` set by matplotlib, in grey as palette indices, and how many of its rows lie below the baseline."""
    font = get_font(findfont(FONT))
    font.set_size(SIZE, DPI)
    font.set_text(drawable(text), 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    level = np.rint(np.asarray(font.get_image()) / 255 * LEVELS).astype(np.uint8)
    return level, round(font.get_descent() / 64)  # grey is the first ink: its indices are 1 to 5


@functools.cache
def _advance(run: str) -> tuple[float, float]:
    """How far the ink of plain characters stands from their start, and how far what follows them does, in pixels."""
    font = get_font(findfont(FONT))
    font.set_size(SIZE, DPI)
    glyph = font.load_char(ord(run[0]))
    bearing = max(0.0, glyph.horiBearingX / 64)
    return bearing, glyph.linearHoriAdvance / 65536 if len(run) == 1 else bearing + _set(run)[0].shape[1] + 1


@functools.lru_cache(maxsize=4096)
def _writing(text: str) -> tuple[np.ndarray, int]:
    """As ``_set``, but plain text is put together from digits and words that were set before: setting is slow."""
    if not text.isascii() or not text.isprintable():
        return _set(text)
    runs = re.findall(r"\d|\s|[^\d\s]+", text)
    ink = np.zeros((ASCENT + DESCENT, sum(math.ceil(_advance(run)[1]) for run in runs) + 4), np.uint8)
    x = 0.0
    for run in runs:
        bearing, advance = _advance(run)
        if run != " ":
            glyphs, descent = _set(run)
            left, top = round(x + bearing), ASCENT + descent - len(glyphs)
            place = ink[top : top + len(glyphs), left : left + glyphs.shape[1]]
            np.maximum(place, glyphs, out=place)
        x += advance
    return ink[:, : math.ceil(x)], DESCENT


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
        ends = np.nanmax([v for v in (values, base, None if marks is None else marks + 0.01) if v is not None], axis=0)
        return _png(self._written(labels, ends, notes, title))

    def _draw_bars(self, value: np.ndarray, top: np.ndarray, bottom: np.ndarray, kind: np.ndarray) -> None:
        for name, patch in self._patches.items():
            some = (kind == name) & (value > 0)
            if some.any():
                patch.set_path(_bars(value[some], top[some], bottom[some]))
                self._axes.draw_artist(patch)

    def _written(self, labels: Sequence[str], values: np.ndarray, notes: Sequence[str], title: str):
        picture = self._frame.copy()
        picture[self._inside] = _indexed(np.asarray(self._canvas.buffer_rgba())[self._inside])
        span = self.width - LEFT - RIGHT
        if title:
            self._write(picture, title, LEFT, 14, self.width - LEFT - 4)
        for i, (label, value, note) in enumerate(zip(labels, values, notes, strict=True)):
            baseline = ABOVE + i * self.row_height + self.row_height // 2 + 4
            self._write(picture, label, LEFT - 8, baseline, LEFT - 12, right=True)
            self._write(picture, note, LEFT + 6 + round(value * span), baseline, self.width)
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
