"""Small things about processes."""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path


def usable_cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_with_parent() -> None:
    """Have this worker killed when the run that started it ends, however that ends.

    A worker is a child of multiprocessing's fork server, which outlives a run that was killed while it has children.
    """
    run = multiprocessing.parent_process()

    def watch() -> None:
        multiprocessing.connection.wait([run.sentinel])
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    if run is not None:
        threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """One grading run at a time on this course: SystemExit for a second. The lock goes with the process."""
    import fcntl

    with path.open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("Another run is grading this course. Wait until it is done, or end it.") from None
        yield
