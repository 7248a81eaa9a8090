"""Notebook 05: what a call of ``model.generate`` amounts to: whose values count, what they do, what is said."""

import ast
import html
from collections.abc import Mapping
from typing import Any

import ipywidgets
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.models import model_name
from genlab.plots.labels import Pieces
from genlab.plots.sampling import entropy
from genlab.plots.style import CHOSEN, CUT, KEPT
from genlab.widgets.bars import Bars
from genlab.widgets.base import READABLE, WIDE, LiveBox, Prompt, paragraph, percent, picture_of
from genlab.widgets.before_after import LEGEND
from genlab.widgets.prepared_call import (
    ORIGINS,
    SETTINGS,
    NextStep,
    PreparedCall,
    Setting,
    described,
    with_repository,
)
from genlab.widgets.reading import read
from genlab.widgets.repositories import REPOSITORIES
from genlab.widgets.settings_picture import COLORS, below_settings
from genlab.widgets.sliders import SelectionSlider

SHOWN = 8  # tokens that get bars
LIKELY = 5  # tokens that a summary names
UNSET = "unset"
# As a call has them, types included: 2 is no 2.0. The vocabulary's size comes last for top_k.
VALUES = {
    "do_sample": "False True",
    "temperature": "0 0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0 1.1 1.2 1.3 1.5 1.7 2.0 3.0 2",
    "top_k": "None -1 0 1 2 3 4 5 7 10 15 20 30 40 50 70 100 200 500 1000",
    "top_p": "-0.1 0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 0.95 0.98 0.99 1.0 1.2",
    "min_p": "0.0 0.01 0.02 0.03 0.05 0.07 0.1 0.15 0.2 0.3 0.4 0.5 0.7 1.0",
    "repetition_penalty": "0.0 0.5 0.8 0.9 1.0 1.05 1.1 1.2 1.3 1.5 2.0",
    "max_new_tokens": "0 1 2 5 10 20 30 40 50 100 200",
    "max_length": "5 10 20 30 40 50 70 100 150 200",
    "num_beams": "1 2 3 4 5",
}
TOLD = {
    "do_sample": "Draw tokens, or take the likeliest",
    "temperature": "Divides the logits; only where tokens are drawn",
    "top_k": "Keeps the k most likely tokens; 0 keeps all",
    "top_p": "Keeps the fewest tokens that hold this probability",
    "min_p": "Keeps tokens at least this fraction as likely as the likeliest",
    "repetition_penalty": "Makes tokens of the prompt less likely; 1.0 changes nothing",
    "max_new_tokens": "How many tokens may be generated",
    "max_length": "How many tokens prompt and new ones may be together",
    "num_beams": "How many beginnings are followed at once",
}
PRESETS: dict[str, dict[str, Any]] = {
    "usual call": {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "max_new_tokens": 20},
    "greedy": {"do_sample": False, "max_new_tokens": 20, "num_beams": 1},
    "temperature=0": {"do_sample": True, "temperature": 0, "max_new_tokens": 20},
    "temperature=2": {"do_sample": True, "temperature": 2, "max_new_tokens": 20},
    "both lengths": {"max_new_tokens": 20, "max_length": 50},
    "no do_sample": {"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 20},
    "hidden top_k": {"do_sample": True, "max_new_tokens": 20},
}
COLUMN = "flex: none; width: 84px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis"
LETTER = "display: inline-block; width: 1.5em; line-height: 1.5; text-align: center; color: white; border-radius: 3px"


class GenerationSettings(LiveBox):
    """The arguments of a call beside what the model's repository and the library say: which value counts, and then.

    Controls: ``repository`` (whose configuration the model has), ``sliders`` (by name; each can be left ``unset``),
    ``presets`` (buttons by name) and ``prompt``. ``call`` gives the arguments, ``set`` changes them all at once.
    ``prepared`` is what the library makes of the call and ``step`` what it leaves of the next token's distribution
    (None for a call that raises); both are None until a prompt has been read. A move asks the library, but runs no
    model. The model and its configuration stay as they are.
    """

    alt = "A call's settings with the origin of each, and bars: next-token probabilities before and after its steps."

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        text: str = "Once upon a time, there was a",
        **call: Any,
    ):
        self._tokenizer, self._model, self._pieces = tokenizer, model, Pieces(tokenizer)
        own = f"{model_name(model)}, its own"
        self._models = {own: with_repository(model, None)}
        self._models |= {name: with_repository(model, settings) for name, settings in REPOSITORIES.items()}
        self.prepared: PreparedCall | None = None
        self.step: NextStep | None = None
        self._ids = self._logits = None
        self._busy = False
        self._bars = Bars(SHOWN + 1, LEGEND | {"chosen": "taken"}, row_height=22)
        self._make_controls(own, call or PRESETS["usual call"], len(tokenizer))
        self.image = picture_of(self._bars.blank())
        self.code, self.said, self.words = (ipywidgets.HTML(layout=WIDE) for _ in range(3))
        buttons = ipywidgets.HBox(list(self.presets.values()), layout=WIDE | {"flex_flow": "row wrap"})
        lines = [ipywidgets.HBox([self.sliders[name], self.origins[name]]) for name in SETTINGS]
        grid = ipywidgets.VBox([ipywidgets.HTML(_head()), *lines], layout={"min_width": "660px"})
        scrolled = ipywidgets.Box([grid], layout=WIDE | {"overflow": "auto hidden"})  # a narrow window cuts nothing off
        parts = [self.repository, buttons, scrolled, self.code, self.said, self.prompt, self.image, self.words]
        super().__init__(parts)
        self.prompt.text.value = text
        self.prompt.run()
        for control in (*self.sliders.values(), self.repository):
            control.observe(lambda _: self._draw(), "value")

    def _make_controls(self, own: str, call: Mapping[str, Any], vocabulary: int) -> None:
        self.repository = ipywidgets.Dropdown(
            options=list(self._models),
            value=own,
            description="Repository",
            tooltip="Whose generation_config.json the model comes with",
            layout={"width": "360px"},
        )
        self.sliders = {name: _slider(name, call, vocabulary) for name in SETTINGS}
        self.origins = {name: ipywidgets.HTML() for name in SETTINGS}
        self.presets = {name: self._preset(name, settings) for name, settings in PRESETS.items()}
        self.prompt = Prompt("", self._read)
        self.set(**call)

    def _preset(self, name: str, settings: dict[str, Any]) -> ipywidgets.Button:
        written = ", ".join(f"{argument}={value!r}" for argument, value in settings.items())
        button = ipywidgets.Button(
            description=name, tooltip=f"Set {written}", layout={"width": "auto", "padding": "0 6px"}
        )
        button.on_click(lambda _: self.set(**settings))
        return button

    @property
    def call(self) -> dict[str, Any]:
        """The arguments that are set, by name."""
        return {name: ast.literal_eval(s.value) for name, s in self.sliders.items() if s.value != UNSET}

    def set(self, **call: Any) -> None:
        """Set these arguments and unset all others. Raises ValueError for a value that no control has."""
        values = {name: repr(call[name]) if name in call else UNSET for name in SETTINGS}
        for name in call:
            if name not in SETTINGS or values[name] not in self.sliders[name].options:
                raise ValueError(f"there is no control for {name}={call[name]!r}")
        self._busy = True
        try:
            for name, value in values.items():
                self.sliders[name].value = value
        finally:
            self._busy = False
        self._draw()

    def _read(self, text: str) -> str:
        reading = read(self._tokenizer, self._model, text)
        if reading.logits[-1].isnan().any() or reading.logits[-1].isneginf().all():
            raise ValueError("The model's logits for it are not numbers that can be sampled from.")
        self._ids, self._logits = torch.tensor([reading.ids]), reading.logits[-1:]
        self._draw()
        return reading.remark

    def _draw(self) -> None:
        if self._busy or self._ids is None:
            return
        self.prepared = prepared = PreparedCall.of(self._models[self.repository.value], self.call, self._ids)
        given = prepared.given
        self.step = NextStep.of(given, self._ids, self._logits, SHOWN) if given else None
        self.image.value = self._picture_of_step()
        for setting in prepared.settings:
            self.origins[setting.name].value = _line_of(setting)
        self.code.value = _boxed([html.escape(prepared.written())], "none")
        self.said.value = self._box_of_messages()
        self.words.value = paragraph("\n".join(self._facts()))

    def _picture_of_step(self) -> bytes:
        if self.step is None:
            return self._bars.blank("The call raises an error: there is no next token")
        labels = [self._pieces.label(i) for i in self.step.shown]
        return self.step.bars.draw(self._bars, labels, chosen=self.step.taken, title=self._title())

    def _title(self) -> str:
        """How the next token is chosen, and from how many."""
        left = f"{self.step.bars.survivors:,} of {self.step.bars.vocabulary:,} tokens"
        if self.step.taken is not None:
            return f"Nothing is drawn, the likeliest is taken: {self._pieces.label(self.step.shown[self.step.taken])}"
        if not self.prepared.given.beams:
            return f"The next token is drawn from {left}"
        return f"{self.prepared.given.beams} beams begin with {'some' if self._draws() else 'the best'} of {left}"

    def _draws(self) -> bool:
        return "sample" in self.prepared.given.mode

    def _numbers(self) -> str:
        """What the tokens that are left held, and how open the choice among them is."""
        bars = self.step.bars
        if not self._draws():
            return ""
        before = entropy(self._logits[0].softmax(-1))
        return (
            f"These hold {percent(bars.mass)} of the model's probability; "
            f"entropy {bars.bits:.2f} bits ({before:.2f} before)."
        )

    def _chain(self) -> str:
        """The processors in their order, with what each leaves."""
        processors = zip(self.prepared.given.processors, self.step.left, strict=True)
        steps = [f"{described(processor)}, {left:,} left" for processor, left in processors]
        if not steps:
            return "Logits processors: none."
        return "Logits processors: " + "  >  ".join([f"{self.step.bars.vocabulary:,} tokens", *steps]) + "."

    def _facts(self) -> list[str]:
        """What the call does, in a few sentences."""
        given, count = self.prepared.given, self._ids.shape[1]
        if given is None:
            return ["The call raises: nothing is generated."]
        new = given.max_length - count
        return [
            f"Mode: {given.mode}.",
            self._chain(),
            f"{self._title()}. {self._numbers()}".strip(),
            f"It ends at {given.max_length} tokens at the latest: {count} of the prompt and {new} new.",
        ]

    def _box_of_messages(self) -> str:
        messages = self.prepared.messages
        if not messages:
            return _boxed(["The library says nothing."], f"4px solid {CUT}")
        lines = [f"<b>{html.escape(m.kind)}</b>: {html.escape(m.text)}" for m in messages]
        return _boxed(lines, f"4px solid {CHOSEN if any(m.is_error for m in messages) else KEPT}")

    def picture(self) -> bytes:
        """The settings, what the library says, and the bars."""
        return below_settings(self.image.value, self.repository.value, self.prepared, self.step)

    def summary(self) -> str:
        if self.prepared is None:
            return "No prompt has been read yet."
        values = ", ".join(
            f"{s.name} {s.value!r} ({s.origin}{', unused' * (not s.counts)})" for s in self.prepared.settings
        )
        letters = ", ".join(f"{letter} {origin}" for letter, origin in ORIGINS.items())
        lines = [f"Repository: {self.repository.value}. {self.prepared.written()}", f"{values}. {letters}."]
        lines += [str(message) for message in self.prepared.messages] or ["The library says nothing."]
        lines += self._facts()
        return "\n".join([*lines, self._likely()] if self.step else lines)

    def _likely(self) -> str:
        """The likeliest tokens before the steps, with their probabilities before and after."""
        bars = self.step.bars
        rows = list(zip(self.step.shown, bars.base, bars.final, strict=False))[:LIKELY]
        return ", ".join(
            f"{self._pieces.label(token)} {percent(base)} -> {percent(final) if final > 0 else 'cut'}"
            for token, base, final in rows
        )


def _slider(name: str, call: Mapping[str, Any], vocabulary: int) -> SelectionSlider:
    values = VALUES[name].split()
    if name == "top_k":
        values = [value for value in values if value == "None" or int(value) < vocabulary] + [str(vocabulary)]
    if name in call and repr(call[name]) not in values:
        values.append(repr(call[name]))
    return SelectionSlider(
        options=[UNSET, *values],
        value=UNSET,
        description=name,
        tooltip=f"{TOLD[name]}. Leftmost: not in the call",
        layout={"width": "390px"},
        style={"description_width": "135px"},
    )


BEATEN = "max_new_tokens has a value, so max_length counts for nothing"


def _head() -> str:
    names = "".join(f'<span style="{COLUMN}">{name}</span>' for name in ("repository", "default", "counts"))
    return f'<div style="{READABLE}; display: flex; margin-left: 394px; font-weight: bold">{names}</div>'


def _line_of(setting: Setting) -> str:
    """What repository and library say, and what counts, with the letter of its origin."""
    cells = []
    for source in "RD":
        value = setting.sources[source]
        written = "–" if value is None else html.escape(repr(value))
        beaten = "; text-decoration: line-through" if value is not None and source != setting.origin else ""
        cells.append(f'<span style="{COLUMN}{beaten}">{written}</span>')
    origin, looks = setting.origin, f"{LETTER}; background: {COLORS[setting.origin]}"
    letter = f'<span title="{ORIGINS[origin]}" style="{looks}">{origin}</span>'
    value = f"<b>{html.escape(repr(setting.value))}</b>"
    if not setting.counts:
        struck = (
            f'<span title="{BEATEN}" style="text-decoration: line-through">{html.escape(repr(setting.value))}</span>'
        )
        letter, value = "", f"{struck} unused"
    cells.append(f'<span style="{COLUMN}; width: 110px">{letter} {value}</span>')
    return f'<div style="{READABLE}; display: flex; line-height: 28px">{"".join(cells)}</div>'


def _boxed(lines: list[str], border: str) -> str:
    """Lines of markup in a box that wraps them."""
    looks = f"{READABLE}; border-left: {border}; padding: .1em .6em; line-height: 1.4; overflow-wrap: anywhere"
    return f'<div style="{looks}; font-family: var(--jp-code-font-family, monospace)">{"<br>".join(lines)}</div>'
