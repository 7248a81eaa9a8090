"""A learning platform's own grade file, filled in: Moodle's grading worksheet, Canvas's gradebook.

Nothing else in it changes, and a cell stays as it was where there are no points to give: not handed in, not readable,
or waiting for a person. So nothing is read as a zero that is none.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.collecting.names import safe
from autograder.collecting.roster import PARTICIPANT, Person, Roster
from autograder.returning.standing import Standing, State, rounded, shown

ACTIVE = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a text that begins so for a formula
POSSIBLE = "points possible"  # the line of Canvas's gradebook that says how much each assignment gives


class CannotFill(ValueError):
    """A file that cannot be filled in. The message says why."""


@dataclass
class Filled:
    """What became of a grade file. ``text``: the new file. ``given``: how many grades were written.

    ``left``: for the others, by name there, why not. ``unknown``: students with points whom the file does not have.
    """

    text: str = ""
    given: int = 0
    left: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def harmless(text: str) -> str:
    """``text`` so that a spreadsheet shows it: what it would take for a formula begins with an apostrophe."""
    if len(text) < 2 or not text.startswith(ACTIVE):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def fill(path: Path, assignment: str, standings: Mapping[str, Standing], roster: Roster, column: str = "") -> Filled:
    """Fill the points of ``assignment`` into a copy of the grade file at ``path``. Raises CannotFill.

    ``column``: the one to fill in a gradebook of Canvas's whose columns do not say which it is.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CannotFill(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotFill(f"{path.name} is not UTF-8: take the file as the platform gave it") from None
    delimiter = _delimiter(text)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header = [cell.strip() for cell in rows[0]] if rows else []
    if {"Identifier", "Full name"} <= set(header):
        filled = _moodle(header, rows, assignment, standings, roster)
    elif {"Student", "ID"} <= set(header):
        filled = _canvas(header, rows, assignment, standings, roster, column)
    else:
        raise CannotFill(
            f"{path.name} has the columns {', '.join(header) or '(none)'}. Wanted are Identifier and Full name "
            "(Moodle's grading worksheet, in English) or Student and ID (Canvas's gradebook)."
        )
    out = io.StringIO(newline="")
    ends = "\r\n" if "\r\n" in text else "\n"
    quoted = _all_quoted(text)
    writer = csv.writer(
        out, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    filled.text = ("\ufeff" if raw.startswith(b"\xef\xbb\xbf") else "") + out.getvalue()
    return filled


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _all_quoted(text: str) -> bool:
    """Whether each value of the first line stands in quotation marks."""
    first = text.splitlines()[0]
    return bool(re.fullmatch(r'"[^"]*"([,;\t]"[^"]*")*', first))


def _moodle(
    header: list[str], rows: list[list[str]], assignment: str, standings: Mapping[str, Standing], roster: Roster
) -> Filled:
    lower = [name.lower() for name in header]
    for needed in ("grade", "maximum grade"):
        if needed not in lower:
            raise CannotFill(f"the worksheet has no column {needed.capitalize()}: does the assignment give points?")
    filled, seen = Filled(), set()
    for row in rows[1:]:
        values = dict(zip(lower, row, strict=False))
        number = PARTICIPANT.match(values.get("identifier", ""))
        if not number or len(row) != len(header):
            continue
        name = values["full name"]
        person = _person(roster, moodle=(assignment, number[1]), email=values.get("email address", ""))
        student = person.student if person else safe(f"{name}_{number[1]}")  # as `collect` calls who is nobody's
        seen.add(student)
        if values.get("grade can be changed", "").strip().lower() == "no":
            filled.left[name] = "its grade cannot be changed"
            continue
        _give(filled, row, lower.index("grade"), values["maximum grade"], name, standings.get(student))
    return _with_unknown(filled, seen, standings)


def _canvas(
    header: list[str],
    rows: list[list[str]],
    assignment: str,
    standings: Mapping[str, Standing],
    roster: Roster,
    column: str,
) -> Filled:
    grade = _column(header, assignment, column)
    name, who = header.index("Student"), header.index("ID")
    login = header.index("SIS Login ID") if "SIS Login ID" in header else None
    possible = next((row[grade] for row in rows[1:] if row and row[name].strip().lower() == POSSIBLE), "")
    filled, seen = Filled(), set()
    for row in rows[1:]:
        if len(row) != len(header) or not row[who].strip().isdigit():
            continue
        person = _person(roster, canvas=row[who].strip(), email=row[login] if login is not None else "")
        first = row[name].split(",")[0]
        student = person.student if person else _collected(standings, row[who].strip()) or first
        seen.add(student)
        _give(filled, row, grade, possible, row[name], standings.get(student))
    return _with_unknown(filled, seen, standings)


def _column(header: list[str], assignment: str, column: str) -> int:
    """Where the assignment's points belong. Raises CannotFill where that is not clear."""

    def plain(text: str) -> str:
        return re.sub(r"[\W_]+", "", text).lower()

    wanted = column or assignment
    fit = [i for i, name in enumerate(header) if plain(wanted) in plain(name)]
    exact = [i for i, name in enumerate(header) if plain(wanted) == plain(re.sub(r"\(\d+\)\s*\Z", "", name))]
    exact = exact or [i for i, name in enumerate(header) if name == column]
    found = exact if len(exact) == 1 else fit
    if len(found) != 1:
        columns = ", ".join(name for name in header if re.search(r"\(\d+\)\s*\Z", name)) or ", ".join(header)
        raise CannotFill(f"no single column is that of {wanted}: say --column with one of: {columns}")
    return found[0]


def _person(roster: Roster, email: str, canvas: str = "", moodle: tuple[str, str] = ("", "")) -> Person | None:
    """Who is meant: by the platform's number, or else by the address."""
    people = roster.people.values()
    task, number = moodle
    by_number = [p for p in people if (canvas and p.canvas == canvas) or (number and p.moodle.get(task) == number)]
    by_email = [p for p in people if email and p.email.lower() == email.strip().lower()]
    found = by_number or by_email
    return found[0] if len(found) == 1 else None


def _collected(standings: Mapping[str, Standing], number: str) -> str:
    """The student whom `collect` named after Canvas's number, where there is no roster."""
    found = [student for student in standings if student.endswith(f"_{number}")]
    return found[0] if len(found) == 1 else ""


def _give(filled: Filled, row: list[str], grade: int, most: str, name: str, standing: Standing | None) -> None:
    """Write one grade, scaled to what the file gives at most, or note why not."""
    if standing is None:
        filled.left[name] = State.MISSING.value
        return
    if standing.points is None or standing.waiting:
        failed = standing.state == State.FAILED and standing.reason
        filled.left[name] = standing.status + (f": {standing.reason}" if failed else "")
        return
    comma = "," in most
    try:
        scale = float(most.replace(",", ".")) if most.strip() else standing.maximum
    except ValueError:
        raise CannotFill(f"{most!r} is no number of points: does the assignment give points?") from None
    points = shown(rounded(standing.points * scale / standing.maximum) if standing.maximum else 0.0)
    row[grade] = points.replace(".", ",") if comma else points
    filled.given += 1


def _with_unknown(filled: Filled, seen: set[str], standings: Mapping[str, Standing]) -> Filled:
    filled.unknown = [who for who, standing in standings.items() if who not in seen and standing.points is not None]
    return filled
