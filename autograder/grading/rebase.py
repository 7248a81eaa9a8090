"""What is graded of a submission: the released notebook with the student's work put into it.

Everything that the instructor locked or marked as a test comes from the release, exactly once, whatever became of it
in the submission: deleted, edited, copied, retagged. Of the submission count the cells to be solved (the last copy of
each) and the student's own cells, in the student's order. Nothing here raises because of what a submission contains,
once it has been read as a notebook.
"""

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from autograder.grading.cells import is_solution, marks


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
        return notebook
    except Exception as error:  # whatever is wrong with a file that anybody may have written
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Unreadable(f"not a readable notebook ({type(error).__name__}: {first[:120]}); ask for it again") from None


def rebase(master: NotebookNode, submission: NotebookNode, limit: int) -> tuple[NotebookNode, list[str]]:
    """Put the work in ``submission`` into a copy of ``master``; also return what was repaired, in words.

    ``master`` is the released notebook with the instructor's test cells. At most ``limit`` cells are taken.
    """
    notes: list[str] = []
    ours = {marks(cell)["grade_id"]: cell for cell in master.cells if marks(cell)}
    by_cell_id = {cell.id: marks(cell)["grade_id"] for cell in ours.values() if cell.get("id")}

    def belongs_to(cell: NotebookNode) -> str | None:
        grade_id = marks(cell).get("grade_id")
        return grade_id if grade_id in ours else by_cell_id.get(cell.get("id", ""))

    theirs = submission.cells
    last = {grade_id: i for i, cell in enumerate(theirs) if (grade_id := belongs_to(cell))}
    cells: list[NotebookNode] = []
    for i, cell in enumerate(theirs):
        grade_id = belongs_to(cell)
        if grade_id is None:
            cells.append(_own(cell))
        elif last[grade_id] != i:
            notes.append(f"{grade_id}: there were several copies, the last one counts")
            cells.append(_own(cell))
        else:
            cells.append(_graded(ours[grade_id], cell, notes))
    if len(cells) > limit:
        notes.append(f"of {len(cells)} cells, {len(cells) - limit} of the student's own were left out")
        own = [i for i, cell in enumerate(cells) if not marks(cell)]
        left_out = set(own[max(0, limit - len(last)) :])
        cells = [cell for i, cell in enumerate(cells) if i not in left_out]
    _put_back_missing(master, cells, ours, set(last), notes)
    result = nbformat.from_dict(dict(master) | {"cells": cells})
    _unique_ids(result)
    return result, list(dict.fromkeys(notes))


def _own(cell: NotebookNode) -> NotebookNode:
    """A cell of the student's: the source and pictures pasted into text; no metadata, and no outputs: it runs anew."""
    make = {"code": new_code_cell, "markdown": new_markdown_cell}.get(cell.cell_type, new_raw_cell)
    own = make(cell.source)
    if cell.cell_type == "markdown" and cell.get("attachments"):
        own.attachments = cell.attachments
    if cell.get("id"):
        own.id = cell.id
    return own


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
    master: NotebookNode, cells: list[NotebookNode], ours: dict[str, NotebookNode], present: set[str], notes: list[str]
) -> None:
    """Insert each cell of the instructor's that is missing, behind the one that precedes it in the release."""
    previous = None
    for grade_id, cell in ours.items():
        if grade_id not in present:
            notes.append(f"{grade_id}: the cell was missing and was put back")
            where = next((i + 1 for i, c in enumerate(cells) if marks(c).get("grade_id") == previous), 0)
            cells.insert(where, nbformat.from_dict(dict(cell)))
        previous = grade_id


def _unique_ids(notebook: NotebookNode) -> None:
    taken = {cell.id for cell in notebook.cells if marks(cell)}
    for i, cell in enumerate(notebook.cells):
        if not marks(cell):
            if not cell.get("id") or cell.id in taken:
                cell.id = f"own-{i}"
                while cell.id in taken:
                    cell.id += "x"
            taken.add(cell.id)
