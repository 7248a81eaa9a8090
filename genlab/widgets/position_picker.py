"""Notebook 02: one forward pass predicts the next token at every position; a slider picks the position."""

import html

import ipywidgets
import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.plots.labels import Pieces
from genlab.plots.style import KEPT
from genlab.widgets.bars import Bars
from genlab.widgets.base import READABLE, WIDE, LiveBox, Prompt, paragraph, percent, picture_of
from genlab.widgets.reading import read, top
from genlab.widgets.sliders import IntSlider

SHOWN = 13  # the most likely tokens
TOLD = 5  # of these, in the summary
AROUND = 12  # tokens of the text shown on either side of the position


class PositionPicker(LiveBox):
    """Read a text once, then look at the next-token distribution after any of its tokens.

    Controls: ``prompt`` (its text is ``prompt.text.value``, its button ``prompt.button``) and ``position``, a slider.
    ``probabilities`` is ``[T, V]`` over the whole vocabulary, ``ids`` the T tokens. The token that really follows in
    the text is marked, and has a bar of its own when it is not among the most likely ones.
    """

    alt = "Bars: the probability of each likely next token at the chosen position, and of all others together."

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        text: str = "Once upon a time there was a little girl",
    ):
        self._tokenizer, self._model, self._pieces = tokenizer, model, Pieces(tokenizer)
        self._bars = Bars(
            SHOWN + 1, {"kept": "probability", "chosen": "of the token that follows", "base": "of all others"}
        )
        self.ids, self.probabilities = [], np.zeros((0, 0), np.float32)
        self.position = IntSlider(
            min=0, max=1, description="Position", tooltip="Which token of the text to stand on", layout=WIDE
        )
        self.strip, self.words = ipywidgets.HTML(layout=WIDE), ipywidgets.HTML(layout=WIDE)
        self.image = picture_of(self._bars.blank())
        self.prompt = Prompt(text, self._read, description="Text")
        super().__init__([self.prompt, self.position, self.strip, self.image, self.words])
        self.prompt.run()
        self.position.observe(lambda _: self._draw(), "value")

    def _read(self, text: str) -> str:
        reading = read(self._tokenizer, self._model, text)
        self.ids, self.probabilities = reading.ids, reading.logits.softmax(-1).numpy()
        last = len(self.ids) - 1
        self.position.max = max(last, 1)  # a slider needs two ends
        self.position.disabled = last == 0
        self.position.value = last
        self._draw()
        return reading.remark

    @property
    def index(self) -> int:
        """The position, from 0; never beyond the text."""
        return min(self.position.value, len(self.ids) - 1)

    def rows(self) -> list[tuple[str, float, str]]:
        """``(label, probability, kind)`` of each bar; the probabilities add up to 1."""
        probabilities = self.probabilities[self.index]
        follows = self.ids[self.index + 1] if self.index + 1 < len(self.ids) else None
        shown = [int(i) for i in top(probabilities, SHOWN)]
        if follows is not None and follows not in shown:
            shown[-1] = follows
        rows = [(self._pieces.label(i), float(probabilities[i]), "chosen" if i == follows else "kept") for i in shown]
        others = len(probabilities) - len(shown)
        rest = max(0.0, 1.0 - sum(p for _, p, _ in rows))
        return [*rows, (f"{others:,} others", rest, "base")] if others else rows

    def _draw(self) -> None:
        if not self.ids:
            return
        rows = self.rows()
        labels, values, kinds = zip(*rows, strict=True)
        self.image.value = self._bars.draw(
            labels,
            np.array(values),
            [percent(value) for value in values],
            kinds=kinds,
            title=f"The next token after position {self.index}, {self._pieces.label(self.ids[self.index])}",
        )
        self.strip.value = self._strip()
        self.words.value = paragraph(self._fact(rows))

    def _fact(self, rows: list[tuple[str, float, str]]) -> str:
        label, value, _ = rows[0]
        fact = f"Most likely: {label} at {percent(value)}."
        follows = next(((label, value) for label, value, kind in rows if kind == "chosen"), None)
        if follows is None:
            return f"{fact} The text ends here: the model is on its own."
        probabilities = self.probabilities[self.index]
        rank = 1 + int((probabilities > probabilities[self.ids[self.index + 1]]).sum())
        label, value = follows
        return f"{fact} The text goes on with {label}: {percent(value)}, rank {rank:,} of {len(probabilities):,}."

    def _strip(self) -> str:
        first, stop = max(0, self.index - AROUND), min(len(self.ids), self.index + AROUND + 1)
        pieces = []
        for i in range(first, stop):
            style = f"border-bottom: 3px solid {KEPT}; font-weight: bold" if i == self.index else "opacity: .75"
            piece = html.escape(self._pieces.label(self.ids[i]))
            pieces.append(f'<span style="{style}; margin-right: .3em">{piece}</span>')
        before, after = ("… " if first else ""), (" …" if stop < len(self.ids) else "")
        return f'<div style="{READABLE}; line-height: 1.8">{before}{"".join(pieces)}{after}</div>'

    def summary(self) -> str:
        if not self.ids:
            return "No text has been read yet."
        rows = self.rows()
        likely = ", ".join(f"{label} {percent(value)}" for label, value, _ in rows[:TOLD])
        return (
            f"Position {self.index} of {len(self.ids)} tokens, after {self._pieces.label(self.ids[self.index])}. "
            f"Next token: {likely}.\n{self._fact(rows)}"
        )
