"""Notebook 06: what a call costs: bytes of weights and cache, tokens that are read, and the places of many requests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ipywidgets
import numpy as np
import torch
from transformers import PreTrainedModel

from genlab.models import model_name
from genlab.plots.speed import places
from genlab.widgets.base import WIDE, LiveBox, paragraph, picture_of
from genlab.widgets.lettering import write
from genlab.widgets.palette import PALETTE, STRENGTHS
from genlab.widgets.sliders import SelectionSlider

BYTES = {"float32": 4, "bfloat16": 2}
KINDS = ("dynamic", "static", "none")
LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 1000, 2000, 4000, 8000)
ROWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 25, 32, 48, 64, 96, 128, 256)
REQUESTS = (87, 3, 15, 43, 2, 20, 77, 11, 12)  # new tokens of the notebook's nine requests
# In which step each of the nine begins, by the number of places: in fixed batches, and with places that are filled
# again. Recorded: this widget shows, and computes nothing that an exercise asks for.
PLANS = {
    1: [(0, 87, 90, 105, 148, 150, 170, 247, 258), (0, 87, 90, 105, 148, 150, 170, 247, 258)],
    2: [(0, 0, 87, 87, 130, 130, 150, 150, 227), (0, 0, 3, 18, 61, 63, 83, 87, 98)],
    3: [(0, 0, 0, 87, 87, 87, 130, 130, 130), (0, 0, 0, 3, 15, 17, 37, 46, 57)],
    4: [(0, 0, 0, 0, 87, 87, 87, 87, 164), (0, 0, 0, 0, 3, 5, 15, 25, 36)],
    5: [(0, 0, 0, 0, 0, 87, 87, 87, 87), (0, 0, 0, 0, 0, 2, 3, 15, 22)],
    6: [(0, 0, 0, 0, 0, 0, 87, 87, 87), (0, 0, 0, 0, 0, 0, 2, 3, 14)],
    9: [(0, 0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0, 0)],
}
WAYS = ("static", "continuous")
WIDTH, LABEL, RIGHT, LINE, BAR, GAP = 680, 130, 110, 20, 14, 10  # in pixels
FAINT, GRAY, BLUE, ORANGE = 2, STRENGTHS, 2 * STRENGTHS, 3 * STRENGTHS  # indices of the palette
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Sizes:
    """What of a model decides its memory."""

    parameters: int
    layers: int
    heads: int  # of keys and values
    numbers: int  # of a head

    @classmethod
    def of(cls, model: PreTrainedModel) -> "Sizes":
        """Those of a model that is here, measured: what its cache holds of a single token."""
        with torch.no_grad():
            layers = model(torch.tensor([[0]]), use_cache=True).past_key_values.layers
        _, heads, _, numbers = layers[0].keys.shape
        return cls(model.num_parameters(), len(layers), heads, numbers)


# As their configurations say; the parameters are rounded.
OTHERS = {
    "GPT-2": Sizes(124_000_000, 12, 12, 64),
    "Qwen3-0.6B": Sizes(600_000_000, 28, 8, 128),
    "Llama-3.1-8B": Sizes(8_030_000_000, 32, 8, 128),
}


@dataclass(frozen=True)
class Costs:
    """Of one call: bytes of the weights, of what the cache holds, of what it keeps free; tokens read in both ways."""

    weights: int
    filled: int
    free: int
    cached: int
    uncached: int

    @classmethod
    def of(cls, sizes: Sizes, dtype: str, kind: str, rows: int, prompt: int, new: int, limit: int) -> "Costs":
        """``rows``: beams count, too; ``new`` of at most ``limit`` tokens have been written."""
        a_column = rows * sizes.layers * sizes.heads * sizes.numbers * BYTES[dtype] * len(("keys", "values"))
        read = prompt + new - 1
        free = limit - new if kind == "static" else 0
        return cls(
            sizes.parameters * BYTES[dtype],
            a_column * read if kind != "none" else 0,
            a_column * free,
            rows * read,
            rows * (new * prompt + new * (new - 1) // 2),
        )


class ServingCosts(LiveBox):
    """Sliders for a call, bars for its memory and work, and nine requests on a few places, static and continuous.

    Controls: ``size`` (whose sizes), ``prompt``, ``new``, ``limit``, ``rows``, ``beams``, ``dtype``, ``kind`` and
    ``slots``. ``costs`` is what the present call costs. No model runs.
    """

    alt = "Bars: bytes of weights and cache, tokens read with and without a cache; below, requests on places over time."

    def __init__(self, model: PreTrainedModel):
        self._sizes = {model_name(model): Sizes.of(model)} | OTHERS
        self.size = ipywidgets.Dropdown(options=list(self._sizes), description="Model", tooltip="Whose sizes")
        self.prompt = _slider("prompt", LENGTHS, 1000, "Tokens of each prompt")
        self.new = _slider("new", LENGTHS, 128, "New tokens that were written")
        self.limit = _slider("limit", LENGTHS, 1000, "max_new_tokens; never below the new tokens")
        self.rows = _slider("rows", ROWS, 8, "Prompts in the batch")
        self.beams = _slider("beams", (1, 2, 3, 4, 5, 8), 1, "Beams of each prompt")
        self.dtype = _slider("dtype", tuple(BYTES), "float32", "Number format of weights and cache")
        self.kind = _slider("cache", KINDS, "dynamic", "Kind of cache")
        self.slots = _slider("places", tuple(PLANS), 3, "How many of the nine requests run at once")
        self.image, self.words = picture_of(), ipywidgets.HTML(layout=WIDE)
        controls = (self.prompt, self.new, self.limit, self.rows, self.beams, self.dtype, self.kind, self.slots)
        grid = ipywidgets.Box(controls, layout=WIDE | {"flex_flow": "row wrap"})
        super().__init__([self.size, grid, self.image, self.words])
        for control in (self.size, *controls):
            control.observe(lambda _: self._draw(), "value")
        self._draw()

    @property
    def costs(self) -> Costs:
        """Of the call that the controls describe."""
        rows, new = self.rows.value * self.beams.value, self.new.value
        limit = max(new, self.limit.value)
        sizes = self._sizes[self.size.value]
        return Costs.of(sizes, self.dtype.value, self.kind.value, rows, self.prompt.value, new, limit)

    def _draw(self) -> None:
        self.image.value = _picture(self.costs, self.kind.value, self.slots.value)
        self.words.value = paragraph("\n".join(self._facts()))

    def _facts(self) -> Iterator[str]:
        costs, kind = self.costs, self.kind.value
        held = {"dynamic": "a dynamic cache", "static": "a static cache", "none": "no cache"}[kind]
        yield (
            f"{self.size.value}, {self.dtype.value}: weights {_size(costs.weights)}, {held} of "
            f"{costs.filled + costs.free:,} bytes ({_size(costs.filled + costs.free)})"
            + (f", {_size(costs.free)} of them free." if costs.free else ".")
        )
        now, other = (costs.uncached, costs.cached) if kind == "none" else (costs.cached, costs.uncached)
        yield f"Tokens read: {now:,}; {other:,} {'with' if kind == 'none' else 'without'} a cache."
        slots = self.slots.value
        steps = {name: _steps(begins) for name, begins in zip(WAYS, PLANS[slots], strict=True)}
        shares = ", ".join(f"{name} {n} steps ({sum(REQUESTS) / (n * slots):.0%} used)" for name, n in steps.items())
        yield f"{len(REQUESTS)} requests on {slots} place{'s' * (slots > 1)}: {shares}."

    def summary(self) -> str:
        names = ("prompt", "new", "limit", "rows", "beams")
        values = ", ".join(f"{name} {getattr(self, name).value:,}" for name in names)
        return "\n".join([f"{values}.", *self._facts()])


def _slider(name: str, values: Sequence, value: int | str, told: str) -> SelectionSlider:
    return SelectionSlider(
        options=values,
        value=value,
        description=name,
        tooltip=told,
        layout={"width": "325px"},
        style={"description_width": "60px"},
    )


def _size(count: int) -> str:
    """Bytes in a unit that leaves a number below 1,024."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.2f} {UNITS[unit]}" if unit else f"{count} bytes"


def _steps(begins: Sequence[int]) -> int:
    """When the last of the nine ends."""
    return max(map(sum, zip(begins, REQUESTS, strict=True)))


def _picture(costs: Costs, kind: str, slots: int) -> bytes:
    picture = np.zeros((4 * (GAP + LINE) + 5 * LINE + 2 * slots * BAR, WIDTH), np.uint8)
    y = _title(picture, 0, "Memory: weights and cache")
    whole = max(1, costs.weights + costs.filled + costs.free)
    y = _bar(picture, y, "weights", [(costs.weights, GRAY)], whole, _size(costs.weights))
    y = _bar(picture, y, "cache, filled", [(costs.filled, BLUE)], whole, _size(costs.filled))
    y = _bar(picture, y, "cache, free", [(costs.free, 0)], whole, _size(costs.free))
    y = _title(picture, y, "Tokens that the model reads")
    most = max(costs.cached, costs.uncached)
    now = kind == "none"
    y = _bar(picture, y, "with a cache", [(costs.cached, GRAY if now else BLUE)], most, f"{costs.cached:,}")
    y = _bar(picture, y, "without", [(costs.uncached, ORANGE if now else GRAY)], most, f"{costs.uncached:,}")
    last = max(map(_steps, PLANS[slots]))
    for name, begins in zip(WAYS, PLANS[slots], strict=True):
        steps = _steps(begins)
        y = _title(picture, y, f"{len(REQUESTS)} requests, {name}: {steps} steps")
        y = _timeline(picture, y, begins, slots, (WIDTH - LABEL - GAP) / last, steps)
    return PALETTE.png(picture)


def _title(picture: np.ndarray, y: int, text: str) -> int:
    write(picture, text, LABEL, y + GAP + BAR - 2, room=WIDTH - LABEL)
    return y + GAP + LINE


def _bar(picture: np.ndarray, y: int, label: str, parts: list[tuple[int, int]], whole: int, note: str) -> int:
    """A bar of ``parts``, (amount, index), where 0 is hatched; returns where the next line begins."""
    write(picture, label, LABEL - 8, y + BAR - 2, room=LABEL - 8, right=True)
    x = LABEL
    for amount, index in parts:
        end = x + round(amount / whole * (WIDTH - LABEL - RIGHT))
        _fill(picture, y, y + BAR, x, end, index)
        x = end
    write(picture, note, x + 6, y + BAR - 2, room=WIDTH - x - 6)
    return y + LINE


def _fill(picture: np.ndarray, top: int, bottom: int, left: int, right: int, index: int) -> None:
    area = picture[top:bottom, left:right]
    if index:
        area[:] = index
        return
    rows, columns = np.indices(area.shape)
    area[(rows + columns + left) % 6 == 0] = GRAY
    area[[0, -1]] = FAINT


def _timeline(picture: np.ndarray, y: int, begins: Sequence[int], slots: int, scale: float, steps: int) -> int:
    """A line for each place: orange where a prompt is read, blue where a token is; hatched where nobody is."""
    for place in range(slots):
        write(picture, f"place {place}", LABEL - 8, y + (place + 1) * BAR - 3, room=LABEL - 8, right=True)
        _fill(picture, y + place * BAR, y + (place + 1) * BAR - 2, LABEL, LABEL + round(steps * scale), 0)
    for request, place in enumerate(places(begins, REQUESTS, slots)):
        left, right = (LABEL + round(step * scale) for step in (begins[request], begins[request] + REQUESTS[request]))
        top = y + place * BAR
        _fill(picture, top, top + BAR - 2, left, max(right - 1, left + 2), BLUE)
        _fill(picture, top, top + BAR - 2, left, left + 2, ORANGE)
    return y + slots * BAR
