"""Who is who: the students of a class, from what a learning platform gives for download.

``class/roster.csv`` holds one row a student: the name in this course, first and last name, e-mail, the number in
Canvas, and for Moodle, which numbers its students anew for each assignment, a column ``moodle ASSIGNMENT``.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.collecting.names import HandedIn, Platform, safe

PARTICIPANT = re.compile(r"\D*(\d+)\s*\Z")  # "Participant 12345"
BASIC = ("student", "first_name", "last_name", "email", "canvas")
MOODLE = "moodle "


@dataclass(frozen=True)
class Person:
    """A student. ``moodle``: the number there, by assignment."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    canvas: str = ""
    moodle: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class NoRoster(ValueError):
    """A file that is no roster. The message says what is missing."""


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by the names of their columns; commas, semicolons or tabs, as the file has them."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:4096].splitlines()[0], ",;\t")
    except (csv.Error, IndexError):
        dialect = csv.excel
    rows = csv.DictReader(text.splitlines(keepends=True), dialect=dialect)
    return [{(key or "").strip(): (value or "").strip() for key, value in row.items() if key} for row in rows]


class Roster:
    """The students of a class."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self.people = {person.student: person for person in people}

    # -- kept in a file

    @classmethod
    def load(cls, path: Path) -> "Roster":
        """The roster kept at ``path``; an empty one when there is none."""
        if not path.is_file():
            return cls()
        return cls(_from_plain(row) for row in read_rows(path) if row.get("student"))

    def save(self, path: Path) -> None:
        """Write the roster to ``path``."""
        tasks = sorted({task for person in self.people.values() for task in person.moodle})
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([*BASIC, *(MOODLE + task for task in tasks)])
            for _, person in sorted(self.people.items()):
                moodle = [person.moodle.get(task, "") for task in tasks]
                rows.writerow([*(getattr(person, name) for name in BASIC), *moodle])

    # -- taken from a platform

    def add(self, path: Path, assignment: str = "") -> int:
        """Take students from Moodle's grading worksheet (of ``assignment``), Canvas's gradebook, or a plain CSV file.

        Returns how many. Who is known already, by name in this course, number or e-mail, is completed. Raises NoRoster.
        """
        rows = read_rows(path)
        columns = set(rows[0]) if rows else set()
        if {"Identifier", "Full name"} <= columns:
            if not assignment:
                raise NoRoster(f"{path.name} is a grading worksheet of Moodle's: say which --assignment it is for")
            found = [person for row in rows if (person := _from_moodle(row, assignment))]
        elif {"Student", "ID"} <= columns:
            found = [person for row in rows if (person := _from_canvas(row))]
        elif "student" in columns:
            found = [_from_plain(row) for row in rows if safe(row["student"])]
        else:
            raise NoRoster(
                f"{path.name} has the columns {', '.join(sorted(columns)) or '(none)'}. Wanted are Identifier and Full "
                "name (Moodle's grading worksheet, in English), Student and ID (Canvas's gradebook), or student."
            )
        for person in found:
            self._merge(person)
        return len(found)

    def _merge(self, new: Person) -> None:
        """Complete who is known already with what ``new`` says, or add ``new``."""
        known = self.people.get(new.student) or next(
            (
                old
                for old in self.people.values()
                if (new.email and old.email.lower() == new.email.lower()) or (new.canvas and old.canvas == new.canvas)
            ),
            None,
        )
        if known is None:
            self.people[new.student] = new
            return
        said = {name: getattr(new, name) for name in BASIC[1:] if getattr(new, name)}
        self.people[known.student] = replace(known, **said, moodle=known.moodle | new.moodle)

    # -- asked

    def whose(self, handed_in: HandedIn) -> tuple[str, str]:
        """The student who handed something in, or why nobody is known to have. Without people, whoever it says."""
        if not self.people:
            return handed_in.plain_id, ""
        people = self.people.values()
        if handed_in.platform == Platform.CANVAS:
            fit = [person for person in people if person.canvas and person.canvas == handed_in.number]
        elif handed_in.platform == Platform.MOODLE:
            number = handed_in.number
            fit = [person for person in people if person.moodle.get(handed_in.assignment) == number]
            if not fit and not any(handed_in.assignment in person.moodle for person in people):
                return "", f"the roster has no numbers of {handed_in.assignment}: add Moodle's grading worksheet for it"
        else:
            names = {safe(handed_in.name), handed_in.name}
            fit = [person for person in people if person.student in names or person.email in names]
        return (
            (fit[0].student, "") if len(fit) == 1 else ("", "nobody in the roster" if not fit else "two in the roster")
        )


def _from_plain(row: dict[str, str]) -> Person:
    """A student from a row as ``Roster.save`` writes it; only the first column must be there."""
    return Person(
        student=safe(row["student"]),
        first_name=row.get("first_name", ""),
        last_name=row.get("last_name", ""),
        email=row.get("email", ""),
        canvas=row.get("canvas", ""),
        moodle={key.removeprefix(MOODLE): row[key] for key in row if key.startswith(MOODLE) and row[key]},
    )


def _from_moodle(row: dict[str, str], assignment: str) -> Person | None:
    number = PARTICIPANT.match(row["Identifier"])
    if not number:
        return None
    first, _, last = row["Full name"].rpartition(" ")
    email = row.get("Email address", "")
    student = safe(row.get("ID number", "") or email or row["Full name"])
    return Person(student, first, last, email, moodle={assignment: number[1]}) if student else None


def _from_canvas(row: dict[str, str]) -> Person | None:
    if not row["ID"].isdigit():
        return None  # the line of points possible, or that of a test student
    last, _, first = row["Student"].partition(",")
    login = row.get("SIS Login ID", "")
    student = safe(row.get("SIS User ID", "") or login or f"{row['Student']}_{row['ID']}")
    return Person(student, first.strip(), last.strip(), login if "@" in login else "", canvas=row["ID"])
