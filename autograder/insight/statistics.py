"""What a class has understood, from data alone: who passed, which misconception how many had, what nobody explains yet.

Nothing is read or written here. Students are told by name in the results; what is shown of them is for ``page`` to say.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.grading.graded import Score

FEW = 10  # students: of fewer, a correlation says nothing
PATTERNS = 3  # of a broken rule: outcomes that many had in common
UNWRITTEN = "not written yet"  # as ``genlab.judging.differences`` says it, which needs torch
RAISED = "it raised an error"
TOOK_TOO_LONG = re.compile(r"TookTooLong\b")  # what ``genlab.judging.runner`` raises
STOPPED = re.compile(r"stopped after |not run: the notebook's .* seconds were over")  # ``sandbox.execution``
MISSING = re.compile(r"there was no \w+ when the test ran")  # ``grading.submission``
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Answer:
    """What one student has for one cell that gives points.

    ``points``: None while a person has to give them. ``waiting``: a person has to look. ``text``: no code is judged.
    ``score``: where the points come from, if this grader gave them.
    """

    assignment: str
    name: str
    student: str
    points: float | None
    maximum: float
    waiting: bool = False
    text: bool = False
    score: Score | None = None


@dataclass(frozen=True)
class Misconception:
    """A named mistake, and who made it. ``certain``: of how many it explains all that failed."""

    name: str
    hint: str
    students: tuple[str, ...]
    certain: int


@dataclass(frozen=True)
class Pattern:
    """The same wrong outcome on the same probe, without a name so far."""

    probe: str
    expected: str
    got: str
    reason: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class BrokenRule:
    """A sentence of the card that some answers break in a way that no misconception explains."""

    rule: str
    students: tuple[str, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Exercise:
    """One cell that gives points, over all who handed in. ``discrimination``: see ``discrimination``.

    ``passed``, ``partly`` and ``nothing`` are all points, some and none; ``waiting``: a person has to look.
    ``too_long``: an endless loop, or nearly one. ``problems``: why there was nothing to judge, with who.
    """

    assignment: str
    name: str
    maximum: float
    text: bool
    passed: tuple[str, ...]
    partly: tuple[str, ...]
    nothing: tuple[str, ...]
    waiting: tuple[str, ...]
    unwritten: tuple[str, ...]
    too_long: tuple[str, ...]
    points: float | None  # the mean
    discrimination: float | None
    misconceptions: tuple[Misconception, ...]
    rules: tuple[BrokenRule, ...]
    problems: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def graded(self) -> int:
        """How many have points for it."""
        return len(self.passed) + len(self.partly) + len(self.nothing)

    @property
    def pass_rate(self) -> float | None:
        """The share of those with points who have all of them."""
        return len(self.passed) / self.graded if self.graded else None


@dataclass(frozen=True)
class Assignment:
    """One assignment. ``shares``: of each student, the points as a share of those that were given out so far.

    ``failed``: who handed in what could not be graded, with the reason.
    """

    name: str
    students: tuple[str, ...]
    shares: tuple[float, ...]
    exercises: tuple[Exercise, ...]
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def waiting(self) -> int:
        """How many answers wait for a person."""
        return sum(len(exercise.waiting) for exercise in self.exercises)


def summary(
    answers: Iterable[Answer], failed: Iterable[tuple[str, str, str]] = (), order: Mapping[str, Sequence[str]] = {}
) -> list[Assignment]:
    """All assignments by name. ``failed``: assignment, student and reason of what could not be graded.

    ``order``: of each assignment the names of its cells as they stand in the notebook.
    """
    cells: dict[str, dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for answer in answers:
        cells[answer.assignment][answer.name].append(answer)
    unreadable: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for assignment, student, reason in failed:
        unreadable[assignment].append((student, reason))
    return [
        _assignment(name, cells[name], sorted(unreadable[name]), order.get(name, ()))
        for name in sorted({*cells, *unreadable})
    ]


def _assignment(
    name: str, cells: dict[str, list[Answer]], failed: list[tuple[str, str]], order: Sequence[str]
) -> Assignment:
    have: dict[str, list[tuple[float, float]]] = defaultdict(list)
    code: dict[str, float] = defaultdict(float)  # points for what is judged alike for all
    for answers in cells.values():
        for answer in answers:
            have[answer.student] += [(answer.points, answer.maximum)] if answer.points is not None else []
            code[answer.student] += 0 if answer.text else answer.points or 0
    totals = {student: tuple(map(sum, zip(*points, strict=True))) for student, points in have.items() if points}
    places = {cell: place for place, cell in enumerate(order)}
    ordered = sorted(cells, key=lambda cell: (places.get(cell, len(places)), cell))
    return Assignment(
        name,
        tuple(sorted(have)),
        tuple(share(points, maximum) for _, (points, maximum) in sorted(totals.items()) if maximum),
        tuple(_exercise(cells[cell], code) for cell in ordered),
        tuple(failed),
    )


def share(points: float, maximum: float) -> float:
    """Points as a share, between 0 and 1 also where extra credit was given."""
    return min(max(points / maximum, 0.0), 1.0)


def _exercise(answers: list[Answer], totals: Mapping[str, float]) -> Exercise:
    first = answers[0]
    groups = _Groups()
    for answer in sorted(answers, key=lambda answer: answer.student):
        groups.add(answer)
    known = {answer.student: answer.points for answer in answers if answer.points is not None}
    return Exercise(
        first.assignment,
        first.name,
        first.maximum,
        first.text,
        passed=tuple(groups.passed),
        partly=tuple(groups.partly),
        nothing=tuple(groups.nothing),
        waiting=tuple(groups.waiting),
        unwritten=tuple(groups.unwritten),
        too_long=tuple(groups.too_long),
        points=statistics.fmean(known.values()) if known else None,
        discrimination=None if first.text else discrimination(known, totals),
        misconceptions=groups.misconceptions(),
        rules=groups.rules(),
        problems=tuple(sorted(((what, tuple(who)) for what, who in groups.problems.items()), key=_most)),
    )


def discrimination(points: Mapping[str, float], totals: Mapping[str, float]) -> float | None:
    """The correlation of the ``points`` for one exercise with those for all others (the corrected item-total one).

    Between -1 and 1. None where it cannot be told: fewer than ``FEW`` students, or all with the same points.
    """
    if len(points) < FEW:
        return None
    others = [round(totals[student] - own, 6) for student, own in points.items()]  # noise is no difference
    try:
        return statistics.correlation(list(points.values()), others)
    except statistics.StatisticsError:
        return None


@dataclass
class _Groups:
    """Collects the answers to one exercise."""

    passed: list[str] = field(default_factory=list)
    partly: list[str] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _causes: dict[str, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))  # who, and is it certain
    _hints: dict[str, str] = field(default_factory=dict)
    _rules: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _patterns: dict[str, dict[tuple[str, str, str], list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    _shown: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        who = answer.student
        if answer.points is not None:
            all_of_them, some = answer.points >= answer.maximum, answer.points > 0
            (self.passed if all_of_them else self.partly if some else self.nothing).append(who)
        if answer.waiting:
            self.waiting.append(who)
        if answer.score is not None:
            self._add_score(who, answer.score)

    def _add_score(self, who: str, score: Score) -> None:
        wrong = [verdict for verdict in score.verdicts if not verdict["passed"]]
        if wrong and all(verdict.get("reason") == UNWRITTEN for verdict in wrong):
            self.unwritten.append(who)
            return
        endless = [verdict for verdict in wrong if TOOK_TOO_LONG.match(verdict.get("got", ""))]
        if endless or STOPPED.match(score.problem):
            self.too_long.append(who)
        elif score.problem:
            missing = "the function was not there when the test ran"
            self.problems[missing if MISSING.match(score.problem) else score.problem].append(who)
        for verdict in wrong:
            if cause := verdict.get("cause", ""):
                self._causes[cause][who] = self._causes[cause].get(who, False) or verdict.get("certain", False)
                self._hints.setdefault(cause, verdict.get("hint", ""))
            elif verdict not in endless:
                self._add_unexplained(who, verdict)

    def _add_unexplained(self, who: str, verdict: Mapping[str, str]) -> None:
        rule, reason, got = verdict["rule"], verdict.get("reason", ""), verdict.get("got", "")
        key = (verdict["probe"], reason, NUMBER.sub("#", got) if reason == RAISED else got)
        self._rules[rule].add(who)
        self._patterns[rule][key].append(who)
        self._shown.setdefault(key, (verdict.get("expected", ""), got))

    def misconceptions(self) -> tuple[Misconception, ...]:
        """The named mistakes, the one of most students first."""
        found = [
            Misconception(name, self._hints[name], tuple(sorted(who)), sum(who.values()))
            for name, who in self._causes.items()
        ]
        return tuple(sorted(found, key=lambda one: (-len(one.students), one.name)))

    def rules(self) -> tuple[BrokenRule, ...]:
        """What no misconception explains, the rule that most broke first; of each the most frequent outcomes."""
        found = []
        for rule, who in self._rules.items():
            patterns = sorted(self._patterns[rule].items(), key=_most)[:PATTERNS]
            told = [
                Pattern(key[0], self._shown[key][0], self._shown[key][1], key[1], tuple(sorted(same)))
                for key, same in patterns
            ]
            found.append(BrokenRule(rule, tuple(sorted(who)), tuple(told)))
        return tuple(sorted(found, key=lambda one: (-len(one.students), one.rule)))


def _most(entry: tuple) -> tuple:
    """Sorts pairs of something and who has it: most first, then by what it is."""
    return -len(entry[1]), entry[0]
