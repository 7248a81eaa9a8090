"""One answer as an example of each kind: its code alone, without comments, docstrings or anything that names anybody.

What stands in a graded notebook was written by students. It is read in a child process with limits, and is text here,
never run.
"""

import ast
import hashlib
import io
import json
import re
import tokenize
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from autograder.grading.contained import Contained, contained
from autograder.sandbox.limits import MB

LINES = 25
WIDTH = 110  # characters of a line
TRIES = 3  # answers that are looked at for one example
NOTEBOOK = 20 * MB  # a graded notebook has pictures in it
SOURCE = 50_000  # characters of a cell
SECONDS = 120.0
COMMENT = re.compile(r"(^|\s)#.*")


class Wanted(NamedTuple):
    """The answer of one student to one exercise."""

    assignment: str
    exercise: str
    student: str


def candidates(assignment: str, exercise: str, kind: str, students: Iterable[str]) -> list[Wanted]:
    """A few of ``students``, whose answers are of one ``kind``: always the same, and not the first of the alphabet."""

    def place(student: str) -> bytes:
        return hashlib.sha256(f"{exercise} {kind} {student}".encode("utf-8", "replace")).digest()

    return [Wanted(assignment, exercise, student) for student in sorted(students, key=place)[:TRIES]]


def read(wanted: Sequence[Wanted], path: Callable[[str, str], Path], names: Mapping[str, str]) -> dict[Wanted, str]:
    """The code of each answer that can be shown. ``path``: of a graded notebook, by assignment and student."""
    wanted = sorted(set(wanted), key=lambda one: (one.assignment, one.student, one.exercise))
    return {one: code for one, code in zip(wanted, _contained(wanted, path, names), strict=True) if code}


def _contained(wanted: Sequence[Wanted], path: Callable[[str, str], Path], names: Mapping[str, str]) -> list[str]:
    """What a child process reads. Where a notebook ends it, the others are read by other children."""
    if not wanted:
        return []
    try:
        return contained(lambda: _codes(wanted, path, names), SECONDS, {})
    except (Contained, RuntimeError):
        if len(wanted) == 1:
            return [""]
        half = len(wanted) // 2
        return _contained(wanted[:half], path, names) + _contained(wanted[half:], path, names)


def _codes(wanted: Sequence[Wanted], path: Callable[[str, str], Path], names: Mapping[str, str]) -> list[str]:
    """The code of each answer, or an empty text. Answers of one notebook stand beside each other."""
    warnings.simplefilter("ignore")  # of students' code, when it is parsed
    found: list[str] = []
    last, sources = None, {}
    for one in wanted:
        if (one.assignment, one.student) != last:
            last, sources = (one.assignment, one.student), _sources(path(one.assignment, one.student))
        try:
            code = shown(sources.get(one.exercise, ""))
        except Exception:  # whatever was written there
            code = ""
        found.append("" if names_somebody(code, one.student, names.get(one.student, "")) else code)
    return found


def _sources(path: Path) -> dict[str, str]:
    """The cells to be solved of a graded notebook, by grade_id. A notebook that cannot be read has none."""
    try:
        if path.is_symlink() or path.stat().st_size > NOTEBOOK:
            return {}
        sources = {}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            mark = cell["metadata"].get("nbgrader") or {}
            if cell["cell_type"] == "code" and mark.get("solution"):
                sources[mark["grade_id"]] = "".join(cell["source"])[:SOURCE]
        return sources
    except Exception:  # anything may stand in it
        return {}


def shown(source: str) -> str:
    """Code as it is shown: without words, without signs that change how it looks, not too long."""
    lines = [line.rstrip() for line in without_words(source)]
    lines = [line if len(line) <= WIDTH else line[:WIDTH] + " …" for line in lines if line]
    lines = [visible(line) for line in lines]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], f"… {len(lines) - LINES + 1} more lines"]
    return "\n".join(lines)


def visible(text: str) -> str:
    """``text`` with signs that do not print, or change the direction of what follows, as their number."""
    return "".join(
        f"\\u{ord(sign):04x}" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else sign
        for sign in text.expandtabs(4)
    )


def without_words(source: str) -> list[str]:
    """The lines of ``source`` without comments and docstrings, in which people write to each other."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    lines = source.split("\n")
    try:
        texts = [
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        ]
        comments = [
            token.start
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        ]
    except Exception:  # it is no Python
        return [COMMENT.sub("", line) for line in lines]
    for row, column in comments:
        lines[row - 1] = lines[row - 1][:column]
    for node in texts:
        last = node.end_lineno or node.lineno
        if lines[node.lineno - 1][: node.col_offset].strip() == "":
            lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
    return lines


def names_somebody(code: str, student: str, name: str) -> bool:
    """Whether a word of ``code`` is a student's own name or number."""
    words = {word.casefold() for word in (student, *name.split()) if len(word) > 2}
    return any(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", code.casefold()) for word in words)
