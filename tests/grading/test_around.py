"""Around grading: a database of the university's, a cluster, a deadline, grades for other programs."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.grading.run import Options, grade_class
from autograder.returning.export import write_results
from autograder.returning.standing import standings
from tests.support.classroom import ASSIGNMENT, Classroom, solved
from tests.support.course import free_port, need

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.timeout(600), pytest.mark.xdist_group("around")]
WRONG = "def softmax(logits):\n    return logits\n"


def hand_in_three(room: Classroom) -> None:
    room.hand_in("student-01", solved(room.release))
    room.hand_in("student-02", solved(room.release, softmax=WRONG))
    room.hand_in("student-03", b"not a notebook")


@pytest.fixture(scope="module")
def local(empty_room, tmp_path_factory):
    """The three, graded by processes into SQLite: what every other way must give too."""
    room = empty_room.copy(tmp_path_factory.mktemp("local") / "room")
    hand_in_three(room)
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2))
    assert fine and [result.status for result in results][2] == "failed"
    return room


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The address of an empty PostgreSQL database on loopback, run by the user postgres where this one is root."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = str(programs[-1].parent) + os.pathsep + os.environ.get("PATH", "") if programs else None
    with pytest.MonkeyPatch.context() as patch:
        if path:
            patch.setenv("PATH", path)
        initdb, server = (
            need(name, "the gradebook on PostgreSQL (apt install postgresql)") for name in ("initdb", "postgres")
        )
    folder = Path(tmp_path_factory.mktemp("postgres"))
    become: list[str] = []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        for parent in [folder, *folder.parents][:-2]:  # pytest keeps its folders to itself
            if not parent.stat().st_mode & 1:
                parent.chmod(0o711)
        shutil.chown(folder, "postgres")
    port = free_port()
    data = folder / "data"
    subprocess.run(
        [*become, initdb, "-D", data, "-U", "grader", "-A", "trust", "-E", "UTF8"],
        check=True,
        cwd="/",
        capture_output=True,
    )
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off"]
    process = subprocess.Popen([*become, server, *options], cwd="/", stderr=(folder / "log").open("wb"))
    try:
        for _ in range(200):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"postgresql+psycopg://grader@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(30)


def test_the_gradebook_may_be_postgresql(postgres, local, tmp_path):
    room = Classroom.build(tmp_path / "room", db_url=postgres)
    hand_in_three(room)
    results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2))
    assert fine and [result.status for result in results] == ["needs manual grading", "needs manual grading", "failed"]
    assert room.everything() == local.everything()
    seen = []
    again, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2), show=lambda *n: seen.append(n))
    assert fine and seen == [(0, 0)], "nothing is graded twice"
    assert again == results


def test_a_dask_cluster_gives_the_same_marks(local, empty_room, tmp_path):
    distributed = pytest.importorskip("distributed")
    room = empty_room.copy(tmp_path / "room")
    hand_in_three(room)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
    ) as cluster:
        options = Options(scheduler=cluster.scheduler_address)
        results, fine = grade_class(room.course, [ASSIGNMENT], options=options)
    assert fine and len(results) == 3
    assert room.everything() == local.everything()


def test_results_for_gradescope(local, tmp_path):
    with Gradebook(local.course.coursedir.db_url, local.course.coursedir.course_id) as book:
        assert write_results(tmp_path, {ASSIGNMENT: standings(book, ASSIGNMENT)}) == 2
    perfect, half = (json.loads((tmp_path / ASSIGNMENT / f"student-0{i}.json").read_text("utf-8")) for i in (1, 2))
    assert (perfect["score"], half["score"]) == (6.0, 3.0 + by_name(half)["test_softmax"]["score"])
    assert by_name(perfect)["test_left_pad"]["score"] == by_name(perfect)["test_left_pad"]["max_score"] == 3.0
    assert "score" not in by_name(perfect)["why_left"] and "person" in by_name(perfect)["why_left"]["output"]
    wrong = by_name(half)["test_softmax"]
    assert wrong["score"] < 3.0 and "expected:" in wrong["output"] and "got:" in wrong["output"]


def by_name(results: dict) -> dict:
    return {test["name"]: test for test in results["tests"]}


def test_late_work_loses_what_the_courses_rule_says(empty_room, tmp_path):
    """nbgrader's own plugin decides; without one nothing is taken off."""
    rule = tmp_path / "late_rule.py"
    rule.write_text(
        "from nbgrader.plugins import BasePlugin\n\n"
        "class HalfAPointADay(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 0.5 * total_seconds_late / 86400\n"
    )
    room = empty_room.copy(tmp_path / "room")
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2026-03-01 12:00:00 UTC")
    for student, day in {"student-01": 1, "student-02": 3}.items():
        room.hand_in(student, solved(room.release))
        (room.folder(student) / "timestamp.txt").write_text(f"2026-03-0{day} 12:00:00 UTC")
    room.hand_in("student-03", solved(room.release))
    (room.folder("student-03") / "timestamp.txt").write_text("the day before yesterday, I think")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        room.course.config.AssignLatePenalties.plugin_class = "late_rule.HalfAPointADay"
        results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2))
    assert fine
    by_student = {result.student: result for result in results}
    assert "timestamp.txt cannot be read" in by_student["student-03"].reason
    with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as book:
        taken = {
            student: book.find_submission(ASSIGNMENT, student).notebooks[0].late_submission_penalty
            for student in by_student
        }
        assert taken == {"student-01": None, "student-02": 1.0, "student-03": None}
        write_results(tmp_path / "grades", {ASSIGNMENT: standings(book, ASSIGNMENT)})
    late = json.loads((tmp_path / "grades" / ASSIGNMENT / "student-02.json").read_text("utf-8"))
    assert late["score"] == 5.0 and "1 points were taken off" in late["output"]
