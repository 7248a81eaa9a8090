"""Grade one submission: bytes in, a result out. Students' code runs in a sandbox; it is judged here, from data.

Nothing else is read or written, so that it may run in any process on any machine.
"""

import json
import math
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from autograder.assignment import PREFIX, Assignment, is_test
from autograder.demonstrations import demonstrations, left_out
from autograder.rebase import Unreadable, marks, read, rebase
from autograder.safe import make_safe
from autograder.sandbox import Limits, Sandbox, SandboxError
from autograder.sandbox.execution import Run, Session

MIME = "application/vnd.genlab.outcomes+json"


@dataclass(frozen=True)
class Score:
    """Points of one test cell, and why they are fewer than ``maximum`` when it was not the probes."""

    grade_id: str
    points: float
    maximum: float
    problem: str = ""


@dataclass(frozen=True)
class Graded:
    """The result of one submission. ``problem``: why it could not be graded at all; then there is no notebook."""

    notebook: str = ""
    scores: tuple[Score, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook's bytes and other files by relative path."""

    notebook: bytes
    files: dict[str, bytes] = field(default_factory=dict)


def grade_submission(
    assignment: Assignment, submission: Submission, limits: Limits, protect: bool = True, warm: bool = True
) -> Graded:
    """Grade one submission. Raises SandboxError when no sandbox can be had; never because of what was handed in."""
    begun = time.monotonic()
    try:
        theirs = read(submission.notebook, limits.notebook_bytes)
    except Unreadable as problem:
        return Graded(problem=str(problem), seconds=time.monotonic() - begun)
    master = nbformat.reads(assignment.master, as_version=4)
    notebook, notes = rebase(master, theirs, limits.cells)
    files = submission.files | assignment.files  # the instructor's win
    skip = left_out(notebook, demonstrations(master))
    scores = _execute(notebook, skip, assignment, files, limits, _sandbox(limits, protect, warm))
    released = {cell.source for cell in master.cells if cell.cell_type == "markdown"}
    for cell in notebook.cells:
        if cell.cell_type == "code" or cell.source not in released or cell.get("attachments"):
            make_safe(cell)
    return Graded(nbformat.writes(notebook), tuple(scores), tuple(notes), time.monotonic() - begun)


_here = threading.local()


def _sandbox(limits: Limits, protect: bool, warm: bool) -> Sandbox:
    """This thread's sandbox: kept for the next submission, with everything imported."""
    key = (limits, protect, warm)
    if getattr(_here, "key", None) != key:
        close()
        _here.key, _here.sandbox = key, Sandbox(limits, protect, warm)
    return _here.sandbox


def close() -> None:
    """End this thread's sandbox."""
    if getattr(_here, "key", None):
        _here.sandbox.close()
        _here.key = None


def _open(sandbox: Sandbox, files: dict[str, bytes], limits: Limits) -> Session:
    """A session with a new kernel; once more with a new sandbox if it fails."""
    for attempt in (1, 2):
        try:
            return Session(sandbox, sandbox.start_kernel(files), limits)
        except SandboxError:
            sandbox.close()
            if attempt == 2:
                raise
    raise AssertionError


def _execute(
    notebook: NotebookNode,
    skip: set[str],
    assignment: Assignment,
    files: dict[str, bytes],
    limits: Limits,
    sandbox: Sandbox,
) -> list[Score]:
    """Run the code cells of ``notebook`` in order, put outputs and reports into it, return the scores.

    Those whose id is in ``skip`` do not run and keep the outputs that were handed in.
    """
    session = _open(sandbox, files, limits)
    scores, room = [], limits.output
    try:
        for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
            cell.execution_count = number
            if is_test(cell):
                record = assignment.records[marks(cell)["grade_id"]]
                run = session.run("", question(cell, record, limits))
                score, text = verdict(cell, record, run)
                cell.outputs = [
                    new_output("stream", name="stdout", text=text + "\n"),
                    new_output("execute_result", {"text/plain": repr(score.points)}, execution_count=number),
                ]
                scores.append(score)
            elif cell.id in skip:
                room -= len(json.dumps(cell.outputs))
                cell.outputs = cell.outputs if room >= 0 else []
            else:
                run = session.run(cell.source) if cell.source.strip() else Run()
                cell.outputs = run.outputs
                if run.problem:
                    cell.outputs.append(
                        new_output("error", ename="Stopped", evalue=run.problem, traceback=[run.problem])
                    )
    finally:
        session.close()
        sandbox.end_kernel()
    return scores


def question(cell: NotebookNode, record: dict[str, Any], limits: Limits) -> str:
    """The expression that a kernel evaluates for a test cell: the student's function on probes. It holds no answers.

    The function, or class, is the one that the test cell names in ``check(exercise, function)``.
    """
    named = re.search(rf'\b(?:check|grade)\("{record["name"]}", ([A-Za-z_]\w*)\)', cell.source)
    function = named[1] if named else record["name"]
    request = {
        "adapter": record["adapter"],
        "seconds": limits.cell_seconds * 0.8,
        "args": [probe["args"] for probe in record["probes"]],
    }
    return f'__import__("genlab.checks.remote", fromlist=["answer"]).answer({function}, {json.dumps(request)!r})'


def verdict(cell: NotebookNode, record: dict[str, Any], run: Run) -> tuple[Score, str]:
    """Points and report for one test cell, from what the kernel sent. Trusts nothing of it."""
    from genlab.checks.judge import judge, report, score

    grade_id = marks(cell)["grade_id"]
    name, maximum = grade_id.removeprefix(PREFIX), float(marks(cell)["points"])
    outcomes = run.value.get(MIME)
    if not isinstance(outcomes, list) or len(outcomes) != len(record["probes"]):
        why = run.problem or run.error or "no result arrived"
        return Score(grade_id, 0.0, maximum, why), f"{name}: no points, since it could not be checked.\n  {why}"
    outcomes = [clean(outcome, record, i) for i, outcome in enumerate(outcomes)]
    try:
        verdicts = judge(record, outcomes)
        points = score(verdicts, maximum)
        text = report(name, verdicts, show_inputs=False, details=len(verdicts))
    except Exception as error:  # data that no student's function returns
        why = f"its results cannot be judged ({type(error).__name__})"
        return Score(grade_id, 0.0, maximum, why), f"{name}: no points: {why}"
    if not math.isfinite(points):
        points = 0.0
    return Score(grade_id, min(max(points, 0.0), maximum), maximum), text


def clean(outcome: Any, record: dict[str, Any], number: int) -> dict[str, Any]:
    """``outcome`` in exactly the form that ``run`` writes; what has another form becomes a value of a wrong type."""
    from genlab.checks.judge import describe, differs

    try:
        error = outcome["error"]
        if error is not None:
            error = {"types": [_text(t, 100) for t in error["types"][:20]], "message": _text(error["message"], 2000)}
            error["types"][0]  # at least one
        result = {
            "value": outcome["value"],
            "error": error,
            "mutated": [_text(name, 100) for name in outcome["mutated"][:20]],
            "calls": [
                {"shape": [int(n) for n in call["shape"][:8]], "grad": bool(call["grad"])}
                for call in outcome["calls"][:1000]
            ],
            "printed": _text(outcome["printed"], 2000),
            "warned": _text(outcome["warned"], 2000),
        }
        differs(record, record["probes"][number]["expected"], result)
        describe(result)
        return result
    except Exception:  # anything may have been sent
        wrong = {"$wrong": "something that cannot be read"}
        return {"value": wrong, "error": None, "mutated": [], "calls": [], "printed": "", "warned": ""}


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value[:limit]
