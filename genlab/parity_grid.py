"""A grid of calls, and what a reader's ``generate`` makes of each beside the library's: what a parity board shows."""

import functools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import torch

from genlab.judging.alone import alone
from genlab.judging.rebuilt import library
from genlab.judging.runner import run
from genlab.judging.values import Resource
from genlab.parity import SIZE, Case, Difference, Generate, bases, compare, designed

SECONDS = 2.0  # of a call, which takes some hundredths; what takes this long is an endless loop
MOST_STOPPED = 3  # calls that did not end: then no more are tried
SAMPLED = {"do_sample": True, "top_k": 0}

# What is new in each row of the grid, beside a greedy call of two rows that are equally long
PLAIN: dict[str, dict[str, Any]] = {
    "greedy": {},
    "temperature": {"do_sample": True, "temperature": 1.7},  # and the hidden top_k, more than there are tokens
    "top_k": SAMPLED | {"top_k": 5},
    "top_p": SAMPLED | {"top_p": 0.7},
    "min_p": SAMPLED | {"min_p": 0.2},
    "all four cuts": {"do_sample": True, "temperature": 1.6, "top_k": 9, "top_p": 0.8, "min_p": 0.1},
    "cuts in a greedy call": {"temperature": 0.5, "top_k": 3},
    "penalty": {"repetition_penalty": 2.0},
    "penalty, then top_k": {"do_sample": True, "repetition_penalty": 1.8, "top_k": 4},
}
DESIGNED = {
    "end in the last step": "an end in the last step",
    "list of end tokens": "a list of end tokens",
    "minimum": "a minimum before an end",
    "left pads": "left pads",
    "pads and a penalty": "a penalty and left pads",
    "pad = end, in prompt": "pad = eos, inside a prompt",
    "stop string": "a stop string begun in the prompt",
    "stop, no end token": "a stop string without end tokens",
    "stop in the prompt": "a stop string in the prompt",
    "repository": "the repository's settings",
    "None in the call": "a None in the call",
}
KINDS = (*PLAIN, *DESIGNED)
COLUMNS = {  # rotary positions, cache
    "GPT-2, cache": (False, True),
    "GPT-2, no cache": (False, False),
    "Llama, cache": (True, True),
    "Llama, no cache": (True, False),
}


class State(StrEnum):
    """How a call came out."""

    EQUAL = "equal"
    DIFFERS = "differs"
    RAISES = "raises"
    STOPPED = "stopped"
    UNWRITTEN = "not written yet"
    NOT_RUN = "not run"


INTERRUPT = "KeyboardInterrupt"
STATES = {"NotImplementedError": State.UNWRITTEN, "TookTooLong": State.STOPPED, INTERRUPT: State.STOPPED}


@dataclass(frozen=True)
class Cell:
    """One call of the grid: what the library gives, what the reader's function does, and the first difference."""

    case: Case
    theirs: dict[str, torch.Tensor]
    state: State
    mine: dict[str, torch.Tensor] | None = None  # where it has the form that was asked for
    difference: Difference | None = None
    line: str = ""  # of the reader's code, after an error


@functools.lru_cache(maxsize=512)
def asked(kind: str, column: str, seed: int = 0) -> tuple[Case, dict[str, torch.Tensor]]:
    """The call of a kind and a column, and what the library gives for it. Both are remembered: change neither."""
    rotary, cache = COLUMNS[column]
    case = _case(kind, rotary, seed)
    case = case if cache else case.changed(use_cache=False)
    return case, case.ask(library)


@functools.lru_cache(maxsize=256)
def _case(kind: str, rotary: bool, seed: int) -> Case:
    if design := DESIGNED.get(kind):
        return designed(design, rotary, 1000 * seed)
    rng = random.Random(f"{kind} {seed}")
    ids = torch.tensor([[rng.randrange(1, SIZE - 1) for _ in range(5)] for _ in range(2)])
    base = next(bases(rotary, 1000 * seed))
    return Case(base.model, ids, torch.ones_like(ids), base.settings | PLAIN[kind], rng.randrange(1000))


def cells(function: Generate, seed: int = 0, seconds: float = SECONDS) -> Iterator[tuple[str, str, Cell]]:
    """``(kind, column, cell)`` for each call of the grid. Never raises because of ``function``.

    Each call has ``seconds`` of processor time. When several did not end, or somebody interrupts, the rest is not run.
    """
    stopped = 0
    for kind in KINDS:
        for column in COLUMNS:
            case, theirs = asked(kind, column, seed)
            if stopped >= MOST_STOPPED:
                yield kind, column, Cell(case, theirs, State.NOT_RUN)
                continue
            cell = beside(function, case, theirs, seconds)
            by_hand = cell.difference is not None and cell.difference.words.startswith(INTERRUPT)
            stopped += MOST_STOPPED if by_hand else cell.state == State.STOPPED
            yield kind, column, cell


def beside(function: Generate, case: Case, theirs: dict[str, torch.Tensor], seconds: float = SECONDS) -> Cell:
    """What ``function`` gives for ``case`` beside what the library gives. It is called as at a check, all by itself."""
    settings = dict(case.settings)
    if settings.get("stop_strings"):
        settings["tokenizer"] = Resource("letter_tokenizer")
    model = Resource("repository_model", **case.model)
    args = {"model": model, "ids": case.input_ids, "mask": case.attention_mask, "settings": settings}
    outcome = run(_seeded(function, case.seed), args, seconds=seconds)
    cell = Cell(case, theirs, State.EQUAL)
    if error := outcome.error:
        words = f"{error.types[0]}: {error.message}" if error.message else error.types[0]
        state = STATES.get(error.types[0], State.RAISES)
        return replace(cell, state=state, difference=Difference(None, None, words, "error"), line=error.line)
    difference = compare(case, outcome.value, theirs)
    known = difference is None or difference.step is not None
    return replace(
        cell,
        state=State.DIFFERS if difference else State.EQUAL,
        mine=outcome.value if known else None,
        difference=difference,
    )


def _seeded(function: Generate, seed: int) -> Callable[..., Any]:
    def call(model: Any, ids: torch.Tensor, mask: torch.Tensor, settings: dict[str, Any]) -> Any:
        torch.manual_seed(seed)
        return alone(function, model, ids, mask, **settings)

    return call
