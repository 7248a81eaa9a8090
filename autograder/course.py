"""Where the course is, and what nbgrader knows of it: its configuration and its assignments."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

PACKAGE = Path(__file__).resolve().parent  # holds nbgrader_config.py
VARIABLE = "GENLAB_COURSE"


class NoCourse(RuntimeError):
    """The course's folder is not found. The message says what to do."""


def root() -> Path:
    """The folder of the course, which holds ``solutions/`` and ``notebooks/``. Raises NoCourse.

    ``GENLAB_COURSE`` names it. Without that variable it is the current folder if that is a course, or else the clone in
    which this package lies.
    """
    if named := os.environ.get(VARIABLE):
        folder = Path(named).expanduser().resolve()
        if not (folder / "solutions").is_dir():
            raise NoCourse(f"{VARIABLE} names {folder}, which holds no folder solutions/: name the course's folder.")
        return folder
    here = Path.cwd()
    if (here / "solutions").is_dir() and (here / "notebooks").is_dir():
        return here
    if (PACKAGE.parent / "solutions").is_dir():
        return PACKAGE.parent
    raise NoCourse(
        f"No course is here: {here} holds no solutions/ and notebooks/, and {PACKAGE} is no part of a clone.\n"
        f"Go to the course's folder, or set {VARIABLE} to it."
    )


def class_folder() -> Path:
    """The folder of what belongs to one class: submissions, gradebook, seed, log, grades. Made when it is missing."""
    folder = root() / "class"
    folder.mkdir(exist_ok=True)
    return folder


def configuration(**course_directory: str) -> Config:
    """``nbgrader_config.py``; ``course_directory`` overrides traits of nbgrader's ``CourseDirectory`` (tests do)."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(PACKAGE)).load_config()
    config.CourseDirectory.update(course_directory)
    return config


def api(config: Config | None = None) -> NbGraderAPI:
    """nbgrader's programming interface to this course."""
    return NbGraderAPI(config=config or configuration())


def assignments(course: NbGraderAPI, names: Sequence[str] = ()) -> list[str]:
    """The assignments of ``solutions/``, or those of ``names``; SystemExit when a name is none of them."""
    known = sorted(course.get_source_assignments())
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"There is no assignment called {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [name for name in known if not names or name in names]


def grade_ids(course: NbGraderAPI, name: str) -> set[str]:
    """The grade_ids of the cells of the assignment ``name``."""
    path = Path(course.coursedir.format_path(course.coursedir.source_directory, ".", name)) / f"{name}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return {cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell["metadata"]}
