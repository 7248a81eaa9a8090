"""Notebook 03: what temperature, top_k, top_p and min_p do to a next-token distribution, live and in any order."""

import os
from collections.abc import Sequence

import ipywidgets
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.models import load_model, model_name
from genlab.plots.labels import Pieces
from genlab.widgets.bars import Bars
from genlab.widgets.base import WIDE, LiveBox, Prompt, paragraph, picture_of
from genlab.widgets.before_after import LEGEND
from genlab.widgets.reading import read
from genlab.widgets.sampling_steps import DRAWS, LIBRARY_ORDER, NextToken, Sampled
from genlab.widgets.sliders import FloatSlider, SelectionSlider

SHOWN = 9  # the likeliest tokens: with more the numbers below would leave a small screen
TOLD = {
    "temperature": "Divide the logits; 1 changes nothing",
    "top_k": "Keep the k most likely tokens",
    "top_p": "Keep the fewest tokens that hold this probability; 1 keeps all",
    "min_p": "Keep tokens at least this fraction as likely as the likeliest; 0 keeps all",
}
RANGES = {
    "temperature": {"min": 0.05, "max": 3.0, "step": 0.05},
    "top_p": {"min": 0.0, "max": 1.0, "step": 0.01},
    "min_p": {"min": 0.0, "max": 1.0, "step": 0.01},
}


class SamplingSliders(LiveBox):
    """Four sliders over the whole next-token distribution of a prompt, before and after.

    They begin with a usual call, ``do_sample=True, temperature=0.7, top_p=0.9``, and the ``top_k`` that it really has.

    Controls: ``prompt``, ``picker`` (the model), ``sliders`` (by name), ``earlier`` (by name: buttons that move a step
    forward), ``library_order``, ``sample`` (100 seeded draws over the bars) and ``seed``. A move computes on logits
    that are there; the model runs only for a new prompt or model. ``order`` is the present order of the steps,
    ``settings`` their values in this order, ``model`` what reads the prompt. ``state`` is everything that is shown,
    None until a prompt has been read.
    """

    alt = "Bars: next-token probabilities before and after the sampling steps; cut tokens are hatched."

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        text: str = "Once upon a time, there was a",
        temperature: float = 0.7,
        top_k: int = 50,
        top_p: float = 0.9,
        min_p: float = 0.0,
    ):
        self._models = {model_name(model): (tokenizer, model)}
        self.tokenizer, self.model = tokenizer, model
        self.order = LIBRARY_ORDER
        self.state: Sampled | None = None
        self._before: NextToken | None = None
        self._bars = Bars(SHOWN + 1, LEGEND | {"marks": f"{DRAWS} draws"}, row_height=22)
        self._make_controls({"temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p})
        self.image = picture_of(self._bars.blank())
        self.words = ipywidgets.HTML(layout=WIDE)
        self.prompt = Prompt(text, self._read)
        draws = ipywidgets.HBox([self.sample, self.seed, self.library_order, self.picker])
        super().__init__([self.prompt, self.steps, draws, self.image, self.words])
        self.prompt.run()
        for control in (*self.sliders.values(), self.sample, self.seed):
            control.observe(lambda _: self._draw(), "value")
        self.picker.observe(lambda _: self._pick(), "value")

    def _make_controls(self, values: dict[str, float]) -> None:
        self.sliders = {name: _slider(name, value, len(self.tokenizer)) for name, value in values.items()}
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
            options=names,
            value=names[0],
            description="Model",
            style={"description_width": "50px"},
            tooltip="Which model reads the prompt; GENLAB_MODEL=gpt2 make lab brings another one",
            layout={"width": "220px"},
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
        """Let the picked model read the prompt; if it cannot be loaded, say so and keep the one before."""
        name = self.picker.value
        try:
            if name not in self._models:
                self._models[name] = load_model(name)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            self.picker.value = model_name(self.model)
            self.prompt.remark.value = paragraph(str(error))
            return
        tokenizer, model = self._models[name]
        if model is not self.model:
            self.tokenizer, self.model = tokenizer, model
            top_k = self.sliders["top_k"]
            kept = top_k.value
            top_k.options = _values_of_top_k(len(tokenizer), kept)
            top_k.value = kept
            self.prompt.run(again=True)

    def _read(self, text: str) -> str:
        reading = read(self.tokenizer, self.model, text)
        self._before = NextToken.of(reading.logits[-1], Pieces(self.tokenizer), SHOWN)
        self._draw()
        return reading.remark

    @property
    def settings(self) -> dict[str, float]:
        """The value of each step, in the present order."""
        return {name: self.sliders[name].value for name in self.order}

    def _draw(self) -> None:
        if self._before is None:
            return
        seed = self.seed.value if self.sample.value else None
        self.state = state = Sampled.of(self._before, self.settings, seed)
        marks = state.draws.shares if state.draws else None
        self.image.value = state.bars.draw(self._bars, self._before.labels, marks=marks, title=state.title())
        self.words.value = paragraph("\n".join(state.lines()))

    def summary(self) -> str:
        if self.state is None:
            return "No prompt has been read yet."
        return "\n".join([f"{self.state.title()}: {self.state.likely()}", *self.state.lines()])


def _slider(name: str, value: float, vocabulary: int) -> FloatSlider | SelectionSlider:
    looks = {
        "description": name,
        "tooltip": TOLD[name],
        "layout": {"width": "560px"},
        "style": {"description_width": "100px"},
    }
    if name == "top_k":
        return SelectionSlider(options=_values_of_top_k(vocabulary, value), value=value, **looks)
    return FloatSlider(value=value, **RANGES[name], **looks)


def _values_of_top_k(vocabulary: int, value: int) -> list[tuple[str, int]]:
    """Values of top_k from 1 to all, dense where it matters; 0 turns it off, and ``value`` is among them."""
    decades = [10**exponent for exponent in range(1, 6)]
    steps = [*range(1, 11), *(round(m * decade) for decade in decades for m in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 7))]
    values = sorted({0, value, vocabulary, *(step for step in steps if step < vocabulary)})
    return [(f"{k:,}" if k else "off", k) for k in values]
