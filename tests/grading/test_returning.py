"""What goes back: feedback pages, the grade table, an LMS's own file filled in, what the formgrader shows."""

import contextlib
import csv
import io
import json
import sys
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers

from autograder import commands
from autograder.collecting.roster import Person, Roster
from autograder.grading.deadlines import Deadline, Rules
from autograder.grading.gradebook import Recorder
from autograder.grading.graded import Graded, Score
from autograder.returning import lms
from autograder.returning.export import write_results, write_table
from autograder.returning.feedback import name_in_archive, write_archive, write_pages
from autograder.returning.formgrader import UNPROTECTED, mark_schemes, name_students
from autograder.returning.standing import State, maximum, standings, waiting
from autograder.returning.table import Status
from genlab.judging.differences import UNWRITTEN
from tests.support.classroom import ASSIGNMENT, Classroom, cell, practice, solved
from tests.support.returned import HINT, give, graded, record, record_class, verdict, wrong_softmax

PEOPLE = (
    Person("ann", "Ann", "Ash", "ann@x.org", "101", {ASSIGNMENT: "11"}),
    Person("jane", "=Jane", "Doe", "jane@x.org", "102", {ASSIGNMENT: "12"}),
    Person("joe", "Joe", "Roe", "joe@x.org", "103", {ASSIGNMENT: "13"}),
    Person("max", "Max", "Moe", "max@x.org", "104", {ASSIGNMENT: "14"}),
    Person("zoe", "Zoe", "Zed", "zoe@x.org", "105", {ASSIGNMENT: "15"}),
)


@pytest.fixture
def room(empty_room, tmp_path) -> Classroom:
    """The class, graded."""
    room = empty_room.copy(tmp_path / "room")
    record_class(room)
    return room


@contextlib.contextmanager
def book(room: Classroom):
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
        yield gradebook


def stand(room: Classroom) -> dict:
    with book(room) as gradebook:
        return standings(gradebook, ASSIGNMENT, ["ann", "jane", "joe", "zoe"])


def pages(room: Classroom, names: dict | None = None):
    with book(room) as gradebook:
        return write_pages(room.course, gradebook, ASSIGNMENT, names or {})


def page_of(room: Classroom, student: str) -> str:
    written = pages(room)
    assert not written.failed
    return written.pages[student].read_text("utf-8")


class Reader(HTMLParser):
    """What a page says, and what in it a browser would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.active: list[str] = []
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.style = tag == "style"
        found = dict(attrs)
        loads = [value for name, value in attrs if name in ("src", "srcset", "data") and not value.startswith("data:")]
        runs = [name for name, _ in attrs if name.startswith("on")]
        sheets = [tag] * (tag in ("script", "iframe", "object", "embed", "link", "base", "form"))
        self.active += [*loads, *runs, *sheets]
        self.anchors += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []

    style = False

    def handle_data(self, data):
        self.words += [] if self.style else [data]


# -- feedback


def test_a_page_says_first_what_is_wrong_and_why(room):
    text = Reader(page_of(room, "joe")).text
    assert "4.5 of 6 points so far; 2 more wait for a person" in text and "provisional" in text
    order = ["0 / 2" not in text, "1 of 2 rules hold", "To look at", "Likely cause", "Graded by a person", "Right"]
    assert order[0] and [text.index(word) for word in order[1:]] == sorted(text.index(word) for word in order[1:])
    assert "A probability is a share : use sum(-1, keepdim=True) ." in text
    assert "here for 1 of 2 parts" in text, "where 1.5 of 3 points come from"
    assert text.count("result[0, 0] is 1.5, not 0.125") == 2, "one probe of the rule in full, the other folded"
    assert "1 more probe of this rule" in text and "Out[" not in text


def test_links_are_named_after_exercises_and_lead_somewhere(room):
    page = Reader(page_of(room, "joe"))
    assert [link for link in page.links if link.startswith("#")] == ["#left_pad", "#softmax", "#why_left"]
    assert {"left_pad", "softmax", "why_left"} <= set(page.anchors)


def test_what_waits_is_no_zero_and_what_was_given_is_shown(room):
    assert "why_ left not graded yet: waits for a person waiting" in Reader(page_of(room, "joe")).text
    give(room, "joe", 1.5, "Which column? <b>Say it.</b>")
    text = Reader(page_of(room, "joe")).text
    assert "6 of 8 points" in text and "provisional" not in text and "1.5 / 2" in text
    assert "Comment: Which column? <b>Say it.</b>" in text


def test_an_exercise_that_fell_with_an_earlier_one_says_so_in_a_line(room):
    lost = Score("test_left_pad", 0.0, 3.0, (verdict("short row", "pads", False, got="[0]", reason="it differs"),))
    also = wrong_softmax()
    also = replace(also, verdicts=tuple({**v, "hint": "", "certain": False} for v in also.verdicts))
    calls = "def softmax(x):\n    return left_pad(x, 0)[0].exp()\n"
    record(room, "joe", graded(solved(room.release, softmax=calls), lost, also))
    page = page_of(room, "joe")
    text = Reader(page).text
    assert "It uses code of left_pad , which is not right yet. Mend that first: this one may be right then." in text
    own = page[page.index('id="softmax"') :]
    assert own.index("<summary>What happened here") < own.index("result[0, 0]"), "its own report is folded"
    own_cause = wrong_softmax()
    record(room, "joe", graded(solved(room.release, softmax=calls), lost, own_cause))
    text = Reader(page_of(room, "joe")).text
    assert "which is not right yet." in text and "may be right then" not in text and "Likely cause" in text


def test_what_is_not_written_is_said_of_the_right_one(room):
    unwritten = {"got": "NotImplementedError", "reason": UNWRITTEN}
    pad = Score("test_left_pad", 0.0, 3.0, (verdict("a", "a", False, **unwritten),))
    soft = Score("test_softmax", 0.0, 3.0, (verdict("b", "b", False, **unwritten),))
    stub = cell(room.release, "left_pad").source
    calls = "def softmax(x):\n    return left_pad(x, 0)\n"
    record(room, "joe", graded(solved(room.release, left_pad=stub, softmax=calls), pad, soft))
    text = Reader(page_of(room, "joe")).text
    assert "left_ pad not written yet 0 / 3" in text
    assert "softmax needs what is not written yet; uses left_pad 0 / 3" in text


def test_nothing_of_a_page_runs_or_is_loaded(room):
    hostile = "<script>alert('RAN')</script><img src=https://x.org/a.png onerror=alert(1)> [x](javascript:alert(1))"
    code = f"def softmax(x):\n    return x  # {hostile}</pre>"
    score = wrong_softmax()
    told = tuple({**v, "got": hostile, "reason": hostile, "line": hostile, "notes": (hostile,)} for v in score.verdicts)
    notebook = solved(room.release, left_pad=code, softmax=code, answer=hostile)
    record(room, "joe", graded(notebook, replace(score, verdicts=told)))
    written = pages(room, {"joe": hostile})
    page = written.pages["joe"].read_text("utf-8")
    found = Reader(page)
    assert found.active == [] and "alert('RAN')" in found.text
    assert not [link for link in found.links if not link.startswith("#")]
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "").replace("https://x.org", "")


def test_pages_are_written_where_something_changed(room):
    first = pages(room)
    assert first.changed == ["jane", "joe", "zoe"] and first.same == []
    assert first.provisional == ["jane", "joe"] and list(first.unreadable) == ["zoe"], "ann is not graded yet"
    again = pages(room)
    assert again.changed == [] and again.same == first.changed and again.provisional == first.provisional
    give(room, "jane", 2.0)
    third = pages(room)
    assert third.changed == ["jane"] and third.provisional == ["joe"]
    assert pages(room, {"joe": "Joe Roe"}).changed == ["joe"]


def test_who_sent_nothing_readable_gets_a_page_that_says_so(room):
    text = Reader(page_of(room, "zoe")).text
    assert "This could not be graded. not a readable notebook" in text and "ask for it again" not in text
    assert "points" in text and " 0 " not in text


def test_the_newest_attempt_may_fail_and_the_one_before_counts(room):
    record(room, "joe", Graded(problem="not a readable notebook; ask for it again"))
    standing = stand(room)["joe"]
    assert standing.points == 4.5 and standing.status == "failed, an earlier attempt counts"
    assert "What you handed in last could not be graded (not a readable notebook)" in Reader(page_of(room, "joe")).text


def test_a_page_that_cannot_be_made_stops_no_other(room):
    (room.root / "autograded" / "jane" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").unlink()
    written = pages(room)
    assert list(written.failed) == ["jane"] and "FileNotFoundError" in written.failed["jane"]
    assert written.changed == ["joe", "zoe"]


def test_lateness_is_shown_with_what_it_cost(room):
    due = datetime(2026, 3, 1, 12)
    rules = Rules({ASSIGNMENT: Deadline(due, penalty=10.0)})
    (room.folder("joe") / "timestamp.txt").write_text("2026-03-02 18:30:00 UTC")
    result = record(room, "joe", graded(solved(room.release), wrong_softmax()), rules)
    text = Reader(page_of(room, "joe")).text
    assert result.penalty == pytest.approx(0.9)
    assert "3.6 of 6 points so far" in text and "Handed in late by 1 day, 6:30:00: 0.9 points are taken off." in text
    assert "handed in 2026-03-02 18:30 UTC" in text
    assert stand(room)["joe"].late_by == timedelta(days=1, hours=6.5).total_seconds()


def test_cells_that_stopped_are_told_at_the_end(room):
    notebook = solved(room.release)
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "x",
        "traceback": ["\x1b[31mline\x1b[0m", "NameError: x"],
    }
    notebook.cells.insert(3, nbformat.v4.new_code_cell("x + 1", outputs=[nbformat.from_dict(error)]))
    record(room, "joe", graded(notebook))
    text = Reader(page_of(room, "joe")).text
    assert "Cells that ended with an error" in text and "cell 4: NameError: x" in text and "\x1b" not in text


def test_nbgraders_own_command_makes_the_same_page(room):
    ours = page_of(room, "joe")
    outcome = room.course.generate_feedback(ASSIGNMENT, "joe", force=True)
    assert outcome["success"] and "not recognized" not in outcome["log"]
    theirs = (room.root / "feedback" / "joe" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text("utf-8")
    assert Reader(theirs).text == Reader(ours).text


def test_an_archive_has_the_platforms_names(room, tmp_path):
    written = pages(room)
    moodle = {
        "jane": {"platform": "moodle", "from": "course/Jane Doe_12_assignsubmission_file/week 1/00_practice.ipynb"},
        "joe": {"platform": "moodle", "from": "Joe Roe_13_assignsubmission_file_/00_practice (1).ipynb"},
    }
    assert write_archive(tmp_path / "a.zip", ASSIGNMENT, written.pages, moodle) == ["zoe"]
    names = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert names == [
        "Jane Doe_12_assignsubmission_file/00_practice.html",
        "Joe Roe_13_assignsubmission_file_/00_practice.html",
    ]
    flat = {"platform": "moodle", "from": "Jane Doe_12_assignsubmission_file_00_practice.ipynb"}
    assert name_in_archive("jane", ASSIGNMENT, flat) == "Jane Doe_12_assignsubmission_file_00_practice.html"
    canvas = {"platform": "canvas", "from": "submissions/doejane_LATE_102_9_00_practice-2.ipynb"}
    assert name_in_archive("jane", ASSIGNMENT, canvas) == "doejane_LATE_102_9_00_practice-2.html"
    assert write_archive(tmp_path / "b.zip", ASSIGNMENT, written.pages, {}) == []
    assert "jane/00_practice.html" in zipfile.ZipFile(tmp_path / "b.zip").namelist()


# -- grades


def test_one_row_a_student_and_no_zero_that_is_none(room, tmp_path):
    give(room, "jane", 2.0)
    with book(room) as gradebook:
        assert maximum(gradebook, ASSIGNMENT) == 8.0 and waiting(gradebook, [ASSIGNMENT]) == 1
    assert write_table(tmp_path / "g.csv", {ASSIGNMENT: stand(room)}, {ASSIGNMENT: 8.0}, Roster(PEOPLE)) == 5
    with (tmp_path / "g.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    found = {who: (row[f"{ASSIGNMENT} points"], row[f"{ASSIGNMENT} status"]) for who, row in rows.items()}
    assert found == {
        "ann": ("", "not graded yet"),
        "jane": ("8", "graded"),
        "joe": ("4.5", "waiting for a person"),
        "max": ("", "not handed in"),
        "zoe": ("", "failed"),
    }
    assert rows["jane"]["first_name"] == "'=Jane" and rows["max"]["email"] == "max@x.org"
    assert {row[f"{ASSIGNMENT} maximum"] for row in rows.values()} == {"8"}


def test_results_for_gradescope_are_rounded_and_wait(room, tmp_path):
    give(room, "jane", 1 / 3)
    assert write_results(tmp_path, {ASSIGNMENT: stand(room)}) == 2
    jane, joe = (json.loads((tmp_path / ASSIGNMENT / f"{who}.json").read_text("utf-8")) for who in ("jane", "joe"))
    assert jane["score"] == 6.33 and {test["score"] for test in jane["tests"]} == {3.0, 0.33}
    text = next(test for test in joe["tests"] if test["name"] == "why_left")
    assert "score" not in text and "person" in text["output"]
    wrong = next(test for test in joe["tests"] if test["name"] == "test_softmax")
    assert HINT in wrong["output"] and wrong["extra_data"]["mistake"] == "unnormalized"


def test_the_table_of_a_run_says_what_the_gradebook_says(room):
    def recorded(who):
        with contextlib.closing(Recorder(room.course)) as recorder:
            return recorder.recorded()[ASSIGNMENT, who].result

    assert recorded("joe").status == Status.MANUAL and recorded("joe").points == 4.5
    give(room, "joe", 2.0)
    assert recorded("joe").status == Status.GRADED and recorded("joe").points == 6.5
    assert stand(room)["joe"].points == 6.5 and stand(room)["joe"].state == State.GRADED
    assert recorded("zoe").status == Status.FAILED and recorded("zoe").points is None


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade)\r\n"
    "Participant 11,Ann Ash,ann@x.org,Submitted,,{most},Yes,-\r\n"
    'Participant 12,"=Jane ""J"" Doe",jane@x.org,Submitted,,{most},Yes,"Monday, 2 March"\r\n'
    "Participant 13,Joe Roe,joe@x.org,Submitted,,{most},Yes,-\r\n"
    "Participant 14,Max Moe,max@x.org,No submission,7,{most},Yes,-\r\n"
    "Participant 15,Zoe Zed,zoe@x.org,Submitted,,{most},Yes,-\r\n"
)


@pytest.mark.parametrize(("most", "points"), [("100.00", "68.75"), ("10", "6.88"), ('"20,00"', "13,75"), ("8", "5.5")])
def test_moodles_worksheet_is_filled_in(room, tmp_path, most, points):
    record(room, "jane", graded(solved(room.release), replace(wrong_softmax(), points=0.5)))
    give(room, "jane", 2.0)
    path = tmp_path / "worksheet.csv"
    path.write_text(WORKSHEET.replace("{most}", most), encoding="utf-8", newline="")
    filled = lms.fill(path, ASSIGNMENT, stand(room), Roster(PEOPLE))
    assert filled.given == 1 and filled.unknown == []
    assert filled.left == {
        "Ann Ash": "not graded yet",
        "Joe Roe": "waiting for a person",
        "Max Moe": "not handed in",
        "Zoe Zed": "failed: not a readable notebook; ask for it again",
    }
    before, after = (list(csv.reader(io.StringIO(text))) for text in (path.read_text("utf-8"), filled.text))
    assert [row[4] for row in after[1:]] == ["", points, "", "7", ""]
    assert after[2][1] == '\'=Jane "J" Doe', "a spreadsheet shows it and does not compute it"
    changed = [(i, j) for i, row in enumerate(before) for j, value in enumerate(row) if after[i][j] != value]
    assert changed == [(2, 1), (2, 4)]
    assert filled.text.startswith("\ufeff") and filled.text.count("\r\n") == WORKSHEET.count("\r\n")


def test_without_a_roster_names_are_those_of_collect(room, tmp_path):
    record(room, "Ann-Ash_11", graded(solved(room.release)))
    give(room, "Ann-Ash_11", 1.0)
    path = tmp_path / "worksheet.csv"
    path.write_text(WORKSHEET.replace("{most}", "8"), encoding="utf-8", newline="")
    filled = lms.fill(path, ASSIGNMENT, stand(room), Roster())
    assert filled.given == 1 and "Participant 11,Ann Ash,ann@x.org,Submitted,7,8" in filled.text
    assert filled.unknown == ["jane", "joe"]


GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework (5),{title},Current Score\n"
    "    Points Possible,,,,,10,{most},(read only)\n"
    '"Doe, Jane",102,7,jane@x.org,A,3,,88\n'
    '"Roe, Joe",103,8,joe@x.org,A,4,,90\n'
    '"Student, Test",900,,,A,,,\n'
)


@pytest.mark.parametrize("title", ["00_practice (77)", "00 Practice (77)", "Practice, week 0 (77)"])
def test_canvas_gradebook_is_filled_in(room, tmp_path, title):
    give(room, "jane", 2.0)
    path = tmp_path / "gradebook.csv"
    path.write_text(GRADEBOOK.replace("{title}", f'"{title}"').replace("{most}", "16"), encoding="utf-8")
    if "week" in title:
        with pytest.raises(lms.CannotFill, match=r"say --column with one of: Homework \(5\), Practice, week 0 \(77\)"):
            lms.fill(path, ASSIGNMENT, stand(room), Roster(PEOPLE))
        filled = lms.fill(path, ASSIGNMENT, stand(room), Roster(PEOPLE), column=title)
    else:
        filled = lms.fill(path, ASSIGNMENT, stand(room), Roster(PEOPLE))
    rows = list(csv.reader(io.StringIO(filled.text)))
    assert [row[6] for row in rows[1:]] == ["16", "16", "", ""] and rows[1][0] == "    Points Possible"
    assert filled.left == {"Roe, Joe": "waiting for a person", "Student, Test": "not handed in"}


def test_another_file_is_refused(room, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("Name;Note\nJane;1\n", encoding="utf-8")
    with pytest.raises(lms.CannotFill, match="has the columns Name, Note"):
        lms.fill(path, ASSIGNMENT, {}, Roster())
    path.write_bytes("Student,ID\nZoë,1\n".encode("cp1252"))
    with pytest.raises(lms.CannotFill, match="is not UTF-8"):
        lms.fill(path, ASSIGNMENT, {}, Roster())
    with pytest.raises(lms.CannotFill, match="cannot be read"):
        lms.fill(tmp_path / "gone.csv", ASSIGNMENT, {}, Roster())


@pytest.mark.parametrize("text", ["=1+1", "+49 89", "-x", "@me", "\tx", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_compute_is_made_harmless(text):
    assert lms.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-", "-1.5", "+3", "Jane", "a=b"])
def test_the_rest_stays(text):
    assert lms.harmless(text) == text


def test_the_commands_say_what_they_did(room, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(commands, "api", lambda: room.course)
    monkeypatch.setattr(commands, "class_folder", lambda: tmp_path)
    Roster(PEOPLE).save(tmp_path / "roster.csv")
    assert commands.feedback([], tmp_path / "pages.zip") == 0
    told = capsys.readouterr().out
    assert "3 pages written, 0 unchanged" in told and "2 of them are provisional" in told
    assert "zoe: could not be graded, ask for it again: not a readable notebook\n" in told and "3 pages are in" in told
    assert commands.export() == 0
    assert "0 graded, 2 waiting for a person, 1 failed, 1 not graded yet" in capsys.readouterr().out
    path = tmp_path / "worksheet.csv"
    path.write_text(WORKSHEET.replace("{most}", "8"), encoding="utf-8", newline="")
    assert commands.fill_in(path, ASSIGNMENT, "", None) == 0
    assert "0 grades filled in, 5 left as they were" in capsys.readouterr().out
    assert (tmp_path / "worksheet-filled.csv").is_file()
    with pytest.raises(SystemExit, match="would be overwritten"):
        commands.fill_in(path, ASSIGNMENT, "", path)
    (room.root / "autograded" / "joe" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").unlink()
    give(room, "joe", 1.0)
    assert commands.feedback([]) == 1
    assert "joe: no page: FileNotFoundError" in capsys.readouterr().out


# -- the formgrader


def test_graders_see_the_mark_scheme_and_students_do_not(room, tmp_path):
    source = practice()
    cell(source, "why_left").source += "\n### BEGIN MARK SCHEME\nOne point for *last*.\n### END MARK SCHEME"
    path = tmp_path / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source, path)
    assert mark_schemes(source) == {"why_left": "One point for *last*."}
    config = room.course.config
    config.ShowMarkScheme.source = str(tmp_path / "solutions")
    shown = formgrader_page(room, config)
    assert "Mark scheme" in shown and "One point for <em>last</em>" in shown
    assert shown.index("The next token comes after") < shown.index("Mark scheme")
    assert "Mark scheme" not in page_of(room, "jane") and "One point" not in page_of(room, "jane")


def formgrader_page(room: Classroom, config) -> str:
    """What the formgrader shows of Jane's notebook."""
    config = config.copy()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    graded = room.root / "autograded" / "jane" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    about = {"assignment_id": ASSIGNMENT, "notebook_id": ASSIGNMENT, "submission_id": "1", "index": 0, "total": 1}
    return HTMLExporter(config=config).from_filename(str(graded), resources=about | {"base_url": "/base"})[0]


def test_the_formgrader_loads_nothing_from_elsewhere(room):
    page = Reader(formgrader_page(room, room.course.config))
    assert [what for what in page.active if "//" in what] == []


def test_no_button_runs_students_code(room, monkeypatch):
    room.hand_in("jane", solved(room.release))
    kept = room.graded("jane")
    server = SimpleNamespace(ServerApp=SimpleNamespace(initialized=lambda: True))
    monkeypatch.setitem(sys.modules, "jupyter_server.serverapp", server)
    outcome = room.course.autograde(ASSIGNMENT, "jane", force=True)
    assert not outcome["success"] and UNPROTECTED in outcome["error"]
    assert room.graded("jane") == kept, "what was graded is still there"


def test_nobody_complains_about_an_exchange(room):
    assert room.course.exchange_missing
    outcome = room.course.generate_feedback(ASSIGNMENT, "jane", force=True)
    assert "exchange" not in outcome["log"].lower()


def test_the_gradebook_has_the_names_of_the_roster(room):
    with book(room) as gradebook:
        name_students(gradebook, Roster(PEOPLE))
        name_students(gradebook, Roster(PEOPLE))
        found = {student.id: (student.first_name, student.last_name, student.email) for student in gradebook.students}
        name_students(gradebook, Roster())
        record(room, "new-one", graded(solved(room.release)))
        name_students(gradebook, Roster())
        names = {student.id: (student.first_name, student.last_name) for student in gradebook.students}
    assert names["new-one"] == ("", "new-one") and names["joe"] == ("Joe", "Roe")
    assert found["joe"] == ("Joe", "Roe", "joe@x.org") and found["max"] == ("Max", "Moe", "max@x.org")
