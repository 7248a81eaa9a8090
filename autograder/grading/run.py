"""Grade a class: in parallel, to the end whatever a submission does, and again from where it stopped.

Workers turn bytes into results and touch nothing else; this process alone reads submissions and writes the gradebook.
"""

import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from loky import cpu_count
from nbgrader.apps import NbGraderAPI

from autograder import grading_seed
from autograder.grading.assignment import Assignment, NotGradable, load, record
from autograder.grading.deadlines import NO_RULES, Rules
from autograder.grading.gradebook import NotRecorded, Recorder
from autograder.grading.graded import Graded
from autograder.grading.handed_in import Refused, read, students
from autograder.grading.plan import Job, digest_of, plan
from autograder.grading.workers import Processes, Workers, grade
from autograder.returning.plain import line
from autograder.returning.table import Result, Status
from autograder.sandbox import Limits
from autograder.sandbox.bubblewrap import find

logger = logging.getLogger("autograder")


@dataclass(frozen=True)
class Options:
    """How to grade.

    ``jobs``: the number of processes, 0 for one each core. ``scheduler``: the address of Dask's, instead of processes.
    ``protect``, ``warm``, ``limits``: see ``Sandbox``. ``force``: grade also what has not changed. ``only``: the
    grade_id of the one test whose points are written.
    """

    jobs: int = 0
    scheduler: str = ""
    protect: bool = True
    warm: bool = True
    force: bool = False
    only: str = ""
    limits: Limits = field(default_factory=Limits)


class WorkerLost(RuntimeError):
    """Two workers ended while they graded this submission."""


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock at ``path``: one grading run at a time on a course. Raises SystemExit if another run holds it."""
    try:
        lock = FileLock(path).acquire(timeout=0)
    except Timeout:
        raise SystemExit("Another run is grading this course. Wait until it is done, or end it.") from None
    with lock:
        yield


def grade_class(
    course: NbGraderAPI,
    names: list[str],
    pattern: str = "*",
    options: Options = Options(),
    log: Path | None = None,
    rules: Rules = NO_RULES,
    show: Callable[[int, int], Any] = lambda done, total: None,
) -> tuple[list[Result], bool]:
    """Grade the assignments ``names``; return a result for each submission, and whether all could be recorded.

    ``pattern``: a glob for students' names. ``rules``: deadlines, and who was late. ``log``: a file to which one JSON
    line a submission is appended. ``show`` is told how many are done, of how many. Raises SandboxError when there is no
    sandbox, NoSeed when there is no grading seed, NotGradable when an assignment has to be released first.
    """
    if options.protect:
        find()
    seed = grading_seed.read()
    with contextlib.closing(Recorder(course, rules=rules)) as recorder:
        assignments = [load(course, name) for name in names if students(course, name, pattern)]
        digests = {a.name: digest_of(a, seed, options.limits, options.protect) for a in assignments}
        recorder.renew_penalties(digests)
        jobs, results = plan(course, digests, pattern, recorder.recorded(), options.force, rules)
        show(0, len(jobs))
        if jobs:
            book = Log(log)
            with _workers(options) as workers:
                needed = {job.assignment for job in jobs}
                _share([a for a in assignments if a.name in needed], digests, seed, workers)
                for number, (job, outcome) in enumerate(_graded(course, jobs, options, workers), 1):
                    begun = time.monotonic()
                    results.append(_recorded(recorder, job, outcome, options.only))
                    book.write(results[-1], outcome, recording=time.monotonic() - begun)
                    show(number, len(jobs))
    fine = all(result.status != Status.NOT_GRADED for result in results)
    return sorted(results, key=lambda r: (r.assignment, r.student)), fine


def _workers(options: Options) -> Workers:
    if not options.scheduler:
        return Processes(options.jobs or cpu_count())
    try:
        from autograder.grading.cluster import Cluster
    except ImportError:
        raise SystemExit("--scheduler needs the package distributed: pip install distributed") from None
    return Cluster(options.scheduler)


def _share(assignments: list[Assignment], digests: dict[str, str], seed: str, workers: Workers) -> None:
    """Have workers make the keys, a test cell each, and give them to all workers. Raises NotGradable.

    Workers do it because it needs torch, which this process does not import.
    """
    made = {a.name: {test: workers.submit(record, test, seed) for test in a.tests} for a in assignments}
    keys = {name: {test: future.result() for test, future in futures.items()} for name, futures in made.items()}
    for assignment in assignments:
        for grade_id, test in assignment.tests.items():
            if (declared := keys[assignment.name][grade_id]["points"]) != test.points:
                raise NotGradable(
                    f"{assignment.name}: the gradebook gives {test.points:g} points for {grade_id}, and its exercise "
                    f"is declared with {declared:g}. Make the cell in solutions/ say the same as the declaration, "
                    "then run `make release`."
                )
    workers.share({digests[a.name]: (a, keys[a.name]) for a in assignments})


def _graded(
    course: NbGraderAPI, jobs: list[Job], options: Options, workers: Workers
) -> Iterator[tuple[Job, Graded | Exception]]:
    """Each job with its result, in the order in which they are done.

    A job whose worker died is done once more, by another worker; if that one dies too, the job is given up.
    """
    waiting, running = deque(jobs), dict[Future, Job]()
    done: list[tuple[Job, Graded | Exception]] = []
    again: set[Job] = set()
    while waiting or running or done:
        while waiting and len(running) < workers.width:
            job = waiting.popleft()
            submission = read(course, job.assignment, job.student)
            if isinstance(submission, Refused):
                done.append((job, Graded(problem=submission.reason)))
            else:
                how = (options.limits, options.protect, options.warm)
                running[workers.submit(grade, job.digest, submission, *how)] = job
        yield from done  # to be recorded while the workers go on
        done = []
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job = running.pop(future)
            try:
                done.append((job, future.result()))
            except workers.deaths:
                if job in again:
                    done.append((job, WorkerLost("the worker that graded it ended unexpectedly, twice")))
                else:
                    logger.warning("%s, %s: the worker died; it is graded once more", job.assignment, job.student)
                    again.add(job)
                    waiting.append(job)
            except Exception as error:
                done.append((job, error))


def _recorded(recorder: Recorder, job: Job, outcome: Graded | Exception, only: str = "") -> Result:
    """The result of a job, written to the gradebook if there is anything to write."""
    if isinstance(outcome, Graded):
        try:
            return recorder.record(job.assignment, job.student, job.fingerprint, outcome, job.content, only)
        except Exception as error:  # whatever it is, the others are recorded
            outcome = error
    first = (str(outcome).strip() or type(outcome).__name__).splitlines()[0]
    told = isinstance(outcome, (NotRecorded, WorkerLost))
    reason = first if told else f"{type(outcome).__name__}: {first}"
    return Result(job.assignment, job.student, Status.NOT_GRADED, reason=reason[:500])


class Log:
    """The log of a run: a JSON line for each submission in the file at ``path``, and warnings, each of them once."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._warned: set[str] = set()

    def write(self, result: Result, outcome: Graded | Exception, recording: float) -> None:
        """Log what became of one submission; ``recording`` are the seconds that it took to record it."""
        entry: dict[str, Any] = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z")} | vars(result)
        if isinstance(outcome, Graded):
            if outcome.cold:
                self._warn(f"each submission gets a sandbox of its own, which takes seconds more: {outcome.cold}")
            if outcome.stopped:
                self._warn(f"{result.assignment}, {result.student}: {outcome.stopped[0]}")
            entry |= {
                "version": outcome.version,
                "seconds": round(outcome.seconds, 3),
                "recording": round(recording, 3),
                "notes": list(outcome.notes),
                "stopped": list(outcome.stopped),
                "cells": {score.grade_id: score.summary() for score in outcome.scores},
            }
        if self.path is not None:
            with contextlib.suppress(OSError), self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _warn(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            logger.warning(line(message, 1000))
