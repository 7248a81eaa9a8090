"""The whole of ``attacks``, handed in as one class, graded once: what each gets, and what everything else keeps."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import psutil
import pytest

from autograder.grading.run import Options, grade_class
from autograder.sandbox import Limits
from autograder.sandbox.bubblewrap import USER
from tests.support import attacks_of_another, attacks_on_readers  # noqa: F401 - declare their attacks
from tests.support.attacks import ATTACKS, KNOWN_SENTINEL, placed
from tests.support.classroom import ASSIGNMENT, POINTS, cell, solved, text_of

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("attacks")  # one worker grades the class, for all tests
HONEST = ("aaa-honest", "mmm-honest", "zzz-honest")
LIMITS = Limits(cell_seconds=12, notebook_seconds=90, memory=1536 * 2**20, cells=300, processes=64)


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below ``folder``, by content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(scope="module")
def aftermath(bubblewrap, empty_room, tmp_path_factory):
    """The class after grading: the room, results by student, and what was there before."""
    room = empty_room.copy(tmp_path_factory.mktemp("attacked") / "room")
    (room.root / "solutions" / "key.txt").write_text("SECRET")
    elsewhere = Path(tempfile.mkdtemp(prefix="attacks-"), "socket")  # the path of a socket must be short
    with (
        socket.create_server(("127.0.0.1", 0)) as service,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        listener.bind(str(elsewhere))
        listener.listen()
        name = f"grading-{os.getpid()}"  # tests of two checkouts may run at once
        abstract.bind(f"\0{name}")
        abstract.listen()
        places = {"root": room.root, "course": ROOT, "port": service.getsockname()[1], "abstract": name}
        places["listener"] = elsewhere
        for name, attack in ATTACKS.items():
            room.hand_in(name, placed(attack, room.release, **places))
        for student in HONEST:
            room.hand_in(student, solved(room.release))
        room.folder("missing-notebook").joinpath("notes.txt").write_text("I forgot it")
        room.folder("linked-notebook").joinpath(f"{ASSIGNMENT}.ipynb").symlink_to(
            room.folder(HONEST[0]) / f"{ASSIGNMENT}.ipynb"
        )
        linked = room.folder("linked-file")
        room.hand_in("linked-file", solved(room.release))
        linked.joinpath("data.txt").symlink_to(room.root / "solutions" / "key.txt")
        room.hand_in("shadowed-module", solved(room.release))
        room.folder("shadowed-module").joinpath("json.py").write_text("raise SystemExit(0)")
        room.folder("shadowed-module").joinpath("ipykernel.py").write_text("raise SystemExit(0)")
        before = {name: fingerprint(room.root / name) for name in ("solutions", "release", "submitted")}
        code = fingerprint(ROOT / "autograder"), fingerprint(ROOT / "genlab")
        results, fine = grade_class(room.course, [ASSIGNMENT], options=Options(jobs=2, limits=LIMITS))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()  # a submission has sent the grader to a socket of this machine
    shutil.rmtree(elsewhere.parent)
    return room, {result.student: result for result in results}, fine, before, code


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_what_it_has_earned(aftermath, name):
    room, results, *_ = aftermath
    attack, result = ATTACKS[name], results[name]
    assert (result.status, attack.reason in result.reason) == (attack.status, True), result
    if attack.points is None:
        assert result.score is None
        return
    scores = room.scores(name)
    graded = text_of(room.graded(name))
    assert (scores["test_left_pad"], scores["test_softmax"]) == attack.points, graded[-3000:]
    assert attack.says in graded
    assert attack.never not in graded


def test_the_class_is_graded_to_the_end(aftermath):
    _, results, fine, *_ = aftermath
    assert fine
    assert set(results) == {*ATTACKS, *HONEST, "missing-notebook", "linked-notebook", "linked-file", "shadowed-module"}
    assert {result.status for result in results.values()} <= {"graded", "needs manual grading", "failed"}


@pytest.mark.parametrize("student", [*HONEST, "linked-file", "shadowed-module"])
def test_honest_work_keeps_its_points(aftermath, student):
    room, results, *_ = aftermath
    assert {name: room.scores(student)[name] for name in POINTS} == POINTS
    assert results[student].status == "needs manual grading"  # the free text waits for a person


def test_what_is_no_notebook_has_a_reason(aftermath):
    _, results, *_ = aftermath
    assert results["missing-notebook"].reason == f"{ASSIGNMENT}.ipynb is missing"
    assert results["linked-notebook"].reason == f"{ASSIGNMENT}.ipynb is a link, not a file"


def test_nothing_else_has_changed(aftermath):
    room, _, _, before, code = aftermath
    assert before == {name: fingerprint(room.root / name) for name in before}
    assert code == (fingerprint(ROOT / "autograder"), fingerprint(ROOT / "genlab"))
    assert not list(room.root.rglob("owned-by-a-student")) and not list(ROOT.glob("owned-by-a-student"))


def test_nothing_goes_on_later(aftermath):
    """No process of a submission is left, and the gradebook is left alone."""
    room, *_ = aftermath
    book = room.everything()
    time.sleep(1.5)
    assert room.everything() == book
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = process.cmdline()
            sandboxed = os.geteuid() == 0 and process.uids().real == USER
            if KNOWN_SENTINEL in words or (sandboxed and not of_another_run(process)):
                left.append(words)
    assert not left


def of_another_run(process: psutil.Process) -> bool:
    """Whether somebody else's grading, alive beside this one, started ``process``; an orphan is nobody's."""
    outside = [parent for parent in process.parents() if parent.uids().real != USER]
    graders = {parent.pid for parent in outside if "python" in parent.name()}
    return bool(graders) and os.getpid() not in graders


def test_graded_notebooks_hold_the_instructors_tests_once(aftermath):
    """Whatever a submission did to them, the locked cells are the release's with its hidden tests."""
    room, results, *_ = aftermath
    for student, result in results.items():
        if result.status != "failed":
            notebook = room.graded(student)
            nbformat.validate(notebook)
            ids = [c.metadata.get("nbgrader", {}).get("grade_id") for c in notebook.cells]
            for name, points in POINTS.items():
                assert ids.count(name) == 1
                test = cell(notebook, name)
                assert "BEGIN HIDDEN TESTS" in test.source and test.metadata.nbgrader.points == points


class Active(HTMLParser):
    """Finds what a page would do by itself on behalf of a student."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.script = tag == "script"
        self.found += [name for name, value in attrs if name.startswith("on") and "alert" in (value or "")]

    def handle_data(self, data: str) -> None:
        if self.script and "SCRIPT-RAN" in data:
            self.found.append(data)

    script = False


def test_feedback_runs_nothing_and_hides_the_tests(aftermath):
    room, *_ = aftermath
    pages = {}
    for student in ("raw-script", "script-in-outputs", "patched-torch", "aaa-honest"):
        assert room.course.generate_feedback(ASSIGNMENT, student, force=True)["success"]
        page = room.root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        pages[student] = page.read_text(encoding="utf-8")
    for student in ("raw-script", "script-in-outputs"):
        active = Active()
        active.feed(pages[student])
        assert active.found == []
    assert "SCRIPT-RAN" in pages["script-in-outputs"], "shown as the text that it is"
    for page in pages.values():
        assert "<script" not in page and "BEGIN HIDDEN" not in page and "from autograder import" not in page
    wrong = pages["patched-torch"]
    assert "0 / 3" in wrong and "<dt>expected</dt>" in wrong and "<dt>got</dt>" in wrong


OF_EVERY_KIND = ("markup-of-every-kind", "attachments-of-every-kind", "metadata-of-every-kind")
ELEMENTS = r"<(iframe|form|base|object|embed|svg|video|template|noscript|math)\b|<meta http-equiv=refresh"
ADDRESSES = r"""<[^>]*(href|src|srcset|style)=["']?\s*(javascript|vbscript|data:text|https://example)"""


@pytest.mark.parametrize("student", ["raw-cell-of-html", *OF_EVERY_KIND, "magics"])
def test_feedback_on_hostile_markup_is_inert(aftermath, student):
    room, *_ = aftermath
    assert room.course.generate_feedback(ASSIGNMENT, student, force=True)["success"]
    page = (room.root / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(encoding="utf-8")
    active = Active()
    active.feed(page)
    assert active.found == []
    assert not re.search(ELEMENTS, page) and not re.search(ADDRESSES, page)
