"""Grade one submission: data in, a result out. Students' code runs in a sandbox; it is judged here, from data.

Nothing else is read or written, so that it may run in any process on any machine.
"""

import json
import time
from dataclasses import asdict, replace
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from autograder.grading.assignment import Assignment, Key, Tested
from autograder.grading.cells import exercise_of, is_test, marks
from autograder.grading.contained import Contained, contained
from autograder.grading.demonstrations import demonstrations, left_out
from autograder.grading.graded import Graded, Score
from autograder.grading.handed_in import Submission
from autograder.grading.rebase import Unreadable, clean, is_of_another, read, rebase
from autograder.returning.markup import Markup
from autograder.returning.plain import line, plain
from autograder.sandbox import Limits, Sandbox, SandboxError
from autograder.sandbox.execution import Run, Session
from autograder.sandbox.kernels import Kernel
from genlab import __version__
from genlab.judging.outcome import Outcome, Record
from genlab.judging.remote import MIME
from genlab.judging.values import Wrong
from genlab.judging.verdict import Verdict, judge, report, score

AROUND_SECONDS = 120.0  # by the clock on the wall: for what is read and judged, beside the seconds of the notebook
RAISED: dict[str, type[Exception]] = {"SandboxError": SandboxError}  # what comes through from the child
ANOTHER = "this is the notebook of another assignment, or of another course: none of the cells to be solved is in it"
LOST_CELL = "the cell of this exercise was missing, and nothing in the notebook is known to be it: a person has to look"
PROBES_SHARE = 0.8  # of a cell's seconds: what the probes get, so that an answer can still be sent
TOLD = 1000  # characters of each thing that a report tells of a submission
UNREADABLE = Outcome(Wrong("something that cannot be read"))
MISSING = (
    "there was no {function} when the test ran: it was renamed, its cell was emptied or pasted over, or its cell "
    "failed. Before handing in, choose Kernel > Restart Kernel and Run All Cells, and look at the first error."
)
ASK = '__import__("genlab.judging.remote", fromlist=["answer"]).answer({function}, {request!r})'


def grade_submission(assignment: Assignment, key: Key, submission: Submission, sandbox: Sandbox) -> Graded:
    """Grade one submission. Raises SandboxError when the sandbox does not start; never because of the submission.

    What the submission holds and sends is read in a child process with limits: see ``contained``.
    """
    begun = time.monotonic()
    files = submission.files | assignment.files  # the instructor's win
    for attempt in (1, 2):
        try:
            kernel = sandbox.start_kernel(files)
            graded = _read_and_judged(assignment, key, submission, sandbox, kernel)
            break
        except SandboxError:
            sandbox.close()
            if attempt == 2:
                raise
    return replace(graded, cold=sandbox.why_not_isolated, version=__version__, seconds=time.monotonic() - begun)


def _read_and_judged(
    assignment: Assignment, key: Key, submission: Submission, sandbox: Sandbox, kernel: Kernel
) -> Graded:
    """The result of a submission whose files the ``kernel`` has. Raises SandboxError when that does not answer."""

    def in_child() -> dict[str, Any]:
        graded = _graded(assignment, key, submission, sandbox, kernel)
        return {"graded": clean(graded.to_json()), "alive": sandbox.kernel is not None}

    limits = sandbox.limits
    try:
        done = contained(in_child, AROUND_SECONDS + limits.notebook_seconds * limits.patience, RAISED)
    except Contained as problem:
        sandbox.close()  # nobody knows what the child has read of what the sandbox said
        return Graded(problem=str(problem))
    if done["alive"]:
        sandbox.end_kernel()
    else:
        sandbox.kernel_has_ended()
    return Graded.from_json(done["graded"])


def _graded(assignment: Assignment, key: Key, submission: Submission, sandbox: Sandbox, kernel: Kernel) -> Graded:
    """Read the submission, run it in the ``kernel``, judge what comes, and make the graded notebook."""
    try:
        theirs = read(submission.notebook, sandbox.limits.notebook_bytes)
    except Unreadable as problem:
        return Graded(problem=str(problem))
    functions = {exercise_of(grade_id): test.function for grade_id, test in assignment.tests.items()}
    rebased = rebase(assignment.notebook, theirs, sandbox.limits.cells, functions)
    if is_of_another(theirs, rebased, functions):
        return Graded(problem=ANOTHER)
    notebook = rebased.notebook
    scores, stopped = _execute(notebook, assignment, key, Session(sandbox, kernel, sandbox.limits), rebased.lost)
    released = {cell.source for cell in assignment.notebook.cells if cell.cell_type == "markdown"}
    markup = Markup()
    for cell in notebook.cells:
        if cell.cell_type == "code" or cell.source not in released or cell.get("attachments"):
            markup.make_safe(cell)
    return Graded(
        notebook=nbformat.writes(notebook),
        scores=tuple(scores),
        notes=(*submission.notes, *rebased.notes),
        stopped=tuple(stopped),
    )


def _execute(
    notebook: NotebookNode, assignment: Assignment, key: Key, session: Session, lost: set[str]
) -> tuple[list[Score], list[str]]:
    """Run the code cells of ``notebook`` in order and put outputs and reports into it.

    Demonstrations that need not run stay without outputs: what a graded notebook shows has been run by the grader.
    Returns the scores, and for each cell that did not run to its end what became of it. What the cells ``lost`` would
    have given is for a person to say, unless their functions came another way.
    """
    skipped = left_out(notebook, demonstrations(assignment.notebook))
    code = [(place, cell) for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    scores, stopped = [], []
    try:
        for number, (place, cell) in enumerate(code, 1):
            if place in skipped:
                continue
            cell.execution_count = number
            if is_test(cell):
                grade_id = marks(cell)["grade_id"]
                test = assignment.tests[grade_id]
                run = session.run("", question(test.function, key.asked[grade_id], session.limits))
                result, text = judged(grade_id, test, key.records[grade_id], run)
                if exercise_of(grade_id) in lost and not result.verdicts:
                    result, text = replace(result, person=True, problem=LOST_CELL), f"{text}\n  {LOST_CELL}"
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
    return scores, stopped


def question(function: str, asked: dict[str, Any], limits: Limits) -> str:
    """The expression that the kernel evaluates for a test cell: ``function`` on the probes. It holds no answers."""
    request = asked | {"seconds": limits.cell_seconds * PROBES_SHARE}
    return ASK.format(function=function, request=json.dumps(request))


def judged(grade_id: str, test: Tested, record: Record, run: Run) -> tuple[Score, str]:
    """The score of one test cell and its report, from what the kernel sent. Trusts nothing of it."""
    name, maximum, sent = exercise_of(grade_id), test.points, _sent(run)
    if not isinstance(sent, list) or len(sent) != len(record.probes):
        why = run.problem or run.error or "no result arrived"
        if run.error.startswith("NameError") and repr(test.function) in run.error:
            why = MISSING.format(function=test.function)
        why = line(why, TOLD)
        text = f"{name}: no points, since it could not be checked.\n  {why}"
        return Score(grade_id, 0.0, maximum, problem=why), text
    try:
        verdicts = judge(record, [_outcome(data) for data in sent])
    except Exception:  # something that no function returns: what can be decoded, but not compared or shown
        verdicts = judge(record, [UNREADABLE for _ in sent])
    verdicts = [_told(verdict) for verdict in verdicts]
    text = report(name, verdicts, show_inputs=False, details=len(verdicts))
    return Score(grade_id, score(verdicts, maximum), maximum, tuple(map(_facts, verdicts))), text


def _sent(run: Run) -> Any:
    """What the kernel answered to the question: for honest code a list with an outcome, as data, for each probe."""
    try:
        return json.loads(run.value.get(MIME, ""))
    except Exception:  # anything may have been sent
        return None


def _outcome(sent: Any) -> Outcome:
    """The outcome that the kernel sent for one probe."""
    try:
        return Outcome.from_json(sent)
    except Exception:  # anything may have been sent
        return UNREADABLE


def _told(verdict: Verdict) -> Verdict:
    """The verdict with what it tells of the submission cut short, and without signs that steer a terminal."""
    notes = tuple(plain(note, TOLD) for note in verdict.notes)
    got, reason, where = (plain(text, TOLD) for text in (verdict.got, verdict.reason, verdict.line))
    return replace(verdict, got=got, reason=reason, line=where, notes=notes)


def _facts(verdict: Verdict) -> dict[str, Any]:
    """What is kept of a verdict: its fields that are not empty, without the hidden probe's arguments."""
    return {name: fact for name, fact in asdict(verdict).items() if name != "given" and fact not in ("", ())}
