"""Workers that grade: processes on this machine. (Those of a Dask cluster, in ``cluster``, have the same form.)

A worker that dies, for want of memory say, takes with it only the submission in its hands: each worker is an executor
of its own, and a new one takes its place.
"""

import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Self

from autograder.grading.assignment import Assignment, Key
from autograder.grading.graded import Graded
from autograder.grading.handed_in import Submission
from autograder.sandbox import Limits, Sandbox

# What a worker is given once: for each assignment, by its digest, what was released and the records of its tests.
Shared = dict[str, tuple[Assignment, dict[str, dict[str, Any]]]]


class Workers(ABC):
    """Workers of any kind, until the end of a ``with`` statement. ``deaths``: the errors that tell of a dead worker."""

    deaths: tuple[type[Exception], ...]

    @property
    @abstractmethod
    def width(self) -> int:
        """How many tasks may be in their hands."""

    @abstractmethod
    def submit(self, function: Callable, *args: Any) -> Future:
        """Have a worker call ``function``; returns at once while fewer than ``width`` tasks are in their hands."""

    @abstractmethod
    def share(self, data: Shared) -> None:
        """Give each worker, those to come included, the data that ``grade`` needs. Nothing may be in their hands."""

    @abstractmethod
    def end(self) -> None:
        """End all workers, whatever they do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()


class Processes(Workers):
    """``width`` processes. They end with this one, however it ends."""

    deaths = (BrokenExecutor,)

    def __init__(self, width: int) -> None:
        self._width = width
        self._context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
        if sys.platform != "win32":
            self._context.set_forkserver_preload(["autograder.grading.submission"])  # imported once for all of them
        self._watched, self._held = self._context.Pipe(duplex=False)
        self._shared = pickle.dumps({})
        self._free: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
        for _ in range(width):
            self._free.put(self._new())

    @property
    def width(self) -> int:
        return self._width

    def _new(self) -> ProcessPoolExecutor:
        """One worker, whose process starts with its first task."""
        return ProcessPoolExecutor(1, self._context, initializer=_begin, initargs=(self._watched, self._shared))

    def submit(self, function: Callable, *args: Any) -> Future:
        worker = self._free.get()
        try:
            future = worker.submit(function, *args)
        except BrokenExecutor:  # it died with nothing in its hands
            worker = self._new()
            future = worker.submit(function, *args)

        def release(done: Future) -> None:
            self._free.put(self._new() if isinstance(done.exception(), BrokenExecutor) else worker)

        future.add_done_callback(release)
        return future

    def share(self, data: Shared) -> None:
        self._shared = pickle.dumps(data)
        for _ in range(self.width):
            self._free.get().shutdown(wait=False)
            self._free.put(self._new())

    def end(self) -> None:
        self._held.close()  # see ``_watch``
        self._watched.close()


# -- in a worker

_shared: dict[str, tuple[Assignment, Key]] = {}
_here = threading.local()  # a worker of a cluster may have several threads


def _begin(watched: Connection, shared: bytes) -> None:
    """Make this process a worker."""
    import torch

    torch.set_num_threads(1)  # workers share the processors by their number
    signal.signal(signal.SIGINT, lambda *_: None)  # an interrupt from the keyboard is for the run, which ends this
    logging.getLogger("autograder").addHandler(logging.NullHandler())  # what is to be said, the run says
    threading.Thread(target=_watch, args=(watched,), daemon=True).start()
    receive(shared)


def _watch(watched: Connection) -> None:
    """End this process when the run closes its end of the pipe, as the system does when the run is killed.

    A worker is a child of multiprocessing's fork server, which outlives a killed run while it has children.
    """
    multiprocessing.connection.wait([watched])
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def receive(shared: bytes) -> list[str]:
    """Take what ``grade`` needs, a pickled ``Shared``; return the digests in it."""
    received: Shared = pickle.loads(shared)
    _shared.update({digest: (assignment, Key.from_json(key)) for digest, (assignment, key) in received.items()})
    return list(received)


def forget(digests: list[str]) -> None:
    """Drop what ``receive`` took."""
    for digest in digests:
        _shared.pop(digest, None)


def grade(digest: str, submission: Submission, limits: Limits, protect: bool, warm: bool) -> Graded:
    """Grade ``submission`` of the assignment with this ``digest``, in this worker's sandbox."""
    from autograder.grading.submission import grade_submission

    assignment, key = _shared[digest]
    return grade_submission(assignment, key, submission, _sandbox(limits, protect, warm))


def _sandbox(limits: Limits, protect: bool, warm: bool) -> Sandbox:
    """This thread's sandbox: kept for the next submission, with everything imported."""
    settings = (limits, protect, warm)
    if getattr(_here, "settings", None) != settings:
        if hasattr(_here, "sandbox"):
            _here.sandbox.close()
        _here.settings, _here.sandbox = settings, Sandbox(*settings)
    return _here.sandbox
