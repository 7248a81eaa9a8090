"""The student's door: ``check("top_p", top_p)`` runs a function on probes and says what went wrong."""

import difflib
import os
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from genlab.judging.outcome import Outcome, Record, read
from genlab.judging.runner import generated, outcomes_of
from genlab.judging.verdict import judge, report
from genlab.passed import note

DATA = Path(__file__).resolve().parent / "judging" / "data"


class CheckFailed(AssertionError):
    """A check that did not pass. A notebook shows the report alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def load(name: str) -> Record:
    """The public record of one exercise. Raises CheckFailed when there is no exercise called ``name``."""
    path = DATA / f"{name}.json"
    if not path.is_file():
        known = sorted(p.stem for p in DATA.glob("*.json"))
        close = difflib.get_close_matches(name, known, 1)
        advice = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
        raise CheckFailed(f"There is no exercise called {name!r}. {advice}")
    return read(path.read_text(encoding="utf-8"))


def check(name: str, function: Callable) -> None:
    """Check a student's function for the exercise ``name``; print the good news or raise ``CheckFailed``.

    While a submission is being graded this does nothing: the grader judges it on other probes.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return
    questions = _questions(load(name))
    if not callable(function):
        raise CheckFailed(
            f"{name}: got {type(function).__name__} instead of a function. "
            f"Pass the function itself: check({name!r}, {name})."
        )
    outcomes = outcomes_of(function, questions)
    record = load(name)
    verdicts = judge(replace(record, probes=tuple(map(generated, record.probes))), outcomes)
    text = "\n".join(map(_wrapped, report(name, verdicts).splitlines()))
    passed = all(verdict.passed for verdict in verdicts)
    if _in_notebook():
        note(name, passed)
    if not passed:
        raise CheckFailed(text)
    print(text)


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def _questions(record: Record) -> Record:
    """``record`` without what is right: while a student's function runs, no frame below it holds an answer."""
    return replace(record, mistakes=(), probes=tuple(replace(probe, expected=Outcome()) for probe in record.probes))


def _wrapped(line: str, width: int = 100) -> str:
    """A line of a report, broken at words; what is continued stands below where it began."""
    indent = " " * (len(line) - len(line.lstrip()) + (10 if line.startswith("        ") else 0))
    return textwrap.fill(line, width, subsequent_indent=indent, drop_whitespace=True, break_long_words=False)
