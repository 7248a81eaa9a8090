"""Notebook 03: what temperature, top_k, top_p and min_p do to a next-token distribution, live and in any order."""

import html
import os
from collections.abc import Sequence

import ipywidgets
import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.generation import (
    LogitsProcessor,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from genlab.models import load_model
from genlab.widgets.bars import Bars
from genlab.widgets.base import AS_DRAWN, READABLE, WIDE, LiveBox, Prompt, paragraph, percent
from genlab.widgets.before_after import LEGEND, BeforeAfter, entropy
from genlab.widgets.reading import Pieces, read

SHOWN, DRAWS = 14, 100
LIBRARY_ORDER = ("temperature", "top_k", "top_p", "min_p")
OFF = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
WARPERS: dict[str, type[LogitsProcessor]] = {
    "temperature": TemperatureLogitsWarper,
    "top_k": TopKLogitsWarper,
    "top_p": TopPLogitsWarper,
    "min_p": MinPLogitsWarper,
}


def apply_steps(
    scores: torch.Tensor, settings: dict[str, float], order: Sequence[str]
) -> tuple[torch.Tensor, list[int]]:
    """The library's own processors on ``[1, V]`` in the given order; returns scores and the survivors after each."""
    survivors, count = [], int((~scores.isneginf()).sum())
    for name in order:
        if settings[name] != OFF[name]:
            scores = WARPERS[name](settings[name])(None, scores)
            if name != "temperature":
                count = int((~scores.isneginf()).sum())
        survivors.append(count)
    return scores, survivors


class SamplingSliders(LiveBox):
    """Four sliders over the whole next-token distribution of a prompt, before and after.

    Controls: ``prompt``, ``picker`` (the model), ``sliders`` (by name), ``earlier`` (by name: buttons that move a step
    forward), ``library_order``, ``sample`` (100 seeded draws over the bars) and ``seed``. A move computes on logits
    that are there; the model runs only for a new prompt or model. ``order`` is the present order of the steps and
    ``settings`` their values; tokens are sorted once per prompt, which changes no result and makes the steps fast.
    """

    alt = "Bars: next-token probabilities before and after the sampling steps; cut tokens are hatched."

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        text: str = "Once upon a time, there was a",
        temperature: float = 0.7,
        top_k: int = 0,
        top_p: float = 0.9,
        min_p: float = 0.0,
    ):
        self._models = {_name(model): (tokenizer, model)}
        self._tokenizer, self._model, self._pieces = tokenizer, model, Pieces(tokenizer)
        self._bars = Bars(SHOWN + 1, LEGEND | {"marks": f"{DRAWS} draws"}, row_height=24)
        self.order = LIBRARY_ORDER
        self._make_controls({"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p})
        self._scores: torch.Tensor | None = None  # [1, V], ascending
        self.image = ipywidgets.Image(value=self._bars.draw([], np.zeros(0), []), format="png", layout=AS_DRAWN)
        self.words = ipywidgets.HTML(layout=WIDE)
        self.prompt = Prompt(text, self._read)
        draws = ipywidgets.HBox([self.sample, self.seed, self.library_order])
        super().__init__([self.prompt, self.picker, self.steps, draws, self.image, self.words])
        self.prompt.run()
        for control in (*self.sliders.values(), self.sample, self.seed):
            control.observe(lambda _: self._draw(), "value")
        self.picker.observe(lambda _: self._pick(), "value")

    def _make_controls(self, values: dict[str, float]) -> None:
        self.sliders = _sliders(values, len(self._tokenizer))
        self.earlier = {name: self._earlier(name) for name in LIBRARY_ORDER}
        self.steps = ipywidgets.VBox(layout=WIDE)
        self._arrange()
        self.library_order = ipywidgets.Button(
            description="Library order", tooltip="Put the steps into the order of model.generate", icon="undo"
        )
        self.library_order.on_click(lambda _: self.reorder(LIBRARY_ORDER))
        self.sample = ipywidgets.ToggleButton(
            description=f"Sample {DRAWS}", tooltip=f"Draw {DRAWS} tokens and lay them over the bars", icon="random"
        )
        self.seed = ipywidgets.BoundedIntText(
            value=0, min=0, max=2**31 - 1, description="Seed", tooltip="Seed of the draws", layout={"width": "170px"}
        )
        names = list(dict.fromkeys([*self._models, "storyteller", os.environ.get("GENLAB_MODEL") or "storyteller"]))
        self.picker = ipywidgets.Dropdown(
            options=names, value=names[0], description="Model", tooltip="Which model reads the prompt", layout=WIDE
        )

    def _earlier(self, name: str) -> ipywidgets.Button:
        button = ipywidgets.Button(
            description="earlier", icon="arrow-up", tooltip=f"Move {name} one step earlier", layout={"width": "95px"}
        )
        button.on_click(lambda _: self.move_earlier(name))
        return button

    def _arrange(self) -> None:
        for name, button in self.earlier.items():
            button.disabled = name == self.order[0]
        self.steps.children = [ipywidgets.HBox([self.sliders[name], self.earlier[name]]) for name in self.order]

    def reorder(self, order: Sequence[str]) -> None:
        """Apply the steps in ``order``, a permutation of the four names. Raises ValueError if it is none."""
        if sorted(order) != sorted(LIBRARY_ORDER):
            raise ValueError(f"the order must name each of {', '.join(LIBRARY_ORDER)} once")
        self.order = tuple(order)
        self._arrange()
        self._draw()

    def move_earlier(self, name: str) -> None:
        """Let ``name`` change places with the step before it."""
        place = self.order.index(name)
        if place:
            order = list(self.order)
            order[place - 1 : place + 1] = order[place], order[place - 1]
            self.reorder(order)

    def _pick(self) -> None:
        name = self.picker.value
        try:
            if name not in self._models:
                self._models[name] = load_model(name)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            self.picker.value = _name(self._model)
            self.prompt.remark.value = paragraph(str(error))
            return
        if self._models[name][1] is not self._model:
            self._tokenizer, self._model = self._models[name]
            self._pieces = Pieces(self._tokenizer)
            top_k = self.sliders["top_k"].value
            self.sliders["top_k"].options = _choices(len(self._tokenizer), top_k)
            self.sliders["top_k"].value = top_k
            self.prompt.run(again=True)

    def _read(self, text: str) -> str:
        reading = read(self._tokenizer, self._model, text)
        logits = reading.logits[-1]
        if logits.isnan().any() or logits.isneginf().all():
            raise ValueError("The model's logits for it are not numbers that can be sampled from.")
        scores, ids = logits.sort(stable=True)
        self._scores = scores[None]
        self._base = scores.softmax(-1).numpy()
        self._base_bits = entropy(self._base)
        self._rows = np.arange(len(ids))[::-1][:SHOWN]
        self._labels = [self._pieces.label(int(i)) for i in ids[self._rows.copy()]]
        self._draw()
        return reading.remark

    @property
    def settings(self) -> dict[str, float]:
        return {name: slider.value for name, slider in self.sliders.items()}

    def _draw(self) -> None:
        if self._scores is None:
            return
        scores, self._counts = apply_steps(self._scores, self.settings, self.order)
        probabilities = scores[0].softmax(-1)
        self._state = BeforeAfter.of(self._base, probabilities.numpy(), self._rows)
        marks, self._drawn = self._draws(probabilities) if self.sample.value else (None, "")
        self.image.value = self._state.draw(self._bars, self._labels, marks=marks, title=self._title())
        lines = "<br>".join(html.escape(line) for line in self._lines())
        self.words.value = f'<div style="{READABLE}; line-height: 1.5">{lines}</div>'

    def _draws(self, probabilities: torch.Tensor) -> tuple[np.ndarray, str]:
        """100 seeded draws: the share of each row, and words."""
        generator = torch.Generator().manual_seed(self.seed.value)
        drawn = torch.multinomial(probabilities, DRAWS, replacement=True, generator=generator).numpy()
        counts = np.bincount(drawn, minlength=len(probabilities))
        shown = counts[self._rows]
        shares = np.append(shown, DRAWS - shown.sum()) if self._state.others else shown
        often = int(shown.argmax())
        words = f"{DRAWS} draws with seed {self.seed.value}: {int((counts > 0).sum())} different tokens"
        return shares / DRAWS, f"{words}; {self._labels[often]} {shown[often]} times"

    def _title(self) -> str:
        return "  >  ".join(f"{name} {_said(name, self.settings[name])}" for name in self.order)

    def _lines(self) -> list[str]:
        state = self._state
        steps = ", ".join(f"{name} {count:,}" for name, count in zip(self.order, self._counts, strict=True))
        lines = [f"{state.numbers()} ({self._base_bits:.2f} before).", f"Survivors after each step: {steps}."]
        if self.order != LIBRARY_ORDER:
            usual = apply_steps(self._scores, self.settings, LIBRARY_ORDER)[1][-1]
            lines.append(f"In the library's order {usual:,} survive: {_difference(state.survivors - usual)}")
        return [*lines, f"{self._drawn}."] if self._drawn else lines

    def picture(self) -> bytes:
        return bytes(self.image.value)

    def summary(self) -> str:
        if self._scores is None:
            return "No prompt has been read yet."
        state = self._state
        rows = zip(self._labels[:5], state.base, state.final, strict=False)
        likely = ", ".join(f"{label} {percent(b)} -> {percent(f) if f > 0 else 'cut'}" for label, b, f in rows)
        return "\n".join([f"{self._title()}: {likely}", *self._lines()])


def _name(model: PreTrainedModel) -> str:
    name = str(model.name_or_path)
    return "storyteller" if name.endswith("storyteller") else name or type(model).__name__


def _choices(vocabulary: int, value: int) -> list[tuple[str, int]]:
    """Values of top_k, dense where it matters; 0 turns it off."""
    steps = [*range(1, 11), *(m * 10**e for e in range(1, 6) for m in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7))]
    values = sorted({0, value, vocabulary, *(int(step) for step in steps if step < vocabulary)})
    return [(f"{k:,}" if k else "off", k) for k in values]


def _sliders(values: dict[str, float], vocabulary: int) -> dict[str, ipywidgets.DOMWidget]:
    ranges = {"temperature": (0.05, 3.0, 0.05), "top_p": (0.0, 1.0, 0.01), "min_p": (0.0, 1.0, 0.01)}
    told = {
        "temperature": "Divide the logits; 1 changes nothing",
        "top_k": "Keep the k most likely tokens",
        "top_p": "Keep the fewest tokens that hold this probability; 1 keeps all",
        "min_p": "Keep tokens at least this fraction as likely as the likeliest; 0 keeps all",
    }
    made: dict[str, ipywidgets.DOMWidget] = {}
    for name in LIBRARY_ORDER:
        common = {"value": values[name], "description": name, "tooltip": told[name]}
        common |= {"layout": {"width": "560px"}, "style": {"description_width": "100px"}}
        if name == "top_k":
            made[name] = ipywidgets.SelectionSlider(options=_choices(vocabulary, values[name]), **common)
        else:
            low, high, step = ranges[name]
            made[name] = ipywidgets.FloatSlider(min=low, max=high, step=step, **common)
    return made


def _said(name: str, value: float) -> str:
    return "off" if value == OFF[name] else f"{value:g}"


def _difference(more: int) -> str:
    if more == 0:
        return "the same."
    return f"this order keeps {abs(more):,} {'more' if more > 0 else 'fewer'}."
