"""Deadlines of a class, ``class/deadlines.toml``: due dates, grace, extensions, penalties, which attempt counts.

    [03_sampling_loop]
    due = 2026-10-05T23:59:00+02:00
    grace_minutes = 15        # late only after that; 0 without it
    penalty = 10              # percent of the points earned, for each day begun; 0 without it
    at_most = 50              # percent, in all; 100 without it
    attempts = "best"         # or "last", without it

    [03_sampling_loop.extensions]
    student-07 = 2026-10-12T23:59:00+02:00

Lateness itself is nbgrader's: due date and extension go into its gradebook, and a plug-in of its own kind says what is
taken off.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin

KEYS = {"due", "grace_minutes", "penalty", "at_most", "attempts", "extensions"}
DAY = 86_400.0


class BadDeadlines(ValueError):
    """A deadlines.toml that cannot be used. The message says where and why."""


@dataclass(frozen=True)
class Deadline:
    """The rules of one assignment. Times are in UTC, without a time zone, as nbgrader's are."""

    due: datetime | None = None
    grace: timedelta = timedelta(0)
    penalty: float = 0.0
    at_most: float = 100.0
    best: bool = False
    extensions: Mapping[str, datetime] = field(default_factory=dict)

    def extension(self, student: str) -> timedelta | None:
        """How much later than the others ``student`` may hand in."""
        until = self.extensions.get(student)
        return until - self.due if until and self.due else None

    def taken_off(self, score: float, seconds_late: float) -> float:
        """What lateness costs of ``score`` points."""
        if seconds_late <= self.grace.total_seconds():
            return 0.0
        return score * min(self.penalty * math.ceil(seconds_late / DAY), self.at_most) / 100

    def facts(self, student: str) -> str:
        """All that a grade of ``student`` depends on, as text."""
        return repr((self.due, self.grace, self.penalty, self.at_most, self.best, self.extension(student)))


@dataclass(frozen=True)
class Rules:
    """The ``deadlines`` of a class by assignment; and who was ``late``, where a platform says only that."""

    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    late: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, assignment: str) -> Deadline:
        """The deadline of an assignment; one that demands nothing where there is none."""
        return self.deadlines.get(assignment, Deadline())

    def is_late(self, assignment: str, student: str) -> bool:
        """Whether a platform says so."""
        return student in self.late.get(assignment, frozenset())

    def facts(self, assignment: str, student: str) -> str:
        """All that a student's grade depends on here, as text; nothing where there is no deadline."""
        if assignment not in self.deadlines:
            return ""
        return f"{self.of(assignment).facts(student)} {self.is_late(assignment, student)}"


NO_RULES = Rules()


class Deadlines(LateSubmissionPlugin):
    """nbgrader's plug-in. ``rule``: the one of the assignment, to be set before it is asked."""

    rule = Deadline()

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """What lateness costs; None where the file has no rule."""
        return self.rule.taken_off(score, total_seconds_late) or None


def load(path: Path) -> dict[str, Deadline]:
    """The rules by assignment; none when there is no file. Raises BadDeadlines."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadDeadlines(f"{path}: {error}") from None
    return {name: _deadline(f"{path}, [{name}]", rules) for name, rules in data.items()}


def _deadline(where: str, rules: Any) -> Deadline:
    if not isinstance(rules, dict):
        raise BadDeadlines(f"{where}: write a table, [ASSIGNMENT], and below it due = ...")
    if unknown := sorted(set(rules) - KEYS):
        raise BadDeadlines(f"{where}: there is no {', '.join(unknown)}; there are {', '.join(sorted(KEYS))}")
    attempts = rules.get("attempts", "last")
    if attempts not in ("best", "last"):
        raise BadDeadlines(f'{where}: attempts is "best" or "last", not {attempts!r}')
    numbers = {}
    for name, usual, most in (("grace_minutes", 0, math.inf), ("penalty", 0, 100), ("at_most", 100, 100)):
        number = rules.get(name, usual)
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
            raise BadDeadlines(f"{where}: {name} is a number from 0 to {most:g}, not {number!r}")
        numbers[name] = float(number)
    due = _time(where, "due", rules["due"]) if "due" in rules else None
    if due is None and rules.get("extensions"):
        raise BadDeadlines(f"{where}: extensions need a due")
    return Deadline(
        due,
        timedelta(minutes=numbers["grace_minutes"]),
        numbers["penalty"],
        numbers["at_most"],
        attempts == "best",
        {student: _time(where, student, until) for student, until in rules.get("extensions", {}).items()},
    )


def _time(where: str, name: str, value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadDeadlines(f"{where}: {name} is a time with its zone, such as 2026-10-05T23:59:00+02:00, not {value}")
    return value.astimezone(UTC).replace(tzinfo=None)
