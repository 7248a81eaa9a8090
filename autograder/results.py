"""What became of a submission, and the table of a class."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """``status``: ``graded``, ``needs manual grading``, ``failed`` (what was handed in cannot be graded) or
    ``not graded`` (something here went wrong; the next run tries again). ``reason`` says why."""

    assignment: str
    student: str
    status: str
    score: float | None = None
    maximum: float | None = None
    reason: str = ""


def table(results: list[Result]) -> str:
    """The results in columns, a line each."""
    rows = [("student", "assignment", "score", "status")]
    for r in results:
        score = "" if r.score is None else f"{r.score:g}/{r.maximum:g}"
        rows.append((r.student, r.assignment, score, r.status + (f": {r.reason}" if r.reason else "")))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join([*(c.ljust(w) for c, w in zip(row[:3], widths, strict=True)), row[3]]) for row in rows)
