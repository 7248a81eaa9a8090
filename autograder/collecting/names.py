"""What the names in a download tell: who handed in which assignment, and in what order.

Known forms:

* Moodle: ``Jane Doe_12345_assignsubmission_file_/01_tokenization.ipynb`` (folders below, or none and the file's name in
  the same name, or no underscore at the end); the number is the student's for this assignment only;
* Canvas: ``doejane_LATE_12345_67890_01_tokenization-2.ipynb`` (name, perhaps LATE, student, upload, file, perhaps a
  number of the attempt);
* plain: ``STUDENT/ASSIGNMENT/FILE`` and ``STUDENT/FILE``.

Who somebody is comes from the first part of a name alone, which the platform writes; the rest is the student's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from autograder.collecting.archive import Entry

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(?P<rest>_.*)?\Z", re.DOTALL)
CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<upload>\d+)_(?P<file>[^/]+)\Z", re.DOTALL)
AGAIN = re.compile(r"(?:-(\d+)| ?\((\d+)\))\Z")  # Canvas and browsers number a file that was handed in again
UNSAFE = re.compile(r"[^\w.@+-]+")
LONGEST = 200  # bytes of a student's name in a path


class Platform(StrEnum):
    """Who wrote the names of a download."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    PLAIN = "plain"


@dataclass(frozen=True)
class HandedIn:
    """A notebook in a download.

    ``origin``: the first part of its name, without what changes from upload to upload: one for each person.
    ``number``: the platform's for the person, ``name``: the person's there. ``assignment``: empty where no name tells
    it. ``order``: greater for what was handed in later, among those of one platform. ``late``: the platform says so.
    """

    entry: Entry
    platform: Platform
    origin: str
    name: str
    number: str
    assignment: str
    order: tuple[str | int, ...]
    late: bool = False

    @property
    def plain_id(self) -> str:
        """A name for the person where there is no roster."""
        return safe(f"{self.name}_{self.number}" if self.number else self.name)


def safe(name: str) -> str:
    """``name`` as a folder can be called; empty when nothing is left of it."""
    return UNSAFE.sub("-", name).strip("-.")


def found(
    entries: Sequence[Entry], known: Sequence[str], assignment: str = ""
) -> tuple[list[HandedIn], dict[str, str]]:
    """The notebooks among ``entries``; and for all others, by name, why they are none of this course's.

    ``known``: the course's assignments. ``assignment``: which one it is where a file's name does not tell.
    """
    top = _wrapper(entries)
    platform = _platform([entry.parts[top:] for entry in entries])
    taken: list[HandedIn] = []
    left: dict[str, str] = {}
    for entry in entries:
        placed = _placed(entry, entry.parts[top:], platform, known, assignment)
        if isinstance(placed, HandedIn):
            taken.append(placed)
        else:
            left[entry.name] = placed
    return taken, left


def _wrapper(entries: Sequence[Entry]) -> int:
    """1 if all lies in one folder that is nobody's, such as one named after the course; else 0."""
    tops = {entry.parts[0] for entry in entries if entry.parts}
    below = {entry.parts[1] for entry in entries if len(entry.parts) > 1}
    alone = len(tops) == 1 and not any(map(MOODLE.match, tops))
    return int(alone and any(MOODLE.match(name) or CANVAS.match(name) for name in below))


def _platform(names: Sequence[tuple[str, ...]]) -> Platform:
    if any(parts and MOODLE.match(parts[0]) for parts in names):
        return Platform.MOODLE
    if any(len(parts) == 1 and CANVAS.match(parts[0]) for parts in names):
        return Platform.CANVAS
    return Platform.PLAIN


def _placed(
    entry: Entry, parts: tuple[str, ...], platform: Platform, known: Sequence[str], assignment: str
) -> HandedIn | str:
    """Whose notebook ``entry`` is, and of which assignment; or why nobody's. ``parts``: of its name that count."""
    if entry.name.startswith(("/", "\\")) or ".." in parts or (parts and ":" in parts[0]):
        return "its path leads out of the archive"
    if not parts or any(part.startswith((".", "__MACOSX")) for part in parts):
        return "hidden"
    if not parts[-1].lower().endswith(".ipynb"):
        return "not a notebook"
    if entry.problem:
        return entry.problem
    origin, name, number, upload, late, file = parts[0], parts[0], "", 0, False, parts[-1]
    if platform == Platform.MOODLE:
        match = MOODLE.match(parts[0])
        if not match:
            return "its name tells no student of Moodle's"
        name, number = match["name"], match["number"]
        origin = f"{name}_{number}_assignsubmission_file"
        if len(parts) == 1:
            file = (match["rest"] or "").removeprefix("_")
    elif platform == Platform.CANVAS:
        match = CANVAS.match(parts[0])
        if not match or len(parts) > 1:
            return "its name tells no student of Canvas's"
        name, number, file = match["name"], match["number"], match["file"]
        upload, late = int(match["upload"][:18]), bool(match["late"])
        origin = f"{name}_{number}"
    elif len(parts) == 1:
        return "its name tells no student"
    stem = file[: -len(".ipynb")]
    again = AGAIN.search(stem)
    attempt = int(next(filter(None, again.groups()))[:9]) if again else 0
    stem = AGAIN.sub("", stem)
    folder = parts[1] if platform == Platform.PLAIN and len(parts) > 2 else ""
    named = next((task for task in known if task.lower() == stem.strip().lower()), "")
    task = named or (folder if folder in known else assignment)
    if not safe(name):
        return "its name tells no student"
    if len(safe(name).encode()) > LONGEST:
        return "the student's name is too long for a folder"
    order = (upload, attempt) if platform == Platform.CANVAS else (entry.date, attempt)
    return HandedIn(entry, platform, origin, name, number, task, (*order, entry.name), late)
