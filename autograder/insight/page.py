"""One page for whoever teaches, which needs nothing beside itself, and the same as a table for other programs."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.insight import pictures
from autograder.insight.examples import Wanted, candidates, visible
from autograder.insight.statistics import FEW, Assignment, Exercise, Misconception, Pattern

HERE = Path(__file__).resolve().parent
SHOWN = 300  # characters of a value that a student's function gave
MOST = 12  # misconceptions in the picture
LOW = 0.1  # a discrimination that asks for a look
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
COLUMNS = ("assignment", "exercise", "what", "name", "value", "of", "text")


@dataclass(frozen=True)
class Notice:
    """What is worth a look first: a number, words, and the exercise that they are about."""

    number: str
    words: str
    assignment: str
    exercise: str


def words(name: str) -> str:
    """The name of a mistake, to read."""
    return name.replace("_", " ")


def bounded(text: str, limit: int = SHOWN) -> str:
    """What a student's code made, as it is shown: not too long, without signs that change how it looks."""
    return visible(text if len(text) <= limit else text[:limit] + " …")


def asked(assignments: Sequence[Assignment]) -> list[Wanted]:
    """The answers of which one is to be shown as an example, for each misconception and each pattern."""
    return [one for _, each in _kinds(assignments) for one in each]


def chosen(assignments: Sequence[Assignment], codes: Mapping[Wanted, str]) -> dict[tuple[str, ...], str]:
    """The example of each misconception and of each pattern, as ``key`` names them."""
    found = {}
    for which, each in _kinds(assignments):
        code = next((codes[one] for one in each if one in codes), "")
        if code:
            found[which] = code
    return found


def key(exercise: Exercise, kind: Misconception | Pattern) -> tuple[str, ...]:
    """What tells a misconception or a pattern from all others."""
    what = (kind.name,) if isinstance(kind, Misconception) else (kind.probe, kind.reason, kind.got)
    return exercise.assignment, exercise.name, *what


def _kinds(assignments: Sequence[Assignment]) -> Iterator[tuple[tuple[str, ...], list[Wanted]]]:
    for assignment in assignments:
        for exercise in assignment.exercises:
            patterns = [pattern for rule in exercise.rules for pattern in rule.patterns]
            kinds: list[Misconception | Pattern] = [*exercise.misconceptions, *patterns]
            for kind in kinds:
                which = key(exercise, kind)
                yield which, candidates(assignment.name, exercise.name, repr(which), kind.students)


def notices(assignments: Sequence[Assignment]) -> list[Notice]:
    """Where to look first: what many have in common, and what the numbers say against an exercise."""
    exercises = [exercise for assignment in assignments for exercise in assignment.exercises]
    found: list[tuple[int, Notice]] = []

    def add(rank: int, number: str, words: str, exercise: Exercise) -> None:
        found.append((rank, Notice(number, words, exercise.assignment, exercise.name)))

    known = [(len(one.students), one, exercise) for exercise in exercises for one in exercise.misconceptions]
    for number, one, exercise in sorted(known, key=lambda entry: -entry[0])[:3]:
        if number > 1:
            add(0, _people(number), f"the misconception “{words(one.name)}”", exercise)
    patterns = [(max((len(p.students) for rule in e.rules for p in rule.patterns), default=0), e) for e in exercises]
    for number, exercise in sorted(patterns, key=lambda entry: -entry[0])[:2]:
        if number > 1:
            add(1, _people(number), "the same wrong result, for which no misconception has been written", exercise)
    rated = [(exercise.pass_rate, exercise) for exercise in exercises if exercise.pass_rate is not None]
    for rate, exercise in sorted(rated, key=lambda entry: entry[0])[:2]:
        if rate < 0.5:
            add(2, percent(rate), "passed: one of the hardest", exercise)
    weak = [(e.discrimination, e) for e in exercises if e.discrimination is not None and e.discrimination < LOW]
    for value, exercise in sorted(weak, key=lambda entry: entry[0])[:2]:
        add(3, decimal(value), "discrimination: who is good at the rest does hardly better here", exercise)
    slow = [(len(exercise.too_long), exercise) for exercise in exercises if exercise.too_long]
    for number, exercise in sorted(slow, key=lambda entry: -entry[0])[:1]:
        add(4, _people(number), "out of time, perhaps in an endless loop", exercise)
    return [notice for _, notice in sorted(found, key=lambda entry: entry[0])]


def _people(number: int) -> str:
    return f"{number} student{'s' * (number != 1)}"


def percent(share: float | None) -> str:
    """A share, to read."""
    return "–" if share is None else f"{round(100 * share)} %"


def decimal(value: float | None) -> str:
    """A number of points or a correlation, to read."""
    return "–" if value is None else f"{round(value, 2):g}".replace("-", "−")


def page(
    assignments: Sequence[Assignment],
    examples: Mapping[tuple[str, ...], str],
    hints: Mapping[tuple[str, str], str],
    names: Mapping[str, str] | None = None,
    when: str = "",
) -> str:
    """The page as HTML. ``examples``: see ``chosen``. ``hints``: by exercise and misconception, where one is declared.

    ``names``: of the students, by who they are; without it nobody is named. ``when``: the date, in words.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"words": words, "bounded": bounded, "percent": percent, "decimal": decimal}
    everybody = {student for assignment in assignments for student in assignment.students}
    context: dict[str, Any] = {
        "assignments": assignments,
        "students": len(everybody | {who for assignment in assignments for who, _ in assignment.failed}),
        "notices": notices(assignments),
        "bars": {assignment.name: _pictures(assignment) for assignment in assignments},
        "top": _top(assignments),
        "example": lambda exercise, kind: examples.get(key(exercise, kind), ""),
        "hint": lambda exercise, one: hints.get((exercise.name, one.name)) or one.hint,
        "who": lambda students: [bounded(names.get(one, one)) for one in students] if names is not None else [],
        "named": names is not None,
        "when": when,
        "few": FEW,
    }
    return environment.get_template("page.html").render(context)


def _pictures(assignment: Assignment) -> list[tuple[str, pictures.Picture]]:
    """The pictures of one assignment with their titles."""
    rated = [exercise for exercise in assignment.exercises if exercise.graded]
    if not rated:
        return []
    counts = [(len(each.passed), len(each.partly), len(each.nothing)) for each in rated]
    return [
        ("Points by exercise", pictures.pass_rates([each.name for each in rated], counts, assignment.name)),
        ("Totals", pictures.totals(assignment.shares, assignment.name)),
    ]


def _top(assignments: Sequence[Assignment]) -> pictures.Picture | None:
    """The picture of the most frequent misconceptions."""
    found = [
        (exercise.name, words(one.name), len(one.students))
        for assignment in assignments
        for exercise in assignment.exercises
        for one in exercise.misconceptions
    ]
    found = sorted(found, key=lambda entry: -entry[2])[:MOST]
    return pictures.misconceptions(found, "The most frequent misconceptions") if found else None


def spreadsheet(
    assignments: Sequence[Assignment], hints: Mapping[tuple[str, str], str], names: Mapping[str, str] | None = None
) -> str:
    """The same as CSV: a line for each number. ``hints``, ``names``: see ``page``."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *["students"] * (names is not None)])
    for assignment in assignments:
        for exercise in assignment.exercises:
            for what, name, value, told, who in _lines(exercise, hints):
                line = [assignment.name, exercise.name, what, name, value, exercise.graded, told]
                line += ["; ".join(names.get(one, one) for one in who)] if names is not None else []
                writer.writerow([_no_formula(field) if isinstance(field, str) else field for field in line])
    return text.getvalue()


def _lines(
    exercise: Exercise, hints: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str, float | str, str, tuple[str, ...]]]:
    """What is known of an exercise: what it is, a name, a number, words, and who."""
    for what in ("passed", "partly", "nothing", "waiting", "unwritten", "too_long"):
        who = getattr(exercise, what)
        yield words(what), "", len(who), "", who
    for what, value in (("mean points", exercise.points), ("discrimination", exercise.discrimination)):
        yield what, "", "" if value is None else round(value, 4), "", ()
    yield "maximum points", "", exercise.maximum, "", ()
    for one in exercise.misconceptions:
        hint = hints.get((exercise.name, one.name)) or one.hint
        yield "misconception", one.name, len(one.students), hint, one.students
    for rule in exercise.rules:
        yield "unexplained", "", len(rule.students), rule.rule, rule.students
    for what, who in exercise.problems:
        yield "not checked", "", len(who), bounded(what), who


def _no_formula(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
