"""What students handed in, read from the course's folder. No link is followed, and whatever lies there is bounded."""

import contextlib
import fnmatch
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.apps import NbGraderAPI

from autograder.sandbox import Limits

FILES_BYTES = 20 * 2**20  # of all that a student hands in beside the notebook
FILES = 200


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook's bytes, and other files by relative path."""

    notebook: bytes
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """What was handed in and cannot be graded, with the reason."""

    reason: str


class _Refusal(Exception):
    """A reason to refuse a submission."""


def students(course: NbGraderAPI, assignment: str, pattern: str = "*") -> list[str]:
    """Who handed in a folder for ``assignment``, readable or not, and has a name that matches the glob ``pattern``."""
    anybody = _folder(course, assignment, "*")
    level = len(anybody.parts) - 2  # of .../STUDENT/ASSIGNMENT
    folders = Path(anybody.anchor).glob(str(anybody.relative_to(anybody.anchor)))
    names = {folder.parts[level] for folder in folders if folder.is_dir()}
    return sorted(fnmatch.filter(names, pattern))


def read(course: NbGraderAPI, assignment: str, student: str) -> Submission | Refused:
    """What ``student`` handed in for ``assignment``, or why it is not read. Never raises because of what is there."""
    folder = _folder(course, assignment, student)
    try:
        return Submission(_content(folder / f"{assignment}.ipynb", Limits().notebook_bytes + 1), _files(folder))
    except (_Refusal, OSError) as problem:
        return Refused(str(problem))


def timestamp(course: NbGraderAPI, assignment: str, student: str) -> bytes:
    """The content of the submission's timestamp.txt, which says when it was handed in; nothing where there is none."""
    with contextlib.suppress(_Refusal, OSError):
        return _content(_folder(course, assignment, student) / "timestamp.txt", 1000)
    return b""


def _folder(course: NbGraderAPI, assignment: str, student: str) -> Path:
    return Path(course.coursedir.format_path(course.coursedir.submitted_directory, student, assignment))


def _files(folder: Path) -> dict[str, bytes]:
    """The files beside the notebooks in ``folder``, by relative path."""
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.suffix == ".ipynb" or str(relative) == "timestamp.txt" or not _is_plain(path, folder):
            continue
        total += path.stat().st_size
        if total > FILES_BYTES or len(files) >= FILES:
            raise _Refusal(f"the files beside the notebook are more than {FILES_BYTES // 2**20} MB or {FILES}")
        files[relative.as_posix()] = path.read_bytes()
    return files


def _is_plain(path: Path, folder: Path) -> bool:
    """Whether ``path`` is a file itself, in folders that are folders: no link on the way from ``folder``."""
    way = [path, *[parent for parent in path.parents if parent != folder and parent.is_relative_to(folder)]]
    return path.is_file() and not any(part.is_symlink() for part in way)


def _content(path: Path, limit: int) -> bytes:
    """The first ``limit`` bytes of the file at ``path``. Raises _Refusal when it is missing or no plain file."""
    try:
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
    except FileNotFoundError:
        raise _Refusal(f"{path.name} is missing") from None
    except OSError as error:
        link = path.is_symlink()
        raise _Refusal(f"{path.name} is a link, not a file" if link else f"{path.name}: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _Refusal(f"{path.name} is not a file")
        return file.read(limit)
