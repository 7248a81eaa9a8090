"""Notebook 01: a text as coloured tokens with ids and bytes, and the merges that made each token."""

import html
import itertools
import json
from dataclasses import dataclass

import ipywidgets
from matplotlib.patches import Rectangle
from transformers import PreTrainedTokenizerBase

from genlab.plots.base import CHOSEN, CUT, KEPT, figure, png
from genlab.widgets.base import READABLE, WIDE, LiveBox, clean, paragraph
from genlab.widgets.reading import Pieces, drawable, readable

SHOWN = 300  # tokens in the live view; a pasted book should not stop the browser
LINES, LINE = 4, 64  # tokens in the picture: lines, and characters in one
TINTS = (KEPT, CHOSEN, CUT)


@dataclass(frozen=True)
class Word:
    """One word as the tokenizer cuts the text before it merges: its tokens as the vocabulary spells them."""

    tokens: tuple[str, ...]
    special: bool


def merge_steps(
    symbols: list[str], ranks: dict[tuple[str, str], int]
) -> list[tuple[list[str], tuple[str, str] | None]]:
    """Byte-pair encoding, one merge rule at a time: ``(symbols, rule just applied)``, from none to the last."""
    steps: list[tuple[list[str], tuple[str, str] | None]] = [(symbols, None)]
    while True:
        pairs = [pair for pair in itertools.pairwise(symbols) if pair in ranks]
        if not pairs:
            return steps
        rule = min(pairs, key=ranks.__getitem__)
        merged, i = [], 0
        while i < len(symbols):
            width = 2 if tuple(symbols[i : i + 2]) == rule else 1
            merged.append("".join(symbols[i : i + width]))
            i += width
        symbols = merged
        steps.append((symbols, rule))


class TokenExplorer(LiveBox):
    """Type a text and see its tokens; step through the merges that turn the bytes of a word into tokens.

    Controls: ``text`` (every key press counts), ``word`` (a list of the text's words) and ``merge``, a slider from the
    single bytes to the finished tokens. ``ids`` are the tokens of the text. Works with any tokenizer; the merges are
    shown for byte-level BPE, and only where they end in the tokens that the tokenizer itself gives.
    """

    alt = "A text cut into coloured tokens, each with its id and bytes; below it, the merges of one word."

    def __init__(self, tokenizer: PreTrainedTokenizerBase, text: str = "Once upon a time, there was a tokenizer."):
        self._tokenizer, self._pieces = tokenizer, Pieces(tokenizer)
        self._ranks = self._merge_ranks()
        self.ids: list[int] = []
        self._words: list[Word] = []
        self._steps: list[tuple[list[str], tuple[str, str] | None]] = []
        self._start, self._special = "", False
        self.text = ipywidgets.Textarea(
            value=text, description="Text", rows=2, tooltip="Type any text: its tokens follow", layout=WIDE
        )
        self.word = ipywidgets.Dropdown(
            options=[], description="Word", tooltip="The word whose merges are shown", layout=WIDE
        )
        self.merge = ipywidgets.IntSlider(
            min=0, max=1, description="Merges", tooltip="How many merges have been applied", layout=WIDE
        )
        self.tokens, self.merges = ipywidgets.HTML(layout=WIDE), ipywidgets.HTML(layout=WIDE)
        super().__init__([self.text, self.tokens, self.word, self.merge, self.merges])
        self._read()
        if self._words:
            self.word.value = max(range(len(self.word.options)), key=lambda i: len("".join(self._words[i].tokens)))
        self._choose()
        self.text.observe(lambda _: self._read(), "value")
        self.word.observe(lambda _: self._choose(), "value")
        self.merge.observe(lambda _: self._show_merges(), "value")

    def _merge_ranks(self) -> dict[tuple[str, str], int]:
        if not self._pieces.byte_level:
            return {}
        model = json.loads(self._tokenizer.backend_tokenizer.to_str())["model"]
        merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model.get("merges", [])]
        return {pair: rank for rank, pair in enumerate(merges)}

    def _read(self) -> None:
        encoding = self._tokenizer(clean(self.text.value), verbose=False)
        self.ids = list(encoding["input_ids"])
        self._words = self._cut(encoding)
        chosen = self.word.value or 0
        labels = [self._spelled("".join(word.tokens), word.special) for word in self._words[:SHOWN]]
        self.word.options = [(f"{i}: {label}", i) for i, label in enumerate(labels)]
        self.word.value = min(chosen, len(labels) - 1) if labels else None
        self.tokens.value = self._strip()
        self._choose()

    def _cut(self, encoding) -> list[Word]:
        tokens = self._tokenizer.convert_ids_to_tokens(self.ids)
        words: list[tuple[int | None, list[str], bool]] = []
        of_token = encoding.word_ids() if encoding.is_fast else [None] * len(tokens)
        for token, token_id, word in zip(tokens, self.ids, of_token, strict=True):
            special = token_id in self._pieces.special
            if words and word is not None and words[-1][0] == word and not special:
                words[-1][1].append(token)
            else:
                words.append((None if special else word, [token], special))
        return [Word(tuple(tokens), special) for _, tokens, special in words]

    def _spelled(self, token: str, special: bool = False) -> str:
        return readable(token.encode() if special else self._pieces.bytes_of(token))

    def _choose(self) -> None:
        word = self._words[self.word.value] if self.word.value is not None else Word((), True)
        self._steps, self._start = self._derive(word)
        self._special = word.special
        last = len(self._steps) - 1
        self.merge.max = max(last, 1)  # a slider needs two ends
        self.merge.disabled = last == 0
        self.merge.value = last
        self._show_merges()

    def _derive(self, word: Word) -> tuple[list[tuple[list[str], tuple[str, str] | None]], str]:
        """The steps from bytes to the tokens of ``word``, and words for the first of them."""
        steps = merge_steps(list("".join(word.tokens)), self._ranks)
        if word.special:
            return [([*word.tokens], None)], "special tokens are not merged"
        if (
            tuple(steps[-1][0]) != word.tokens
        ):  # byte fallback, another algorithm: show nothing rather than something false
            return [([*word.tokens], None)], "this tokenizer's merges cannot be shown"
        count = f"{len(steps[0][0])} byte{'s' * (len(steps[0][0]) != 1)}"
        return steps, f"{count}, not merged yet" if len(steps) > 1 else f"{count}, no merge rule applies"

    @property
    def step(self) -> int:
        """How many merges are applied; never more than the word has."""
        return min(self.merge.value, len(self._steps) - 1)

    def _told(self, step: int) -> str:
        """One line of words for a step."""
        symbols, rule = self._steps[step]
        if rule is None:
            return self._start
        a, b = (self._spelled(half) for half in rule)
        return f"rule {self._ranks[rule]:,}: {a} + {b}, {len(symbols)} left"

    def _show_merges(self) -> None:
        lines = []
        for step in range(self.step + 1):
            chips = "".join(
                f'<span style="{_chip(i)}">{html.escape(self._spelled(symbol, self._special))}</span>'
                for i, symbol in enumerate(self._steps[step][0])
            )
            lines.append(f"<div>{chips} <small>{html.escape(self._told(step))}</small></div>")
        self.merges.value = f'<div style="{READABLE}; line-height: 2">{"".join(lines)}</div>'

    def _strip(self) -> str:
        if not self.ids:
            return paragraph("No text, no tokens.")
        chips = []
        for i, token_id in enumerate(self.ids[:SHOWN]):
            data = self._pieces.bytes(token_id).hex(" ")
            chips.append(
                f'<span style="{_chip(i)}; display: inline-block; text-align: center">'
                f"{html.escape(self._pieces.label(token_id))}<br><small>{token_id}<br>{data}</small></span>"
            )
        more = f" … and {len(self.ids) - SHOWN:,} more" if len(self.ids) > SHOWN else ""
        count = f"{len(self.ids):,} tokens for {len(clean(self.text.value)):,} characters: text, id, bytes"
        return f'<div style="{READABLE}; line-height: 1.35">{"".join(chips)}{more}<div>{count}</div></div>'

    def picture(self) -> bytes:
        steps = self._steps[: self.step + 1]
        shown = [(drawable(self._pieces.label(i)), str(i)) for i in self.ids]
        lines = _lines(shown)
        rows = [[(drawable(self._spelled(s, self._special)), "") for s in symbols] for symbols, _ in steps[-6:]]
        height = 0.3 + 0.45 * len(lines) + 0.28 * len(rows)
        with figure(7.0, height) as (fig, axes):
            axes.set(xlim=(0, LINE + 4), ylim=(height, 0))
            axes.set_axis_off()
            y = 0.05
            for line in lines:
                _draw_chips(axes, line, y, 0.4)
                y += 0.45
            y += 0.12
            for row, step in zip(rows, range(len(steps) - len(rows), len(steps)), strict=True):
                x = _draw_chips(axes, row, y, 0.24)
                if x < LINE - 24:
                    axes.text(x + 1, y + 0.13, drawable(self._told(step)), va="center", fontsize=8, parse_math=False)
                y += 0.28
            return png(fig)

    def summary(self) -> str:
        tokens = ", ".join(f"{self._pieces.label(i)} = {i}" for i in self.ids[:40])
        more = f", and {len(self.ids) - 40:,} more" if len(self.ids) > 40 else ""
        symbols = " | ".join(self._spelled(s, self._special) for s in self._steps[self.step][0])
        head = f"{len(self.ids):,} tokens: {tokens}{more}." if self.ids else "No text, no tokens."
        return f"{head}\nAfter {self.step} of {len(self._steps) - 1} merges: {symbols} ({self._told(self.step)})"


def _chip(i: int) -> str:
    tint = TINTS[i % len(TINTS)]
    return f"background: {tint}38; border: 1px solid {tint}; border-radius: 4px; padding: 0 .25em; margin: 1px 2px"


def _lines(tokens: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break tokens into at most LINES lines of LINE characters; the last one says if there are more."""
    lines, used = [[]], 0
    for label, below in tokens:
        label = label if len(label) <= 24 else label[:23] + "…"
        width = max(len(label), len(below)) + 1
        if used + width > LINE and lines[-1]:
            if len(lines) == LINES:
                lines[-1][-1] = ("…", "")
                break
            lines.append([])
            used = 0
        lines[-1].append((label, below))
        used += width
    return lines


def _draw_chips(axes, chips: list[tuple[str, str]], y: float, height: float) -> float:
    """Draw ``(text, text below)`` side by side; returns where the last one ends, in characters."""
    x = 0.0
    for i, (above, below) in enumerate(chips):
        width, tint = max(len(above), len(below)) + 0.8, TINTS[i % len(TINTS)]
        if x + width > LINE + 3:
            axes.text(x + 0.3, y + height / 2, "…", va="center")
            return LINE
        axes.add_patch(Rectangle((x, y), width, height, facecolor=tint + "22", edgecolor=tint, linewidth=0.8))
        style = {"ha": "center", "va": "center", "parse_math": False}
        middle = x + width / 2
        axes.text(middle, y + (0.32 if below else 0.54) * height, above, fontsize=8.5, **style)
        if below:
            axes.text(middle, y + 0.75 * height, below, fontsize=7, **style)
        x += width + 0.2
    return x
