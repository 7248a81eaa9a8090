"""Notebook 04: play a batch of generations and see, for each row, what it could say, what it said, why it stopped."""

import html
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.plots.labels import Pieces
from genlab.plots.style import CHOSEN
from genlab.widgets.bars import Bars
from genlab.widgets.base import READABLE, WIDE, LiveBox, paragraph, percent, picture_of, seed_box
from genlab.widgets.before_after import LEGEND
from genlab.widgets.recording import Row, record
from genlab.widgets.sliders import IntSlider

SHOWN = 10  # tokens that get bars
TAIL = 160  # characters of a row's text that are shown
COLUMNS = {"row": "2.5em", "text so far": "auto", "state": "13em"}
TABLE = f"{READABLE}; width: 100%; line-height: 1.4; table-layout: fixed"  # its columns stay where they are
CELL = "height: 2.8em; text-align: left; vertical-align: top; padding: .2em .6em"


class GenerationPlayer(LiveBox):
    """A recorded batch of generations with play, pause, step and rewind.

    ``settings`` go to ``model.generate``; see ``recording.record``. ``step`` is where a recording opens. Controls:
    ``play``, ``step`` (a slider), ``back``, ``forward`` and ``rewind`` (buttons), ``row`` (whose distribution is
    drawn), ``seed`` and ``generate`` (a button: the model runs only for it). ``rows`` holds the recording. Raises
    ValueError as ``record`` does.
    """

    alt = "Bars: a row's next-token probabilities before and after the sampling steps, and the token it took."

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        prompts: Sequence[str] = ("Once upon a time", "Lily and Ben found a", "The end"),
        max_new_tokens: int = 24,
        seed: int = 0,
        stop_strings: str | Sequence[str] = (),
        step: int = 0,
        **settings: Any,
    ):
        self._opens_at = step
        self._tokenizer, self._model, self._pieces = tokenizer, model, Pieces(tokenizer)
        self._call = settings | {
            "prompts": list(prompts),
            "max_new_tokens": max_new_tokens,
            "stop_strings": stop_strings,
        }
        self._bars = Bars(SHOWN + 1, LEGEND | {"chosen": "taken"}, row_height=24)
        self.rows: list[Row] = []
        self._make_controls(seed, len(self._call["prompts"]))
        self.image = picture_of()
        self.table, self.words, self.remark = (ipywidgets.HTML(layout=WIDE) for _ in range(3))
        moves = ipywidgets.HBox([self.play, self.rewind, self.back, self.forward])
        again = ipywidgets.HBox([self.seed, self.generate])
        controls = ipywidgets.HBox([moves, again], layout=WIDE | {"flex_flow": "row wrap"})
        super().__init__([controls, self.remark, self.step, self.table, self.row, self.image, self.words])
        self._record()
        self.step.observe(lambda _: self._draw(), "value")
        self.row.observe(lambda _: self._draw(), "value")

    def _make_controls(self, seed: int, rows: int) -> None:
        self.play = ipywidgets.Play(min=0, max=1, interval=700, show_repeat=False, tooltip="Play or pause")
        self.step = IntSlider(min=0, max=1, description="Step", tooltip="Which token is being generated", layout=WIDE)
        ipywidgets.jslink((self.play, "value"), (self.step, "value"))
        self.rewind = self._button("Rewind", "fast-backward", "Go to the first step", lambda: 0)
        self.back = self._button("Back", "step-backward", "Go one step back", lambda: self.step.value - 1)
        self.forward = self._button("Step", "step-forward", "Go one step on", lambda: self.step.value + 1)
        self.row = ipywidgets.ToggleButtons(
            options=[(f"row {r}", r) for r in range(rows)],
            description="Bars of",
            tooltip="Whose distribution is drawn",
            style={"button_width": "70px"},
            layout=WIDE,
        )
        self.seed = seed_box(seed, 2**31 - 1, "Seed of the run")
        self.generate = ipywidgets.Button(
            description="Generate", icon="play", tooltip="Run the model with this seed", layout={"width": "110px"}
        )
        self.generate.on_click(lambda _: self._try_again())

    def _button(self, description: str, icon: str, tooltip: str, target: Callable[[], int]) -> ipywidgets.Button:
        button = ipywidgets.Button(description=description, icon=icon, tooltip=tooltip, layout={"width": "90px"})
        button.on_click(lambda _: self._go(target()))
        return button

    def _go(self, step: int) -> None:
        self.step.value = min(max(step, 0), self.last)

    @property
    def last(self) -> int:
        """The last step of the batch: that of its longest row."""
        return max((len(row.moments) for row in self.rows), default=1) - 1

    def _record(self) -> None:
        self.rows, remark = record(self._tokenizer, self._model, seed=self.seed.value, shown=SHOWN, **self._call)
        self.play.max = self.step.max = max(self.last, 1)  # a slider needs two ends
        self._go(self._opens_at)
        self.remark.value = paragraph(remark)
        self._draw()

    def _try_again(self) -> None:
        try:
            self._record()
        except (ValueError, RuntimeError, IndexError) as error:
            self.remark.value = paragraph(f"{type(error).__name__}: {error}")

    def state(self, row: Row) -> str:
        """What ``row`` does at the present step."""
        step, stop = min(self.step.value, self.last), len(row.moments) - 1
        if step < stop:
            return "running"
        return f"stops: {row.reason}" if step == stop else f"padded since step {stop + 1}; stopped: {row.reason}"

    def _draw(self) -> None:
        row, step = self.rows[self.row.value], min(self.step.value, self.last)
        if step < len(row.moments):
            moment = row.moments[step]
            labels = [self._pieces.label(i) for i in moment.shown]
            title = f"Row {self.row.value}, step {step}: takes {self._pieces.label(moment.token)}"
            self.image.value = moment.bars.draw(self._bars, labels, chosen=moment.chosen, title=title)
        else:
            title = f"Row {self.row.value}, step {step}: stopped, gets pads until the batch ends"
            self.image.value = self._bars.blank(title)
        self.words.value = paragraph(self._fact(row, step))
        self.table.value = self._table(step)

    def _fact(self, row: Row, step: int) -> str:
        if step >= len(row.moments):
            return f"Row {self.row.value} needs no distribution any more: {row.reason}."
        moment = row.moments[step]
        before, after = (float(p[moment.chosen]) for p in (moment.bars.base, moment.bars.final))
        return (
            f"Row {self.row.value} takes {self._pieces.label(moment.token)} ({percent(before)} before, "
            f"{percent(after)} after the steps). {moment.bars.numbers()}."
        )

    def text(self, row: Row, step: int) -> tuple[str, str, str]:
        """Prompt, what was generated before ``step``, and the token of ``step``: together the row's text so far."""
        tokens = [moment.token for moment in row.moments[: step + 1]]
        ends = (row.prompt, row.prompt + tokens[:step], row.prompt + tokens)
        prompt, before, whole = (self._tokenizer.decode(ids) for ids in ends)
        before = _shared(before, whole)  # a token may complete a character that was half there
        prompt = _shared(prompt, before)
        return prompt, before[len(prompt) :], whole[len(before) :]

    def _table(self, step: int) -> str:
        lines = []
        for r, row in enumerate(self.rows):
            prompt, before, now = self.text(row, step)
            written = f"{html.escape(_tail(prompt))}<b>{html.escape(_tail(before))}</b>"
            if now:
                written += f'<b style="border-bottom: 3px solid {CHOSEN}">{html.escape(now)}</b>'
            lines.append(
                f'<tr><th style="{CELL}">{r}</th><td style="{CELL}; overflow-wrap: anywhere">{written}</td>'
                f'<td style="{CELL}">{html.escape(self.state(row))}</td></tr>'
            )
        head = "".join(f'<th scope="col" style="{CELL}; width: {width}">{name}</th>' for name, width in COLUMNS.items())
        return f'<table style="{TABLE}"><tr>{head}</tr>{"".join(lines)}</table>'

    def summary(self) -> str:
        step = min(self.step.value, self.last)
        rows = [f"Row {r}: {''.join(self.text(row, step))!r} ({self.state(row)})" for r, row in enumerate(self.rows)]
        return "\n".join([f"Step {step} of {self.last}.", *rows, self._fact(self.rows[self.row.value], step)])


def _shared(a: str, b: str) -> str:
    """The beginning that two texts have in common."""
    equal = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
    return a[: len(list(equal))]


def _tail(text: str) -> str:
    return text if len(text) <= TAIL else "…" + text[-TAIL:]
