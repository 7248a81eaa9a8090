"""What holds for text, cells and outputs of every notebook: questions before answers, short cells, clean outputs,
headings in order, and nothing that is referred to and does not exist.
"""

import builtins
import itertools
import re

import pytest
import torch
import transformers

import genlab
from tests.support.course import ROOT, SOLUTIONS, names, read

IN_SIGHT = {  # what stands behind the run of a question, and is no answer to it
    "tokenization-sitting-one-end": "the widget answers",
    "player-then": "a second question; the widget answers",
    "stop-reason-card": "the exercise is the answer",
    "chat-double-bos-answer": "a pitfall, which the run shows",
    "clinic-once-answer": "a pitfall, which the run shows",
    "clinic-seeded-section": "the next patient",
    "clinic-two-limits-section": "the next patient",
    "clinic-second-prompt-section": "the next patient",
}
LONGEST = 25  # lines: what fits on a screen beside its output; a longer cell is run and not read
PATHS = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|Users|usr/local|opt)/\w")


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_no_answer_stands_in_sight_under_its_question(path):
    cells = read(path).cells[1:]  # behind the title
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown" and "**Predict, then run" in cell.source:
            behind = next((c for c in cells[place + 1 :] if c.cell_type == "markdown"), None)
            assert behind is not None, f"{cell.id}: nothing answers it"
            assert behind.source.startswith("<details><summary>") or behind.id in IN_SIGHT, f"{cell.id} -> {behind.id}"


def test_what_may_stand_in_sight_exists():
    present = {cell.id for path in SOLUTIONS for cell in read(path).cells}
    assert set(IN_SIGHT) <= present


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_no_given_cell_is_long(path):
    given = [
        c for c in read(path).cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("solution")
    ]
    lines = {cell.id: len(cell.source.splitlines()) for cell in given}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_sources_and_outputs_hold_nothing_of_the_machine_that_made_them(path):
    for cell in read(path).cells:
        outputs = cell.get("outputs", [])
        assert not [output for output in outputs if output.get("name") == "stderr"], cell.id
        data = [value for output in outputs for kind, value in output.get("data", {}).items() if "image/" not in kind]
        alts = [output.get("metadata", {}) for output in outputs]
        for text in map(str, (cell.source, *(output.get("text", "") for output in outputs), *data, *alts)):
            assert not PATHS.search(text), f"{cell.id}: {PATHS.search(text)[0]}"


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_every_picture_has_an_alternative_text(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for kind in (kind for kind in data if kind.startswith("image/")):
                told = output.metadata.get(kind, {}).get("alt", "") or str(data.get("text/html", ""))
                assert len(told) > 20, cell.id
        written = [cell.source, *(str(o.get("data", {}).get("text/html", "")) for o in cell.get("outputs", []))]
        for picture in re.findall(r"<img[^>]*>", "".join(written)):
            assert re.search(r"""alt=(["']).{20,}?\1""", picture), f"{cell.id}: {picture[:80]}"
        assert "![](" not in cell.source, cell.id


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_headings_are_in_order(path):
    markdown = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    headings = re.findall(r"^(#{1,6}) (.*)$", re.sub(r"```.*?```", "", markdown, flags=re.S), re.M)
    levels = [len(signs) for signs, _ in headings]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(level <= before + 1 for before, level in itertools.pairwise(levels))
    sections = [title.split()[0] for signs, title in headings if signs == "##" and re.match(r"\d+\.\d+ ", title)]
    number = path.stem[:2].lstrip("0")
    assert sections == [f"{number}.{place}" for place in range(1, len(sections) + 1)]


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_sittings_are_at_most_45_minutes_and_end_where_the_table_says(path):
    cells = read(path).cells
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| about (\d+) \|$", cells[0].source, re.M)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert all(int(minutes) <= 45 for _, minutes in rows)
    ends = [
        int(n)
        for cell in cells
        if cell.cell_type == "markdown"
        for n in re.findall(r"\*\*End of sitting (\d+)\.", cell.source)
    ]
    assert ends == list(range(1, len(rows)))


# What is referred to exists


@pytest.fixture(scope="module")
def course():
    """For each kind of thing that has a number, the numbers that there are; for each notebook what its code names."""
    numbered = {
        "section": r"^## (\d+\.\d+) ",
        "exercise": r"^### (?:Star e|E)xercise (\d+\.\d+)",
        "pitfall": r"\*\*Pitfall (\d+\.\d+)\*\*",
    }
    found = {kind: set() for kind in numbered}
    named = {}
    for path in SOLUTIONS:
        cells = read(path).cells
        for kind, pattern in numbered.items():
            found[kind] |= {n for c in cells if c.cell_type == "markdown" for n in re.findall(pattern, c.source, re.M)}
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        named[path.stem[:2].lstrip("0")] = set(re.findall(r"\b[A-Za-z_]\w*\b", code))
    return found, named


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_sections_exercises_pitfalls_and_notebooks_that_are_named_exist(path, course):
    found, named = course
    for cell in read(path).cells:
        for kind, known in found.items():
            for first, others in re.findall(
                rf"\b{kind}s? (\d+\.\d+)((?:(?:,| and| to| or) \d+\.\d+)*)", cell.source, re.I
            ):
                assert {first, *re.findall(r"\d+\.\d+", others)} <= known, f"{cell.id}: {kind} {first}{others}"
        for first, others in re.findall(r"\bnotebooks? (\d+)((?:(?:,| and| to| or) \d+)*)", cell.source, re.I):
            assert {first, *re.findall(r"\d+", others)} <= named.keys(), f"{cell.id}: notebook {first}{others}"


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_files_and_functions_that_are_named_exist(path, course):
    _, named = course
    for cell in (cell for cell in read(path).cells if cell.cell_type == "markdown"):
        for _, target in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", cell.source):
            if not re.match(r"https://|#", target):
                assert (path.parent / target).exists() or (ROOT / "notebooks" / path.stem / target).exists(), (
                    f"{cell.id}: {target}"
                )
        for name, number in re.findall(r"`(\w+)`[^.`\n]{0,30} of notebook (\d)", cell.source):
            assert name in named[number], f"{cell.id}: {name} of notebook {number}"
        for name in re.findall(r"(?<![\w.])`(\w+)\(", cell.source):
            known = {*dir(builtins), *genlab.__all__}.union(*named.values())
            assert name in known or hasattr(torch, name) or hasattr(transformers, name), f"{cell.id}: {name}()"
