"""A distribution before and after the steps of sampling, as rows of bars and as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genlab.plots.sampling import entropy
from genlab.widgets.bars import Bars
from genlab.widgets.base import percent

LEGEND = {"base": "probability before", "cut": "cut", "kept": "after the steps"}


@dataclass(frozen=True)
class BeforeAfter:
    """What is shown of two distributions over the same V tokens: some tokens, and all others as one.

    ``base`` and ``final`` are ``[n]`` or, where there are others, ``[n + 1]``, and add up to 1 each. ``survivors``
    counts the tokens of V that can still be drawn, ``mass`` is what these had before.
    """

    base: np.ndarray
    final: np.ndarray
    others: int
    others_left: int
    survivors: int
    vocabulary: int
    mass: float
    bits: float

    @classmethod
    def of(cls, base: np.ndarray, final: np.ndarray, shown: np.ndarray) -> "BeforeAfter":
        """From probabilities ``[V]`` and the ids ``[n]`` that get bars of their own."""
        kept = final > 0
        survivors, others = int(kept.sum()), len(base) - len(shown)
        rows = [base[shown], final[shown]]
        if others:
            rows = [np.append(row, max(0.0, 1.0 - float(row.sum()))) for row in rows]
        left = survivors - int(kept[shown].sum())
        mass = 1.0 if survivors == len(base) else float(base[kept].sum())
        if others and not left:
            rows[1][-1] = 0.0
        return cls(*rows, others, left, survivors, len(base), mass, entropy(torch.from_numpy(final)))

    @property
    def is_cut(self) -> np.ndarray:
        """Which rows cannot be drawn any more; the last row, the others, if none of them can."""
        return self.final <= 0

    def draw(
        self,
        bars: Bars,
        labels: Sequence[str],
        chosen: int | None = None,
        marks: np.ndarray | None = None,
        title: str = "",
    ) -> bytes:
        """A PNG; ``labels`` has one for each token shown, ``chosen`` is a row, ``marks`` has a value for each row.

        What was cut cannot be drawn, and gets no mark.
        """
        cut, n = self.is_cut, len(self.final)
        notes = ["cut" if gone else percent(p) for gone, p in zip(cut, self.final, strict=True)]
        if self.others and 0 < self.others_left < self.others:
            notes[-1] += f" ({self.others_left:,} left)"
        return bars.draw(
            [*labels, f"{self.others:,} others"] if self.others else labels,
            self.final,
            notes,
            kinds=["chosen" if row == chosen else "kept" for row in range(n)],
            base=self.base,
            base_kinds=np.where(cut, "cut", "base"),
            marks=None if marks is None else np.where(cut, np.nan, marks),
            title=title,
        )

    def numbers(self) -> str:
        """One line: survivors, mass kept, entropy."""
        return (
            f"{self.survivors:,} of {self.vocabulary:,} tokens survive, with {percent(self.mass)} of the model's "
            f"probability; entropy {self.bits:.2f} bits"
        )
