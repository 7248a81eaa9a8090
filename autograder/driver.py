"""Grade a class: in parallel, to the end whatever a submission does, and again from where it stopped.

Workers turn bytes into results and touch nothing else; this process alone reads submissions and writes the gradebook.
The workers are those of any ``concurrent.futures`` executor: processes here, or a Dask cluster.
"""

import concurrent.futures
import contextlib
import fnmatch
import hashlib
import json
import multiprocessing
import os
import stat
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderAPI

from autograder.assignment import Assignment, NotGradable, load, record, tests
from autograder.gradebook import NotRecorded, Recorded, Recorder
from autograder.processes import end_with_parent, usable_cores
from autograder.results import Result
from autograder.sandbox import Limits, SandboxError
from autograder.sandbox.bubblewrap import find
from autograder.submission import Graded, Submission, grade_submission

FILES_BYTES = 20 * 2**20  # of what a student hands in beside the notebook
LOST = "the worker that graded it ended unexpectedly, twice"


@dataclass(frozen=True)
class Job:
    """One submission to grade."""

    assignment: str
    student: str
    fingerprint: str


@dataclass(frozen=True)
class Options:
    """How to grade. ``jobs``: processes; ``scheduler``: address of a Dask scheduler, instead of processes."""

    jobs: int = 0
    scheduler: str = ""
    protect: bool = True
    warm: bool = True
    force: bool = False
    limits: Limits = field(default_factory=Limits)


class Refused(ValueError):
    """A submission that is not read at all."""


def read_submission(folder: Path, assignment: str) -> Submission:
    """What a student handed in. Follows no link out of it. Raises Refused that says why there is nothing to grade."""
    notebook = folder / f"{assignment}.ipynb"
    content = _read(notebook, Limits().notebook_bytes + 1)
    files, total = {}, 0
    for path in sorted(folder.rglob("*")):
        relative = str(path.relative_to(folder))
        if path.suffix == ".ipynb" or relative == "timestamp.txt" or not _is_plain(path, folder):
            continue
        total += path.stat().st_size
        if total > FILES_BYTES or len(files) >= 200:
            raise Refused(f"the files beside the notebook are more than {FILES_BYTES // 2**20} MB or 200")
        files[relative] = path.read_bytes()
    return Submission(content, files)


def _is_plain(path: Path, folder: Path) -> bool:
    """A file itself, in folders that are folders: no link on the way."""
    inside = [path, *[parent for parent in path.parents if parent != folder and parent.is_relative_to(folder)]]
    return path.is_file() and not any(part.is_symlink() for part in inside)


def _read(path: Path, limit: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise Refused(f"{path.name} is missing") from None
    except OSError as error:
        link = path.is_symlink()
        raise Refused(f"{path.name} is a link, not a file" if link else f"{path.name}: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Refused(f"{path.name} is not a file")
        return file.read(limit)


def fingerprint(assignment: Assignment, submission: Submission | Refused, timestamp: bytes) -> str:
    """Changes when the submission, its date, the assignment or the grader does."""
    digest = hashlib.sha256(assignment.digest.encode() + hashlib.sha256(timestamp).digest())
    if isinstance(submission, Refused):
        digest.update(str(submission).encode())
    else:
        digest.update(hashlib.sha256(submission.notebook).digest())
        for path, content in sorted(submission.files.items()):
            digest.update(hashlib.sha256(path.encode() + b"\0" + content).digest())
    return digest.hexdigest()


class Class:
    """The submissions of a course, on disk."""

    def __init__(self, course: NbGraderAPI) -> None:
        self.course = course

    def folder(self, assignment: str, student: str) -> Path:
        return Path(self.course.coursedir.format_path(self.course.coursedir.submitted_directory, student, assignment))

    def students(self, assignment: str, pattern: str) -> list[str]:
        """Who handed in a folder for ``assignment``, readable or not."""
        anybody = self.folder(assignment, "*")
        found = (path.parts[len(anybody.parts) - 2] for path in _glob(anybody) if path.is_dir())
        return sorted(name for name in found if fnmatch.fnmatch(name, pattern))

    def read(self, assignment: str, student: str) -> Submission | Refused:
        try:
            return read_submission(self.folder(assignment, student), assignment)
        except Refused as refused:
            return refused
        except OSError as error:
            return Refused(str(error))

    def timestamp(self, assignment: str, student: str) -> bytes:
        with contextlib.suppress(Refused, OSError):
            return _read(self.folder(assignment, student) / "timestamp.txt", 1000)
        return b""


def _glob(path: Path) -> Iterable[Path]:
    return Path(path.anchor).glob(str(path.relative_to(path.anchor)))


def plan(
    room: Class, assignments: Iterable[Assignment], pattern: str, recorded: dict[tuple[str, str], Recorded], force: bool
) -> tuple[list[Job], list[Result]]:
    """What has to be graded, and the results that still hold."""
    jobs, kept = [], []
    for assignment in assignments:
        for student in room.students(assignment.name, pattern):
            mark = fingerprint(
                assignment, room.read(assignment.name, student), room.timestamp(assignment.name, student)
            )
            known = recorded.get((assignment.name, student))
            if known and known.fingerprint == mark and not force:
                kept.append(Result(assignment.name, student, known.status, known.score, known.maximum, known.reason))
            else:
                jobs.append(Job(assignment.name, student, mark))
    return jobs, kept


@contextlib.contextmanager
def executor(options: Options) -> Iterator[Callable[[], Executor]]:
    """A function that gives an executor; called again after one broke."""
    if options.scheduler:
        try:
            from distributed import Client
        except ImportError:
            raise SystemExit("--scheduler needs the package distributed: pip install distributed") from None
        with Client(options.scheduler) as client:
            yield lambda: client.get_executor(pure=False, retries=1)
        return
    context = multiprocessing.get_context("forkserver" if sys.platform != "win32" else "spawn")
    if sys.platform != "win32":
        context.set_forkserver_preload(["autograder.warm_worker"])
    pools: list[concurrent.futures.ProcessPoolExecutor] = []

    def make() -> Executor:
        pools.append(
            concurrent.futures.ProcessPoolExecutor(
                options.jobs or usable_cores(), mp_context=context, initializer=end_with_parent
            )
        )
        return pools[-1]

    try:
        yield make
    finally:
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list((pool._processes or {}).values()):
                process.terminate()


def graded(
    jobs: list[Job],
    room: Class,
    ready: dict[str, Assignment],
    options: Options,
    pool: Executor,
    make: Callable[[], Executor],
) -> Iterator[tuple[Job, Graded | Exception]]:
    """Each job with its result, in the order in which they are done.

    When a worker dies, all its executor's work is lost. What was in progress is then done again, one at a time: the
    submission whose worker dies again is given up, and the others are not.
    """
    width = 2 * (options.jobs or usable_cores()) if not options.scheduler else 64
    waiting, suspects = deque(jobs), deque[Job]()
    running: dict[Future, tuple[Job, bool]] = {}
    while waiting or suspects or running:
        while len(running) < (1 if suspects else width) and (waiting or suspects):
            alone = bool(suspects)
            if alone and running:
                break
            job = (suspects or waiting).popleft()
            submission = room.read(job.assignment, job.student)
            if isinstance(submission, Refused):
                yield job, Graded(problem=str(submission))
                continue
            try:
                future = pool.submit(
                    grade_submission,
                    ready[job.assignment],
                    submission,
                    options.limits,
                    options.protect,
                    options.warm,
                )
            except BrokenExecutor:  # it broke while idle: nobody's fault
                pool = make()
                (suspects if alone else waiting).appendleft(job)
                continue
            running[future] = (job, alone)
            if alone:
                break
        done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
        broken = False
        for future in done:
            job, alone = running.pop(future)
            try:
                yield job, future.result()
            except Exception as error:
                if isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker":
                    broken = True
                    if alone:
                        yield job, Graded(problem=LOST)
                    else:
                        suspects.append(job)
                else:
                    yield job, error
        if broken:
            for job, _ in running.values():
                suspects.append(job)
            running.clear()
            pool = make()


def grade_class(
    course: NbGraderAPI,
    names: list[str],
    pattern: str = "*",
    options: Options = Options(),
    log: Path | None = None,
    show: Callable[[int, int], Any] = lambda done, total: None,
) -> tuple[list[Result], bool]:
    """Grade the assignments ``names``; return a result for each submission, and whether all could be recorded.

    ``log``: a file to which one JSON line a submission is appended. ``show`` is told how many are done, of how many.
    Raises SandboxError when there is no sandbox, NotGradable when an assignment has to be released first.
    """
    if options.protect:
        find()
    recorder = Recorder(course)
    try:
        seed = os.environ.get("GENLAB_GRADING_SEED", "unset")
        room = Class(course)
        assignments = {name: load(course, name, seed) for name in names if room.students(name, pattern)}
        jobs, results = plan(room, assignments.values(), pattern, recorder.recorded(), options.force)
        show(0, len(jobs))
        if not jobs:
            return results, True
        fine = True
        with executor(options) as make:
            pool = make()
            ready = _judged(pool, [assignments[name] for name in sorted({job.assignment for job in jobs})])
            for number, (job, outcome) in enumerate(graded(jobs, room, ready, options, pool, make), 1):
                begun = time.monotonic()
                result = _record(recorder, job, outcome)
                fine = fine and result.status != "not graded"
                results.append(result)
                _log(log, job, outcome, result, time.monotonic() - begun)
                show(number, len(jobs))
        return sorted(results, key=lambda r: (r.assignment, r.student)), fine
    finally:
        recorder.close()


def _judged(pool: Executor, assignments: list[Assignment]) -> dict[str, Assignment]:
    """The assignments with their records, made by workers, one test each: this process imports no torch."""
    futures = {
        assignment.name: {
            test: pool.submit(record, test, assignment.name, assignment.seed) for test in tests(assignment)
        }
        for assignment in assignments
    }
    return {
        assignment.name: replace(assignment, records={t: f.result() for t, f in futures[assignment.name].items()})
        for assignment in assignments
    }


def _record(recorder: Recorder, job: Job, outcome: Graded | Exception) -> Result:
    if isinstance(outcome, Exception):
        first = (str(outcome).strip() or type(outcome).__name__).splitlines()[0]
        return Result(job.assignment, job.student, "not graded", reason=f"{type(outcome).__name__}: {first}"[:500])
    if outcome.problem == LOST:
        return Result(job.assignment, job.student, "not graded", reason=LOST)
    try:
        r = recorder.record(job.assignment, job.student, job.fingerprint, outcome)
    except NotRecorded as error:
        return Result(job.assignment, job.student, "not graded", reason=str(error))
    return Result(job.assignment, job.student, r.status, r.score, r.maximum, r.reason)


def _log(path: Path | None, job: Job, outcome: Graded | Exception, result: Result, recording: float) -> None:
    if path is None:
        return
    line: dict[str, Any] = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z")} | vars(result)
    if isinstance(outcome, Graded):
        line |= {
            "seconds": round(outcome.seconds, 3),
            "recording": round(recording, 3),
            "notes": list(outcome.notes),
            "cells": {
                s.grade_id: [s.points, s.maximum, s.problem] if s.problem else [s.points, s.maximum]
                for s in outcome.scores
            },
        }
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


__all__ = ["NotGradable", "Options", "SandboxError", "grade_class"]
