"""What is graded of a submission: the released notebook with the student's work put into it.

Everything that the instructor locked or marked as a test comes from the release, exactly once, whatever became of it
in the submission: deleted, edited, copied, retagged. Of the submission count the cells to be solved (the last copy of
each) and the student's own cells, in the student's order. Nothing here raises because of what a submission contains,
once it has been read as a notebook.
"""

import ast
import itertools
import re
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.grading.cells import is_solution, marks

CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LOST_CODE = "# The cell that belongs here was missing."
LOST = "(The cell of this answer was missing. If it was written elsewhere in the notebook, a person has to find it.)"


class Unreadable(ValueError):
    """A submission that is no notebook."""


def read(content: bytes, limit: int) -> NotebookNode:
    """The notebook in ``content``, in the current format. Raises Unreadable that says why it is none."""
    if not content.strip():
        raise Unreadable("the file is empty")
    if len(content) > limit:
        raise Unreadable(f"the file has {len(content) // 2**20} MB, more than is accepted")
    try:
        notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        nbformat.validate(notebook, relax_add_props=True)
        return nbformat.from_dict(clean(notebook))
    except Exception as error:  # whatever is wrong with a file that anybody may have written
        raise Unreadable(
            f"not a readable notebook, or a part of one ({type(error).__name__}); ask for it again"
        ) from None


@dataclass(frozen=True)
class Rebased:
    """The notebook to grade. ``notes``: what was repaired, in words. ``lost``: grade_ids of cells to be solved that are
    not in the submission, and nothing in it is known to be what stood there: a person has to look.
    """

    notebook: NotebookNode
    notes: list[str]
    lost: set[str]


def rebase(master: NotebookNode, submission: NotebookNode, limit: int, functions: dict[str, str]) -> Rebased:
    """Put the work in ``submission`` into a copy of ``master``.

    ``master`` is the released notebook with the instructor's test cells. At most ``limit`` cells are taken.
    ``functions``: what is to be defined in a cell to be solved, by grade_id; a cell that has lost its marks and its id,
    as in a notebook that was copied together anew, is known by that.
    """
    notes: list[str] = []
    ours = {marks(cell)["grade_id"]: cell for cell in master.cells if marks(cell)}
    by_cell_id = {cell.id: marks(cell)["grade_id"] for cell in ours.values() if cell.get("id")}
    theirs = submission.cells
    belongs = [marks(cell).get("grade_id") for cell in theirs]
    belongs = [name if name in ours else by_cell_id.get(_id(cell)) for name, cell in zip(belongs, theirs, strict=True)]
    elsewhere, lost = _found_again(master, theirs, belongs, functions, notes)
    last = {grade_id: i for i, grade_id in enumerate(belongs) if grade_id}
    cells: list[NotebookNode] = []
    for i, (cell, grade_id) in enumerate(zip(theirs, belongs, strict=True)):
        if grade_id is None:
            cells.append(_own(cell))
        elif last[grade_id] != i:
            notes.append(f"{grade_id}: there were several copies, the last one counts")
            cells.append(_own(cell))
        else:
            cells.append(_graded(ours[grade_id], cell, notes))
        for other, where in elsewhere.items():
            if where == i:
                cells.append(_replaced(ours[other], "# What belongs here stands in a cell above."))
    if len(cells) > limit:
        notes.append(f"of {len(cells)} cells, {len(cells) - limit} of the student's own were left out")
        own = [i for i, cell in enumerate(cells) if not marks(cell)]
        left_out = set(own[max(0, limit - len(last)) :])
        cells = [cell for i, cell in enumerate(cells) if i not in left_out]
    _put_back_missing(cells, ours, {*last, *elsewhere}, lost, notes)
    result = nbformat.from_dict(dict(master) | {"cells": cells})
    _unique_ids(result)
    return Rebased(result, list(dict.fromkeys(notes)), lost)


def _found_again(
    master: NotebookNode,
    theirs: list[NotebookNode],
    belongs: list[str | None],
    functions: dict[str, str],
    notes: list[str],
) -> tuple[dict[str, int], set[str]]:
    """Look for cells to be solved that have lost their marks and ids, and enter those that are found in ``belongs``.

    Returns where the cell stands that defines what is asked for, for those that share a cell with another one; and the
    grade_ids of those of which nothing is found.
    """
    elsewhere: dict[str, int] = {}
    lost: set[str] = set()
    own = [i for i, grade_id in enumerate(belongs) if grade_id is None]
    defined = {name: i for i in own if theirs[i].cell_type == "code" for name in _defined(theirs[i].source)}
    for before, cell in itertools.pairwise(master.cells):
        grade_id = marks(cell).get("grade_id", "")
        if not is_solution(cell) or grade_id in belongs:
            continue
        where = defined.get(functions.get(grade_id, ""))
        if cell.cell_type == "markdown":  # known by the cell before it, which asks the question
            asked = marks(before).get("grade_id", "")
            where = next((i for i in own if i and (belongs[i - 1] == asked or _same(theirs[i - 1], before))), None)
        if where is None:
            lost.add(grade_id)
        elif belongs[where] is None:
            belongs[where] = grade_id
            notes.append(f"{grade_id}: its cell had lost its marks and was known by what stands there")
        else:
            elsewhere[grade_id] = where
    return elsewhere, lost


def _same(cell: NotebookNode, released: NotebookNode) -> bool:
    return cell.cell_type == released.cell_type and cell.source.strip() == released.source.strip()


def _defined(source: str) -> set[str]:
    """The names of functions and classes that code defines at its top level."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # anything may stand there
        return set()
    return {node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def _own(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's: the source and pictures pasted into text; no metadata, and no outputs: it runs anew."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}.get(cell.cell_type, new_raw_cell)
    own = make(cell.source)
    if cell.cell_type == "markdown" and cell.get("attachments"):
        own.attachments = cell.attachments
    own.id = _id(cell) or own.id
    return own


def _id(cell: NotebookNode) -> str:
    """A cell's id, or an empty text where it has none that the format allows: old formats do not look at it."""
    found = cell.get("id")
    return found if isinstance(found, str) and CELL_ID.fullmatch(found) else ""


def _replaced(master: NotebookNode, source: str) -> NotebookNode:
    """The master's cell with another source."""
    return nbformat.from_dict(dict(master) | {"source": source})


def _graded(master: NotebookNode, cell: NotebookNode, notes: list[str]) -> NotebookNode:
    """The master's cell, with the student's source if it is one to be solved."""
    result = nbformat.from_dict(dict(master))
    grade_id = marks(master)["grade_id"]
    if is_solution(master):
        result.source = cell.source
        if result.cell_type == "markdown" and cell.get("attachments"):
            result.attachments = cell.attachments
    theirs, expected = marks(cell), marks(master)
    if any(theirs.get(key) != expected.get(key) for key in ("grade", "solution", "locked")) or (
        expected.get("grade") and theirs.get("points") != expected.get("points")
    ):
        notes.append(f"{grade_id}: its metadata had been changed and was restored")
    return result


def _put_back_missing(
    cells: list[NotebookNode], ours: dict[str, NotebookNode], present: set[str], lost: set[str], notes: list[str]
) -> None:
    """Insert each cell of the instructor's that is missing, behind the one that precedes it in the release."""
    previous = None
    for grade_id, cell in ours.items():
        if grade_id not in present:
            notes.append(f"{grade_id}: the cell was missing and was put back")
            where = next((i + 1 for i, c in enumerate(cells) if marks(c).get("grade_id") == previous), 0)
            # A stub would hide a function that came another way, and to a text as it was released nbgrader gives 0.
            stub = LOST_CODE if cell.cell_type == "code" else f"{cell.source}\n\n{LOST}"
            cells.insert(where, _replaced(cell, stub if grade_id in lost else cell.source))
        previous = grade_id


def is_of_another(submission: NotebookNode, rebased: Rebased, functions: dict[str, str]) -> bool:
    """Whether nothing of this assignment was found in a notebook that has marks of nbgrader's: it is another one's."""
    return rebased.lost >= set(functions) and any(map(marks, submission.cells))


def clean(value: Any) -> Any:
    """``value``, data as JSON has it, with what no file and no database takes in a text replaced by a question mark."""
    if isinstance(value, str):
        return value.replace("\0", "?").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return [clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def _unique_ids(notebook: NotebookNode) -> None:
    taken = {cell.id for cell in notebook.cells if marks(cell)}
    for i, cell in enumerate(notebook.cells):
        if not marks(cell):
            if cell.id in taken:
                cell.id = f"own-{i}"
                while cell.id in taken:
                    cell.id += "x"
            taken.add(cell.id)
