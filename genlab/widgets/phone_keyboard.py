"""Notebook 02: the three suggestions of a phone's keyboard, from the model's next-token distribution."""

import html
from collections.abc import Callable, Sequence

import ipywidgets
import numpy as np
from traitlets import Bunch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from genlab.plots.labels import Pieces
from genlab.plots.style import CUT, KEPT
from genlab.widgets.bars import Bars
from genlab.widgets.base import READABLE, WIDE, LiveBox, Prompt, percent, picture_of
from genlab.widgets.reading import encode, fit, forward, top

SUGGESTIONS = 3
Path = tuple[int, ...]  # the tokens tapped since the prompt


class PhoneKeyboard(LiveBox):
    """Type with the model: tap one of three suggestions, go back, take another way, return to the first.

    Controls: ``prompt``; ``suggestions``, three buttons; ``rewind`` and ``restart``, buttons; ``branches``, a list of
    every way taken so far, which brings back the one that is picked. ``path`` holds the tokens tapped after the prompt.
    The model runs once for each new path; a path that was seen before costs nothing.
    """

    alt = "Bars: the probabilities of the three suggested tokens, and of all others together."

    def __init__(self, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, text: str = "Once upon a time"):
        self._tokenizer, self._model, self._pieces = tokenizer, model, Pieces(tokenizer)
        self._bars = Bars(SUGGESTIONS + 1, {"kept": "probability of a suggestion", "base": "of all others"})
        self._prompt_ids: Path = ()
        self._known: dict[Path, tuple[list[int], np.ndarray]] = {}
        self.path: Path = ()
        self.screen = ipywidgets.HTML(layout=WIDE)
        self.suggestions = [self._key(place) for place in range(SUGGESTIONS)]
        self.rewind = self._button("Rewind", "undo", "Take back the last token", lambda: self.go(self.path[:-1]))
        self.restart = self._button("Back to prompt", "fast-backward", "Go back to the prompt", lambda: self.go(()))
        self.branches = ipywidgets.Select(
            options=[], description="Branches", rows=4, tooltip="Pick a way taken before to return to it", layout=WIDE
        )
        self._listing = False
        self.image = picture_of(self._bars.blank())
        self.prompt = Prompt(text, self._start, button="Start")
        keys = ipywidgets.HBox(self.suggestions, layout=WIDE)
        back = ipywidgets.HBox([self.rewind, self.restart])
        super().__init__([self.prompt, self.screen, keys, back, self.branches, self.image])
        self.prompt.run()
        self.branches.observe(self._picked, "value")

    def _key(self, place: int) -> ipywidgets.Button:
        key = ipywidgets.Button(tooltip=f"Suggestion {place + 1}", layout={"flex": "1 1 0", "height": "2.6em"})
        key.on_click(lambda _: self.tap(place))
        return key

    def _button(self, description: str, icon: str, tooltip: str, action: Callable[[], None]) -> ipywidgets.Button:
        button = ipywidgets.Button(description=description, icon=icon, tooltip=tooltip)
        button.on_click(lambda _: action())
        return button

    def _start(self, text: str) -> str:
        ids, remark = encode(self._tokenizer, text)
        _, cut = fit(self._model, ids)
        known = {(): self._look(ids)}  # first: if the model fails, the keyboard stays as it is
        self._prompt_ids, self._known = tuple(ids), known
        self.go(())
        return cut or remark

    def _look(self, ids: list[int]) -> tuple[list[int], np.ndarray]:
        """The three likeliest next tokens and their probabilities."""
        fitting, _ = fit(self._model, ids)
        probabilities = forward(self._model, fitting)[-1].softmax(-1).numpy()
        suggested = [int(i) for i in top(probabilities, SUGGESTIONS)]
        return suggested, probabilities[suggested]

    def tap(self, place: int) -> None:
        """Append suggestion ``place`` (0, 1 or 2)."""
        suggested, _ = self._known.get(self.path, ([], None))
        if place < len(suggested):
            self.go((*self.path, suggested[place]))

    def go(self, path: Path) -> None:
        """Stand at the end of ``path``; the model reads prompt and path unless it has done so before."""
        if not self._known:
            return  # no prompt could be read yet
        if path not in self._known:
            self._known[path] = self._look(list(self._prompt_ids + path))
        self.path = path
        self._draw()

    def ways(self) -> list[Path]:
        """Every path that was taken to its end: the branches, in the order in which they were begun."""
        inner = {path[:-1] for path in self._known if path}
        return sorted((path for path in self._known if path not in inner), key=list(self._known).index)

    def _picked(self, change: Bunch) -> None:
        if not self._listing and change["new"] is not None:
            self.go(change["new"])

    def text(self, path: Sequence[int]) -> str:
        """The text that ``path`` adds to the prompt."""
        return self._tokenizer.decode(list(path), clean_up_tokenization_spaces=False)

    def _draw(self) -> None:
        suggested, chances = self._known[self.path]
        labels = [self._pieces.label(i) for i in suggested]
        for key, token, label, chance in zip(self.suggestions, suggested, labels, chances, strict=False):
            key.description = f"{label}  {percent(chance)}"
            key.icon = "check" if (*self.path, token) in self._known else ""  # taken before
        self.rewind.disabled = self.restart.disabled = not self.path
        self._list_branches()
        prompt = html.escape(self.text(self._prompt_ids))
        tapped = html.escape(self.text(self.path))
        self.screen.value = (
            f'<div style="{READABLE}; border: 1px solid {CUT}; border-radius: 8px; padding: .5em .8em; '
            f'line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere">{prompt}'
            f'<b style="border-bottom: 2px solid {KEPT}">{tapped}</b></div>'
        )
        values = np.append(chances, max(0.0, 1 - float(chances.sum())))
        self.image.value = self._bars.draw(
            [*labels, "all others"],
            values,
            [percent(value) for value in values],
            kinds=["kept"] * len(labels) + ["base"],
            title=f"After “{self._end(self.text(self._prompt_ids + self.path))}”",
        )

    def _list_branches(self) -> None:
        self._listing = True  # what follows is not the reader picking a branch
        try:
            self.branches.options = [
                (f"{number}: {self._end(self.text(path)) if path else '(prompt only)'}", path)
                for number, path in enumerate(self.ways(), 1)
            ]
            self.branches.value = self.path if self.path in self.ways() else None
        finally:
            self._listing = False

    @staticmethod
    def _end(text: str, length: int = 60) -> str:
        line = " ".join(text.split())
        return line if len(line) <= length else "…" + line[-length:]

    def summary(self) -> str:
        if not self._known:
            return "No prompt has been read yet."
        suggested, chances = self._known[self.path]
        offers = ", ".join(f"{self._pieces.label(i)} {percent(p)}" for i, p in zip(suggested, chances, strict=True))
        ways = "\n".join(f"  {label}" for label, _ in self.branches.options)
        return (
            f"Text: {self.text(self._prompt_ids + self.path)}\nSuggestions: {offers}; "
            f"all others {percent(max(0.0, 1 - float(chances.sum())))}.\nBranches:\n{ways}"
        )
