"""Checks that teach: ``check("top_p", top_p)`` runs a student's function on probes and says what went wrong."""

import difflib
import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from genlab.checks.judge import Verdict, judge, report
from genlab.checks.live import LIVE
from genlab.checks.run import run
from genlab.checks.values import decode

DATA = Path(__file__).resolve().parent / "data"


class CheckFailed(AssertionError):
    """A check that did not pass. A notebook shows the report alone, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def load(name: str) -> dict[str, Any]:
    """The public record of one exercise: probes, expected outcomes, misconceptions. It holds no solution."""
    path = DATA / f"{name}.json"
    if not path.is_file():
        known = sorted(p.stem for p in DATA.glob("*.json"))
        close = difflib.get_close_matches(name, known, 1)
        advice = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
        raise CheckFailed(f"There is no exercise called {name!r}. {advice}")
    return json.loads(path.read_text(encoding="utf-8"))


def outcomes_of(function: Callable, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Run ``function`` on every probe of ``record``."""
    adapter = record["adapter"]
    return [
        run(function, {name: decode(value) for name, value in probe["args"].items()}, adapter)
        for probe in record["probes"]
    ]


def check(name: str, function: Callable) -> None:
    """Check a student's function for the exercise ``name``; print the good news or raise ``CheckFailed``.

    While a submission is being graded this does nothing: the grader judges it on other probes.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        return
    record = load(name)
    if not callable(function):
        raise CheckFailed(
            f"{name}: got {type(function).__name__} instead of a function. "
            f"Pass the function itself: check({name!r}, {name})."
        )
    if record["live"]:  # the library is here: what it does today, on this computer, is what is right
        for probe, expected in zip(record["probes"], outcomes_of(LIVE[record["live"]], record), strict=True):
            probe["expected"] = expected
    text = report(name, judge(record, outcomes_of(function, record)))
    text = "\n".join(_wrap(line) for line in text.splitlines())
    if text.endswith("probes passed."):
        print(text)
    else:
        raise CheckFailed(text)


def _wrap(line: str, width: int = 100) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + (10 if line.startswith("        ") else 0))
    return textwrap.fill(line, width, subsequent_indent=indent, drop_whitespace=True, break_long_words=False)


__all__ = ["CheckFailed", "Verdict", "check", "load", "outcomes_of"]
