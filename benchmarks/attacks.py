"""What hostile submissions get from stock ``nbgrader autograde``, and from ours: ``python -m benchmarks.attacks``.

The submissions of ``tests/grading/attacks.py``, each graded by itself. Stock grading runs in a cage (bubblewrap, an
ordinary user, bounded memory, processes, disk and time) that keeps this machine whole and from which nothing is hidden
that an instructor's account holds: the course and its gradebook. Printed as a table. Linux, as root.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "grading")]
VICTIM, LIMIT = "aaa-honest", 150  # seconds for one submission
SECONDS = 20  # for a cell


def stock(name: str, origin: Path) -> None:
    """In the cage: grade one attack with stock nbgrader, print as JSON what came of it."""
    import socket

    from attacks import ATTACKS
    from classroom import Classroom, solved, text_of
    from test_attacks import fingerprint

    from autograder.grade import grade

    room = Classroom(origin, Classroom._course(origin, "")).copy(Path("/tmp/room"))
    room.course.config.Execute.timeout = SECONDS
    (room.root / "solutions" / "key.txt").write_text("SECRET")
    with socket.create_server(("127.0.0.1", 0)) as service:
        content = ATTACKS[name].make(room.release)
        if not isinstance(content, bytes):
            for cell in content.cells:
                for word, meaning in {
                    "{root}": str(room.root), "{course}": str(ROOT), "{port}": str(service.getsockname()[1])
                }.items():  # fmt: skip
                    cell.source = cell.source.replace(word, meaning)
        room.hand_in(VICTIM, solved(room.release))
        grade(room.course, "00_practice", VICTIM)
        room.hand_in(name, content)
        before = {part: fingerprint(room.root / part) for part in ("solutions", "release", "submitted")}
        theirs = [row for row in room.everything() if row[0] == VICTIM]
        result = grade(room.course, "00_practice", name)
    found = {"status": result.status, "reason": result.reason, "effects": []}
    if result.status != "failed":
        scores = room.scores(name)
        found["points"] = [scores.get("test_left_pad"), scores.get("test_softmax")]
        said = text_of(room.graded(name))
        seen = re.search(r"read ([1-9]\d*) files", said)
        if seen or (ATTACKS[name].never == "SECRET" and "SECRET" in said):
            found["effects"].append(f"reads {seen[1] + ' files' if seen else 'what is'} not its own")
    if before != {part: fingerprint(room.root / part) for part in before}:
        found["effects"].append("changes the course's files")
    if theirs != [row for row in room.everything() if row[0] == VICTIM]:
        found["effects"].append("changes another student's marks")
    if list(Path("/tmp").rglob("owned-by-a-student")) or list(Path.home().rglob("owned-by-a-student")):
        found["effects"].append("writes outside its folder")
    print("\nRESULT " + json.dumps(found))


def caged(name: str, room: Path) -> str:
    """What stock nbgrader gives, in words."""
    from autograder.sandbox.bubblewrap import parents, python_folders

    shown = [ROOT, *python_folders()]
    words = ["bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--die-with-parent", "--cap-add", "ALL"]
    for folder in sorted({Path("/", path.parts[1]) for path in shown}):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for folder in parents(shown):
        words += ["--perms", "0755", "--dir", str(folder)]
    for folder in shown:
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--perms", "1777", "--size", str(600 * 2**20), "--tmpfs", "/tmp", "--ro-bind", str(room), "/tmp/origin"]
    words += ["--", "setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"]
    words += ["prlimit", "--nproc=150", f"--data={4 * 2**30}", "--core=0", "timeout", "-k", "1", str(LIMIT)]
    environment = os.environ | {"HOME": "/tmp/home", "PYTHONDONTWRITEBYTECODE": "1", "GENLAB_GRADING_SEED": "SECRET"}
    done = subprocess.run(
        [*words, sys.executable, "-m", "benchmarks.attacks", "--caged", name],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace",
    )  # fmt: skip
    found = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        return "never ends" if done.returncode in (124, 137) else "ends the grader"
    result = json.loads(found[-1].removeprefix("RESULT "))
    marks = "no grade" if "points" not in result else " + ".join(f"{points:g}" for points in result["points"])
    return "; ".join([marks, *result["effects"]])


def main() -> None:
    if sys.argv[1:2] == ["--caged"]:
        Path.home().mkdir()
        stock(sys.argv[2], Path("/tmp/origin"))
        return
    from attacks import ATTACKS
    from classroom import Classroom

    os.environ["GENLAB_GRADING_SEED"] = "SECRET"
    room = Classroom.build(Path(tempfile.mkdtemp(prefix="attacks-")) / "room")
    os.chmod(room.root.parent, 0o755)  # noqa: PTH101
    names = sys.argv[1:] or list(ATTACKS)
    print("| attack | stock nbgrader | ours |\n|---|---|---|")
    for name in names:
        attack = ATTACKS[name]
        ours = "no grade" if attack.points is None else " + ".join(f"{points:g}" for points in attack.points)
        print(f"| {name} | {caged(name, room.root)} | {ours} |", flush=True)
    shutil.rmtree(room.root.parent)


if __name__ == "__main__":
    main()
