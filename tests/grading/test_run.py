"""What a grading run is told, refuses and writes down; when a recorded grade still holds."""

import json
import logging
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, inspect, text

from autograder import commands, course, grading_seed
from autograder.grading import plan
from autograder.grading.assignment import NotGradable, load
from autograder.grading.gradebook import Recorder, prepare, scores
from autograder.grading.graded import Graded, Score
from autograder.grading.plan import PACKAGE, digest_of
from autograder.grading.run import Log, Options, grade_class
from autograder.returning.table import Result, Status
from autograder.sandbox import Limits
from tests.support.classroom import ASSIGNMENT, Classroom, cell, solved

ROOT = PACKAGE.parent

HALF = "def softmax(logits):\n    return logits.exp() / logits.exp().sum(-1, keepdim=True)\n"


@pytest.fixture
def room(empty_room, tmp_path) -> Classroom:
    return empty_room.copy(tmp_path / "room")


# -- one exercise, and what cannot be graded


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_one_exercise_is_graded_anew_and_the_others_keep_their_points(room):
    wrong = "def {}(*args):\n    return None\n"
    room.hand_in("student-01", solved(room.release))
    grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    room.hand_in("student-01", solved(room.release, wrong.format("left_pad"), wrong.format("softmax")))
    only = Options(jobs=1, force=True, only="test_softmax")
    ((result,), _) = grade_class(room.course, [ASSIGNMENT], options=only)
    assert room.scores("student-01")["test_left_pad"] == 3.0 and room.scores("student-01")["test_softmax"] == 0.0
    assert result.score == 3.0
    ((result,), _) = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    assert result.score == 0.0, "the rest was not graded anew, so that the next run does"


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_an_unreadable_attempt_leaves_the_marks_and_table_and_gradebook_agree(room):
    room.hand_in("student-01", solved(room.release))
    grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    room.hand_in("student-01", b"no notebook")
    ((result,), _) = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    assert (result.status, result.score) == ("failed", 6.0) and "the attempt before it stay" in result.reason
    assert room.scores("student-01")["test_softmax"] == 3.0
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        assert scores(book, ASSIGNMENT, "student-01")["test_softmax"].points == 3.0, "where they come from stays, too"
    room.hand_in(
        "student-01", solved(room.release, softmax=HALF, left_pad="def left_pad(rows, pad_id):\n    return 0\n")
    )
    options = Options(jobs=1, only="test_left_pad")
    ((result,), _) = grade_class(room.course, [ASSIGNMENT], options=options)
    given = room.scores("student-01")
    assert (result.score, given["test_left_pad"], given["test_softmax"]) == (3.0, 0.0, 3.0)


# -- what is written down


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_the_log_and_the_gradebook_say_which_mistake_it_was(room):
    room.hand_in("student-01", solved(room.release, softmax=HALF))
    log = room.root / "log.jsonl"
    _, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1), log=log)
    assert fine
    line = json.loads(log.read_text("utf-8"))
    assert line["version"] and line["cells"]["test_left_pad"] == {"points": 3.0, "maximum": 3.0}
    softmax = line["cells"]["test_softmax"]
    assert 0 < softmax["points"] < 3 and softmax["mistake"] and "logits of 10,000" in softmax["failed"]
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        recorded = scores(book, ASSIGNMENT, "student-01")["test_softmax"]
        assert (recorded.mistake, recorded.failed) == (softmax["mistake"], softmax["failed"])
        assert not any("given" in verdict for verdict in recorded.verdicts), "hidden inputs are not kept"
        with book.engine.connect() as connection:
            assert connection.scalar(text("SELECT version FROM genlab_grading")) == line["version"]


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_a_function_that_is_not_there_is_told_and_costs_only_its_own_points(room):
    room.hand_in("student-01", solved(room.release, softmax="def soft_max(logits):\n    return logits.softmax(-1)\n"))
    grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        recorded = scores(book, ASSIGNMENT, "student-01")
    assert recorded["test_left_pad"].points == 3
    assert "there was no softmax when the test ran: it was renamed" in recorded["test_softmax"].problem


def test_a_score_survives_the_way_to_the_gradebook():
    verdicts = ({"probe": "a", "weight": 1.0, "passed": True}, {"probe": "b", "passed": False, "cause": "off_by_one"})
    score = Score("test_x", 1.0, 2.0, verdicts)
    assert Score.from_json(json.loads(json.dumps(score.to_json()))) == score
    assert score.summary() == {"points": 1.0, "maximum": 2.0, "mistake": "off_by_one", "failed": ["b"]}


def test_warnings_are_said_once(caplog, tmp_path):
    result = Result(ASSIGNMENT, "jane", Status.GRADED, 1.0, 1.0)
    log = Log(tmp_path / "log")
    with caplog.at_level(logging.WARNING, logger="autograder"):
        for stopped in ("left_pad: stopped after 120 seconds", "softmax: the kernel ended"):
            log.write(result, Graded(cold="no user namespaces here", stopped=(stopped,)), 0.0)
    said = [record.getMessage() for record in caplog.records]
    assert [message for message in said if "no user namespaces here" in message] == said[:1]
    assert said[1:] == [
        f"{ASSIGNMENT}, jane: left_pad: stopped after 120 seconds",
        f"{ASSIGNMENT}, jane: softmax: the kernel ended",
    ]


def test_a_gradebook_of_an_older_release_gets_the_columns_that_it_lacks(room, tmp_path):
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        prepare(book.engine)
        with book.engine.begin() as connection:
            for column in ("version", "scores"):
                connection.execute(text(f"ALTER TABLE genlab_grading DROP COLUMN {column}"))
            connection.execute(
                text(
                    "INSERT INTO genlab_grading (assignment, student, fingerprint, status, reason, finished) "
                    f"VALUES ('{ASSIGNMENT}', 'jane', 'f', 'failed', 'empty', 0)"
                )
            )
    recorder = Recorder(room.course)
    assert recorder.recorded()[ASSIGNMENT, "jane"].result == Result(ASSIGNMENT, "jane", Status.FAILED, reason="empty")
    assert scores(recorder.gradebook, ASSIGNMENT, "jane") == {}
    recorder.record(ASSIGNMENT, "jane", "g", Graded(problem="empty again", version="9"))
    assert recorder.recorded()[ASSIGNMENT, "jane"].fingerprint == "g"
    recorder.close()


# -- when a grade still holds


@pytest.fixture
def grader(room, tmp_path, monkeypatch):
    """A copy of the grader's code and genlab's, and a function that gives the digest that they have now."""
    for package in ("autograder", "genlab"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(plan, "PACKAGE", tmp_path / "autograder")
    monkeypatch.setattr(plan, "EXERCISES", tmp_path / "autograder" / "exercises")
    monkeypatch.setattr(plan, "genlab", lambda: tmp_path / "genlab")
    assignment = load(room.course, ASSIGNMENT)
    now = {"seed": "a", "limits": Limits(), "protect": True}
    return tmp_path, lambda **changed: digest_of(assignment, **now | changed)


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("genlab/storyteller/model.safetensors", True),
        ("genlab/storyteller/tokenizer.json", True),
        ("genlab/storyteller/config.json", True),
        ("genlab/judging/runner.py", True),
        ("genlab/judging/data/left_pad.json", False),
        ("autograder/grading/rebase.py", True),
        ("autograder/sandbox/limits.py", True),
        ("autograder/returning/markup.py", True),
        ("autograder/returning/export.py", False),
        ("autograder/exercises/exercise.py", True),
        ("autograder/exercises/nb01_tokenization/left_pad.py", True),
        ("autograder/exercises/nb03_sampling_loop/top_p.py", False),
    ],
)
def test_a_grade_holds_until_something_changes_that_it_depends_on(grader, path, matters):
    folder, digest = grader
    before = digest()
    with (folder / path).open("ab") as file:
        file.write(b"\n")
    assert (digest() != before) == matters


def test_a_grade_depends_on_the_seed_the_limits_the_sandbox_and_the_libraries(grader, monkeypatch):
    _, digest = grader
    before = digest()
    assert digest() == before
    assert before not in {digest(seed="b"), digest(limits=Limits(cell_seconds=7)), digest(protect=False)}
    monkeypatch.setattr(plan, "version", lambda library: "99")
    assert digest() != before


# -- what is refused, with words


def test_points_that_differ_from_the_declaration_stop_the_release(tmp_path, seed):
    room = Classroom.build(tmp_path / "room")
    source = room.root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    cell(notebook, "test_softmax").metadata.nbgrader.points = 5
    nbformat.write(notebook, source)
    outcome = room.course.generate_assignment(ASSIGNMENT, force=True, create=True)
    assert not outcome["success"]
    assert "test_softmax gives 5 points, and its exercise is declared with 3" in commands.problem(outcome)


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.timeout(300)
def test_points_of_the_gradebook_that_differ_from_the_declaration_stop_grading(room):
    room.hand_in("student-01", solved(room.release))
    engine = create_engine(room.course.coursedir.db_url)
    assert "grade_cells" in inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(text("UPDATE grade_cells SET max_score = 5 WHERE max_score = 3"))
    with pytest.raises(NotGradable, match=r"gradebook gives 5 points for test_left_pad, .* declared with 3"):
        grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))


def test_a_test_cell_that_tests_nothing_stops_grading(room):
    engine = create_engine(room.course.coursedir.db_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE source_cell SET source = 'check(name, softmax)' WHERE name = 'test_softmax'"))
    with pytest.raises(NotGradable, match=r"does not call check\('softmax', FUNCTION\)"):
        load(room.course, ASSIGNMENT)


def test_a_test_cell_names_the_function_that_it_tests(room):
    assert {name: test.function for name, test in load(room.course, ASSIGNMENT).tests.items()} == {
        "test_left_pad": "left_pad",
        "test_softmax": "softmax",
    }


def test_without_a_seed_nothing_is_graded(room, monkeypatch, tmp_path):
    monkeypatch.delenv(grading_seed.VARIABLE)
    with pytest.raises(grading_seed.NoSeed, match="GENLAB_GRADING_SEED is not set"):
        grade_class(room.course, [ASSIGNMENT], options=Options(protect=False))
    grading_seed.keep(tmp_path / "class" / "seed.txt")
    made = grading_seed.read()
    monkeypatch.delenv(grading_seed.VARIABLE)
    grading_seed.keep(tmp_path / "class" / "seed.txt")
    assert grading_seed.read() == made and len(made) >= 16


def test_the_course_is_where_one_is_or_where_a_variable_says(tmp_path, monkeypatch):
    monkeypatch.delenv(course.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert course.root() == PACKAGE.parent, "the clone"
    for name in ("one", "other"):
        (tmp_path / name / "solutions").mkdir(parents=True)
        (tmp_path / name / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    assert course.root() == tmp_path / "one"
    monkeypatch.setenv(course.VARIABLE, str(tmp_path / "other"))
    assert course.root() == tmp_path / "other"
    monkeypatch.setenv(course.VARIABLE, str(tmp_path))
    with pytest.raises(course.NoCourse, match="holds no folder solutions/"):
        course.root()
    monkeypatch.delenv(course.VARIABLE)
    monkeypatch.setattr(course, "PACKAGE", tmp_path / "site-packages" / "autograder")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(course.NoCourse, match="set GENLAB_COURSE"):
        course.root()


def test_a_system_without_bubblewrap_is_told_what_to_do():
    """Windows lacks modules that grading uses on Linux: the message comes before any of them is missed."""
    program = (
        "import sys, nbgrader.apps, psutil\n"
        "for name in ('fcntl', 'resource', 'pwd', 'grp', 'termios'): sys.modules[name] = None\n"
        "from autograder.grading.run import grade_class\n"
        "sys.platform = 'win32'\n"
        "grade_class(None, [])\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert "WSL" in done.stderr, done.stderr[-2000:]
