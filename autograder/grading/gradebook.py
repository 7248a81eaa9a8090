"""The one writer of nbgrader's gradebook: a submission with all its grades in one transaction.

What nbgrader itself would write for the graded notebook is written, by its own code. One table is added: which
submission, in which state, of which assignment and grader the recorded grades are, and where each score comes from. It
is written in the same transaction, so that a run that was killed knows where it stopped.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
from alembic.migration import MigrationContext
from alembic.operations import Operations
from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import parse_utc
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    MetaData,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from autograder.grading import handed_in
from autograder.grading.cells import marks
from autograder.grading.deadlines import NO_RULES, Rules
from autograder.grading.graded import Graded, Score
from autograder.returning.table import Result, Status

LOCKED_SECONDS = 30.0  # how long to wait for a SQLite file that another program has locked

EARLIER = "; the marks of the attempt before it stay"

metadata = MetaData()
grading = Table(
    "genlab_grading",
    metadata,
    Column("assignment", String(255), primary_key=True),
    Column("student", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float),
    Column("maximum", Float),
    Column("finished", Float, nullable=False),
    Column("version", String(64)),  # of genlab, which graded; this column and the next are missing in old gradebooks
    Column("scores", Text),  # JSON: a list of Score.to_json()
    Column("penalty", Float),
    Column("content", String(64)),  # SHA-256 of the notebook that was handed in
)


class NotRecorded(RuntimeError):
    """The gradebook or the disk did not take a result. The submission stays ungraded; the next run grades it."""


@dataclass(frozen=True)
class Recorded:
    """What the gradebook says of a submission that was graded. ``fingerprint``: see ``plan``."""

    fingerprint: str
    result: Result


class _Worse(Exception):
    """An attempt that does not count, since the one ``before`` was better."""

    def __init__(self, before: Result) -> None:
        self.before = before


def _result(row: Any) -> Result:
    """The result in a row of the table."""
    status = Status(row.status)
    return Result(row.assignment, row.student, status, row.score, row.maximum, row.reason, row.penalty or 0.0)


def _row_of(assignment: str, student: str) -> tuple[Any, Any]:
    """The condition for the row of a submission."""
    return grading.c.assignment == assignment, grading.c.student == student


def _failed(assignment: str, student: str, problem: str, row: Any) -> Result:
    """The result of what cannot be graded. The marks of an attempt before it, in the ``row``, stay."""
    if row is None or row.score is None:
        return Result(assignment, student, Status.FAILED, reason=problem)
    reason = problem if problem.endswith(EARLIER) else problem + EARLIER
    return Result(assignment, student, Status.FAILED, row.score, row.maximum, reason, row.penalty or 0.0)


def _merged(recorded: str, graded: Graded, only: str) -> Graded:
    """``graded`` with the ``recorded`` scores of all tests but ``only``."""
    before = {score.grade_id: score for score in map(Score.from_json, json.loads(recorded))}
    scores = tuple(score if score.grade_id == only else before.get(score.grade_id, score) for score in graded.scores)
    return replace_fields(graded, scores=scores)


def _points_now(connection: Connection) -> dict[tuple[str, str], tuple[float, int, float]]:
    """Of each submission in nbgrader's gradebook the points, how many answers wait for a person, and the penalty."""
    penalties = (
        select(SubmittedNotebook.assignment_id, func.sum(SubmittedNotebook.late_submission_penalty).label("penalty"))
        .group_by(SubmittedNotebook.assignment_id)
        .subquery()
    )
    asked = (
        select(
            Assignment.name,
            SubmittedAssignment.student_id,
            func.sum(Grade.score),
            func.sum(case((Grade.needs_manual_grade, 1), else_=0)),
            penalties.c.penalty,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(penalties, penalties.c.assignment_id == SubmittedAssignment.id)
        .group_by(Assignment.name, SubmittedAssignment.student_id, penalties.c.penalty)
    )
    rows = connection.execute(asked)
    return {(name, who): (float(points), waiting, float(off or 0.0)) for name, who, points, waiting, off in rows}


def prepare(engine: Engine) -> None:
    """Make the table ``genlab_grading``; give the one of an older release the columns that it lacks."""
    metadata.create_all(engine)
    present = {column["name"] for column in inspect(engine).get_columns(grading.name)}
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        for column in grading.columns:
            if column.name not in present:
                operations.add_column(grading.name, Column(column.name, column.type))


def scores(gradebook: Gradebook, assignment: str, student: str) -> dict[str, Score]:
    """The recorded score of each test cell, by grade_id; none where a submission was graded in another way.

    ``prepare`` the gradebook's engine first.
    """
    asked = select(grading.c.scores).where(grading.c.assignment == assignment, grading.c.student == student)
    with gradebook.engine.connect() as connection:
        found = connection.scalar(asked)
    return {score.grade_id: score for score in map(Score.from_json, json.loads(found or "[]"))}


class Recorder:
    """Writes results. One process at a time may have one: see ``run.only_one``."""

    def __init__(
        self,
        course: NbGraderAPI,
        locked_seconds: float = LOCKED_SECONDS,
        rules: Rules = NO_RULES,
    ) -> None:
        self.course, self.rules = course, rules
        url = make_url(course.coursedir.db_url)
        if url.get_backend_name() == "sqlite":
            url = url.update_query_dict({"timeout": str(locked_seconds)})
        self.gradebook = Gradebook(url.render_as_string(hide_password=False), course.coursedir.course_id)
        prepare(self.gradebook.engine)
        for name, deadline in self.rules.deadlines.items():
            with contextlib.suppress(MissingEntry):  # not released yet
                self.gradebook.find_assignment(name).duedate = deadline.due
        self.gradebook.db.commit()

    def close(self) -> None:
        self.gradebook.close()

    def recorded(self) -> dict[tuple[str, str], Recorded]:
        """Everything that has been graded, by assignment and student, with the points that nbgrader's gradebook has.

        A person may have given some since.
        """
        with self.gradebook.engine.connect() as connection:
            rows = connection.execute(select(grading)).all()
            now = _points_now(connection)
        found = {}
        for row in rows:
            key, result = (row.assignment, row.student), _result(row)
            if result.score is not None and key in now:
                points, waiting, penalty = now[key]
                status = Status.MANUAL if waiting else Status.GRADED
                if result.status == Status.FAILED:
                    status = Status.FAILED
                result = replace_fields(result, status=status, score=points, penalty=penalty)
            found[key] = Recorded(row.fingerprint, result)
        return found

    def record(
        self, assignment: str, student: str, fingerprint: str, graded: Graded, content: str = "", only: str = ""
    ) -> Result:
        """Write one result, its file before it is committed. Raises NotRecorded; then the gradebook is as it was.

        ``content``: a hash of the notebook that was handed in. Where the best attempt counts and another one was
        better, the gradebook keeps that. ``only``: the grade_id of the one test whose points are written, where the
        others have some; the rest of the submission counts as not graded anew.
        """
        try:
            with self._transaction() as session:
                row = session.execute(select(grading).where(*_row_of(assignment, student))).first()
                if graded.problem:
                    result = _failed(assignment, student, graded.problem, row)
                else:
                    if only and row and row.score is not None and json.loads(row.scores or "[]"):
                        graded, fingerprint = _merged(row.scores, graded, only), row.fingerprint
                    else:
                        only = ""
                    result = self._record(session, assignment, student, graded, only)
                before = self._better(row, result, content)
                if before:
                    raise _Worse(before)
                if not graded.problem:
                    self._write_file(assignment, student, graded.notebook)
                # what could not be read leaves the earlier attempt's marks, and where they come from
                kept = row.scores if graded.problem and row else None
                self._note(session, fingerprint, graded, result, content, kept)
            return result
        except _Worse as worse:
            with self.gradebook.engine.begin() as connection:
                mine = _row_of(assignment, student)
                connection.execute(update(grading).where(*mine).values(fingerprint=fingerprint))
            return worse.before
        except DBAPIError as error:
            raise NotRecorded(f"the gradebook could not be written: {error.orig}") from error
        except OSError as error:
            raise NotRecorded(f"the result could not be written: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Session]:
        """nbgrader's session, within one transaction that is committed at the end or else rolled back.

        nbgrader's code commits after every change. SQLAlchemy's way to make one transaction of that is to have the
        session join a transaction that was begun outside: then ``commit`` in the session only writes to the connection.
        """
        db = self.gradebook.db
        db.remove()
        with self.gradebook.engine.begin() as connection:
            db.configure(bind=connection, join_transaction_mode="rollback_only")
            try:
                yield db()
                db.flush()
            finally:
                db.remove()
                db.configure(bind=self.gradebook.engine)

    def _record(self, session: Session, assignment: str, student: str, graded: Graded, only: str) -> Result:
        """Write all that nbgrader would write of the graded notebook."""
        book = self.gradebook
        book.update_or_create_student(student)
        timestamp, reason = when_handed_in(handed_in.timestamp(self.course, assignment, student))
        deadline = self.rules.of(assignment)
        if timestamp is None and deadline.due and self.rules.is_late(assignment, student):
            timestamp = deadline.due + deadline.grace + timedelta(seconds=1)  # nobody knows by how much
        with session.no_autoflush:
            submission = book.update_or_create_submission(
                assignment, student, **({"timestamp": timestamp} if timestamp else {})
            )
            submission.extension = deadline.extension(student)
        saver = SaveAutoGrades(config=self.course.config)
        saver.gradebook, saver.notebook_id = book, assignment
        saver.assignment_id, saver.student_id = assignment, student
        for cell in filter(marks, nbformat.reads(graded.notebook, as_version=4).cells):
            if only in ("", marks(cell)["grade_id"]):
                saver.preprocess_cell(cell, {}, 0)
        for score in graded.scores:
            if score.person and only in ("", score.grade_id):
                grade = book.find_grade(score.grade_id, assignment, assignment, student)
                grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
        self._penalty(assignment, student)
        session.flush()
        session.expire_all()
        submission = book.find_submission(assignment, student)
        status = Status.MANUAL if submission.needs_manual_grade else Status.GRADED
        penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        if submission.total_seconds_late > 0:
            late = f"late by {timedelta(seconds=round(submission.total_seconds_late))}"
            reason = "; ".join(filter(None, [f"{late}, {penalty:g} points taken off" if penalty else late, reason]))
        points, maximum = float(submission.score), float(submission.max_score)
        return Result(assignment, student, status, points, maximum, reason, float(penalty))

    def renew_penalties(self, names: Collection[str]) -> None:
        """Take off anew what lateness costs, where there is a deadline: a share of all points, also of a person's.

        Raises NotRecorded; then the gradebook is as it was.
        """
        try:
            with self._transaction():
                for name, deadline in self.rules.deadlines.items():
                    for submission in self.gradebook.assignment_submissions(name) if name in names else ():
                        submission.extension = deadline.extension(submission.student_id)
                        if submission.total_seconds_late > 0 or submission.late_submission_penalty:
                            self._penalty(name, submission.student_id)
        except DBAPIError as error:
            raise NotRecorded(f"the gradebook could not be written: {error.orig}") from error

    def _penalty(self, assignment: str, student: str) -> None:
        """What ``nbgrader.preprocessors.AssignLatePenalties`` does, in this transaction."""
        submission = self.gradebook.find_submission(assignment, student)
        notebook = self.gradebook.find_submission_notebook(assignment, assignment, student)
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            rule = AssignLatePenalties(config=self.course.config)
            rule.init_plugin()
            rule.plugin_inst.rule = self.rules.of(assignment)
            penalty = rule.plugin_inst.late_submission_penalty(student, notebook.score, submission.total_seconds_late)
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), notebook.score)

    def _better(self, row: Any, result: Result, content: str) -> Result | None:
        """The result of an earlier attempt that was better, where the best one counts. ``row``: what was recorded."""
        is_another = bool(row and content) and row.content not in (None, content)
        if not self.rules.of(result.assignment).best or not is_another:
            return None
        before = _result(row)
        if before.points is None or (result.points is not None and result.points >= before.points):
            return None
        return replace_fields(before, reason="an earlier attempt counts, since it was better")

    def _note(
        self,
        session: Session,
        fingerprint: str,
        graded: Graded,
        result: Result,
        content: str,
        kept: str | None,
    ) -> None:
        """Write the submission's row of our own table. ``kept``: scores as JSON that stay in place of new ones."""
        mine = (grading.c.assignment == result.assignment, grading.c.student == result.student)
        session.execute(delete(grading).where(*mine))
        row = vars(result) | {"fingerprint": fingerprint, "finished": time.time(), "version": graded.version}
        row["content"] = content
        new = json.dumps([score.to_json() for score in graded.scores])
        session.execute(insert(grading).values(scores=kept or new, **row))

    def _write_file(self, assignment: str, student: str, notebook: str) -> None:
        """The graded notebook, where nbgrader's formgrader and feedback look for it."""
        directory = self.course.coursedir.autograded_directory
        folder = Path(self.course.coursedir.format_path(directory, student, assignment))
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / f"{assignment}.ipynb", notebook.encode())


def replace(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that a reader finds the old file or the new one. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def when_handed_in(handed_in: bytes) -> tuple[datetime | None, str]:
    """The date in the content of a timestamp.txt, as nbgrader reads it; and what is wrong with it, if something is."""
    text = handed_in.decode("utf-8", "replace").strip()
    if not text:
        return None, ""
    try:
        return parse_utc(text), ""
    except Exception as error:  # anything may stand in it
        return None, f"its timestamp.txt cannot be read ({type(error).__name__})"
