"""Writing put into a picture of palette indices, in one of the palette's inks.

The 31 strings of a chart take 0.1 ms. The same as matplotlib's ``Text``, drawn with ``draw_artist``, take 33 ms, for
each is laid out anew: here words and digits are set once and remembered.
"""

import functools
import math
import re

import numpy as np
from matplotlib.font_manager import findfont, get_font
from matplotlib.ft2font import FT2Font

from genlab.plots.labels import drawable
from genlab.plots.style import FONT
from genlab.widgets.palette import STRENGTHS

POINTS, DPI = 9.5, 100
ASCENT, DESCENT = 14, 5  # the tallest letters of this size, in pixels above and below the baseline


def write(
    picture: np.ndarray, text: str, x: int, baseline: int, room: int, right: bool = False, color: int = 0
) -> None:
    """Put ``text`` at ``(x, baseline)``, or so that it ends at x; what is wider than ``room`` pixels loses its end.

    ``color`` is the place of its ink in the palette.
    """
    if not text:
        return
    ink, descent = _line(text)
    width = ink.shape[1]
    if width > room:
        fitting = len(text) * room // width
        ink, descent = _line(text[: max(1, fitting - 2)] + "…")
    ink = ink[:, : min(room, picture.shape[1])]
    height, width = ink.shape
    left = x - width if right else min(x, picture.shape[1] - width)
    top = baseline + descent - height
    above = max(0, -top)  # rows that would lie above the picture
    place = picture[top + above : top + height, left : left + width]
    ink = ink[above : above + len(place)]
    np.copyto(place, ink + np.uint8(STRENGTHS * color), where=ink > 0)


@functools.lru_cache(maxsize=4096)
def _line(text: str) -> tuple[np.ndarray, int]:
    """Indices ``[height, width]`` of ``text``, and how many of the rows lie below the baseline.

    Plain text is put together from digits and words that were set before: most notes are new numbers.
    """
    if not text.isascii() or not text.isprintable():
        return _set(text)
    runs = re.findall(r"\d|\s|[^\d\s]+", text)
    slack = 4  # bearings may put the last letters a little further right
    width = sum(math.ceil(_metrics(run)[1]) for run in runs)
    line = np.zeros((ASCENT + DESCENT, width + slack), np.uint8)
    x = 0.0
    for run in runs:
        bearing, advance = _metrics(run)
        if run != " ":
            ink, descent = _set(run)
            height, width = ink.shape
            left, top = round(x + bearing), ASCENT + descent - height
            place = line[top : top + height, left : left + width]
            np.maximum(place, ink, out=place)
        x += advance
    return line[:, : math.ceil(x)], DESCENT


@functools.lru_cache(maxsize=4096)
def _set(text: str) -> tuple[np.ndarray, int]:
    """As ``_line``, set by matplotlib."""
    font = _font()
    font.set_text(drawable(text), 0.0)
    font.draw_glyphs_to_bitmap(antialiased=True)
    strength = np.rint(np.asarray(font.get_image()) / 255 * STRENGTHS).astype(np.uint8)
    return strength, round(font.get_descent() / 64)  # of the first ink, strengths are indices


@functools.cache
def _metrics(run: str) -> tuple[float, float]:
    """Bearing and advance width of ``run``, a digit or a word, in pixels."""
    glyph = _font().load_char(ord(run[0]))
    bearing = max(0.0, glyph.horiBearingX / 64)
    if len(run) == 1:
        return bearing, glyph.linearHoriAdvance / 65536
    gap = 1  # to the next run
    return bearing, bearing + _set(run)[0].shape[1] + gap


def _font() -> FT2Font:
    font = get_font(findfont(FONT))
    font.set_size(POINTS, DPI)
    return font
