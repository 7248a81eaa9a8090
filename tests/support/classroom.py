"""A small course of its own for the grading tests: two exercises, a demonstration, a free text."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from autograder.course import api, configuration

ASSIGNMENT = "00_practice"
POINTS = {"test_left_pad": 3.0, "test_softmax": 3.0}
LEFT_PAD = """\
def left_pad(rows, pad_id):
    width = max(map(len, rows))
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)
"""
SOFTMAX = """\
def softmax(logits):
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True)
"""
ANSWER = "The next token comes after the last column."


def _marked(cell: NotebookNode, cell_id: str, grade_id: str, **marks: object) -> NotebookNode:
    cell.id = cell_id
    plain = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    cell.metadata["nbgrader"] = plain | {"grade_id": grade_id} | marks
    return cell


def _exercise(name: str, solution: str, points: float) -> list[NotebookNode]:
    head, body = solution.split("\n", 1)
    stub = f"{head}\n    ### BEGIN SOLUTION\n{body.rstrip()}\n    ### END SOLUTION"
    test = f"""\
check("{name}", {name})
### BEGIN HIDDEN TESTS
from autograder import grade

grade("{name}", {name})
### END HIDDEN TESTS"""
    slug = name.replace("_", "-")
    return [
        _marked(new_code_cell(stub), slug, name, solution=True),
        _marked(new_code_cell(test), f"test-{slug}", f"test_{name}", grade=True, locked=True, points=points),
    ]


def practice() -> NotebookNode:
    """The solution notebook."""
    setup = "import torch\n\nfrom genlab import check\n\nprint('ready')"
    picture = "import matplotlib.pyplot as plt\n\nplt.imshow(left_pad([[1, 2], [3]], 0)[0])\nplt.show()"
    text = f"### BEGIN SOLUTION\n{ANSWER}\n### END SOLUTION"
    cells = [
        _marked(new_markdown_cell("# 0 · Practice"), "practice-title", "practice_title", locked=True),
        _marked(new_code_cell(setup), "practice-setup", "practice_setup", locked=True),
        *_exercise("left_pad", LEFT_PAD, POINTS["test_left_pad"]),
        new_code_cell(picture, id="practice-picture", metadata={"tags": ["needs-solution"]}),
        *_exercise("softmax", SOFTMAX, POINTS["test_softmax"]),
        _marked(new_markdown_cell(text), "why-left", "why_left", grade=True, solution=True, points=2),
        new_markdown_cell("<details><summary>Hint</summary>\n\n`p <= 1`\n\n</details>", id="practice-hint"),
    ]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return notebook


@dataclass
class Classroom:
    """A course in a folder of its own. ``release`` is the students' version."""

    root: Path
    course: NbGraderAPI

    @classmethod
    def build(cls, root: Path, db_url: str = "") -> "Classroom":
        source = root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(practice(), source)
        room = cls(root, cls._course(root, db_url))
        assert room.course.generate_assignment(ASSIGNMENT, force=True, create=True)["success"]
        return room

    @staticmethod
    def _course(root: Path, db_url: str) -> NbGraderAPI:
        names = ("release", "submitted", "autograded", "feedback")
        folders = {f"{name}_directory": str(root / name) for name in names}
        url = db_url or f"sqlite:///{root}/gradebook.db"
        return api(configuration(source_directory=str(root / "solutions"), db_url=url, **folders))

    def copy(self, root: Path) -> "Classroom":
        """The same course, with what has been handed in, in another folder."""
        shutil.copytree(self.root, root, symlinks=True)
        return Classroom(root, self._course(root, ""))

    @property
    def release(self) -> NotebookNode:
        return nbformat.read(self.root / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)

    def folder(self, student: str) -> Path:
        folder = self.root / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def hand_in(self, student: str, content: NotebookNode | bytes) -> None:
        path = self.folder(student) / f"{ASSIGNMENT}.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else nbformat.writes(content).encode())

    def graded(self, student: str) -> NotebookNode:
        path = self.root / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        return nbformat.read(path, as_version=4)

    def scores(self, student: str) -> dict[str, float | None]:
        """Automatic points by grade_id, as the gradebook has them."""
        with Gradebook(self.course.coursedir.db_url, self.course.coursedir.course_id) as gradebook:
            grades = gradebook.find_submission(ASSIGNMENT, student).notebooks[0].grades
            return {grade.name: grade.auto_score for grade in grades}

    def everything(self) -> list[tuple]:
        """All grades of the gradebook, in an order of their own."""
        with Gradebook(self.course.coursedir.db_url, self.course.coursedir.course_id) as gradebook:
            return sorted(
                (s.student.id, g.name, g.auto_score, g.manual_score, g.needs_manual_grade, n.score)
                for s in gradebook.assignment_submissions(ASSIGNMENT)
                for n in s.notebooks
                for g in n.grades
            )


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The cell with this grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def picture(notebook: NotebookNode) -> NotebookNode:
    """The demonstration."""
    return next(c for c in notebook.cells if c.id == "practice-picture")


def solved(
    release: NotebookNode, left_pad: str = LEFT_PAD, softmax: str = SOFTMAX, answer: str = ANSWER
) -> NotebookNode:
    """The released notebook with these answers."""
    for name, source in {"left_pad": left_pad, "softmax": softmax, "why_left": answer}.items():
        cell(release, name).source = source
    return release


def text_of(notebook: NotebookNode) -> str:
    """All text that the notebook's cells put out."""
    parts = []
    for code in notebook.cells:
        for output in code.get("outputs", []):
            parts += [
                output.get("text", ""),
                output.get("evalue", ""),
                str(output.get("data", {}).get("text/plain", "")),
            ]
    return "\n".join(parts)


def still_running(processes: Iterable[psutil.Process], seconds: float = 20) -> list[psutil.Process]:
    """Those of ``processes`` that have not ended within ``seconds``."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
