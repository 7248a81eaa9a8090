"""A feedback page: what became of each exercise, what is wrong first, and why.

The page is one file without a script, and nothing in it is loaded from elsewhere: a browser is told to refuse that.
What stands in it of a student's is escaped or cleaned. The notebook's text and demonstrations are not repeated.
"""

import ast
import functools
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from markupsafe import Markup as Safe
from nbconvert.filters.ansi import strip_ansi
from nbformat.notebooknode import NotebookNode

from autograder.grading.cells import exercise_of, is_solution, is_test, marks
from autograder.grading.gradebook import EARLIER
from autograder.returning.markup import CLEANER, Markup
from autograder.returning.standing import Item, Standing, State, shown
from genlab import __version__
from genlab.judging.differences import RAISED, UNWRITTEN
from genlab.judging.verdict import NOT_TOLD

TEMPLATES = Path(__file__).parent / "templates"
CODE = re.compile(r"`([^`\n]+)`|\*\*([^*\n]+)\*\*|\*([^*\n]+)\*")
NEEDED = re.compile(r"(\w+) is not written yet$")
LONGEST = 20_000  # characters of one cell, or of one output, that are shown


@dataclass(frozen=True)
class Shown:
    """One probe that failed. ``facts``: what is known of it, by label. ``same``: its error has been told already."""

    name: str
    facts: tuple[tuple[str, str], ...]
    same: bool = False


@dataclass(frozen=True)
class RuleShown:
    """A rule of an exercise. ``first``: the failed probe that is told in full, ``more``: the other failed ones."""

    text: str
    weight: float
    holds: bool
    first: Shown | None = None
    more: tuple[Shown, ...] = ()

    @property
    def same(self) -> bool:
        """Whether all that happened is an error that has been told already."""
        return self.first is not None and all(probe.same for probe in (self.first, *self.more))


@dataclass(frozen=True)
class Section:
    """One exercise or free text.

    ``kind``: "wrong", "waiting", "right" or "text". ``line``: in one line, what became of it. ``why``: where the points
    come from. ``causes``: the hints of known mistakes, and whether they explain all. ``because``: earlier exercises
    that are wrong and that this one calls.
    """

    item: Item
    name: str
    kind: str
    line: str
    why: str = ""
    causes: tuple[tuple[str, bool], ...] = ()
    because: tuple[str, ...] = ()
    rules: tuple[RuleShown, ...] = ()
    remarks: tuple[str, ...] = ()
    report: str = ""
    code: str = ""
    answer: str = ""

    @property
    def fell(self) -> bool:
        """Whether all that is known to be wrong is what it calls."""
        return bool(self.because) and not any(certain for _, certain in self.causes)

    @property
    def points(self) -> str:
        """The points in words."""
        return "waiting" if self.item.points is None else f"{shown(self.item.points)} / {shown(self.item.maximum)}"


def page(notebook: NotebookNode, standing: Standing, name: str = "", made_from: str = "") -> str:
    """The page of a graded ``notebook``. ``name``: the student's. ``made_from``: see ``digest``."""
    sections = _sections(notebook, standing)
    graded = [section.item for section in sections if section.item.points is not None]
    waiting = [section.item for section in sections if section.item.points is None]
    return _template("feedback.html.j2").render(
        standing=standing,
        name=name or standing.student,
        title=_title(notebook) or standing.assignment,
        sections=sections,
        wrong=[section for section in sections if section.kind == "wrong"],
        texts=[section for section in sections if section.kind in ("waiting", "text")],
        right=[section for section in sections if section.kind == "right"],
        stopped=_stopped(notebook),
        newest=told(standing) if standing.state == State.FAILED else "",
        late=str(timedelta(seconds=round(standing.late_by))) if standing.late_by > 0 else "",
        total=standing.points,
        graded=sum(item.maximum for item in graded),
        waiting=sum(item.maximum for item in waiting),
        made_from=made_from,
        version=__version__,
    )


def no_page(standing: Standing, name: str = "", made_from: str = "") -> str:
    """The page of a submission that could not be graded: why, and what to do."""
    return _template("no_feedback.html.j2").render(
        standing=standing,
        reason=told(standing),
        name=name or standing.student,
        made_from=made_from,
        version=__version__,
    )


def told(standing: Standing) -> str:
    """The reason without what is said to an instructor."""
    return standing.reason.removesuffix(EARLIER).removesuffix("; ask for it again")


def digest(graded: bytes, standing: Standing, name: str) -> str:
    """A hash of all that a page is made from; the page holds it, so that it need not be made again."""
    parts = [graded, repr(standing).encode("utf-8", "replace"), name.encode("utf-8", "replace"), _code()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def is_made_from(path: Path, made_from: str) -> bool:
    """Whether the page at ``path`` was made from what has this ``digest``."""
    try:
        with path.open("rb") as file:
            return f'content="{made_from}"'.encode() in file.read(1000)
    except OSError:
        return False


@functools.cache
def _code() -> bytes:
    return b"".join(path.read_bytes() for path in [Path(__file__), *sorted(TEMPLATES.glob("*.j2"))])


@functools.cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"points": shown, "inline": inline, "name": _breakable}
    return environment.get_template(name)


def inline(text: str) -> Safe:
    """A sentence of the course's with its `code`, **strong** and *stressed* words."""

    def made(match: re.Match[str]) -> str:
        code, strong, stressed = match.groups()
        tag, inner = ("code", code) if code else ("strong", strong) if strong else ("em", stressed)
        return f"<{tag}>{inner}</{tag}>"

    return Safe(CODE.sub(made, html.escape(text)))


def _breakable(name: str) -> Safe:
    """A name that may be broken after its underscores."""
    return Safe(html.escape(name).replace("_", "_<wbr>"))


def _title(notebook: NotebookNode) -> str:
    """The heading of the notebook, if its first cell is the instructor's and has one."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not marks(first).get("locked"):
        return ""
    found = re.match(r"#\s+(.+)", first.source)
    return found[1].strip() if found else ""


def _sections(notebook: NotebookNode, standing: Standing) -> list[Section]:
    """All that was graded, in the notebook's order."""
    items = {item.grade_id: item for item in standing.items}
    answers = {marks(cell)["grade_id"]: cell for cell in notebook.cells if is_solution(cell)}
    functions: dict[str, str] = {}  # whose exercises are wrong: the exercise of each
    sections = []
    for cell in notebook.cells:
        item = items.get(marks(cell).get("grade_id", "")) if marks(cell).get("grade") else None
        if item is None:
            continue
        if is_test(cell):
            section = _exercise(item, cell, answers, functions)
            if section.kind == "wrong":
                functions |= {name: section.name for name in _defined(section.code) | {section.name}}
        else:
            section = _text(item, cell)
        sections.append(section)
    return sections


def _exercise(item: Item, cell: NotebookNode, answers: Mapping[str, NotebookNode], wrong: dict[str, str]) -> Section:
    name = exercise_of(item.grade_id)
    code = answers[name].source if name in answers else ""
    score = item.score
    verdicts = list(score.verdicts) if score else []
    facts: dict[str, Any] = {"code": code[:LONGEST]}
    if item.points is None:
        kind, line = "waiting", "waits for a person"
    elif item.points >= item.maximum:
        kind, line = "right", "right"
    else:
        kind, line = "wrong", "not right yet"
    facts["remarks"] = tuple(dict.fromkeys(note for v in verdicts if v["passed"] for note in v.get("notes", ())))
    if score and score.problem:
        facts["line"] = line = "could not be checked" if kind == "wrong" else line
        facts["why"] = score.problem
    elif verdicts and not all(v["passed"] for v in verdicts):
        facts |= _judged(verdicts, item, code)
        line = facts.pop("line") if kind == "wrong" else line
    elif not verdicts and kind != "right":
        facts["report"] = _printed(cell)
    if item.by_hand:
        facts["why"] = "A person set these points."
    if kind == "wrong":
        facts["because"] = tuple(dict.fromkeys(wrong[called] for called in sorted(_called(code) & set(wrong))))
    facts["line"] = line
    return Section(item, name, kind, **facts)


def _judged(verdicts: list[dict[str, Any]], item: Item, code: str) -> dict[str, Any]:
    """What is said of an exercise whose probes did not all pass."""
    if all(v.get("reason") == UNWRITTEN for v in verdicts if not v["passed"]):
        needed = next((found[1] for v in verdicts if (found := NEEDED.search(v.get("got", "")))), "")
        if needed:
            return {"line": f"needs {needed}, which is not written yet", "why": "Go back to that exercise first."}
        if "NotImplementedError" in code:
            return {"line": "not written yet", "why": "The line that raises NotImplementedError still stands there."}
        return {"line": "needs what is not written yet", "why": "Something that it calls raises NotImplementedError."}
    questions = any(v.get("expected") == NOT_TOLD for v in verdicts)  # each has a hint of its own
    hints = [(v["hint"], v.get("certain", False)) for v in verdicts if v.get("hint") and not questions]
    causes = tuple(dict.fromkeys(hints))
    told: set[str] = set()
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for verdict in verdicts:
        by_rule.setdefault(verdict["rule"], []).append(verdict)
    rules = []
    for text, tests in by_rule.items():
        shortest = sorted((v for v in tests if not v["passed"]), key=_length)
        failed = [_shown(v, told, questions) for v in shortest]
        first = failed[0] if failed else None
        rules.append(RuleShown(text, tests[0]["weight"], not failed, first, tuple(failed[1:])))
    hold = [rule for rule in rules if rule.holds]
    refusing = all(v["refusal"] for rule in hold for v in by_rule[rule.text])
    line = f"{len(hold)} of {len(rules)} rules hold"
    if hold and refusing:
        why = "Rules that only refuse bad input count once another rule holds."
    else:
        part, whole = (sum(rule.weight for rule in some) for some in (hold, rules))
        why = f"Points are given for rules that hold: here for {part:g} of {whole:g} parts."
    return {"line": line, "why": why, "causes": causes, "rules": tuple(sorted(rules, key=lambda rule: rule.holds))}


def _length(verdict: dict[str, Any]) -> int:
    return len(verdict.get("expected", "")) + len(verdict.get("got", ""))


def _shown(verdict: dict[str, Any], told: set[str], questions: bool) -> Shown:
    got = verdict.get("got", "")
    same = verdict.get("reason") == RAISED and got in told
    told.add(got)
    if questions:
        facts = [("got", got), ("hint", verdict.get("hint", ""))]
    else:
        facts = [("why", verdict.get("reason", "")), ("expected", verdict.get("expected", "")), ("got", got)]
        facts.append(("where", verdict.get("line", "")))
    facts += [("note", note) for note in verdict.get("notes", ())]
    return Shown(verdict["probe"], tuple((label, text) for label, text in facts if text), same)


def _text(item: Item, cell: NotebookNode) -> Section:
    """A free text, or code that a person grades."""
    name = item.grade_id
    if item.points is None:
        kind, line = "waiting", "not graded yet: waits for a person"
    else:
        kind, line = "text", "graded by a person" if item.by_hand else "no answer was given"
    if cell.cell_type == "code":
        return Section(item, name, kind, line, code=cell.source[:LONGEST])
    return Section(item, name, kind, line, answer=Safe(_answer(cell)))


def _answer(cell: NotebookNode) -> str:
    """A student's text as HTML: cleaned, whoever graded. Ours holds cleaned HTML already, nbgrader's Markdown."""
    if cell.source.startswith("<div>") and "\n" not in cell.source:
        return CLEANER.clean(cell.source)
    return Markup().rendered(cell.source, cell.get("attachments"))


def _printed(cell: NotebookNode) -> str:
    """What a test cell wrote, where nothing else is known of it."""
    return "\n".join(_plain(output) for output in cell.get("outputs", []) if output.output_type in ("stream", "error"))


def _plain(output: NotebookNode) -> str:
    text = output.get("text") or "\n".join(output.get("traceback") or []) or output.get("evalue", "")
    return strip_ansi(text)[-LONGEST:].strip()


def _stopped(notebook: NotebookNode) -> list[tuple[str, str, str]]:
    """The cells that ended with an error, but tests: what each is, its code, the error."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
        if errors and not is_test(cell):
            what = f"the code of {marks(cell)['grade_id']}" if is_solution(cell) else f"cell {number}"
            found.append((what, cell.source[:LONGEST], "\n".join(map(_plain, errors))))
    return found


def _called(code: str) -> set[str]:
    """The names that code reads."""
    nodes = ast.walk(_parsed(code))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _defined(code: str) -> set[str]:
    """The functions and classes that code defines."""
    return {node.name for node in _parsed(code).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def _parsed(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # anything may stand there
        return ast.Module([], [])


def read(path: Path) -> tuple[bytes, NotebookNode]:
    """A graded notebook and the bytes that hold it."""
    content = path.read_bytes()
    return content, nbformat.reads(content.decode("utf-8"), as_version=4)
