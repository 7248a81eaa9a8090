"""The visual language of the course: colors, a figure that reads on light and dark, alt text, a summary."""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

# Each has a contrast of at least 3.6:1 on white and on JupyterLab's dark background. Cut tokens are hatched as
# well, chosen ones marked: color never speaks alone.
KEPT, CHOSEN, CUT = "#0072B2", "#D55E00", "#777777"
HATCH = "////"
FONT = "DejaVu Sans"
MONOSPACE = ["DejaVu Sans Mono", FONT]  # the second for characters that the first lacks
STYLE = {
    "font.family": [FONT],
    "font.size": 10,
    "text.parse_math": False,  # a "$" is a dollar, in a token as in a prompt
    "text.color": CUT,
    "axes.labelcolor": CUT,
    "axes.edgecolor": CUT,
    "axes.titlecolor": CUT,
    "xtick.color": CUT,
    "ytick.color": CUT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "hatch.color": CUT,
    "legend.frameon": False,
    "legend.labelcolor": CUT,
}


@contextmanager
def figure(width: float = 7.0, height: float = 2.6, **subplots: Any) -> Iterator[tuple[Figure, Any]]:
    """Yield ``(figure, axes)`` in the course's style; ``subplots`` goes to ``Figure.subplots``.

    The figure is not registered with pyplot: show it with ``show``, nothing has to be closed.
    """
    with matplotlib.rc_context(STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        yield fig, fig.subplots(**subplots)


def log_scale(axis: Axis) -> None:
    """Make ``axis`` logarithmic. Its labels are powers of ten: the only text that is read as mathematics."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    most = 50  # more ticks than an axis ever has; those that it does not use are never drawn
    for tick in (*axis.get_major_ticks(most), *axis.get_minor_ticks(most)):
        tick.label1.set_parse_math(True)


def png(fig: Figure, dpi: int = 110) -> bytes:
    """The figure as a PNG with a transparent background.

    Drawn once; ``Figure.savefig`` draws a figure that has a layout engine twice.
    """
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    with matplotlib.rc_context(STYLE):
        canvas.draw()
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def show(fig: Figure, alt: str, summary: str = "") -> None:
    """Display ``fig`` with alt text, and print ``summary``: the same facts in words."""
    for line in summary.splitlines():
        print(textwrap.fill(line, 100, break_long_words=False, break_on_hyphens=False))
    data = {"image/png": png(fig), "text/plain": f"[Picture: {alt}]"}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})
