"""The page's pictures, in the course's colors, with alt text that says the same in words."""

import base64
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, MONOSPACE, figure, png

WIDTH = 4.4  # inches: text stays readable on a telephone
DPI = 200
BINS = 10
ROW = 0.3  # inches of a bar with its name


@dataclass(frozen=True)
class Picture:
    """A PNG, and what it shows."""

    content: bytes
    alt: str

    @property
    def uri(self) -> str:
        """The picture as an address that holds it."""
        return "data:image/png;base64," + base64.b64encode(self.content).decode("ascii")


def pass_rates(names: Sequence[str], counts: Sequence[tuple[int, int, int]], what: str) -> Picture:
    """A bar for each exercise: the shares of all points, some and none. ``counts``: how many had each."""
    shares = [tuple(100 * number / max(sum(each), 1) for number in each) for each in counts]
    with figure(WIDTH, 0.75 + ROW * len(names)) as (fig, axes):
        places = range(len(names))
        left = [0.0] * len(names)
        for part, (label, color, hatch) in enumerate(
            (("all points", KEPT, ""), ("some", CHOSEN, ""), ("none", "none", HATCH))
        ):
            width = [each[part] for each in shares]
            edge = {"edgecolor": CUT, "linewidth": 0.0} if hatch else {}
            axes.barh(places, width, left=left, height=0.62, color=color, hatch=hatch, label=label, **edge)
            left = [a + b for a, b in zip(left, width, strict=True)]
        _rows(axes, names)
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 50, 100], ["0", "50", "100 %"])
        fig.legend(loc="outside upper left", ncols=3, handlelength=1.2, columnspacing=1.2, borderaxespad=0)
        content = png(fig, DPI)
    told = (f"{name} {round(each[0])} %" for name, each in zip(names, shares, strict=True))
    return Picture(content, f"{what}: the share of students with all points. {', '.join(told)}.")


def totals(shares: Sequence[float], what: str) -> Picture:
    """How many students have which share of the points, in steps of a tenth."""
    counts = [0] * BINS
    for share in shares:
        counts[min(int(share * BINS + 1e-9), BINS - 1)] += 1
    with figure(WIDTH, 2.3) as (fig, axes):
        bars = axes.bar([(place + 0.5) * 100 / BINS for place in range(BINS)], counts, width=92 / BINS, color=KEPT)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], color=CUT, padding=2)
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.margins(y=0.12)
        axes.set_xlabel("of the points")
        content = png(fig, DPI)
    step = 100 // BINS
    told = (f"{step * i} to {step * (i + 1)} %: {count}" for i, count in enumerate(counts) if count)
    return Picture(content, f"{what}: how many students have which share of the points. {', '.join(told)}.")


def misconceptions(found: Sequence[tuple[str, str, int]], what: str) -> Picture:
    """A bar for each misconception, with its name above. ``found``: exercise, name in words, how many students."""
    with figure(WIDTH, 0.25 + 0.49 * len(found)) as (fig, axes):
        numbers = [number for _, _, number in found]
        places = range(len(found))
        bars = axes.barh(places, numbers, height=0.34, color=CHOSEN)
        axes.bar_label(bars, color=CUT, padding=4)
        for place, (exercise, name, _) in enumerate(found):
            label = textwrap.shorten(f"{exercise}: {name}", 54, placeholder=" …")
            axes.annotate(label, (0, place), xytext=(0, 9), textcoords="offset points", va="bottom")
        axes.set_ylim(len(found) - 0.6, -0.95)
        axes.set_xlim(0, max(numbers, default=1) * 1.12)
        axes.axis("off")
        content = png(fig, DPI)
    told = (f"{exercise}, {name}: {number}" for exercise, name, number in found)
    return Picture(content, f"{what}: how many students had each. {'; '.join(told)}.")


def _rows(axes: Any, names: Sequence[str]) -> None:
    """Names at the bars, the first on top."""
    axes.set_yticks(range(len(names)), names, fontfamily=MONOSPACE, fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.spines["left"].set_visible(False)
