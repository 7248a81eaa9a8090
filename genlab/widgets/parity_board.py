"""Notebook 07: the reader's ``generate`` beside the library's, call by call, and the first thing that differs."""

import itertools
from collections.abc import Iterator

import ipywidgets
import numpy as np
import torch

from genlab.models import letter_tokenizer
from genlab.parity import SIZE, Generate
from genlab.parity_causes import why
from genlab.parity_grid import COLUMNS, KINDS, SECONDS, Cell, State, cells
from genlab.plots.labels import visible
from genlab.widgets.base import WIDE, LiveBox, paragraph, percent, picture_of, seed_box
from genlab.widgets.lettering import write
from genlab.widgets.palette import PALETTE, STRENGTHS
from genlab.widgets.sliders import IntSlider, SelectionSlider

SIGNS = {
    State.EQUAL: "=",
    State.DIFFERS: "≠",
    State.RAISES: "!",
    State.STOPPED: "∞",
    State.UNWRITTEN: "?",
    State.NOT_RUN: "–",
}
VERBS = {"differs": "differ", "raises": "raise"}
# Inks, as their places in the palette; an index is this times the number of strengths, and a strength.
GRAY, BLUE, ORANGE = 0, 1, 2
INK = {State.EQUAL: BLUE, State.DIFFERS: ORANGE, State.RAISES: ORANGE, State.STOPPED: ORANGE}
# In pixels
WIDTH, LABEL, CELL, LINE, HEAD, SQUARE = 680, 172, 39, 17, 38, 26
PANEL, NAME, TOKEN, TOKENS, PIECE = 346, 54, 40, 7, 32  # the right part: where it begins, its labels, its boxes
BAR, BARS, NOTE = 9, 10, 100  # the height of a bar, how many tokens have two, the room for their numbers
HEIGHT = HEAD + LINE * len(KINDS) + 6
ROWS = 2  # of each batch
NARROW = {"description_width": "44px"}
LEFT, RIGHT = {"width": "344px", "margin": "2px 8px 2px 2px"}, {"width": "320px"}  # of the sliders, two in a line


class ParityBoard(LiveBox):
    """A grid of calls, one square each: is ``function`` equal to ``model.generate`` in tokens and scores?

    For the chosen call, both runs and their probabilities in the chosen row and step, and why they first differ.
    Controls: ``kind`` and ``column`` (which call), ``row`` and ``step``, ``next_one`` (a button: the next call that is
    not equal), ``seed`` and ``again`` (a button: ``function`` runs only for it, on the calls of this seed). ``cells``
    holds what came of each call. ``seconds`` of processor time for one call, then it is stopped.
    """

    alt = "A grid of squares, one for each call: equal or not. Beside it both runs of a call, and probabilities."

    def __init__(self, function: Generate, seed: int = 0, seconds: float = SECONDS):
        self._function, self._seconds, self._quiet = function, seconds, False
        self.cells: dict[tuple[str, str], Cell] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._make_controls(seed)
        self.image, self.words = picture_of(), ipywidgets.HTML(layout=WIDE)
        sliders = ipywidgets.Box([self.kind, self.column, self.row, self.step], layout=WIDE | {"flex_flow": "row wrap"})
        buttons = ipywidgets.HBox([self.next_one, self.seed, self.again])
        super().__init__([sliders, buttons, self.image, self.words])
        self.run()
        for control in (self.kind, self.column):
            control.observe(lambda _: self._go(), "value")
        for control in (self.row, self.step):
            control.observe(lambda _: self._draw(), "value")
        self.next_one.on_click(lambda _: self._go_on())
        self.again.on_click(lambda _: self.run())

    def _make_controls(self, seed: int) -> None:
        self.kind = _chooser("call", KINDS, "Which settings", LEFT)
        self.column = _chooser("model", tuple(COLUMNS), "Which model, with or without a cache", RIGHT)
        self.row = _chooser("row", tuple(range(ROWS)), "Which row of the batch", LEFT)
        self.step = IntSlider(min=0, max=1, description="step", tooltip="Which new token", layout=RIGHT, style=NARROW)
        self.next_one = ipywidgets.Button(
            description="Next that is not equal",
            icon="forward",
            tooltip="Go to the next call that is not equal",
            layout={"width": "200px"},
        )
        self.seed = seed_box(seed, 999, "Seed of models, prompts and draws")
        self.again = ipywidgets.Button(
            description="Run", icon="play", tooltip="Run all calls of this seed", layout={"width": "110px"}
        )

    def run(self) -> None:
        """Call the function on the whole grid, and go to the first call that is not equal."""
        self.cells = {(kind, c): cell for kind, c, cell in cells(self._function, self.seed.value, self._seconds)}
        self._reasons = {}
        self._show(next(iter([*self._unequal(), *self.cells])))

    @property
    def chosen(self) -> Cell:
        """The call that the controls describe."""
        return self.cells[self.kind.value, self.column.value]

    def counts(self) -> dict[str, int]:
        """How many calls came out how."""
        states = [cell.state for cell in self.cells.values()]
        return {state.value: states.count(state) for state in State if state in states}

    def reason(self) -> str:
        """Why the chosen call first differs; looked for once."""
        place = self.kind.value, self.column.value
        if place not in self._reasons:
            self._reasons[place] = why(self.chosen)
        return self._reasons[place]

    def _unequal(self) -> list[tuple[str, str]]:
        return [place for place, cell in self.cells.items() if cell.state != State.EQUAL]

    def _go_on(self) -> None:
        places = list(self.cells)
        after = places.index((self.kind.value, self.column.value)) + 1
        unequal = self._unequal()
        if to := next((place for place in places[after:] + places[:after] if place in unequal), None):
            self._show(to)

    def _show(self, place: tuple[str, str]) -> None:
        self._quiet = True
        self.kind.value, self.column.value = place
        self._quiet = False
        self._go()

    def _go(self) -> None:
        """To the first difference of the chosen call."""
        if self._quiet:
            return
        cell, found = self.chosen, self.chosen.difference
        self._quiet = True
        self.step.max = max(1, max(len(run["scores"]) for run in _runs(cell)) - 1)
        self.row.value = (found.row if found else None) or 0
        self.step.value = min((found.step if found else None) or 0, self.step.max)
        self._quiet = False
        self._draw()

    def _draw(self) -> None:
        if not self._quiet:
            place = self.kind.value, self.column.value
            self.image.value = _picture(self.cells, place, self.row.value, self.step.value)
            self.words.value = paragraph("\n".join(self._facts()))

    def _facts(self) -> Iterator[str]:
        counted = ", ".join(f"{count} {VERBS.get(name, name)}" for name, count in self.counts().items())
        yield f"{len(self.cells)} calls: {counted}."
        cell, call = self.chosen, f"{self.kind.value}, {self.column.value}"
        found = cell.difference
        if cell.state == State.EQUAL:
            yield f"{call}: equal in {cell.theirs['scores'].shape[0] * ROWS} tokens and all scores."
        elif cell.state in (State.UNWRITTEN, State.NOT_RUN):
            rest = " Write the function and run this cell again." if cell.state == State.UNWRITTEN else ""
            yield f"{call}: {cell.state.value}.{rest}"
        elif found is not None and found.step is None:
            yield f"{call}: {found.words}"
        elif found is not None:
            where = "" if found.row is None else f", row {found.row}"
            yield f"{call}: first difference in step {found.step}{where}: {found.words}."
        if cell.line and cell.state != State.UNWRITTEN:
            yield f"Last line of yours: {cell.line}"
        if reason := self.reason():
            yield reason

    def summary(self) -> str:
        unequal = [f"{kind}, {column} ({self.cells[kind, column].state.value})" for kind, column in self._unequal()]
        more = f"; and {len(unequal) - 6} more" if len(unequal) > 6 else ""
        shown = [f"Not equal: {'; '.join(unequal[:6])}{more}."] if unequal else []
        counted, *facts = self._facts()
        return "\n".join([counted, *shown, *facts])


def _chooser(name: str, values: tuple, told: str, layout: dict[str, str]) -> SelectionSlider:
    return SelectionSlider(options=values, value=values[0], description=name, tooltip=told, layout=layout, style=NARROW)


def _runs(cell: Cell) -> list[dict[str, torch.Tensor]]:
    return [cell.theirs] if cell.mine is None else [cell.theirs, cell.mine]


# -- the picture


def _picture(grid: dict[tuple[str, str], Cell], chosen: tuple[str, str], row: int, step: int) -> bytes:
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    for c, name in enumerate(COLUMNS):
        model, cache = name.split(", ")
        if c % 2 == 0:
            write(picture, model, LABEL + c * CELL + CELL - 20, 14, room=2 * CELL)
        write(picture, "off" if cache == "no cache" else "on", LABEL + c * CELL + CELL // 2 - 8, 30, room=CELL)
    write(picture, "cache", LABEL - 6, 30, room=LABEL - 6, right=True)
    for k, kind in enumerate(KINDS):
        top = HEAD + k * LINE
        write(picture, kind, LABEL - 6, top + 13, room=LABEL - 6, right=True)
        for c, column in enumerate(COLUMNS):
            left = LABEL + c * CELL + (CELL - SQUARE) // 2
            _square(picture, top + 1, left, grid[kind, column].state, (kind, column) == chosen)
    _panel(picture, grid[chosen], row, step)
    return PALETTE.png(picture)


def _square(picture: np.ndarray, top: int, left: int, state: State, chosen: bool) -> None:
    area, ink = picture[top : top + LINE - 2, left : left + SQUARE], INK.get(state, GRAY)
    if state != State.NOT_RUN:
        area[:] = STRENGTHS * ink + 1
    if state != State.EQUAL:
        _frame(area, STRENGTHS * ink + (STRENGTHS if ink else 2), 1)
    if chosen:
        _frame(picture[top - 2 : top + LINE, left - 4 : left + SQUARE + 4], STRENGTHS, 2)
    write(picture, SIGNS[state], left + SQUARE // 2 - 4, top + 12, room=SQUARE, color=ink)


def _frame(area: np.ndarray, index: int, width: int) -> None:
    area[:width], area[-width:], area[:, :width], area[:, -width:] = (index,) * 4


def _panel(picture: np.ndarray, cell: Cell, row: int, step: int) -> None:
    """Both runs of a row, token under token, and the probabilities of a step."""
    write(picture, f"Row {row}: what each of them writes", PANEL, 14, room=WIDTH - PANEL)
    begin = max(0, min(step - TOKENS + 2, max(len(run["scores"]) for run in _runs(cell)) - TOKENS))
    y = 22
    for name, run, other in (("library", cell.theirs, cell.mine), ("yours", cell.mine, cell.theirs)):
        write(picture, name, PANEL + NAME - 6, y + 18, room=NAME - 6, right=True)
        if run is None:
            write(picture, f"{SIGNS[cell.state]} nothing to compare", PANEL + NAME, y + 18, room=WIDTH - PANEL - NAME)
        else:
            start = cell.case.input_ids.shape[1]
            others = run if other is None else other
            texts = [each["sequences"][row, start:].tolist() for each in (run, others)]
            _tokens(picture, y, *texts, step, begin)
        y += PIECE + 4
    write(picture, f"step {step}", PANEL + NAME + (step - begin) * TOKEN, y + 11, room=WIDTH - PANEL - NAME)
    _probabilities(picture, y + 24, cell, row, step)


def _tokens(picture: np.ndarray, y: int, ids: list[int], others: list[int], step: int, begin: int) -> None:
    """Boxes with id and piece from token ``begin`` on; orange where the other run has another token."""
    for place, token in enumerate(ids[begin : begin + TOKENS], begin):
        same = place < len(others) and token == others[place]
        left, ink = PANEL + NAME + (place - begin) * TOKEN, GRAY if same else ORANGE
        area = picture[y : y + PIECE, left : left + TOKEN - 3]
        area[:] = STRENGTHS * ink + 1
        if place == step:
            _frame(area, STRENGTHS * ink + STRENGTHS, 2)
        write(picture, str(token), left + 4, y + 14, room=TOKEN - 8)
        write(picture, _piece(token), left + 4, y + 27, room=TOKEN - 8)


def _probabilities(picture: np.ndarray, y: int, cell: Cell, row: int, step: int) -> None:
    runs = [run["scores"][step, row].softmax(-1) if step < len(run["scores"]) else None for run in _runs(cell)]
    known = [run for run in runs if run is not None]
    write(picture, "blue: probabilities of the library; orange: yours", PANEL, y + 10, room=WIDTH - PANEL)
    y += 20
    whole = torch.stack(known).nan_to_num().amax(0) if known else torch.zeros(SIZE)
    span = WIDTH - PANEL - NAME - NOTE
    for token in _shown(cell, whole, row, step):
        write(picture, f"{token} {_piece(token)}", PANEL + NAME - 6, y + 13, room=NAME - 4, right=True)
        notes = []
        for place, (run, ink) in enumerate(itertools.zip_longest(runs, (BLUE, ORANGE))):
            if run is None:
                notes.append("–")
                continue
            share = float(run[token].nan_to_num())
            top, left = y + place * BAR, PANEL + NAME
            picture[top : top + BAR - 1, left : left + max(1, round(share * span))] = STRENGTHS * ink + STRENGTHS
            notes.append("cut" if share == 0 else percent(share))
        right = PANEL + NAME + max(1, round(float(whole[token]) * span))
        write(picture, " | ".join(notes), right + 5, y + 13, room=WIDTH - right - 5)
        y += 2 * BAR + 4


def _shown(cell: Cell, whole: torch.Tensor, row: int, step: int) -> list[int]:
    """The most probable tokens of either run, with those that were taken."""
    place = cell.case.input_ids.shape[1] + step
    taken = [int(run["sequences"][row, place]) for run in _runs(cell) if place < run["sequences"].shape[1]]
    order = sorted(range(SIZE), key=lambda token: (token not in taken, -float(whole[token])))[:BARS]
    return sorted(order, key=lambda token: -float(whole[token]))


def _piece(token: int) -> str:
    tokenizer = letter_tokenizer()
    if token == tokenizer.eos_token_id:
        return "end"
    return visible(tokenizer.decode([token])) if 0 <= token < SIZE else ""
