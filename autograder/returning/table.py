"""What became of a submission, and the table of a class."""

from dataclasses import dataclass
from enum import StrEnum

from autograder.returning.plain import line


class Status(StrEnum):
    """What became of a submission."""

    GRADED = "graded"
    MANUAL = "needs manual grading"
    FAILED = "failed"  # what was handed in cannot be graded
    NOT_GRADED = "not graded"  # something here went wrong; the next run tries again


@dataclass(frozen=True)
class Result:
    """What became of one submission.

    ``reason`` says why it has no score, or what was odd. ``penalty``: points taken off because it was late.
    """

    assignment: str
    student: str
    status: Status
    score: float | None = None
    maximum: float | None = None
    reason: str = ""
    penalty: float = 0.0

    @property
    def points(self) -> float | None:
        """What counts: the score without what was taken off."""
        return None if self.score is None else self.score - self.penalty


def table(results: list[Result]) -> str:
    """The results in columns, a line each."""
    rows = [("student", "assignment", "score", "status")]
    for r in results:
        score = "" if r.points is None else f"{round(r.points, 2):g}/{r.maximum:g}"
        status = r.status + (f": {line(r.reason, 1000)}" if r.reason else "")
        rows.append((line(r.student, 200), r.assignment, score, status))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join([*(c.ljust(w) for c, w in zip(row[:3], widths, strict=True)), row[3]]) for row in rows)
