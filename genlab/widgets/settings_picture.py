"""The picture of a call's settings that stands where no widget runs: what counts, what is said, and the bars."""

import io
import textwrap

import numpy as np
from PIL import Image

from genlab.plots.style import CHOSEN, CUT, KEPT
from genlab.widgets.lettering import write
from genlab.widgets.palette import INKS, PALETTE
from genlab.widgets.prepared_call import ORIGINS, NextStep, PreparedCall

COLORS = {"C": CHOSEN, "R": KEPT, "D": CUT}  # of the origins of values
# In pixels: the height of a line, where names end, where values, origins and processors begin, room for a number.
LINE, NAME, VALUE, ORIGIN, STEPS, NUMBER = 18, 150, 168, 240, 380, 50
COLUMNS = 92  # characters in a line of words


def below_settings(bars: bytes, repository: str, prepared: PreparedCall | None, step: NextStep | None) -> bytes:
    """The PNG ``bars`` with the call, its settings, its processors and the library's messages above it."""
    indices = np.asarray(Image.open(io.BytesIO(bars)))
    if prepared is None:
        return bars
    before = [f"Repository: {repository}", *_wrapped(prepared.written())]
    after = [line for message in prepared.messages for line in _wrapped(str(message))]
    after = after or ["The library says nothing."]
    table = max(len(prepared.settings), 1 + len(step.left) if step else 0)
    above = np.zeros(((len(before) + table + len(after) + 2) * LINE, indices.shape[1]), np.uint8)
    y = _write_words(above, before, LINE)
    _write_settings(above, prepared, y)
    if step:
        _write_steps(above, prepared, step, y)
    _write_words(above, after, y + table * LINE + LINE // 2)
    return PALETTE.png(np.vstack([above, indices]))


def _write_words(picture: np.ndarray, lines: list[str], y: int) -> int:
    """Write ``lines`` from baseline ``y`` on; returns the baseline after them and a gap."""
    for line in lines:
        write(picture, line, LINE, y, room=picture.shape[1] - 2 * LINE)
        y += LINE
    return y + LINE // 2


def _write_settings(picture: np.ndarray, prepared: PreparedCall, y: int) -> None:
    for setting in prepared.settings:
        color = INKS.index(COLORS[setting.origin if setting.counts else "D"])
        origin = f"{setting.origin}  {ORIGINS[setting.origin]}" if setting.counts else "unused"
        write(picture, setting.name, NAME, y, room=NAME, right=True)
        write(picture, repr(setting.value), VALUE, y, room=ORIGIN - VALUE, color=color)
        write(picture, origin, ORIGIN, y, room=STEPS - ORIGIN, color=color)
        y += LINE


def _write_steps(picture: np.ndarray, prepared: PreparedCall, step: NextStep, y: int) -> None:
    """The logits processors, with the tokens that each leaves."""
    names = [type(processor).__name__ for processor in prepared.given.processors]
    right = picture.shape[1] - LINE
    for name, left in zip(["all tokens", *names], [step.bars.vocabulary, *step.left], strict=True):
        write(picture, name, STEPS, y, room=right - NUMBER - STEPS)
        write(picture, f"{left:,}", right, y, room=NUMBER, right=True)
        y += LINE


def _wrapped(text: str) -> list[str]:
    return [part for line in text.splitlines() for part in textwrap.wrap(line, COLUMNS)]
