"""What was released, as data, and how it is judged: all that is needed to grade a submission anywhere."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI

from autograder.grading.cells import PREFIX, exercise_of, is_solution, is_test, marks

if TYPE_CHECKING:
    from genlab.judging.outcome import Record

CHECKS = ("check", "grade")  # a test cell calls them with the exercise's name and the student's function


class NotGradable(RuntimeError):
    """An assignment that cannot be graded as it is. The message says what the instructor has to do."""


@dataclass(frozen=True)
class Tested:
    """What a test cell tests: the name of the student's function, or class, and the points that the gradebook gives."""

    function: str
    points: float


@dataclass(frozen=True)
class Assignment:
    """An assignment as it was released.

    ``master``: the released notebook with the instructor's test cells, as JSON. ``files``: what lies beside it, by
    relative path. ``tests``: what each test cell tests, by grade_id.
    """

    name: str
    master: str
    files: dict[str, bytes]
    tests: dict[str, Tested]

    @cached_property
    def notebook(self) -> NotebookNode:
        """``master`` as a notebook, which nobody may change."""
        return nbformat.reads(self.master, as_version=4)


@dataclass(frozen=True)
class Key:
    """How an assignment is judged.

    ``records``: for each test cell the exercise's record, with probes of the grading seed. ``asked``: for each test
    cell what a kernel is asked (see ``genlab.judging.remote``), as JSON-serializable data.
    """

    records: "dict[str, Record]"
    asked: dict[str, dict[str, Any]]

    @classmethod
    def from_json(cls, data: dict[str, dict[str, Any]]) -> "Key":
        """The key made of what ``record`` returned for each test cell. Imports torch."""
        from genlab.judging.outcome import Record

        records = {grade_id: Record.from_json(record) for grade_id, record in data.items()}
        asked = {
            grade_id: {key: record[key] for key in ("adapter", "forbids")}
            | {"args": [probe["args"] for probe in record["probes"]]}
            for grade_id, record in data.items()
        }
        return cls(records, asked)


def record(grade_id: str, seed: str) -> dict[str, Any]:
    """The record that the test cell ``grade_id`` is judged by, as JSON-serializable data. Imports torch; takes seconds.

    Raises NotGradable when there is no such exercise.
    """
    from autograder.exercises import exercise

    try:
        found = exercise(exercise_of(grade_id))
    except KeyError:
        raise NotGradable(f"There is no exercise {exercise_of(grade_id)!r} for the test cell {grade_id!r}.") from None
    return found.record(seed).to_json()


def load(course: NbGraderAPI, name: str) -> Assignment:
    """The assignment ``name`` as it was released. Raises NotGradable."""
    released = Path(course.coursedir.format_path(course.coursedir.release_directory, ".", name)) / f"{name}.ipynb"
    if not released.is_file():
        raise NotGradable(f"{name} is not released ({released} is missing): run `make release`.")
    notebook = nbformat.read(released, as_version=4)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as gradebook:
        _restore(notebook, gradebook, name)
    source = Path(course.coursedir.format_path(course.coursedir.source_directory, ".", name))
    files = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not any(part.startswith(".") for part in path.parts)
    }
    tests = {
        marks(cell)["grade_id"]: Tested(_function(cell, name), float(marks(cell)["points"]))
        for cell in notebook.cells
        if is_test(cell)
    }
    return Assignment(name, nbformat.writes(notebook), files, tests)


def _restore(notebook: NotebookNode, gradebook: Gradebook, name: str) -> None:
    """Put the gradebook's sources (with the hidden tests), points and checksums into the released notebook."""
    try:
        recorded = gradebook.find_notebook(name, name)
    except MissingEntry:
        raise NotGradable(f"{name} is not in the gradebook: run `make release`.") from None
    sources = {cell.name: cell for cell in recorded.source_cells}
    points = {cell.name: cell.max_score for cell in recorded.grade_cells}
    for cell in filter(marks, notebook.cells):
        grade_id = marks(cell)["grade_id"]
        if grade_id not in sources:
            raise NotGradable(f"{name}: the gradebook has no cell {grade_id!r}: run `make release`.")
        if not is_solution(cell):
            cell.source = sources[grade_id].source
        cell.metadata.nbgrader["checksum"] = sources[grade_id].checksum
        if grade_id in points:
            cell.metadata.nbgrader["points"] = points[grade_id]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    missing = set(sources) - {marks(cell).get("grade_id") for cell in notebook.cells}
    if missing:
        raise NotGradable(f"{name}: the release lacks {', '.join(sorted(missing))}: run `make release`.")


def _function(cell: NotebookNode, name: str) -> str:
    """The name FUNCTION where the test cell says ``check("exercise", FUNCTION)`` or ``grade("exercise", FUNCTION)``."""
    grade_id = marks(cell)["grade_id"]
    if not grade_id.startswith(PREFIX):
        raise NotGradable(f"{name}: the test cell {grade_id!r} names no exercise; call it {PREFIX}EXERCISE.")
    try:
        calls = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    except SyntaxError as error:
        raise NotGradable(f"{name}: the test cell {grade_id!r} is not Python: {error}.") from None
    for call in calls:
        match call:
            case ast.Call(func=ast.Name(id=door), args=[ast.Constant(value=exercise), ast.Name(id=function)]):
                if door in CHECKS and exercise == exercise_of(grade_id):
                    return function
    raise NotGradable(
        f"{name}: the test cell {grade_id!r} does not call check({exercise_of(grade_id)!r}, FUNCTION), "
        "so nobody knows which function it tests."
    )
