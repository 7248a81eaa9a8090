"""What a class has understood: the numbers exactly, nobody named, and nothing that students wrote does anything."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import event, insert, text

from autograder import commands
from autograder.exercises import exercise
from autograder.grading.gradebook import grading
from autograder.grading.graded import Score
from autograder.grading.run import Options, grade_class
from autograder.insight import examples, statistics
from autograder.insight.data import read
from autograder.insight.page import page
from autograder.insight.statistics import FEW, Answer, discrimination, summary
from autograder.insight.write import write
from tests.support.classroom import ASSIGNMENT, Classroom, solved
from tests.support.written_class import RULES, score, write_class, write_graded

PICTURE = re.compile(r"data:image/png;base64,[\w+/=]*")  # any short word stands somewhere in so many letters
FIRST, SECOND = RULES["test_left_pad"]
HOSTILE = """\
def left_pad(rows, pad_id):
    \"\"\"I am Jane Doe and this is my own work.\"\"\"
    end = "</code></pre><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"  # by Jane
    return rows, "{{ 7 * 7 }}\u202e", '&lt;'
"""


def answers(place: int) -> list[Score]:
    """Of 60: 30 right, 12 pad on the right (6 break both rules), 9 alike without a name, 3 endless, 6 not begun."""
    softmax = score("test_softmax", ["any height"] if place % 2 else [], "naive_exp")
    if place < 30:
        left_pad = score("test_left_pad")
    elif place < 42:
        left_pad = score("test_left_pad", [FIRST, SECOND] if place % 2 else [FIRST], "pads_on_the_right")
    elif place < 51:
        left_pad = score("test_left_pad", [SECOND])
    elif place < 54:
        endless = "TookTooLong: still running after 96.1 seconds and was stopped: look for a loop"
        left_pad = score("test_left_pad", [FIRST, SECOND], got=endless, reason="it raised an error")
    else:
        left_pad = score("test_left_pad", [FIRST, SECOND], got="NotImplementedError", reason="not written yet")
    return [left_pad, softmax]


STUDENTS = [f"student-{place:04}" for place in range(60)]


@pytest.fixture(scope="module")
def room(empty_room, tmp_path_factory) -> Classroom:
    """A class of 60. Of those who pad on the right, all handed in something hostile."""
    room = empty_room.copy(tmp_path_factory.mktemp("insight") / "room")
    write_class(room, STUDENTS, answers, lambda place: None if place < 20 else 2.0)
    for student in STUDENTS[30:42]:
        write_graded(room, student, left_pad=HOSTILE)
    return room


def written(room: Classroom, folder, **options) -> tuple[str, list[dict[str, str]]]:
    """The page and the table of a class."""
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        write(room.course, book, [ASSIGNMENT], folder, **options)
    table = csv.DictReader(io.StringIO((folder / "insight.csv").read_text(encoding="utf-8")))
    return (folder / "insight.html").read_text(encoding="utf-8"), list(table)


# -- the numbers


def test_each_answer_is_counted_where_it_belongs(room):
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        record = read(book, [ASSIGNMENT])
    [assignment] = summary(record.answers, record.failed, {ASSIGNMENT: ["left_pad", "softmax", "why_left"]})
    left_pad, softmax, why = assignment.exercises
    assert (left_pad.name, softmax.name, why.name) == ("left_pad", "softmax", "why_left")
    assert [len(who) for who in (left_pad.passed, left_pad.partly, left_pad.nothing)] == [30, 15, 15]
    assert left_pad.pass_rate == 0.5 and left_pad.points == (30 * 3 + 15 * 1.5) / 60
    [mistake] = left_pad.misconceptions
    assert (mistake.name, mistake.students, mistake.certain) == ("pads_on_the_right", tuple(STUDENTS[30:42]), 12)
    [rule] = left_pad.rules
    assert (rule.rule, rule.students) == (SECOND, tuple(STUDENTS[42:51]))
    [pattern] = rule.patterns
    assert (pattern.got, pattern.expected, len(pattern.students)) == ("[2, 1]", "[1, 2]", 9)
    assert left_pad.too_long == tuple(STUDENTS[51:54]) and left_pad.unwritten == tuple(STUDENTS[54:])
    assert [(one.name, len(one.students)) for one in softmax.misconceptions] == [("naive_exp", 30)]
    assert why.text and why.waiting == tuple(STUDENTS[:20]) and why.points == 2 and why.discrimination is None
    assert assignment.waiting == 20 and len(assignment.shares) == 60
    assert sorted(set(assignment.shares))[-1] == 1 and assignment.shares[0] == 1, "what waits is not counted as lost"


def test_discrimination_is_the_correlation_with_all_other_points():
    def of(points: list[float], others: list[float]) -> float | None:
        own = {f"s{i}": value for i, value in enumerate(points)}
        return discrimination(own, {f"s{i}": a + b for i, (a, b) in enumerate(zip(points, others, strict=True))})

    assert of([0, 1] * 5, [0, 2] * 5) == pytest.approx(1)
    assert of([0, 1] * 5, [2, 0] * 5) == pytest.approx(-1)
    assert of([0, 0, 1, 1] * 3, [0, 1, 0, 1] * 3) == pytest.approx(0)
    assert of([0, 0, 0, 4] * 3, [0, 1, 2, 3] * 3) == pytest.approx(0.7745966692)  # 3 / (sqrt(12) * sqrt(1.25))
    assert of([0, 1] * 5, [0.1 + 0.2, 0.3] * 5) is None, "noise is no difference"
    assert of([1] * FEW, list(range(FEW))) is None
    assert of([0, 1] * 4 + [1], [0, 2] * 4 + [2]) is None, "of fewer than ten nothing is said"


def test_errors_that_differ_in_numbers_are_the_same_outcome_and_values_are_not():
    facts = [("it raised an error", f"IndexError: index {i} is out of bounds") for i in range(3)]
    facts += [("the result is wrong", f"[{i}]") for i in range(2)]
    given = [
        Answer("a", "left_pad", f"s{i}", 1.5, 3.0, score=score("test_left_pad", [FIRST], reason=reason, got=got))
        for i, (reason, got) in enumerate(facts)
    ]
    [rule] = summary(given)[0].exercises[0].rules
    assert [len(pattern.students) for pattern in rule.patterns] == [3, 1, 1]


def test_what_could_not_be_checked_says_why():
    problems = [
        "there was no softmax when the test ran: it was renamed",
        "stopped after 120 seconds",
        "the kernel ended while this ran: memory",
    ]
    given = [
        Answer("a", "softmax", f"s{i}", 0.0, 3.0, score=Score("test_softmax", 0.0, 3.0, problem=problem))
        for i, problem in enumerate(problems)
    ]
    [softmax] = summary(given, [("a", "s9", "no notebook")])[0].exercises
    assert softmax.too_long == ("s1",)
    assert [(what.split()[1], who) for what, who in softmax.problems] == [("function", ("s0",)), ("kernel", ("s2",))]


def test_what_the_judge_says_is_known_here_by_the_same_words():
    from autograder.grading import submission
    from genlab.judging import differences, runner

    assert (statistics.UNWRITTEN, statistics.RAISED) == (differences.UNWRITTEN, differences.RAISED)
    assert statistics.TOOK_TOO_LONG.match(f"{runner.TookTooLong.__name__}: still running")
    assert statistics.MISSING.match(submission.MISSING.format(function="softmax"))


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_what_grading_records_is_what_the_page_shows(empty_room, tmp_path):
    room = empty_room.copy(tmp_path / "room")
    naive = "def softmax(logits):\n    e = logits.exp()  # Joanna\n    return e / e.sum(-1, keepdim=True)\n"
    room.hand_in("joanna", solved(room.release, softmax=naive))
    room.hand_in("stub", room.release)
    grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    html, table = written(room, tmp_path)
    found = {(row["exercise"], row["what"], row["name"]): row["value"] for row in table}
    assert found["left_pad", "passed", ""] == found["left_pad", "unwritten", ""] == "1"
    assert found["softmax", "misconception", "naive_exp"] == "1" and found["why_left", "waiting", ""] == "1"
    assert "e = logits.exp()\n" in html and "oanna" not in PICTURE.sub("", html)


def test_points_of_a_person_count_and_a_submission_that_failed_does_not(room, tmp_path):
    room = room.copy(tmp_path / "room")
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        with book.engine.begin() as connection:
            connection.execute(text("UPDATE genlab_grading SET status='failed' WHERE student='student-0000'"))
        grade = book.find_grade("test_left_pad", ASSIGNMENT, ASSIGNMENT, "student-0059")
        grade.manual_score = 3.0
        book.db.commit()
        record = read(book, [ASSIGNMENT])
    [assignment] = summary(record.answers, record.failed)
    left_pad = assignment.exercises[0]
    assert len(assignment.students) == 59 and [who for who, _ in assignment.failed] == ["student-0000"]
    assert "student-0059" in left_pad.passed and "student-0000" not in left_pad.passed


# -- the page


class Tags(HTMLParser):
    """All tags of a page, with what would load or run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.active: list[str] = []
        self.alts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            own = (value or "").startswith(("data:image/png;base64,", "#"))
            if name.startswith("on") or (name in ("src", "href", "srcset") and not own):
                self.active.append(f"{tag} {name}={value}")
            if (tag, name) == ("img", "alt"):
                self.alts.append(value or "")


def test_the_page_says_it_all_and_needs_nothing_beside_itself(room, tmp_path):
    html, _ = written(room, tmp_path)
    found = Tags(html)
    assert not {"script", "link", "iframe", "object"} & found.tags and found.active == []
    assert len(found.alts) == 3 and all(len(alt) > 40 for alt in found.alts)
    assert "left_pad 50 %, softmax 50 %" in found.alts[1]
    hint = next(m.hint for m in exercise("left_pad").mistakes if m.name == "pads_on_the_right")
    assert hint.split(".")[0] in html and "the hint of pads_on_the_right" not in html, "the hint is the one of today"
    assert SECOND in html and "20 answers waiting for you" in html and "3 ran out of time" in html


def test_nothing_that_a_student_wrote_does_anything(room, tmp_path):
    html, _ = written(room, tmp_path)
    assert "&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;document.title" in html
    assert "{{ 7 * 7 }}" in html and "\u202e" not in html and "\\u202e" in html
    assert "<script" not in html and "<img src=x" not in html and "&amp;lt;" in html


def test_values_and_reasons_are_escaped_and_bounded():
    nasty = "<script>alert(1)</script>\u202e" + "x" * 5000
    given = [
        Answer("a<b>", "left_pad", nasty, 1.5, 3.0, score=score("test_left_pad", [FIRST], got=nasty, reason=nasty)),
        Answer("a<b>", "left_pad", "two", 0.0, 3.0, score=Score("test_left_pad", 0.0, 3.0, problem=nasty)),
    ]
    html = page(summary(given, [("a<b>", "three", nasty)]), {}, {}, names={nasty: nasty})
    assert "<script" not in html and "<b>:" not in html and "\u202e" not in html and "x" * 400 not in html


def test_nobody_is_named_unless_it_is_asked_for(room, tmp_path):
    html, table = written(room, tmp_path)
    words = PICTURE.sub("", html)
    assert "student-00" not in words and "Doe" not in words and "Jane" not in words and "students" not in table[0]
    html, table = written(room, tmp_path, named=True)
    assert "Jane Doe30, Jane Doe31" in html
    endless = next(row for row in table if row["what"] == "too long" and row["exercise"] == "left_pad")
    assert endless["students"] == "Jane Doe51; Jane Doe52; Jane Doe53"


def test_the_table_says_the_same(room, tmp_path):
    _, table = written(room, tmp_path)
    found = {(row["exercise"], row["what"], row["name"]): row for row in table}
    assert found["left_pad", "passed", ""]["value"] == "30" and found["left_pad", "passed", ""]["of"] == "60"
    assert found["left_pad", "misconception", "pads_on_the_right"]["value"] == "12"
    assert found["left_pad", "unexplained", ""]["text"] == SECOND
    assert found["why_left", "waiting", ""]["value"] == "20"
    assert float(found["left_pad", "mean points", ""]["value"]) == 1.875


def test_a_spreadsheet_runs_nothing(tmp_path):
    from autograder.insight.page import spreadsheet

    given = [Answer("a", "left_pad", "=cmd()", 0.0, 3.0, score=score("test_left_pad", [FIRST]))]
    rows = list(csv.reader(io.StringIO(spreadsheet(summary(given), {}, {"=cmd()": '=HYPERLINK("x")'}))))
    assert not [field for row in rows for field in row if field.startswith("=")]
    assert any(field.startswith("'=HYPERLINK") for row in rows for field in row)


def test_the_command_says_where_the_page_is(room, monkeypatch, tmp_path, capsys, empty_room):
    monkeypatch.setattr(commands, "api", lambda: room.course)
    assert commands.main(["insight", ASSIGNMENT, "--to", str(tmp_path)]) == 0
    assert "insight.html: 60 submissions" in capsys.readouterr().out
    monkeypatch.setattr(commands, "api", lambda: empty_room.course)
    assert commands.main(["insight", "--to", str(tmp_path / "empty")]) == 1
    assert "Nothing has been graded yet" in capsys.readouterr().out and not (tmp_path / "empty").exists()


# -- an answer as an example


def test_an_example_is_code_alone():
    shown = examples.shown(HOSTILE)
    assert "Jane" not in shown and shown.startswith("def left_pad(rows, pad_id):\n    end =")
    assert examples.shown("# Jane Doe\nx = (  # mine\n").splitlines() == ["x = ("], "what is no Python"
    assert examples.shown("a = '# no comment'\n") == "a = '# no comment'"
    long = examples.shown("\n".join(f"a{i} = {i}" for i in range(100))).splitlines()
    assert len(long) == examples.LINES and long[-1] == "… 76 more lines"
    assert len(examples.shown("x = '" + "y" * 10_000 + "'")) < 200


def test_an_answer_that_names_its_author_is_no_example():
    assert examples.names_somebody("who = 'jane'", "student-01", "Jane Doe")
    assert examples.names_somebody("by_student-01 = 1", "student-01", "")
    assert not examples.names_somebody("def softmax(logits): ...", "soft", "Max Log")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 200_000,
        b'{"cells": [{"cell_type": "code", "metadata": {"nbgrader": []}, "source": 1}]}',
        b"\xff\xfe",
        json.dumps(
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "metadata": {"nbgrader": {"solution": True, "grade_id": "left_pad"}},
                        "source": "x = " + "(" * 40_000,
                    }
                ]
            }
        ).encode(),
    ],
    ids=["empty", "deep", "odd", "binary", "deep code"],
)
def test_a_broken_notebook_costs_its_own_example_alone(room, tmp_path, content):
    broken, whole = tmp_path / "broken.ipynb", tmp_path / "whole.ipynb"
    broken.write_bytes(content)
    whole.write_text(json.dumps(solved(room.release)), encoding="utf-8")
    wanted = [examples.Wanted("a", "left_pad", name) for name in ("broken", "gone", "whole")]
    found = examples.read(wanted, lambda assignment, student: tmp_path / f"{student}.ipynb", {})
    assert "def left_pad" in found[wanted[2]] and wanted[1] not in found


def test_a_notebook_that_ends_its_reader_costs_its_own_example_alone(monkeypatch):
    def codes(wanted, path, names):
        if any(one.student == "deadly" for one in wanted):
            raise MemoryError
        return [one.student for one in wanted]

    monkeypatch.setattr(examples, "_codes", codes)
    wanted = [examples.Wanted("a", "x", name) for name in ("b", "c", "deadly", "d")]
    assert sorted(examples.read(wanted, lambda *_: None, {}).values()) == ["b", "c", "d"]


# -- a large class


def test_a_large_class_is_asked_for_as_often_as_a_small_one_and_few_notebooks_are_read(room, empty_room, tmp_path):
    """How long it takes depends on the machine; how much is done does not."""
    large = empty_room.copy(tmp_path / "large")
    students = [f"student-{place:04}" for place in range(1000)]
    write_class(large, students, lambda place: answers(place % 60), lambda place: 2.0)
    asked = {}
    for name, each in {"small": room, "large": large}.items():
        with Gradebook(each.course.coursedir.db_url, each.course.coursedir.course_id) as book:
            statements: list[str] = []
            event.listen(book.engine, "before_cursor_execute", lambda *args, said=statements: said.append(args[2]))
            opened: list[str] = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    examples, "_codes", lambda wanted, *_, seen=opened: [seen.append(w) or "" for w in wanted]
                )
                patch.setattr(examples, "contained", lambda function, *_: function())
                write(each.course, book, [ASSIGNMENT], tmp_path / name)
            asked[name] = len(statements), len(opened)
    assert asked["large"] == asked["small"] and asked["large"][1] <= 3 * 3 * examples.TRIES
    sizes = {name: (tmp_path / name / "insight.html").stat().st_size for name in asked}
    assert sizes["large"] < 1.2 * sizes["small"]


def test_a_gradebook_row_of_another_form_is_left_out(room, tmp_path):
    room = room.copy(tmp_path / "room")
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        with book.engine.begin() as connection:
            connection.execute(text("UPDATE genlab_grading SET scores='[{\"x\": 1}]' WHERE student='student-0030'"))
            row = {"assignment": "gone", "student": "x", "fingerprint": "", "status": "graded", "reason": ""}
            connection.execute(insert(grading), [row | {"finished": 0.0, "scores": "[]"}])
        record = read(book, [ASSIGNMENT])
    [assignment] = summary(record.answers, record.failed)
    assert len(assignment.students) == 60 and len(assignment.exercises[0].misconceptions[0].students) == 11
