"""What pictures are made of: how tokens are written, the colors of a chart, its bars, the numbers beside them."""

import itertools
import string
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from genlab.models import load_model
from genlab.plots import forward
from genlab.plots.labels import BYTES, Pieces, drawable, label, readable, spelled, visible, wrap
from genlab.plots.sampling import entropy
from genlab.plots.style import CHOSEN, CUT, KEPT, figure, log_scale, png
from genlab.widgets.bars import Bars
from genlab.widgets.base import percent
from genlab.widgets.before_after import BeforeAfter
from genlab.widgets.lettering import write
from genlab.widgets.palette import INKS, STRENGTHS, Palette
from genlab.widgets.reading import top
from tests.support.widget_tools import amount, pixels, quick, size, texts

BLUISH_GREEN, REDDISH_PURPLE = "#009E73", "#CC79A7"


@pytest.fixture(scope="module")
def tokenizer():
    return load_model("storyteller")[0]


# How a token is written


def test_every_byte_has_a_character():
    assert sorted(BYTES.values()) == list(range(256))


def test_the_bytes_of_the_tokens_are_the_bytes_of_the_text(tokenizer):
    pieces = Pieces(tokenizer)
    for text in ("naïve 🙂\n日本", "tokens <|endoftext|> end"):
        assert b"".join(pieces.bytes(i) for i in tokenizer(text)["input_ids"]) == text.encode()
    assert pieces.label(10**6) == "(id 1000000)"


@pytest.mark.parametrize(
    ("piece", "written"), [("Ġtime", "␣time"), ("Ċ", "↵"), ("Ã", "C3"), ("Ã©", "é"), ("$5", "$5"), ("日", "日")]
)
def test_a_piece_of_the_vocabulary_is_written_as_text(piece, written):
    assert label(piece) == written


def test_ids_and_pieces_are_written_alike(tokenizer):
    pieces = Pieces(tokenizer)
    ordinary = [i for i in range(len(tokenizer)) if i not in pieces.special]
    assert [pieces.label(i) for i in ordinary] == [label(piece) for piece in tokenizer.convert_ids_to_tokens(ordinary)]


def test_what_cannot_be_seen_is_marked_and_what_cannot_be_drawn_is_coded():
    assert readable("a b\n\tc\u200b") == "a␣b↵→cU+200B"
    assert readable("日 ж") == "日␣ж"
    assert visible("日 ж") == "U+65E5␣ж"
    assert visible("a\nb c", space=" ") == "a↵b c"
    assert spelled("é".encode()[:1]) == "C3"


@quick
@given(text=texts)
def test_what_is_visible_is_one_printable_line(text):
    assert visible(text).isprintable()
    assert drawable(visible(text)) == visible(text)


@given(widths=st.lists(st.integers(1, 30)), columns=st.integers(5, 40), gap=st.integers(0, 3))
def test_lines_hold_everything_in_order_and_nothing_beyond_their_end(widths, columns, gap):
    lines = wrap(widths, columns, gap)
    assert [index for line in lines for index, _ in line] == list(range(len(widths)))
    for line in lines:
        for (index, x), (_, following) in itertools.pairwise(line):
            assert following == x + widths[index] + gap
        if len(line) > 1:
            index, x = line[-1]
            assert x + widths[index] <= columns


def test_a_dollar_is_no_mathematics_but_the_labels_of_a_logarithm_are():
    with figure() as (fig, axes):
        title = axes.set_title("$a$ or $b$")
        log_scale(axes.xaxis)
        axes.set_xlim(1, 1000)
        assert png(fig)
    assert not title.get_parse_math()
    labels = axes.get_xticklabels(which="both")
    assert any("$" in text.get_text() for text in labels)
    assert all(text.get_parse_math() for text in labels)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.1234, "12.3 %"), (0.00123, "0.12 %"), (0.00999, "1.0 %"), (1e-9, "<0.01 %")],
)
def test_percent(value, words):
    assert percent(value) == words


def test_entropy_is_in_bits():
    assert entropy(torch.full((8,), 1 / 8)) == pytest.approx(3)
    assert entropy(torch.tensor([0.0, 1.0, 0.0])) == 0


def test_top_is_what_a_full_sort_gives():
    values = np.random.default_rng(0).integers(0, 9, 200) / 9
    expected = sorted(range(200), key=lambda i: (-values[i], i))
    found = top(values, 50).tolist()
    assert values[found].tolist() == values[expected[:50]].tolist()
    assert len(set(found)) == 50
    assert top(values, 1000).tolist() == expected


# The colors of a chart


@pytest.mark.parametrize("inks", [INKS, (CUT, KEPT, REDDISH_PURPLE), (CUT, BLUISH_GREEN, CHOSEN), (CHOSEN, KEPT, CUT)])
def test_every_ink_in_every_strength_comes_back_from_the_png(inks):
    palette = Palette(inks)
    opaque = np.array([[*(round(255 * part) for part in to_rgb(ink)), 255] for ink in inks])
    drawn = opaque.repeat(STRENGTHS, axis=0)
    drawn[:, 3] = [round(255 * strength / STRENGTHS) for _ in inks for strength in range(1, STRENGTHS + 1)]
    drawn = np.vstack([np.zeros((1, 4), int), drawn])[None].astype(np.uint8)
    assert pixels(palette.png(palette.indices(drawn))).tolist() == drawn.tolist()


def test_inks_that_look_alike_are_refused():
    with pytest.raises(ValueError, match="too alike"):
        Palette((CUT, KEPT, "#0372B4"))


def test_another_color_for_what_is_chosen_is_drawn_as_well():
    program = f"""
import sys
import numpy as np
from genlab.plots import style
style.CHOSEN = {REDDISH_PURPLE!r}
from genlab.widgets.bars import Bars
sys.stdout.buffer.write(Bars(1, {{"kept": "kept"}}).draw([""], np.array([0.5]), [""], kinds="chosen"))
"""
    picture = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    ours = Bars(1, {"kept": "kept"}).draw([""], np.array([0.5]), [""], kinds="chosen")
    assert amount(picture, REDDISH_PURPLE) == amount(ours, CHOSEN) > 1000
    assert amount(picture, CHOSEN) == 0
    assert amount(picture, KEPT) == amount(ours, KEPT)


# Its bars


@pytest.fixture(scope="module")
def bars():
    return Bars(3, {"cut": "cut"})  # a legend without blue: all blue is bars


def test_a_bar_is_as_long_as_its_value_is_large(bars):
    none, quarter, whole = (amount(bars.draw([""], np.array([value]), [""]), KEPT) for value in (0.0, 0.25, 1.0))
    assert none == 0
    assert quarter / whole == pytest.approx(0.25, abs=0.01)  # and grid lines do not shine through


def test_the_background_is_transparent(bars):
    assert pixels(bars.blank())[..., 3].mean() < 20


def test_a_cut_bar_is_hatched_not_only_gray(bars):
    opacity = pixels(bars.draw([""], np.array([0.9]), [""], kinds="cut"))[..., 3]
    changed = np.argwhere(opacity != pixels(bars.blank())[..., 3])
    (top_row, left), (bottom_row, right) = changed.min(0), changed.max(0)
    inside = opacity[top_row + 2 : bottom_row - 1, left + 2 : right - 1]  # without its outline
    assert inside.min() == 0
    assert inside.max() > 200


def test_a_cut_token_keeps_its_bar_from_before_and_has_none_after(bars):
    before, after = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4, 0.0])
    drawn = BeforeAfter.of(before, after, np.arange(3))
    assert drawn.is_cut.tolist() == [False, False, True]
    assert drawn.base[2] == 0.2
    picture = drawn.draw(bars, ["a", "b", "c"])
    without = BeforeAfter.of(np.array([0.5, 0.3, 0.0]), after, np.arange(3)).draw(bars, ["a", "b", "c"])
    assert picture != without
    assert amount(picture, KEPT) == amount(without, KEPT)


class Asked:
    """Bars that keep what they were asked to draw."""

    def draw(self, labels, values, notes, **style):
        self.notes, self.style = notes, style
        return b""


def test_what_was_cut_is_asked_for_as_cut():
    asked = Asked()
    drawn = BeforeAfter.of(np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4, 0.0]), np.arange(3))
    drawn.draw(asked, ["a", "b", "c"], chosen=1, marks=np.array([0.5, 0.5, 0.0]))
    assert list(asked.style["base_kinds"]) == ["base", "base", "cut"]
    assert list(asked.style["kinds"]) == ["kept", "chosen", "kept"]
    assert asked.notes == ["60.0 %", "40.0 %", "cut"]
    assert np.isnan(asked.style["marks"]).tolist() == [False, False, True]


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="3 labels for 2 rows"):
        Bars(2, {"kept": ""}).draw("abc", np.ones(3), "abc")


@pytest.mark.parametrize("character", string.printable)
def test_every_plain_character_can_be_written(bars, character):
    value = np.array([0.5])
    picture = bars.draw([f"{character}1"], value, [f"{character}2"], title=f"{character}3")
    assert size(picture) == size(bars.blank())
    if not character.isspace():
        assert picture != bars.draw(["1"], value, ["2"], title="3")


def test_labels_of_any_length_stay_inside_the_picture(bars):
    picture = bars.draw(["w" * 300, ""], np.array([1.0, 0.0]), ["n" * 300, ""], title="t" * 3000)
    assert size(picture) == size(bars.blank())


def test_what_is_too_long_ends_in_dots_and_stays_in_its_room():
    def written(text):
        picture = np.zeros((20, 200), np.uint8)
        write(picture, text, 10, 14, room=100)
        return picture.tolist()

    long = written("w" * 300)
    assert long in [written("w" * n + "…") for n in range(1, 9)]  # nine fit
    assert not np.array(long)[:, 110:].any()


# The pictures of 02_forward_step say in words what they show


def test_the_costs_of_answers_name_sum_and_mean(capsys):
    """The shortest sum is marked, the lowest mean named, and the words hold both for each answer."""
    forward.answer_costs(
        [" milk.", " a glass."],
        [[" milk", "."], [" a", " gl", "ass", "."]],
        [torch.tensor([6.0, 2.0]), torch.tensor([4.0, 4.0, 0.5, 0.5])],
    )
    said = capsys.readouterr().out
    assert "' milk.' 8.0 bits, 4.00 a token" in said and "' a glass.' 9.0 bits, 2.25 a token" in said


def test_sorted_scores_count_the_marked_tokens(monkeypatch):
    shown = []
    monkeypatch.setattr(forward, "show", lambda fig, alt, summary: shown.append((alt, summary)))
    logits = torch.tensor([[1.0, 5.0, -3.0, -3.0], [2.0, 0.0, -4.0, -4.0]])
    marked = torch.tensor([False, False, True, True])
    for which, words in ((None, ""), (marked, " 2 tokens are marked: never seen.")):
        forward.sorted_scores(["one", "two"], logits, ["b", "a"], which, "never seen")
        alt, summary = shown[-1]
        assert alt == f"2 falling curves: the logits of all 4 tokens, sorted, for each prompt.{words}"
        assert summary == "Highest logit after 'one': 'b' at 5.0; 'two': 'a' at 2.0"


def test_the_grid_of_scores_says_which_word_comes(capsys):
    forward.score_grid(["the", "cat"], ["the", "the"], torch.tensor([[-1.0, 2.0], [-1.0, 2.0]]))
    assert "'cat' has the most" in capsys.readouterr().out
