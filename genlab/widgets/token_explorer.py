"""Notebook 01: a text as colored tokens with ids and bytes, and the merges that made each token."""

import html
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import ipywidgets
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from transformers import BatchEncoding, PreTrainedTokenizerBase

from genlab.models import merge_ranks
from genlab.plots.labels import Pieces, drawable, spelled, wrap
from genlab.plots.style import CHOSEN, CUT, KEPT, figure, png
from genlab.widgets.base import READABLE, WIDE, LiveBox, clean, paragraph
from genlab.widgets.sliders import IntSlider

SHOWN = 300  # tokens in the live view; a pasted book should not stop the browser
TOLD = 40  # tokens in the summary
TINTS = (KEPT, CUT)  # neighbors differ; what was just merged has a color of its own
FAINT, FAINTER = "38", "22"  # opacity of a tint behind a token, in hexadecimal: in the live view, in the picture

# The picture. A column is as wide as a character, heights are in inches.
COLUMNS, GAP, PADDING = 64, 0.2, 0.8  # a chip has PADDING beside its text and GAP after it
LONGEST = 24  # characters of a token
LINES, STEPS = 4, 6  # at most: lines of tokens, and the last steps of the merges
TOKEN_LINE, STEP_LINE, MARGIN = 0.45, 0.28, 0.05
REMARK = 24  # columns that the remark on a step needs

Pair = tuple[str, str]


@dataclass(frozen=True)
class Word:
    """One word as the tokenizer cuts the text before it merges: its tokens as the vocabulary spells them."""

    tokens: tuple[str, ...]
    special: bool


@dataclass(frozen=True)
class Step:
    """What a word consists of after a merge, and the merge that was applied; none for the bytes at the beginning.

    ``new``: the places of the symbols that this merge made.
    """

    symbols: tuple[str, ...]
    merge: Pair | None = None
    new: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Derivation:
    """The steps from the bytes of a word to its tokens, and what is said about the first."""

    steps: tuple[Step, ...]
    beginning: str


def merge_steps(symbols: tuple[str, ...], ranks: Mapping[Pair, int]) -> tuple[Step, ...]:
    """Byte-pair encoding, one merge at a time, until no pair of neighbors has a rank."""
    steps = [Step(symbols)]
    while pairs := [pair for pair in itertools.pairwise(symbols) if pair in ranks]:
        best = min(pairs, key=ranks.__getitem__)
        merged, new, i = [], set(), 0
        while i < len(symbols):
            width = 2 if symbols[i : i + 2] == best else 1
            if width == 2:
                new.add(len(merged))
            merged.append("".join(symbols[i : i + width]))
            i += width
        symbols = tuple(merged)
        steps.append(Step(symbols, best, frozenset(new)))
    return tuple(steps)


def derive(word: Word, ranks: Mapping[Pair, int]) -> Derivation:
    """From the bytes of ``word`` to its tokens. Where the merges do not end there, only the tokens are shown."""
    finished = (Step(word.tokens),)
    if word.special:
        return Derivation(finished, "special tokens are not merged")
    steps = merge_steps(tuple("".join(word.tokens)), ranks)
    if steps[-1].symbols != word.tokens:  # byte fallback, another algorithm: nothing rather than something false
        return Derivation(finished, "this tokenizer's merges cannot be shown")
    count = len(steps[0].symbols)
    unit = "byte" if count == 1 else "bytes"
    return Derivation(steps, f"{count} {unit}, {'not merged yet' if len(steps) > 1 else 'no pair has a rank'}")


class TokenExplorer(LiveBox):
    """Type a text and see its tokens; step through the merges that turn the bytes of a word into tokens.

    Controls: ``text`` (every key press counts), ``word`` (a list of the text's words) and ``merge``, a slider from the
    single bytes to the finished tokens. ``ids`` are the tokens of the text, ``words`` its words, ``derivation`` is how
    the chosen one comes about. Works with any tokenizer; the merges are shown for byte-level BPE, and only where they
    end in the tokens that the tokenizer itself gives.
    """

    alt = "A text cut into colored tokens, each with its id and bytes; below it, the merges of one word."

    def __init__(self, tokenizer: PreTrainedTokenizerBase, text: str = "Once upon a time, there was a tokenizer."):
        self._tokenizer, self._pieces = tokenizer, Pieces(tokenizer)
        self._ranks = merge_ranks(tokenizer) if self._pieces.byte_level else {}
        self.ids: list[int] = []
        self.words: list[Word] = []
        self.derivation = Derivation((Step(()),), "")
        self.text = ipywidgets.Textarea(
            value=text, description="Text", rows=2, tooltip="Type any text: its tokens follow", layout=WIDE
        )
        self.word = ipywidgets.Dropdown(
            options=[], description="Word", tooltip="The word whose merges are shown", layout=WIDE
        )
        self.merge = IntSlider(
            min=0, max=1, description="Merges", tooltip="How many merges have been applied", layout=WIDE
        )
        self.tokens, self.merges = ipywidgets.HTML(layout=WIDE), ipywidgets.HTML(layout=WIDE)
        super().__init__([self.text, self.tokens, self.word, self.merge, self.merges])
        self._read()
        if self.words:
            self.word.value = max(range(len(self.word.options)), key=lambda i: len("".join(self.words[i].tokens)))
        self._choose()
        self.text.observe(lambda _: self._read(), "value")
        self.word.observe(lambda _: self._choose(), "value")
        self.merge.observe(lambda _: self._show_merges(), "value")

    def _read(self) -> None:
        encoding = self._tokenizer(clean(self.text.value), verbose=False)
        self.ids = list(encoding["input_ids"])
        self.words = self._cut(encoding)
        chosen = self.word.value or 0
        labels = [self._spelled("".join(word.tokens), word.special) for word in self.words[:SHOWN]]
        self.word.options = [(f"{i}: {label}", i) for i, label in enumerate(labels)]
        self.word.value = min(chosen, len(labels) - 1) if labels else None
        self.tokens.value = self._strip()
        self._choose()

    def _cut(self, encoding: BatchEncoding) -> list[Word]:
        """The words of the text, in their order; a special token is a word of its own."""
        tokens = self._tokenizer.convert_ids_to_tokens(self.ids)
        of_token = encoding.word_ids() if encoding.is_fast else [None] * len(tokens)
        words: list[Word] = []
        before: int | None = None
        for token, token_id, number in zip(tokens, self.ids, of_token, strict=True):
            special = token_id in self._pieces.special
            if number is not None and number == before and not special:
                words[-1] = Word((*words[-1].tokens, token), special=False)
            else:
                words.append(Word((token,), special))
            before = None if special else number
        return words

    def _spelled(self, token: str, special: bool = False) -> str:
        return spelled(token.encode("utf-8") if special else self._pieces.bytes_of(token))

    @property
    def chosen(self) -> Word:
        """The word whose merges are shown; without tokens if there is none."""
        return self.words[self.word.value] if self.word.value is not None else Word((), special=True)

    def _choose(self) -> None:
        self.derivation = derive(self.chosen, self._ranks)
        last = len(self.derivation.steps) - 1
        self.merge.max = max(last, 1)  # a slider needs two ends
        self.merge.disabled = last == 0
        self.merge.value = last
        self._show_merges()

    @property
    def step(self) -> int:
        """How many merges are applied; never more than the word has."""
        return min(self.merge.value, len(self.derivation.steps) - 1)

    def _symbols(self, step: Step) -> list[str]:
        return [self._spelled(symbol, self.chosen.special) for symbol in step.symbols]

    def _remark(self, step: Step) -> str:
        """What happened in ``step``, in a few words."""
        if step.merge is None:
            return self.derivation.beginning
        left, right = (self._spelled(half) for half in step.merge)
        return f"rank {self._ranks[step.merge]:,}: {left} + {right}, {len(step.symbols)} left"

    def _show_merges(self) -> None:
        lines = []
        for step in self.derivation.steps[: self.step + 1]:
            chips = "".join(
                f'<span style="{_chip(i, i in step.new)}">{html.escape(symbol)}</span>'
                for i, symbol in enumerate(self._symbols(step))
            )
            lines.append(f"<div>{chips} <small>{html.escape(self._remark(step))}</small></div>")
        self.merges.value = f'<div style="{READABLE}; line-height: 2">{"".join(lines)}</div>'

    def _strip(self) -> str:
        """The text as chips, each with its id and bytes."""
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
        """A PNG of the text's tokens with their ids, and of the last merges up to the present step."""
        tokens = _lines([(drawable(self._pieces.label(i)), str(i)) for i in self.ids])
        steps = self.derivation.steps[: self.step + 1][-STEPS:]
        height = 0.3 + TOKEN_LINE * len(tokens) + STEP_LINE * len(steps)
        with figure(7.0, height) as (fig, axes):
            axes.set(xlim=(0, COLUMNS + 4), ylim=(height, 0))
            axes.set_axis_off()
            y = MARGIN
            for line in tokens:
                _draw_chips(axes, line, y, TOKEN_LINE - MARGIN)
                y += TOKEN_LINE
            y += 0.12
            for step in steps:
                symbols = [(drawable(symbol), "") for symbol in self._symbols(step)]
                x = _draw_chips(axes, symbols, y, STEP_LINE - 0.04, step.new)
                if x < COLUMNS - REMARK:
                    axes.text(x + 1, y + 0.13, drawable(self._remark(step)), va="center", fontsize=8)
                y += STEP_LINE
            return png(fig)

    def summary(self) -> str:
        tokens = ", ".join(f"{self._pieces.label(i)} = {i}" for i in self.ids[:TOLD])
        more = f", and {len(self.ids) - TOLD:,} more" if len(self.ids) > TOLD else ""
        head = f"{len(self.ids):,} tokens: {tokens}{more}." if self.ids else "No text, no tokens."
        step = self.derivation.steps[self.step]
        symbols = " | ".join(self._symbols(step))
        return f"{head}\nAfter {self.step} of {len(self.derivation.steps) - 1} merges: {symbols} ({self._remark(step)})"


def _tint(i: int, new: bool) -> str:
    return CHOSEN if new else TINTS[i % len(TINTS)]


def _chip(i: int, new: bool = False) -> str:
    tint, line = _tint(i, new), 2 if new else 1
    box = "border-radius: 4px; padding: 0 .25em; margin: 1px 2px"
    return f"background: {tint}{FAINT}; border: {line}px solid {tint}; {box}"


def _width(text: str, below: str) -> float:
    return max(len(text), len(below)) + PADDING


def _lines(tokens: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Break ``(text, text below)`` into at most LINES lines; the last one says if there are more."""
    short = [(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…", below) for text, below in tokens]
    lines = [[short[i] for i, _ in line] for line in wrap([_width(*token) for token in short], COLUMNS, GAP)]
    if len(lines) > LINES:
        lines[LINES - 1][-1] = ("…", "")
    return lines[:LINES]


def _draw_chips(axes: Axes, chips: list[tuple[str, str]], y: float, height: float, new: Collection[int] = ()) -> float:
    """Draw ``(text, text below)`` side by side, ``new`` ones marked; returns where the last one ends, in columns."""
    x = 0.0
    for i, (text, below) in enumerate(chips):
        width, tint = _width(text, below), _tint(i, i in new)
        if x + width > COLUMNS + 3:
            axes.text(x + 0.3, y + height / 2, "…", va="center")
            return COLUMNS
        axes.add_patch(
            Rectangle(
                (x, y), width, height, facecolor=tint + FAINTER, edgecolor=tint, linewidth=1.8 if i in new else 0.8
            )
        )
        middle, centered = x + width / 2, {"ha": "center", "va": "center"}
        axes.text(middle, y + (0.32 if below else 0.54) * height, text, fontsize=8.5, **centered)
        if below:
            axes.text(middle, y + 0.75 * height, below, fontsize=7, **centered)
        x += width + GAP
    return x
