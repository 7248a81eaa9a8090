"""The picture of notebook 07: the tree of beginnings holds what a beam search looks at, with its probabilities."""

import math
import re

import pytest
from matplotlib.colors import to_hex

from autograder.exercises import exercise
from genlab.plots import capstone, style
from genlab.plots.style import CHOSEN, CUT, KEPT
from tests.support.course import ROOT, read
from tests.support.widget_tools import pixels

NOTEBOOK = ROOT / "solutions" / "07_capstone" / "07_capstone.ipynb"
LABEL = re.compile(r"^(\S+)  (\d\.\d{3})$")


def toys() -> dict[str, dict]:
    """Those of the notebook."""
    names: dict = {}
    for cell in read(NOTEBOOK).cells:
        if cell.id == "beam-toy":
            exec(cell.source, names)
        if cell.id == "beam-trap":
            exec(cell.source.partition("\nfor ")[0], names)
    return {name: names[name] for name in ("toy", "trap")}


TOYS = toys()


@pytest.fixture
def drawn(monkeypatch):
    """``drawn(toy, beams, depth)``: texts with (place, color, probability), lines with (ends, color, dashed), words."""

    def draw(toy, beams, depth):
        shown = []

        def show(fig, alt, summary):
            (ax,) = fig.axes
            texts = {t.get_text(): (t.get_position(), to_hex(t.get_color()).upper(), t.get_weight()) for t in ax.texts}
            lines = [
                (*line.get_xydata().tolist(), to_hex(line.get_color()).upper(), line.get_linestyle())
                for line in ax.lines
            ]
            shown.append((texts, lines, alt, summary))

        monkeypatch.setattr(capstone, "show", show)
        capstone.beam_tree(toy, beams, depth)
        return shown[0]

    return draw


def labels(texts):
    return {found[1]: (float(found[2]), *rest) for text, rest in texts.items() if (found := LABEL.match(text))}


def probability(toy, text):
    return math.prod(toy[text[:n]][text[n]] for n in range(len(text)))


@pytest.mark.parametrize("name, beams", [("toy", 1), ("toy", 2), ("toy", 5), ("trap", 1), ("trap", 2)])
def test_each_beginning_stands_there_with_its_probability(drawn, name, beams):
    toy = TOYS[name]
    texts, lines, _, _ = drawn(toy, beams, 3)
    found = labels(texts)
    assert len(found) == len(texts) - 1 == len(lines), "all but the start, each with a line to where it comes from"
    for text, (shown, (x, _), *_) in found.items():
        assert shown == pytest.approx(probability(toy, text), abs=5e-4) and x == len(text)
    assert len({place for _, place, *_ in found.values()}) == len(found), "none hides another"


@pytest.mark.parametrize("name, beams", [("toy", 1), ("toy", 2), ("trap", 1), ("trap", 2)])
def test_the_best_one_is_what_the_exercise_finds(drawn, name, beams):
    text, score = exercise("beam_search")._oracle(TOYS[name], beams, 3, 0.0)
    texts, _, alt, summary = drawn(TOYS[name], beams, 3)
    assert f"{beams} beams: {text!r} with {math.exp(score):.3f} is the best" in summary and summary in alt
    bold = {text for text, (_, _, color, weight) in labels(texts).items() if weight == "bold" and color == CHOSEN}
    assert bold == {text[: n + 1] for n in range(len(text))}


def test_what_is_cut_is_dashed_and_counted(drawn):
    texts, lines, alt, summary = drawn(TOYS["toy"], 2, 3)
    gray = [text for text, (_, _, color, _) in labels(texts).items() if color == CUT]
    dashed = [line for line in lines if line[-1] == "--"]
    assert len(gray) == len(dashed) == 9 and "9 beginnings were cut (dashed)" in summary
    assert {color for *_, color, style in lines if style == "-"} <= {CHOSEN, KEPT}
    assert alt.startswith("A tree of beginnings with their probabilities.")


def test_a_token_that_cannot_come_is_no_beginning(drawn):
    toy = {"": {"a": 1.0, "b": 0.0}, "a": {".": 1.0}}
    texts, *_ = drawn(toy, 2, 2)
    assert set(labels(texts)) == {"a", "a."}


def test_a_tree_that_ends_early_is_drawn_to_its_end(drawn):
    toy = {"": {".": 0.6, "a": 0.4}, "a": {".": 1.0}}
    texts, _, _, summary = drawn(toy, 2, 4)
    assert set(labels(texts)) == {".", "a", "a."} and "'.' with 0.600 is the best; 0 beginnings" in summary


def test_it_shows_one_picture_with_alt_text_and_the_same_one_again(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(style, "display", lambda data, raw, metadata: shown.append((data, metadata)))
    for _ in range(2):
        capstone.beam_tree(TOYS["toy"], beams=2, depth=3)
    (data, metadata), again = shown
    assert again == (data, metadata)
    words = capsys.readouterr().out.splitlines()
    assert len(words) == 2 and words[0] == words[1] and words[0] in metadata["image/png"]["alt"]
    assert pixels(data["image/png"])[0, 0, 3] == 0, "a transparent background"
