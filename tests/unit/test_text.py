"""What holds for the text and outputs of every notebook: questions before answers, clean outputs, headings in order."""

import itertools
import re

import pytest

from tests.support.course import SOLUTIONS, names, read

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
def test_outputs_hold_nothing_of_the_machine_that_made_them(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            assert output.get("name") != "stderr", cell.id
            assert not PATHS.search(text), f"{cell.id}: {PATHS.search(text)[0]}"


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_every_picture_has_an_alternative_text(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                told = output.metadata.get("image/png", {}).get("alt", "") or str(data.get("text/html", ""))
                assert len(told) > 20, cell.id


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
