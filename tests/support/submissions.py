"""Submissions as students hand them in, made from the released and the solved notebooks."""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from tests.support.course import ROOT, read


def solved_sources(assignment: str) -> dict[str, str]:
    """The source of each solution cell by grade_id, as a student would have written it."""
    return {
        cell.metadata.nbgrader.grade_id: re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M).rstrip()
        for cell in read(ROOT / "solutions" / assignment / f"{assignment}.ipynb").cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def submission(assignment: str, answer: Callable[[str, str], str | None]) -> NotebookNode:
    """The released notebook with answers: ``answer(grade_id, solved)`` is a source, or None to leave the stub."""
    notebook = read(ROOT / "notebooks" / assignment / f"{assignment}.ipynb")
    solved = solved_sources(assignment)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in solved and (source := answer(grade_id, solved[grade_id])) is not None:
            cell.source = source
    return notebook


def perfect(assignment: str) -> NotebookNode:
    return submission(assignment, lambda grade_id, solved: solved)


def untouched(assignment: str) -> NotebookNode:
    return submission(assignment, lambda grade_id, solved: None)


def half_right(assignment: str) -> tuple[NotebookNode, set[str]]:
    """The first half of the code exercises solved, no function in the rest; and the names of the solved ones."""
    names = [n for n, source in solved_sources(assignment).items() if re.search(r"^(def|class) ", source, re.M)]
    right = set(names[: len(names) // 2])

    def answer(grade_id: str, solved: str) -> str | None:
        if grade_id in right or grade_id not in names:
            return solved
        name = re.findall(r"^(?:def|class) (\w+)", solved, re.M)[-1]  # a class has not the name of its exercise
        return re.sub(r"^(def|class) ", r"\1 right_", solved, flags=re.M) + f"\n\n\n{name} = 'not a function'"

    return submission(assignment, answer), right


def raises_at_the_top(assignment: str) -> NotebookNode:
    notebook = perfect(assignment)
    notebook.cells.insert(0, new_code_cell("raise RuntimeError('left over from an experiment')"))
    return notebook


def hand_in(folder: Path, student: str, assignment: str, content: NotebookNode | bytes) -> None:
    """Write a submission where nbgrader expects it."""
    path = folder / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        nbformat.write(content, path)
