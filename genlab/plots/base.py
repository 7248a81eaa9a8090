"""The visual language of the course: colours, a figure that reads on light and dark, alt text, a summary."""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

# Each has a contrast of at least 3.6:1 on white and on JupyterLab's dark background. Cut tokens are hatched as
# well, chosen ones marked: colour never speaks alone.
KEPT, CHOSEN, CUT = "#0072B2", "#D55E00", "#777777"
HATCH = "////"
_STYLE = {
    "font.size": 10,
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
    "font.family": ["DejaVu Sans"],
}


@contextmanager
def figure(width: float = 7.0, height: float = 2.6, **subplots: Any) -> Iterator[tuple[Figure, Any]]:
    """Yield ``(figure, axes)`` in the course's style; ``subplots`` goes to ``Figure.subplots``.

    The figure is not registered with pyplot: show it with ``show``, nothing has to be closed.
    """
    with matplotlib.rc_context(_STYLE):
        fig = Figure(figsize=(width, height), layout="constrained")
        yield fig, fig.subplots(**subplots)


def png(fig: Figure, dpi: int = 110) -> bytes:
    """The figure as a PNG with a transparent background.

    Drawn once; ``Figure.savefig`` draws a figure that has a layout engine twice.
    """
    fig.set_dpi(dpi)
    canvas = FigureCanvasAgg(fig)
    with matplotlib.rc_context(_STYLE):
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


def visible(piece: str) -> str:
    """A token for a label: spaces and line breaks become visible marks, and nothing is read as mathematics."""
    return (
        piece.replace(" ", "\N{OPEN BOX}")
        .replace("\n", "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}")
        .replace("$", r"\$")
    )
