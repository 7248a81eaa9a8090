"""What came of grading one submission, as data: no torch is needed to read it, so that it may go to any process."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Score:
    """Points of one test cell and where they come from.

    ``verdicts``: for each probe the fields of its ``genlab.judging.verdict.Verdict`` that are not empty. ``problem``:
    why there are none. ``person``: the points are for a person to give.
    """

    grade_id: str
    points: float
    maximum: float
    verdicts: tuple[dict[str, Any], ...] = ()
    problem: str = ""
    person: bool = False

    @property
    def failed(self) -> list[str]:
        """The names of the probes that failed."""
        return [verdict["probe"] for verdict in self.verdicts if not verdict["passed"]]

    @property
    def mistake(self) -> str:
        """The name of the known mistake that the function makes, or an empty string."""
        return next((verdict["cause"] for verdict in self.verdicts if verdict.get("cause")), "")

    def summary(self) -> dict[str, Any]:
        """The points and, where some are missing, why: what a line of the log holds."""
        facts = {"problem": self.problem, "mistake": self.mistake, "failed": self.failed, "person": self.person}
        return {"points": self.points, "maximum": self.maximum} | {name: fact for name, fact in facts.items() if fact}

    def to_json(self) -> dict[str, Any]:
        """JSON-serializable data: ``from_json`` gives the score back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Score":
        """The score that ``to_json`` wrote."""
        return cls(**data | {"verdicts": tuple(data["verdicts"])})


@dataclass(frozen=True)
class Graded:
    """The result of one submission.

    ``notebook``: the graded notebook as JSON. ``notes``: what had to be repaired. ``stopped``: cells that did not run
    to their end, with the reason. ``cold``: why the sandbox was not a warm one. ``version``: of genlab, which graded.
    ``problem``: why the submission could not be graded at all; then all but ``seconds`` is empty.
    """

    notebook: str = ""
    scores: tuple[Score, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    cold: str = ""
    version: str = ""
    seconds: float = 0.0
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-serializable data: ``from_json`` gives the result back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Graded":
        """The result that ``to_json`` wrote."""
        lists = {name: tuple(data[name]) for name in ("notes", "stopped")}
        return cls(**data | lists | {"scores": tuple(map(Score.from_json, data["scores"]))})
