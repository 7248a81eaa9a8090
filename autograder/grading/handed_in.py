"""What students handed in, read from the course's folder. No link is followed, and whatever lies there is bounded."""

import contextlib
import fnmatch
import os
import stat
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.apps import NbGraderAPI

from autograder.sandbox import Limits
from autograder.sandbox.limits import MB

FILES_BYTES = 20 * MB  # of all that a student hands in beside the notebook
FILES = 200
LOOKED_AT = 20_000
PATH_BYTES = 1000
NOT_THEIRS = ("__pycache__", "__MACOSX", "node_modules")  # folders that programs make


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook's bytes, and other files by relative path.

    ``notes``: what of the other files was left out, in words.
    """

    notebook: bytes
    files: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


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


def is_text(name: str) -> bool:
    """Whether the name of a file can be written: not all that a disk takes for a name is UTF-8."""
    return _encodes(name) and not any(unicodedata.category(sign) == "Cc" for sign in name)


def read(course: NbGraderAPI, assignment: str, student: str) -> Submission | Refused:
    """What ``student`` handed in for ``assignment``, or why it is not read. Never raises because of what is there."""
    folder = _folder(course, assignment, student)
    try:
        for place in (folder.parent, folder):
            if place.is_symlink():
                raise _Refusal(f"its folder {place.name} is a link, not a folder")
        notebook = _content(folder / f"{assignment}.ipynb", Limits().notebook_bytes + 1)
        return Submission(notebook, *_files(folder, f"{assignment}.ipynb"))
    except (_Refusal, OSError) as problem:
        return Refused(str(problem))


def timestamp(course: NbGraderAPI, assignment: str, student: str) -> bytes:
    """The content of the submission's timestamp.txt, which says when it was handed in; nothing where there is none."""
    with contextlib.suppress(_Refusal, OSError):
        return _content(_folder(course, assignment, student) / "timestamp.txt", 1000)
    return b""


def _folder(course: NbGraderAPI, assignment: str, student: str) -> Path:
    return Path(course.coursedir.format_path(course.coursedir.submitted_directory, student, assignment))


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(folder: Path, notebook: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files beside the ``notebook`` in ``folder``, by relative path; and what was left out, in words.

    Hidden folders and what programs keep for themselves count for nothing. Too many or too large files are left out.
    """
    files: dict[str, bytes] = {}
    left_out: dict[str, int] = {}
    total = 0

    def leave_out(reason: str) -> None:
        left_out[reason] = left_out.get(reason, 0) + 1

    for path in _found(folder):
        relative = path.relative_to(folder).as_posix()
        if relative in (notebook, "timestamp.txt") or not is_plain(path, folder):
            continue
        if not is_text(relative) or len(relative.encode()) > PATH_BYTES:
            leave_out("whose names are too long or cannot be read")
        elif len(files) >= FILES:
            leave_out(f"beyond the first {FILES}")
        elif total + path.stat().st_size > FILES_BYTES:
            leave_out(f"beyond {FILES_BYTES // MB} MB")
        else:
            content = _content(path, FILES_BYTES - total)
            files[relative] = content
            total += len(content)
    return files, tuple(f"files beside the notebook left out, {why}: {number}" for why, number in left_out.items())


def _found(folder: Path) -> list[Path]:
    """The files below ``folder``, in order; of very many the first ``LOOKED_AT``, whatever they are."""
    found: list[Path] = []
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in NOT_THEIRS)
        found += [Path(where, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > LOOKED_AT:
            break
    return found[:LOOKED_AT]


def is_plain(path: Path, folder: Path) -> bool:
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
