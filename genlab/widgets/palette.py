"""A picture of sixteen colors: a transparent background, and three inks in five strengths each.

So few colors make a PNG that is written fast and stays small, and that reads on light and dark.
"""

import io
import zlib
from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from genlab.plots.style import CHOSEN, CUT, KEPT

STRENGTHS = 5


class Palette:
    """What turns pixels into a PNG. Index 0 is transparent; each ink has ``STRENGTHS`` indices, faint to full."""

    def __init__(self, inks: Sequence[str]):
        self._rgb = np.array([to_rgb(ink) for ink in inks]) * 255
        self._channel = self._most_different_channel()
        self._index = self._index_of_nibbles()
        shares = [strength / STRENGTHS for _ in inks for strength in range(1, STRENGTHS + 1)]
        self._colors = np.vstack([[[0, 0, 0]], self._rgb.repeat(STRENGTHS, axis=0)]).round().astype(np.uint8)
        self._opacities = bytes([0, *(round(255 * share) for share in shares)])

    def _most_different_channel(self) -> int:
        """Red, green or blue: that in which the two inks that are most alike differ most."""
        gaps = np.diff(np.sort(self._rgb, axis=0), axis=0).min(axis=0)
        if gaps.max() < 32:  # pixels are read in steps of 16
            raise ValueError("The inks are too alike to be told apart by their red, green or blue.")
        return int(gaps.argmax())

    def _index_of_nibbles(self) -> np.ndarray:
        """The index for each byte of four bits of opacity and four of the channel that tells the inks apart."""
        nibbles = np.arange(16)
        distances = abs(16 * nibbles + 8 - self._rgb[:, [self._channel]])
        ink = distances.argmin(axis=0)
        strength = np.rint(nibbles / 15 * STRENGTHS).astype(int)[:, None]
        return np.where(strength > 0, STRENGTHS * ink + strength, 0).astype(np.uint8).ravel()

    def indices(self, pixels: np.ndarray) -> np.ndarray:
        """RGBA ``[H, W, 4]`` uint8 to indices ``[H, W]``: of the nearest ink, in the nearest strength.

        Takes 0.3 ms for one move of a slider. Pillow's ``quantize`` takes 1.4 ms for RGBA, and invents its own inks.
        """
        return self._index.take((pixels[..., 3] & 0xF0) | (pixels[..., self._channel] >> 4))

    def png(self, indices: np.ndarray) -> bytes:
        """Indices ``[H, W]`` as a PNG of four bits a pixel."""
        image = Image.fromarray(indices)
        image.putpalette(self._colors.tobytes())
        file = io.BytesIO()
        fast = {"compress_level": 1, "compress_type": zlib.Z_RLE}  # smaller and faster than the default, for bars
        image.save(file, "PNG", bits=4, transparency=self._opacities, **fast)
        return file.getvalue()


INKS = (CUT, KEPT, CHOSEN)  # the first is that of all writing, see ``lettering``
PALETTE = Palette(INKS)
