"""The steps of sampling, by the library's own processors, in any order: what they leave of a distribution."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from transformers.generation import (
    LogitsProcessor,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from genlab.plots.labels import Pieces
from genlab.plots.sampling import entropy
from genlab.widgets.base import percent
from genlab.widgets.before_after import BeforeAfter

WARPERS: dict[str, type[LogitsProcessor]] = {  # in the library's order
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
    "min_p": MinPLogitsWarper,
}
LIBRARY_ORDER = tuple(WARPERS)
OFF = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
DRAWS = 100
LIKELY = 5  # tokens that a summary names


def apply_steps(scores: torch.Tensor, steps: Mapping[str, float]) -> tuple[torch.Tensor, list[int]]:
    """Apply ``steps``, settings by name, one after the other to ``[1, V]``; returns scores and survivors of each."""
    survivors, count = [], int((~scores.isneginf()).sum())
    for name, value in steps.items():
        if value != OFF[name]:
            scores = WARPERS[name](value)(None, scores)
            if name != "temperature":
                count = int((~scores.isneginf()).sum())
        survivors.append(count)
    return scores, survivors


def in_library_order(steps: Mapping[str, float]) -> dict[str, float]:
    return {name: steps[name] for name in LIBRARY_ORDER}


@dataclass(frozen=True)
class NextToken:
    """A model's next-token distribution over V tokens, sorted: this changes no result, and makes the steps fast.

    ``scores`` is ``[1, V]``, ascending, ``probabilities`` ``[V]`` in the same order. ``shown`` says which of the V are
    the likeliest, the first of them first, ``labels`` what these are.
    """

    scores: torch.Tensor
    probabilities: np.ndarray
    bits: float
    shown: np.ndarray
    labels: list[str]

    @classmethod
    def of(cls, logits: torch.Tensor, pieces: Pieces, shown: int) -> "NextToken":
        """From logits ``[V]``. Raises ValueError if nothing can be sampled from them."""
        if logits.isnan().any() or logits.isneginf().all():
            raise ValueError("The model's logits for it are not numbers that can be sampled from.")
        scores, ids = logits.sort(stable=True)
        probabilities = scores.softmax(-1)
        last = np.arange(len(ids))[::-1][:shown]
        labels = [pieces.label(token_id) for token_id in ids.flip(0)[:shown].tolist()]
        return cls(scores[None], probabilities.numpy(), entropy(probabilities), last, labels)


@dataclass(frozen=True)
class Draws:
    """Tokens drawn after the steps: the share of each row of bars, in a picture ``marks``, and a sentence."""

    shares: np.ndarray
    sentence: str

    @classmethod
    def of(cls, probabilities: torch.Tensor, before: NextToken, seed: int) -> "Draws":
        """``DRAWS`` draws from ``[V]``, the order of ``before``."""
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.multinomial(probabilities, DRAWS, replacement=True, generator=generator).numpy()
        counts = np.bincount(drawn, minlength=len(probabilities))
        shown = counts[before.shown]
        rows = np.append(shown, DRAWS - shown.sum()) if len(shown) < len(counts) else shown
        often, different = int(shown.argmax()), int((counts > 0).sum())
        return cls(
            rows / DRAWS,
            f"{DRAWS} draws with seed {seed}: {different} different token{'s' * (different != 1)}; "
            f"{before.labels[often]} {shown[often]} times.",
        )


@dataclass(frozen=True)
class Sampled:
    """What ``steps``, in their order, make of a distribution: survivors after each step, bars, and draws if any."""

    before: NextToken
    steps: dict[str, float]
    survivors: list[int]
    bars: BeforeAfter
    draws: Draws | None

    @classmethod
    def of(cls, before: NextToken, steps: dict[str, float], seed: int | None) -> "Sampled":
        """Compute everything that is shown; with a ``seed`` tokens are drawn."""
        scores, survivors = apply_steps(before.scores, steps)
        probabilities = scores[0].softmax(-1)
        bars = BeforeAfter.of(before.probabilities, probabilities.numpy(), before.shown)
        return cls(before, steps, survivors, bars, None if seed is None else Draws.of(probabilities, before, seed))

    def title(self) -> str:
        """The steps in their order, with their settings."""
        settings = {name: "off" if value == OFF[name] else f"{value:g}" for name, value in self.steps.items()}
        return "  >  ".join(f"{name} {setting}" for name, setting in settings.items())

    def likely(self) -> str:
        """The likeliest tokens before the steps, with their probabilities before and after."""
        rows = zip(self.before.labels[:LIKELY], self.bars.base, self.bars.final, strict=False)
        return ", ".join(
            f"{label} {percent(base)} -> {percent(final) if final > 0 else 'cut'}" for label, base, final in rows
        )

    def lines(self) -> list[str]:
        """The numbers, in a few sentences."""
        counts = ", ".join(f"{name} {count:,}" for name, count in zip(self.steps, self.survivors, strict=True))
        lines = [f"{self.bars.numbers()} ({self.before.bits:.2f} before).", f"Survivors after each step: {counts}."]
        if tuple(self.steps) != LIBRARY_ORDER:
            lines.append(self._compared_with_the_library())
        return [*lines, self.draws.sentence] if self.draws else lines

    def _compared_with_the_library(self) -> str:
        _, survivors = apply_steps(self.before.scores, in_library_order(self.steps))
        usual = survivors[-1]
        more = self.bars.survivors - usual
        difference = f"this order keeps {abs(more):,} {'more' if more > 0 else 'fewer'}" if more else "the same"
        return f"In the library's order {usual:,} survive: {difference}."
