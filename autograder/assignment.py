"""An assignment as data: all that is needed to grade a submission of it, anywhere."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI

from autograder.rebase import marks

PREFIX = "test_"  # the grade_id of a test cell is this and the exercise's name
HERE = Path(__file__).resolve().parent
EXERCISES = HERE / "exercises"


class NotGradable(RuntimeError):
    """An assignment that cannot be graded as it is. The message says what the instructor has to do."""


@dataclass(frozen=True)
class Assignment:
    """``master``: the released notebook with the instructor's test cells, as JSON. ``files``: what lies beside it.

    ``records``: for each test cell what judging needs (see ``Exercise.record``), by grade_id; empty until the driver
    fills it. ``digest`` changes whenever a grade could.
    """

    name: str
    master: str
    seed: str
    files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    digest: str = ""


def is_test(cell: NotebookNode) -> bool:
    """Whether points are given automatically for this cell."""
    return bool(marks(cell).get("grade")) and not marks(cell).get("solution") and cell.cell_type == "code"


def load(course: NbGraderAPI, name: str, seed: str) -> Assignment:
    """The assignment ``name`` as it was released, without ``records``. Raises NotGradable."""
    released = Path(course.coursedir.format_path(course.coursedir.release_directory, ".", name)) / f"{name}.ipynb"
    if not released.is_file():
        raise NotGradable(f"{name} is not released ({released} is missing): run `make release`")
    notebook = nbformat.read(released, as_version=4)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        _restore(notebook, gradebook, name)
    source = Path(course.coursedir.format_path(course.coursedir.source_directory, ".", name))
    files = {
        str(path.relative_to(source)): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not any(part.startswith(".") for part in path.parts)
    }
    master = nbformat.writes(notebook)
    return Assignment(name, master, seed, files, digest=_digest(name, master, seed, files))


def _restore(notebook: NotebookNode, gradebook: Gradebook, name: str) -> None:
    """Put the gradebook's sources (with the hidden tests), points and checksums into the released notebook."""
    try:
        recorded = gradebook.find_notebook(name, name)
    except MissingEntry:
        raise NotGradable(f"{name} is not in the gradebook: run `make release`") from None
    sources = {cell.name: cell for cell in recorded.source_cells}
    points = {cell.name: cell.max_score for cell in recorded.grade_cells}
    for cell in filter(marks, notebook.cells):
        grade_id = marks(cell)["grade_id"]
        if grade_id not in sources:
            raise NotGradable(f"{name}: the gradebook has no cell {grade_id!r}: run `make release`")
        if not marks(cell).get("solution"):
            cell.source = sources[grade_id].source
        cell.metadata.nbgrader["checksum"] = sources[grade_id].checksum
        if grade_id in points:
            cell.metadata.nbgrader["points"] = points[grade_id]
        if is_test(cell) and not grade_id.startswith(PREFIX):
            raise NotGradable(
                f"{name}: the test cell {grade_id!r} names no exercise; it must be called test_<exercise>"
            )
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    missing = set(sources) - {marks(cell).get("grade_id") for cell in notebook.cells}
    if missing:
        raise NotGradable(f"{name}: the release lacks {', '.join(sorted(missing))}: run `make release`")


def _digest(name: str, master: str, seed: str, files: dict[str, bytes]) -> str:
    """Of everything that a grade depends on and that is the assignment's or the grader's."""
    own = EXERCISES / f"nb{name}.py"
    code = [own, EXERCISES / "base.py"] if own.is_file() else sorted(EXERCISES.glob("*.py"))
    code += [
        HERE / "assignment.py",
        HERE / "demonstrations.py",
        HERE / "rebase.py",
        HERE / "submission.py",
        HERE / "safe.py",
        *sorted((HERE / "sandbox").glob("*.py")),
    ]
    code += sorted((HERE.parent / "genlab").rglob("*.py"))
    digest = hashlib.sha256()
    for part in (name.encode(), master.encode(), seed.encode(), *map(Path.read_bytes, code)):
        digest.update(hashlib.sha256(part).digest())
    for path, content in sorted(files.items()):
        digest.update(hashlib.sha256(path.encode() + b"\0" + content).digest())
    return digest.hexdigest()


def tests(assignment: Assignment) -> list[str]:
    """The grade_ids of the test cells that an exercise judges."""
    cells = map(nbformat.from_dict, json.loads(assignment.master)["cells"])
    return [marks(cell)["grade_id"] for cell in cells if is_test(cell)]


def record(grade_id: str, assignment: str, seed: str) -> dict[str, Any]:
    """Fresh probes of ``seed`` for the test cell ``grade_id``, and what is right. Imports torch; takes seconds.

    Raises NotGradable when it belongs to no exercise.
    """
    from autograder.exercises import all_exercises

    name = grade_id.removeprefix(PREFIX)
    if name not in all_exercises():
        raise NotGradable(f"{assignment}: there is no exercise {name!r} for the test cell {grade_id!r}")
    return all_exercises()[name].record(seed)
