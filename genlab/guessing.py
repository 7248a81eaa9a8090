"""Guesses that a reader writes down before a run, and what came out: predict, run, compare."""

import textwrap
from dataclasses import dataclass
from typing import Any

UNKNOWN = object()


@dataclass
class Guess:
    """One question: what the reader expected, and what the run gave; each may be missing yet."""

    guessed: Any = UNKNOWN
    came_out: Any = UNKNOWN


_guesses: dict[str, Guess] = {}


def guess(question: str, value: Any) -> None:
    """Keep the reader's guess ``value`` for a question, until the kernel ends; ``...`` stands for no guess yet.

    A second guess for the same question replaces the first one.
    """
    entry = _guesses.setdefault(question, Guess())
    entry.guessed = UNKNOWN if value is ... else value
    if value is ...:
        print(f"{question}\nWrite your guess in place of the dots, and run this cell again.")
    else:
        print(f"{question}\nYour guess: {_shown(value)}. It will be shown beside what comes out.")


def came_out(question: str, value: Any) -> None:
    """Show what a run gave beside the reader's guess for the same question, and keep it for ``guesses``."""
    entry = _guesses.setdefault(question, Guess())
    entry.came_out = value
    print(f"{question}\n    {_compared(entry)}")


def guesses() -> None:
    """Print all questions of this notebook so far, each with the guess and what came out."""
    if not _guesses:
        print("There are no guesses yet.")
    for question, entry in _guesses.items():
        print(textwrap.fill(question, 100))
        print(f"    {_compared(entry)}")


def _compared(entry: Guess) -> str:
    mine = "no guess" if entry.guessed is UNKNOWN else f"guessed {_shown(entry.guessed)}"
    if entry.came_out is UNKNOWN:
        return f"{mine}, not run yet"
    right = entry.guessed is not UNKNOWN and entry.guessed == entry.came_out
    return f"{mine}, came out {_shown(entry.came_out)}{', as guessed' if right else ''}"


def _shown(value: Any) -> str:
    """Numbers with thousands separated, texts in quotes, the rest as Python writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
