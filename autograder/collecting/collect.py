"""Take submissions out of a download into nbgrader's layout, ``class/submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb``.

``class/collected.json`` remembers where each came from: the same download changes nothing when it is taken again, and
an older one replaces nothing newer. ``nbgrader zip_collect`` is not used: it unpacks an archive before it looks at the
names in it, and for each platform it needs a regular expression of the instructor's.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.collecting.archive import Archive
from autograder.collecting.names import HandedIn, found
from autograder.collecting.roster import Roster

UNKNOWN = "neither its name nor its cells tell an assignment of this course: say --assignment"
GRADE_ID = re.compile(rb'"grade_id":\s*"(\w{1,100})"')


@dataclass
class Collected:
    """What became of a download: lines for whoever collects.

    ``taken``: written, or to be written. ``same``: there already. ``left``: not taken, with the reason.
    """

    taken: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


class Ledger:
    """Where each submission came from: ``entries[assignment][student]``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, dict[str, dict[str, Any]]] = {}
        if path.is_file():
            self.entries = json.loads(path.read_text(encoding="utf-8"))

    def get(self, assignment: str, student: str) -> dict[str, Any]:
        """What is known of a submission; nothing if it was not collected."""
        return self.entries.get(assignment, {}).get(student, {})

    def put(self, assignment: str, student: str, handed_in: HandedIn, digest: str) -> None:
        """Note where a submission came from."""
        self.entries.setdefault(assignment, {})[student] = {
            "from": handed_in.entry.name,
            "platform": handed_in.platform,
            "origin": handed_in.origin,
            "order": list(handed_in.order),
            "late": handed_in.late,
            "sha256": digest,
        }

    def save(self) -> None:
        """Write it all down."""
        text = json.dumps(self.entries, indent=1, ensure_ascii=False, sort_keys=True)
        self.path.write_text(text + "\n", encoding="utf-8")


def collect(
    archive: Archive,
    submitted: Path,
    ledger: Ledger,
    cells: Mapping[str, set[str]],
    roster: Roster | None = None,
    assignment: str = "",
    dry: bool = False,
) -> Collected:
    """Write the newest submission of each student below ``submitted``; say what was taken and what was not.

    ``cells``: of each assignment of the course the grade_ids in its notebook. ``assignment``: which one it is where a
    file's name does not tell. ``dry``: write nothing. What two sources claim for one student is left to a person.
    """
    result = Collected()
    named, others = found(archive.entries, list(cells), assignment)
    result.left += others.items()
    notebooks = [
        one if one.assignment else replace(one, assignment=_told_by_cells(archive, one, cells)) for one in named
    ]
    for (student, task), each in _by_student(notebooks, roster or Roster(), result).items():
        newest = max(each, key=lambda one: one.order)
        result.left += [
            (one.entry.name, f"there is a newer one: {newest.entry.name}") for one in each if one is not newest
        ]
        content, problem = archive.read(newest.entry)
        problem = problem or _of_another(content, task, cells)
        before = ledger.get(task, student)
        digest = hashlib.sha256(content).hexdigest()
        line = f"{newest.entry.name} -> {student}/{task}{' (late)' if newest.late else ''}"
        if not problem and before and before["sha256"] != digest:
            problem = _older(newest, before)
        if problem:
            result.left.append((newest.entry.name, problem))
        elif before and before["sha256"] == digest:
            result.same.append(line)
        else:
            problem = "" if dry else _written(submitted / student / task / f"{task}.ipynb", content)
            if problem:
                result.left.append((newest.entry.name, problem))
                continue
            result.taken.append(line)
            ledger.put(task, student, newest, digest)
    if not dry:
        ledger.save()
    return result


def _by_student(
    notebooks: Sequence[HandedIn], roster: Roster, result: Collected
) -> dict[tuple[str, str], list[HandedIn]]:
    """The notebooks of each student and assignment; what is nobody's, or claimed by two, goes to what is left."""
    each: dict[tuple[str, str], list[HandedIn]] = defaultdict(list)
    for notebook in notebooks:
        student, problem = roster.whose(notebook) if notebook.assignment else ("", UNKNOWN)
        if problem:
            result.left.append((notebook.entry.name, problem))
        else:
            each[student, notebook.assignment].append(notebook)
    for key in list(each):
        origins = sorted({notebook.origin for notebook in each[key]})
        if len(origins) > 1:
            reason = f"two sources for one student, {key[0]}: {' and '.join(origins)}; a roster tells them apart"
            result.left += [(notebook.entry.name, reason) for notebook in each.pop(key)]
    return dict(each)


def _told_by_cells(archive: Archive, notebook: HandedIn, cells: Mapping[str, set[str]]) -> str:
    """The assignment whose cells a notebook has; empty where it has none."""
    theirs = {name.decode() for name in GRADE_ID.findall(archive.read(notebook.entry)[0])}
    best = max(cells, key=lambda name: len(theirs & cells[name]), default="")
    return best if best and theirs & cells[best] else ""


def _of_another(content: bytes, task: str, cells: Mapping[str, set[str]]) -> str:
    """That a notebook is the one of another assignment, if its cells say so."""
    theirs = {name.decode() for name in GRADE_ID.findall(content)}
    if not theirs or theirs & cells[task]:
        return ""
    other = max(cells, key=lambda name: len(theirs & cells[name]))
    return f"this is the notebook of {other}, not of {task}" if theirs & cells[other] else ""


def _older(new: HandedIn, before: Mapping[str, Any]) -> str:
    """Why ``new`` does not replace what was collected ``before``, if it does not."""
    if before["platform"] != new.platform:
        return f"one was collected from {before['platform']} before: remove its line from collected.json to replace it"
    if list(new.order[:2]) < before["order"][:2]:
        return f"a newer one was collected before: {before['from']}"
    return ""


def _written(path: Path, content: bytes) -> str:
    """Write a submission; return why that cannot be done, if it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    return ""
