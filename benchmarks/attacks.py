"""What hostile submissions get from stock ``nbgrader autograde``, and from ours: ``python -m benchmarks.attacks``.

The submissions of ``tests/grading/attacks.py``, each graded by itself, by both. Stock grading runs in a cage
(bubblewrap, an ordinary user, bounded memory, processes, disk and time) that keeps this machine whole and from which
nothing is hidden that an instructor's account holds: the course and its gradebook. Printed as a table. Linux, as root.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "grading")]
VICTIM, LIMIT = "aaa-honest", 150  # seconds for one submission
SECONDS = 20  # for a cell
CAGE = ["--proc", "/proc", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"]
CAGE += ["--perms", "1777", "--size", str(600 * 2**20), "--tmpfs", "/tmp"]


def handed_in(name: str, room: Any, grade: Callable[[Any, str], Any], around: list[Path]) -> dict[str, Any]:
    """Have ``grade`` grade one attack in a room with somebody's honest work: the points, and what else it has done.

    ``around``: the folders in which nobody but the course has a reason to write.
    """
    from test_attacks import fingerprint

    from tests.support.attacks import ATTACKS, placed
    from tests.support.classroom import text_of

    (room.root / "solutions" / "key.txt").write_text("SECRET")
    with socket.create_server(("127.0.0.1", 0)) as service:
        places = {"root": room.root, "course": ROOT, "port": service.getsockname()[1]}
        room.hand_in(name, placed(ATTACKS[name], room.release, **places))
        before = {part: fingerprint(room.root / part) for part in ("solutions", "release", "submitted")}
        theirs = [row for row in room.everything() if row[0] == VICTIM]
        result = grade(room, name)
    found = {"points": None, "effects": []}
    if result.status != "failed":
        scores = room.scores(name)
        found["points"] = [scores.get("test_left_pad"), scores.get("test_softmax")]
        said = text_of(room.graded(name))
        seen = re.search(r"read ([1-9]\d*) files", said) if "read 0 files" in ATTACKS[name].says else None
        if seen or (ATTACKS[name].never == "SECRET" and "SECRET" in said):
            found["effects"].append(f"reads {seen[1] + ' files' if seen else 'what is'} not its own")
    if before != {part: fingerprint(room.root / part) for part in before}:
        found["effects"].append("changes the course's files")
    if theirs != [row for row in room.everything() if row[0] == VICTIM]:
        found["effects"].append("changes another student's marks")
    if any(list(folder.rglob("owned-by-a-student")) for folder in around):
        found["effects"].append("writes outside its folder")
    return found


def words(found: dict[str, Any]) -> str:
    """A cell of the table."""
    points = found["points"]
    marks = "no grade" if points is None else " + ".join("none" if p is None else f"{p:g}" for p in points)
    return "; ".join([marks, *found["effects"]])


def stock(name: str) -> None:
    """In the cage: what stock nbgrader gives, printed as JSON."""
    from tests.support.classroom import ASSIGNMENT, Classroom
    from tests.support.stock import grade

    Path.home().mkdir()
    origin = Path("/tmp/origin")
    room = Classroom(origin, Classroom._course(origin, "")).copy(Path("/tmp/room"))
    room.course.config.Execute.timeout = SECONDS
    found = handed_in(name, room, lambda room, who: grade(room.course, ASSIGNMENT, who), [Path("/tmp"), Path.home()])
    print("\nRESULT " + json.dumps(found))


def caged(name: str, room: Path) -> str:
    """What stock nbgrader gives, in words."""
    from tests.support.unprivileged import as_unprivileged_user

    cage = as_unprivileged_user(54321, *CAGE, "--ro-bind", str(room), "/tmp/origin")
    limits = ["prlimit", "--nproc=150", f"--data={4 * 2**30}", "--core=0", "timeout", "-k", "1", str(LIMIT)]
    done = subprocess.run(
        [*cage, *limits, sys.executable, "-m", "benchmarks.attacks", "--caged", name],
        env=os.environ | {"HOME": "/tmp/home", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace",
    )  # fmt: skip
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        return "never ends" if done.returncode in (124, 137) else "ends the grader"
    return words(json.loads(found[-1].removeprefix("RESULT ")))


def grade_ours(room: Any, who: str) -> Any:
    """The result of our grading."""
    from test_attacks import LIMITS

    from autograder.grading.run import Options, grade_class
    from tests.support.classroom import ASSIGNMENT

    return grade_class(room.course, [ASSIGNMENT], who, Options(jobs=1, limits=LIMITS))[0][0]


def ours(name: str, origin: Any) -> str:
    """What our grading gives, in words."""
    with tempfile.TemporaryDirectory(prefix="attacked-") as folder:
        room = origin.copy(Path(folder) / "room")
        return words(handed_in(name, room, grade_ours, [Path(folder), ROOT]))


def main() -> None:
    if sys.argv[1:2] == ["--caged"]:
        stock(sys.argv[2])
        return
    from tests.support.attacks import ATTACKS
    from tests.support.classroom import Classroom, solved

    if os.geteuid() != 0:
        raise SystemExit("The cage for stock grading needs root: run this as root, in a machine of its own.")
    os.environ["GENLAB_GRADING_SEED"] = "SECRET"
    room = Classroom.build(Path(tempfile.mkdtemp(prefix="attacks-")) / "room")
    room.root.parent.chmod(0o755)
    room.hand_in(VICTIM, solved(room.release))
    grade_ours(room, VICTIM)
    for path in [room.root, *room.root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # the account in the cage reads them
    print("| attack | stock nbgrader | ours |\n|---|---|---|")
    for name in sys.argv[1:] or list(ATTACKS):
        print(f"| {name} | {caged(name, room.root)} | {ours(name, room)} |", flush=True)
    shutil.rmtree(room.root.parent)


if __name__ == "__main__":
    main()
