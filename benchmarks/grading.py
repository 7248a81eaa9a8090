"""Stock ``nbgrader autograde`` and ours beside each other, on one class: ``python -m benchmarks.grading``.

Both grade the same submissions (perfect, half right, with an error, untouched, in turn) in one run of this program, and
their marks are compared. Ours runs with 1, 2 and 4 processes. Printed as a table, with an extrapolation.
"""

import argparse
import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def rss(process: int) -> int:
    """Resident bytes of a process and all its descendants, shared pages by their share."""
    total, children = 0, [process]
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rsplit(")", 1)[1].split()
            parents.setdefault(int(words[1]), []).append(int(status.parent.name))
        except OSError:
            continue
    while children:
        pid = children.pop()
        children += parents.get(pid, [])
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total


@contextmanager
def peak() -> Iterator[list[int]]:
    """A list whose only element is the largest memory seen meanwhile, of this process and its descendants."""
    largest, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            largest[0] = max(largest[0], rss(os.getpid()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield largest
    finally:
        done.set()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assignment", default="03_sampling_loop")
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--stock", type=int, default=12, metavar="N", help="stock grades the first N; 0: all")
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2, 4])
    args = parser.parse_args()
    os.environ["GENLAB_GRADING_SEED"] = "the seed of the benchmark"
    from loky import cpu_count

    from autograder.course import api, configuration
    from autograder.grading.run import Options, grade_class
    from tests.support.stock import grade, submitted
    from tests.support.submissions import half_right, hand_in, perfect, raises_at_the_top, untouched

    name = args.assignment
    kinds = [perfect(name), half_right(name)[0], raises_at_the_top(name), untouched(name)]
    root = Path(tempfile.mkdtemp(prefix="bench-"))
    for i in range(args.students):
        hand_in(root / "submitted", f"student-{i:03}", name, kinds[i % len(kinds)])

    def course(label: str):
        (root / label).mkdir()
        folders = {f"{n}_directory": str(root / label / n) for n in ("release", "autograded", "feedback")}
        folders["submitted_directory"] = str(root / "submitted")
        made = api(configuration(db_url=f"sqlite:///{root}/{label}/gradebook.db", **folders))
        assert made.generate_assignment(name, force=True, create=True)["success"]
        return made

    print(f"{platform.platform()}, {cpu_count()} cores, Python {platform.python_version()}")
    print(f"{args.students} submissions of {name}\n")
    print(f"{'':22}{'submissions':>12}{'seconds':>10}{'each':>8}{'faster':>8}{'peak MB':>9}")

    def row(label: str, count: int, seconds: float, memory: int, stock: float | None) -> float:
        each = seconds / count
        faster = f"{stock / each:.1f}x" if stock else ""
        print(f"{label:22}{count:>12}{seconds:>10.1f}{each:>8.2f}{faster:>8}{memory / 2**20:>9.0f}", flush=True)
        return each

    stock_course = course("stock")
    students = submitted(stock_course, name)[: args.stock or None]
    marks = {}
    with peak() as memory:
        begun = time.monotonic()
        for student in students:
            marks[student] = grade(stock_course, name, student).score
        seconds = time.monotonic() - begun
    stock = row("stock nbgrader", len(students), seconds, memory[0], None)
    best = stock
    for jobs in args.jobs:
        ours = course(f"ours-{jobs}")
        with peak() as memory:
            begun = time.monotonic()
            results, fine = grade_class(ours, [name], options=Options(jobs=jobs))
            seconds = time.monotonic() - begun
        assert fine and len(results) == args.students
        mine = {result.student: result.score for result in results}
        different = {s: (m, mine[s]) for s, m in marks.items() if m != mine[s]}
        assert not different, f"stock and ours disagree: {different}"
        best = min(best, row(f"ours, {jobs} process{'es' * (jobs > 1)}", args.students, seconds, memory[0], stock))
    print(f"\nThe marks of all {len(marks)} that both graded are the same.")
    hours = 7000 / 3600
    print(
        f"1,000 students x 7 notebooks at these rates: stock {stock * hours:.1f} hours, ours {best * hours:.1f} hours;"
    )
    print(f"on a cluster of 8 such machines about {best * hours / 8 * 60:.0f} minutes (workers share nothing).")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
