"""What may go wrong around the grader: it is killed, the gradebook is locked, the disk is full, a worker dies."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from autograder.grading import gradebook, run
from autograder.grading.gradebook import NotRecorded, Recorder
from autograder.grading.graded import Graded
from autograder.grading.run import Options, grade_class, only_one
from autograder.sandbox import bubblewrap as bwrap
from autograder.sandbox.bubblewrap import SandboxError
from tests.support.classroom import ASSIGNMENT, Classroom, solved, still_running
from tests.support.deadly import grade_or_die

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.xdist_group("faults")]
CLASS = int(os.environ.get("GENLAB_CLASS", "8"))  # `make nightly`: 60 submissions, 10 kills
KILLS = int(os.environ.get("GENLAB_KILLS", "2"))
HERE = Path(__file__).resolve().parent
RUN = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from autograder.grading.run import Options, grade_class
from tests.support.classroom import ASSIGNMENT, Classroom

if __name__ == "__main__":
    root = Path({root!r})
    room = Classroom(root, Classroom._course(root, ""))
    show = lambda done, total: print(done, total, flush=True)
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2), log=root / "log.jsonl", show=show)
    sys.exit(0 if fine else 1)
"""


def varied(room: Classroom, students: int) -> None:
    """A class in which some have one exercise right, some the other, some both, some none."""
    for i in range(students):
        answers = {
            "left_pad": "def left_pad(rows, pad_id):\n    return None\n" if i % 2 else None,
            "softmax": "def softmax(logits):\n    return logits\n" if i % 3 == 0 else None,
        }
        room.hand_in(f"student-{i:03}", solved(room.release, **{k: v for k, v in answers.items() if v}))


def start(room: Classroom) -> subprocess.Popen:
    program = room.root / "run.py"
    program.write_text(RUN.format(paths=[str(HERE.parents[1])], root=str(room.root)))
    return subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.fixture(scope="module")
def undisturbed(empty_room, tmp_path_factory):
    """A class that was graded in one go."""
    room = empty_room.copy(tmp_path_factory.mktemp("undisturbed") / "room")
    varied(room, CLASS)
    process = start(room)
    assert process.communicate(timeout=900) and process.returncode == 0
    return room


@pytest.mark.full_size
@pytest.mark.timeout(1800)
def test_a_killed_run_resumes_where_it_stopped(undisturbed, empty_room, tmp_path):
    """Killed at random moments, driver and workers alike or the driver alone, it ends with the same gradebook."""
    room = empty_room.copy(tmp_path / "room")
    varied(room, CLASS)
    choose, kills = random.Random(4), 0
    while kills < KILLS:
        process = start(room)
        stop_at = choose.randrange(1, max(2, CLASS // KILLS))
        for seen, _ in enumerate(process.stdout):  # a line for each submission that is done
            if seen == stop_at:
                break
        else:
            break  # all done before the last kill
        time.sleep(choose.random() * 0.2)
        (os.killpg if kills % 2 else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kills += 1
    process = start(room)
    process.communicate(timeout=900)
    assert process.returncode == 0 and kills >= min(KILLS, 5)
    assert room.everything() == undisturbed.everything()
    lines = [json.loads(line) for line in (room.root / "log.jsonl").read_text().splitlines() if line.endswith("}")]
    assert {line["student"] for line in lines} == {f"student-{i:03}" for i in range(CLASS)}
    for i in range(CLASS):
        assert room.graded(f"student-{i:03}").cells


def test_a_killed_run_leaves_nothing_behind(empty_room, tmp_path):
    """Its workers, their sandboxes and the kernels in them end with it."""
    room = empty_room.copy(tmp_path / "room")
    varied(room, 12)
    process = start(room)
    assert process.stdout.readline() and process.stdout.readline()  # work is in progress
    started = psutil.Process(process.pid).children(recursive=True)
    assert any("bwrap" in child.name() for child in started)
    process.kill()
    process.wait()
    process.stdout.close()
    assert still_running(started) == []


def test_only_what_changed_is_graded_again(undisturbed, tmp_path):
    room = undisturbed.copy(tmp_path / "room")
    recorder = Recorder(room.course)
    before = recorder.recorded()
    recorder.close()
    room.hand_in("student-001", solved(room.release))
    seen = []
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1), show=lambda *n: seen.append(n))
    assert fine and len(results) == CLASS and seen[-1] == (1, 1)
    changed = [a.student for a in results if a.score != before[a.assignment, a.student].result.score]
    assert changed == ["student-001"]
    seen.clear()
    chosen = Options(jobs=1, force=True)
    grade_class(room.course, [ASSIGNMENT], "student-00[12]", chosen, show=lambda *n: seen.append(n))
    assert seen[-1] == (2, 2)


def test_a_locked_gradebook_has_a_clear_status(undisturbed, tmp_path, monkeypatch):
    """While another program holds the database nothing is recorded; the next run does it."""
    room = undisturbed.copy(tmp_path / "room")
    recorder = Recorder(room.course, locked_seconds=0.1)
    book = sqlite3.connect(room.root / "gradebook.db", isolation_level=None)
    before = room.everything()
    graded = Graded(notebook=(room.root / f"autograded/student-003/{ASSIGNMENT}/{ASSIGNMENT}.ipynb").read_text())
    book.execute("BEGIN EXCLUSIVE")
    with pytest.raises(NotRecorded, match="locked"):
        recorder.record(ASSIGNMENT, "student-001", "f" * 64, graded)
    book.execute("ROLLBACK")
    book.close()
    assert room.everything() == before
    assert recorder.record(ASSIGNMENT, "student-001", "f" * 64, graded).status == "needs manual grading"
    recorder.close()


def test_a_full_disk_has_a_clear_status(undisturbed, tmp_path, monkeypatch):
    room = undisturbed.copy(tmp_path / "room")
    for student in ("student-000", "student-001", "student-002"):
        room.hand_in(student, solved(room.release, answer=f"Another answer of {student}."))
    write = gradebook.replace

    def full(path, content):
        if "student-001" in str(path):
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(gradebook, "replace", full)
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    by_student = {result.student: result for result in results}
    assert not fine and by_student["student-001"].status == "not graded"
    assert "No space left on device" in by_student["student-001"].reason
    assert {by_student[s].status for s in ("student-000", "student-002")} == {"needs manual grading"}
    monkeypatch.undo()
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=1))
    assert fine and {result.status for result in results} <= {"graded", "needs manual grading"}


def test_a_worker_that_dies_costs_its_own_submission(undisturbed, tmp_path, monkeypatch):
    room = undisturbed.copy(tmp_path / "room")
    for i in range(6):
        answer = "Deadly." if i == 3 else f"New {i}."
        room.hand_in(f"student-00{i}", solved(room.release, answer=answer))
    monkeypatch.setattr(run, "grade", grade_or_die)
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2))
    by_student = {result.student: result for result in results}
    assert not fine
    assert [s for s, result in by_student.items() if result.status == "not graded"] == ["student-003"]
    assert by_student["student-003"].reason == "the worker that graded it ended unexpectedly, twice"


def test_without_bubblewrap_grading_refuses_and_says_how_to_get_it(undisturbed, monkeypatch):
    monkeypatch.setattr(bwrap.shutil, "which", lambda name: None)
    with pytest.raises(SandboxError, match="apt install bubblewrap"):
        grade_class(undisturbed.course, [ASSIGNMENT])


def test_one_run_at_a_time(tmp_path):
    with only_one(tmp_path / "lock"), pytest.raises(SystemExit, match="Another run"), only_one(tmp_path / "lock"):
        pass
