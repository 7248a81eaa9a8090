"""``notebooks/README.md``: what is in each notebook, what the terms mean and where they come up, how to hand in."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.grading.cells import is_test, marks

GLOSSARY = Path(__file__).with_name("glossary.toml")
HEAD = """\
# Contents

This page is made from the notebooks. Begin with the first; each says what it builds on.

## How to hand in

Save the notebook, choose **Kernel > Restart Kernel and Run All Cells**, look at the first error, press **Validate**,
and hand in the `.ipynb` file under the name that it has. Notebook 1 says more.

`from genlab import progress; progress()` in any cell shows which exercises have passed in this copy of the course.
"""


def contents(released: Sequence[Path]) -> str:
    """The page for the ``released`` notebooks, with the terms that they use."""
    notebooks = {path: nbformat.read(path, as_version=4) for path in released}
    parts = [HEAD]
    for path, notebook in notebooks.items():
        parts.append(_of(path, notebook))
    parts.append(_terms(notebooks))
    return "\n".join(parts)


def _of(path: Path, notebook: NotebookNode) -> str:
    """The part about one notebook: its title, time, sections and exercises."""
    title = notebook.cells[0].source
    name, goals, time = (
        _first(pattern, title) for pattern in (r"# (.*)", r"\*\*Goals\*\* \| (.*) \|", r"\*\*Time\*\* \| (.*) \|")
    )
    points = {
        marks(cell)["grade_id"].removeprefix("test_"): marks(cell)["points"] for cell in notebook.cells if is_test(cell)
    }
    lines = [
        f"## [{name}]({path.parent.name}/{path.name})",
        "",
        f"{goals.rstrip('.')}. *{time[:1].upper()}{time[1:]}.*",
        "",
    ]
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for line in cell.source.splitlines():
            if section := re.match(r"## (\d+\.\d+ .*)", line):
                lines.append(f"- {section[1]}")
            elif exercise := re.match(r"### (Exercise .*)", line):
                dots = _first(r"Difficulty ([●○]+)", cell.source)
                grade_id = _first(r"`(\w+)`", line)
                worth = points.get(grade_id, points.get(re.sub(r"(?<!^)(?=[A-Z])", "_", grade_id).lower()))
                lines.append(f"  - {exercise[1]} {dots}{f' ({worth:g} points)' if worth else ''}")
    return "\n".join(lines) + "\n"


def _terms(notebooks: dict[Path, NotebookNode]) -> str:
    """The table of terms, each with the first section that uses it."""
    rows = ["## Terms", "", "| term | means | section |", "|---|---|---|"]
    for term, entry in sorted(
        tomllib.loads(GLOSSARY.read_text(encoding="utf-8")).items(), key=lambda item: item[0].lower()
    ):
        if section := introduced(entry.get("said", [term]), notebooks.values()):
            rows.append(f"| {term} | {entry['means']} | {section} |")
    return "\n".join(rows) + "\n"


def introduced(said: Sequence[str], notebooks: Iterable[NotebookNode]) -> str:
    """The section that introduces one of these words: prints one alone in bold, or has it in its title, or uses it.

    Empty where no notebook does.
    """
    notebooks = list(notebooks)
    word = r"(?<![\w-])(?:" + "|".join(map(re.escape, said)) + r")s?(?![\w-])"
    for pattern in (rf"\*\*{word}\*\*", rf"^## \d+\.\d+ .*{word}", word):
        for notebook in notebooks:
            section = ""
            for cell in notebook.cells[1:]:  # behind the title, which names much
                if cell.cell_type == "markdown":
                    section = _first(r"## (\d+\.\d+)", cell.source) or section
                    if section and re.search(pattern, cell.source, re.I | re.M):
                        return section
    return ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
