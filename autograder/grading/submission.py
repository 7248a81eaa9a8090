"""Grade one submission: data in, a result out. Students' code runs in a sandbox; it is judged here, from data.

Nothing else is read or written, so that it may run in any process on any machine.
"""

import json
import time
from dataclasses import asdict
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.assignment import Assignment, Key, Tested
from autograder.grading.cells import exercise_of, is_test, marks
from autograder.grading.demonstrations import demonstrations, left_out
from autograder.grading.graded import Graded, Score
from autograder.grading.handed_in import Submission
from autograder.grading.rebase import Unreadable, read, rebase
from autograder.returning.markup import Markup
from autograder.sandbox import Limits, Sandbox, SandboxError
from autograder.sandbox.execution import Run, Session
from genlab import __version__
from genlab.judging.outcome import Outcome, Record
from genlab.judging.remote import MIME
from genlab.judging.values import Wrong
from genlab.judging.verdict import Verdict, judge, report, score

PROBES_SHARE = 0.8  # of a cell's seconds: what the probes get, so that an answer can still be sent
UNREADABLE = Outcome(Wrong("something that cannot be read"))
MISSING = (
    "there was no {function} when the test ran: it was renamed, its cell was emptied or pasted over, or its cell "
    "failed. Before handing in, choose Kernel > Restart Kernel and Run All Cells, and look at the first error."
)
ASK = '__import__("genlab.judging.remote", fromlist=["answer"]).answer({function}, {request!r})'


def grade_submission(assignment: Assignment, key: Key, submission: Submission, sandbox: Sandbox) -> Graded:
    """Grade one submission. Raises SandboxError when the sandbox does not start; never because of the submission."""
    begun = time.monotonic()
    try:
        theirs = read(submission.notebook, sandbox.limits.notebook_bytes)
    except Unreadable as problem:
        return Graded(problem=str(problem), version=__version__, seconds=time.monotonic() - begun)
    notebook, notes = rebase(assignment.notebook, theirs, sandbox.limits.cells)
    files = submission.files | assignment.files  # the instructor's win
    scores, stopped = _execute(notebook, assignment, key, files, sandbox)
    released = {cell.source for cell in assignment.notebook.cells if cell.cell_type == "markdown"}
    markup = Markup()
    for cell in notebook.cells:
        if cell.cell_type == "code" or cell.source not in released or cell.get("attachments"):
            markup.make_safe(cell)
    return Graded(
        notebook=nbformat.writes(notebook),
        scores=tuple(scores),
        notes=tuple(notes),
        stopped=tuple(stopped),
        cold=sandbox.why_not_isolated,
        version=__version__,
        seconds=time.monotonic() - begun,
    )


def _execute(
    notebook: NotebookNode, assignment: Assignment, key: Key, files: dict[str, bytes], sandbox: Sandbox
) -> tuple[list[Score], list[str]]:
    """Run the code cells of ``notebook`` in order and put outputs and reports into it.

    Demonstrations that need not run stay without outputs: what a graded notebook shows has been run by the grader.
    Returns the scores, and for each cell that did not run to its end what became of it.
    """
    skipped = left_out(notebook, demonstrations(assignment.notebook))
    code = [(place, cell) for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    session = _open(sandbox, files)
    scores, stopped = [], []
    try:
        for number, (place, cell) in enumerate(code, 1):
            if place in skipped:
                continue
            cell.execution_count = number
            if is_test(cell):
                grade_id = marks(cell)["grade_id"]
                test = assignment.tests[grade_id]
                run = session.run("", question(test.function, key.asked[grade_id], sandbox.limits))
                result, text = judged(grade_id, test, key.records[grade_id], run)
                scores.append(result)
                cell.outputs = [
                    new_output("stream", name="stdout", text=text + "\n"),
                    new_output("execute_result", {"text/plain": repr(result.points)}, execution_count=number),
                ]
            else:
                run = session.run(cell.source) if cell.source.strip() else Run()
                cell.outputs = run.outputs
                if run.problem:
                    told = new_output("error", ename="Stopped", evalue=run.problem, traceback=[run.problem])
                    cell.outputs.append(told)
            if run.problem:
                stopped.append(f"{marks(cell).get('grade_id', cell.id)}: {run.problem}")
    finally:
        session.close()
        sandbox.end_kernel()
    return scores, stopped


def _open(sandbox: Sandbox, files: dict[str, bytes]) -> Session:
    """A session with a new kernel; once more with a new sandbox if it fails."""
    for attempt in (1, 2):
        try:
            return Session(sandbox, sandbox.start_kernel(files), sandbox.limits)
        except SandboxError:
            sandbox.close()
            if attempt == 2:
                raise
    raise AssertionError


def question(function: str, asked: dict[str, Any], limits: Limits) -> str:
    """The expression that the kernel evaluates for a test cell: ``function`` on the probes. It holds no answers."""
    request = asked | {"seconds": limits.cell_seconds * PROBES_SHARE}
    return ASK.format(function=function, request=json.dumps(request))


def judged(grade_id: str, test: Tested, record: Record, run: Run) -> tuple[Score, str]:
    """The score of one test cell and its report, from what the kernel sent. Trusts nothing of it."""
    name, maximum, sent = exercise_of(grade_id), test.points, run.value.get(MIME)
    if not isinstance(sent, list) or len(sent) != len(record.probes):
        why = run.problem or run.error or "no result arrived"
        if run.error.startswith("NameError") and repr(test.function) in run.error:
            why = MISSING.format(function=test.function)
        text = f"{name}: no points, since it could not be checked.\n  {why}"
        return Score(grade_id, 0.0, maximum, problem=why), text
    try:
        verdicts = judge(record, [_outcome(data) for data in sent])
    except Exception:  # something that no function returns: what can be decoded, but not compared or shown
        verdicts = judge(record, [UNREADABLE for _ in sent])
    text = report(name, verdicts, show_inputs=False, details=len(verdicts))
    return Score(grade_id, score(verdicts, maximum), maximum, tuple(map(_facts, verdicts))), text


def _outcome(sent: Any) -> Outcome:
    """The outcome that the kernel sent for one probe."""
    try:
        return Outcome.from_json(sent)
    except Exception:  # anything may have been sent
        return UNREADABLE


def _facts(verdict: Verdict) -> dict[str, Any]:
    """What is kept of a verdict: its fields that are not empty, without the hidden probe's arguments."""
    return {name: fact for name, fact in asdict(verdict).items() if name != "given" and fact not in ("", ())}
