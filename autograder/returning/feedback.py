"""Feedback pages of a class: written where nbgrader has them, and as an archive in a learning platform's own names."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from nbconvert.exporters.exporter import Exporter, ResourcesDict
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets import default

from autograder.collecting.names import MOODLE, Platform
from autograder.returning import page
from autograder.returning.standing import Standing, State, standings


@dataclass
class Written:
    """What became of the pages of an assignment. ``changed``, ``same``, ``provisional``: students.

    ``unreadable``: why what they handed in last could not be graded, by student. ``failed``: why a page could not be
    written. ``pages``: where each page lies.
    """

    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    provisional: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Path] = field(default_factory=dict)


def write_pages(course: NbGraderAPI, gradebook: Gradebook, assignment: str, names: Mapping[str, str]) -> Written:
    """Write a page for each submission that was graded or failed, where what it is made from has changed.

    ``names``: of students, by what they are called in the course.
    """
    written = Written()
    for student, standing in standings(gradebook, assignment).items():
        if standing.points is None and standing.state != State.FAILED:
            continue  # handed in, and not graded yet
        folder = Path(course.coursedir.format_path(course.coursedir.feedback_directory, student, assignment))
        path = folder / f"{assignment}.html"
        try:
            changed = _write_page(course, standing, path, names.get(student, ""))
        except Exception as error:  # whatever it is, the others get their pages
            written.failed[student] = f"{type(error).__name__}: {error}"
            continue
        (written.changed if changed else written.same).append(student)
        written.pages[student] = path
        if standing.state == State.FAILED:
            written.unreadable[student] = page.told(standing)
        elif standing.waiting:
            written.provisional.append(student)
    return written


def _write_page(course: NbGraderAPI, standing: Standing, path: Path, name: str) -> bool:
    """Write one page; return whether it had to be. Raises OSError, and what reading a notebook raises."""
    if standing.points is None:
        content, notebook = b"", None
    else:
        directory = course.coursedir.autograded_directory
        folder = Path(course.coursedir.format_path(directory, standing.student, standing.assignment))
        content, notebook = page.read(folder / f"{standing.assignment}.ipynb")
    made_from = page.digest(content, standing, name)
    if page.is_made_from(path, made_from):
        return False
    text = page.page(notebook, standing, name, made_from) if notebook else page.no_page(standing, name, made_from)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def write_archive(
    to: Path, assignment: str, pages: Mapping[str, Path], collected: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Write a ZIP file with ``pages``, each called as the learning platform called what was handed in.

    ``collected``: where each came from, by student (see ``collecting.collect.Ledger``). Returns the students who are
    not in it, since nothing was collected of them while others came from a platform.
    """
    left = []
    platforms = {collected[student]["platform"] for student in pages if student in collected}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, path in sorted(pages.items()):
            if student not in collected and platforms - {Platform.PLAIN}:
                left.append(student)
                continue
            archive.write(path, name_in_archive(student, assignment, collected.get(student, {})))
    return left


def name_in_archive(student: str, assignment: str, came: Mapping[str, Any]) -> str:
    """What a page is called for the platform from which the submission ``came``."""
    parts = PurePosixPath(str(came.get("from", "")).replace("\\", "/")).parts
    if came.get("platform") == Platform.MOODLE:
        place = next((i for i, part in enumerate(parts) if MOODLE.match(part)), None)
        if place is not None and place < len(parts) - 1:  # a folder for each student
            return f"{parts[place]}/{assignment}.html"
        return PurePosixPath(parts[-1]).with_suffix(".html").name
    if came.get("platform") == Platform.CANVAS:
        return PurePosixPath(parts[-1]).with_suffix(".html").name
    return f"{student}/{assignment}.html"


class FeedbackExporter(Exporter):
    """The same pages for ``nbgrader generate_feedback`` and the formgrader's button."""

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: ResourcesDict | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of a graded notebook, as nbgrader asks for it."""
        nb, about = super().from_notebook_node(nb, resources, **kw)
        of = about["nbgrader"]
        with Gradebook(of["db_url"]) as gradebook:
            standing = standings(gradebook, of["assignment"])[of["student"]]
            student = gradebook.find_student(of["student"])
            name = f"{student.first_name or ''} {student.last_name or ''}".strip()
        return page.page(nb, standing, name), about | {"output_extension": ".html"}
