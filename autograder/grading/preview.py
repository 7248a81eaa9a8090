"""What a change of points, probes or cells would do to marks: the class is graded beside its gradebook.

The course as it is now is released into a temporary folder with a gradebook of its own, and what was handed in is
graded there. Nothing of the class is touched.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from autograder.course import api
from autograder.grading.assignment import NotGradable
from autograder.grading.cells import exercise_of
from autograder.grading.deadlines import NO_RULES, Rules
from autograder.grading.gradebook import prepare, scores
from autograder.grading.graded import Score
from autograder.grading.run import Options, grade_class
from autograder.returning.plain import plain

USUAL = Options()


@dataclass(frozen=True)
class Change:
    """Points of one student for one exercise that would change. None stands for none recorded. ``why``: in words."""

    assignment: str
    student: str
    exercise: str
    before: float | None
    after: float | None
    why: str


def preview(
    course: NbGraderAPI,
    names: Sequence[str],
    pattern: str = "*",
    options: Options = USUAL,
    rules: Rules = NO_RULES,
) -> list[Change]:
    """The points that would change if everything were graded now. Raises NotGradable when a release fails."""
    with tempfile.TemporaryDirectory() as folder:
        beside = api(_beside(course.config, Path(folder)))
        for name in names:
            outcome = beside.generate_assignment(name, force=True, create=True)
            if not outcome["success"]:
                raise NotGradable(f"{name} cannot be released: {outcome['log'] or outcome['error']}")
        results, _ = grade_class(beside, list(names), pattern, options, rules=rules)
        before = _recorded(course, [(result.assignment, result.student) for result in results])
        after = _recorded(beside, before)
    return [
        Change(*key, exercise_of(test), *_points(old.get(test), new.get(test)), _why(old.get(test), new.get(test)))
        for key, old in before.items()
        for new in (after[key],)
        for test in sorted({*old, *new})
        if len(set(_points(old.get(test), new.get(test)))) > 1
    ]


def told(changes: Sequence[Change], graded: int) -> str:
    """The changes in words, an exercise after the other. ``graded``: how many submissions were looked at."""
    each: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        each[change.assignment, change.exercise].append(change)
    lines = []
    for (assignment, exercise), some in each.items():
        lines.append(f"{assignment}, {exercise}: {len(some)} would change")
        for change in some:
            points = ["none" if number is None else f"{round(number, 2):g}" for number in (change.before, change.after)]
            lines.append(
                f"    {plain(change.student, 99)}: {points[0]} -> {points[1]}{f' ({change.why})' if change.why else ''}"
            )
    students = len({(change.assignment, change.student) for change in changes})
    return "\n".join([*lines, f"{graded} submissions graded beside the gradebook, marks of {students} would change."])


def _beside(config: Config, folder: Path) -> Config:
    """The course's configuration, but for what is written."""
    changed = Config(config)
    changed.CourseDirectory = Config(config.CourseDirectory)
    changed.CourseDirectory.db_url = f"sqlite:///{(folder / 'gradebook.db').as_posix()}"
    for name in ("release", "autograded", "feedback"):
        changed.CourseDirectory[f"{name}_directory"] = str(folder / name)
    return changed


def _recorded(course: NbGraderAPI, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Score]]:
    """The recorded scores of submissions, by assignment and student."""
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        prepare(gradebook.engine)
        return {(name, who): scores(gradebook, name, who) for name, who in asked}


def _points(old: Score | None, new: Score | None) -> tuple[float | None, float | None]:
    first, second = (None if score is None else round(score.points, 6) for score in (old, new))
    return first, second


def _why(old: Score | None, new: Score | None) -> str:
    """What the grader says of the new points that it did not say of the old ones."""
    if new is None:
        return "the exercise is gone"
    if old is None:
        return "not graded before"
    if old.maximum != new.maximum:
        return f"{old.maximum:g} points became {new.maximum:g}"
    fresh = [name for name in new.failed if name not in old.failed]
    passed = [name for name in old.failed if name not in new.failed]
    said = [new.problem, new.mistake, f"now fails: {', '.join(fresh)}" if fresh else ""]
    return "; ".join(filter(None, [*said, f"now passes: {', '.join(passed)}" if passed else ""]))[:300]
