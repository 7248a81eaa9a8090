"""What nbgrader's formgrader shows and may do in this course."""

import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeList
from traitlets import Unicode

from autograder.collecting.roster import Roster
from autograder.grading.cells import is_solution, marks

SCHEME = re.compile(r"^[ \t]*### BEGIN MARK SCHEME[ \t]*\n(.*?)^[ \t]*### END MARK SCHEME", re.DOTALL | re.MULTILINE)
REMOTE = re.compile(r"<script[^>]*\ssrc=[\"']?(?:https?:)?//[^>]*>\s*</script>", re.IGNORECASE)
UNPROTECTED = (
    "Autograde is switched off here: it runs students' code with your rights, outside of any sandbox. "
    "Grade with `make grade` (python -m autograder grade), then load this page again."
)


class NoExchange(ExchangeList):
    """This course uses no exchange directory: nbgrader need not look for one, nor complain that there is none."""

    def start(self) -> None:
        raise ExchangeError("this course uses no exchange directory")


class GuardedExporter(NotebookExporter):
    """nbgrader's step that runs students' code refuses in a Jupyter server, that is, when a button was clicked.

    It is made before nbgrader changes anything. ``nbgrader autograde`` on the command line is somebody's own decision.
    """

    def __init__(self, *args: Any, **kw: Any) -> None:
        server = sys.modules.get("jupyter_server.serverapp")
        if server is not None and server.ServerApp.initialized():
            raise RuntimeError(UNPROTECTED)
        super().__init__(*args, **kw)


class ShowMarkScheme(Preprocessor):
    """Show a grader the mark scheme of each free text below the answer. Only in what the formgrader shows.

    ``source``: the folder of the solution notebooks.
    """

    source = Unicode(help="the folder of the solution notebooks").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Add the schemes to ``nb``."""
        assignment, notebook = resources.get("assignment_id", ""), resources.get("notebook_id", "")
        path = Path(self.source) / assignment / f"{notebook}.ipynb"
        if assignment and notebook and path.is_file():
            schemes = mark_schemes(nbformat.read(path, as_version=4))
            cells = []
            for cell in nb.cells:
                cells.append(cell)
                if scheme := schemes.get(marks(cell).get("grade_id", "")):
                    cells.append(new_markdown_cell(f"**Mark scheme** (students do not see it)\n\n{scheme}"))
            nb.cells = cells
        return nb, resources


def without_remote(head: str) -> str:
    """The head of a page without scripts of other servers."""
    return REMOTE.sub("", head)


def mark_schemes(notebook: NotebookNode) -> dict[str, str]:
    """The mark schemes of a solution notebook, by grade_id."""
    cells = [cell for cell in notebook.cells if is_solution(cell)]
    found = {marks(cell)["grade_id"]: SCHEME.search(cell.source) for cell in cells}
    return {grade_id: match[1].strip() for grade_id, match in found.items() if match}


def name_students(gradebook: Gradebook, roster: Roster) -> None:
    """Give nbgrader the names and addresses that the roster has, for its lists.

    Who has no name there is listed as the course calls them, instead of as "None, None".
    """
    known = {student.id: student for student in gradebook.students}
    for person in roster.people.values():
        said = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}
        student = known.get(person.student)
        if student is None or any(getattr(student, key) != value for key, value in said.items() if value):
            gradebook.update_or_create_student(person.student, **{key: value for key, value in said.items() if value})
    for who, student in known.items():
        if who not in roster.people and not (student.first_name or student.last_name):
            gradebook.update_or_create_student(who, first_name="", last_name=who)
