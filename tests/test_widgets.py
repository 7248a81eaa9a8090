"""Live widgets without a browser: their controls are moved as a browser would, and what they show is looked at."""

import io
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from genlab.models import load_model
from genlab.plots.base import KEPT
from genlab.widgets import GenerationPlayer, PhoneKeyboard, PositionPicker, SamplingSliders, TokenExplorer
from genlab.widgets.bars import Bars, _indexed
from genlab.widgets.base import percent
from genlab.widgets.reading import BYTES, Pieces, top
from genlab.widgets.token_explorer import merge_steps
from tests.widget_tools import HTML, LONG, Seen, bundle, quick, shown_html, size, texts


@pytest.fixture(scope="module")
def storyteller():
    return load_model("storyteller")


@pytest.fixture(scope="module")
def picker(storyteller):
    return PositionPicker(*storyteller, "Once upon a time there was a little girl")


@pytest.fixture
def keyboard(storyteller):
    return PhoneKeyboard(*storyteller, "Once upon a time")


@pytest.fixture(scope="module")
def explorer(storyteller):
    return TokenExplorer(storyteller[0], "Once upon a time there was an unbelievable tokenizer")


# What a picture is made of


def test_every_colour_of_the_bars_survives_the_palette():
    pixels = np.array([[[0, 0, 0, 0], [0, 114, 178, 255], [213, 94, 0, 255], [119, 119, 119, 255], [0, 114, 178, 102]]])
    assert _indexed(pixels.astype(np.uint8)).tolist() == [[0, 10, 15, 5, 7]]


def test_a_bar_has_the_length_of_its_value_and_the_background_is_transparent():
    bars = Bars(3, {"kept": "kept", "cut": "cut"})
    image = Image.open(io.BytesIO(bars.draw(["a", "b", "c"], np.array([0.0, 0.25, 1.0]), ["", "", ""])))
    pixels = np.asarray(image.convert("RGBA"))
    assert pixels[0, 0, 3] == 0
    blue = (pixels == [*bytes.fromhex(KEPT[1:]), 255]).all(-1)
    lengths = [int(blue[46 + 20 * row + 10].sum()) for row in range(3)]
    assert lengths[0] == 0
    assert lengths[1] == pytest.approx(0.25 * 468, abs=4)  # grid lines under a bar do not shine through
    assert lengths[2] == pytest.approx(468, abs=6)


def test_a_cut_bar_is_hatched_not_only_grey():
    bars = Bars(1, {"cut": "cut"})
    image = Image.open(io.BytesIO(bars.draw([""], np.array([0.9]), [""], kinds="cut")))
    inside = np.asarray(image.convert("RGBA"))[50:60, 200:400, 3]
    assert inside.min() == 0
    assert inside.max() > 200


def test_too_many_rows_are_refused():
    with pytest.raises(ValueError, match="3 labels for 2 rows"):
        Bars(2, {"kept": ""}).draw("abc", np.ones(3), "abc")


def test_every_plain_character_can_be_written():
    bars = Bars(1, {"kept": "kept"})
    for character in string.printable:
        assert size(bars.draw([character * 3], np.array([0.5]), [f"1{character}2"], title=f"{character}{character}"))


def test_labels_of_any_length_stay_inside_the_picture():
    bars = Bars(2, {"kept": "kept"})
    assert size(bars.draw(["w" * 300, ""], np.array([1.0, 0.0]), ["n" * 300, ""], title="t" * 3000)) == (
        680,
        bars.height,
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.1234, "12.3 %"), (0.00123, "0.12 %"), (0.00999, "1.0 %"), (1e-9, "<0.01 %")],
)
def test_percent(value, words):
    assert percent(value) == words


def test_top_is_what_a_full_sort_gives():
    values = np.random.default_rng(0).integers(0, 9, 200) / 9
    expected = sorted(range(200), key=lambda i: (-values[i], i))
    found = top(values, 50).tolist()
    assert values[found].tolist() == values[expected[:50]].tolist()
    assert len(set(found)) == 50
    assert top(values, 1000).tolist() == expected


def test_the_bytes_of_the_tokens_are_the_bytes_of_the_text(storyteller):
    tokenizer, pieces = storyteller[0], Pieces(storyteller[0])
    assert sorted(BYTES.values()) == list(range(256))
    for text in ("naïve 🙂\n日本", "tokens <|endoftext|> end"):
        assert b"".join(pieces.bytes(i) for i in tokenizer(text)["input_ids"]) == text.encode()
    assert pieces.label(10**6) == "(id 1000000)"


# Position picker


def test_the_slider_shows_the_distribution_at_its_position(picker, storyteller):
    picker.prompt.text.value = "Once upon a time there was a little girl"
    pictures = []
    for position in (0, picker.position.max):
        picker.position.value = position
        data = bundle(picker)
        pictures.append(data["image/png"])
        logits = storyteller[1](storyteller[0](picker.prompt.text.value, return_tensors="pt")["input_ids"]).logits
        expected = logits[0, position].softmax(-1)
        rows = picker.rows()
        assert sum(p for _, p, _ in rows) == pytest.approx(1, abs=1e-5)
        assert rows[0][1] == pytest.approx(expected.max().item(), abs=1e-6)
        assert rows[0][0] == Pieces(storyteller[0]).label(int(expected.argmax()))
        assert rows[0][0] in data["text/plain"]
        assert picker.picture() == bytes(picker.image.value)
    assert pictures[0] != pictures[1]


def test_the_token_that_follows_is_marked_however_unlikely(picker):
    picker.prompt.text.value = "Once upon a zebra spreadsheet"
    for position in range(len(picker.ids) - 1):
        picker.position.value = position
        chosen = [(label, p) for label, p, kind in picker.rows() if kind == "chosen"]
        label = Pieces(picker._tokenizer).label(picker.ids[position + 1])
        assert chosen == [(label, pytest.approx(picker.probabilities[position, picker.ids[position + 1]]))]
    picker.position.value = picker.position.max
    assert "ends here" in picker.summary()


@quick
@given(text=texts, position=st.integers(0, 400))
def test_no_text_and_no_position_breaks_the_picker(picker, text, position):
    picker.prompt.text.value = text
    picker.prompt.button.click()
    picker.position.value = min(position, picker.position.max)
    assert size(picker.picture()) == (680, picker._bars.height)
    assert "\nMost likely" in picker.summary()
    assert "could not be read" not in picker.prompt.remark.value


def test_a_text_beyond_the_context_is_cut_and_that_is_said(picker):
    picker.prompt.text.value = LONG
    assert len(picker.ids) == 256
    assert "it reads the last 256" in picker.prompt.remark.value
    picker.prompt.text.value = ""
    assert picker.ids == [2047]
    assert picker.position.disabled
    assert "starts from &lt;|endoftext|&gt;" in picker.prompt.remark.value


def test_a_model_that_fails_leaves_a_message_not_a_traceback(storyteller):
    tokenizer, model = storyteller
    picker = PositionPicker(tokenizer, model, "Once")
    before = picker.picture()

    def fails(*args, **kwargs):
        raise RuntimeError("out of <memory>")

    picker._model = type("Broken", (), {"config": model.config, "device": model.device, "__call__": fails})()
    picker.prompt.text.value = "Twice"
    assert "RuntimeError: out of &lt;memory&gt;" in picker.prompt.remark.value
    assert picker.picture() == before


# Phone keyboard


def test_a_tap_appends_the_suggestion_and_the_words_follow_the_model(keyboard, storyteller):
    tokenizer, model = storyteller
    ids = tokenizer("Once upon a time", return_tensors="pt")["input_ids"]
    best = model(ids).logits[0, -1].softmax(-1).topk(3)
    start = bundle(keyboard)
    for button, token, chance in zip(keyboard.suggestions, best.indices.tolist(), best.values.tolist(), strict=True):
        assert button.description == f"{Pieces(tokenizer).label(token)}  {percent(chance)}"
    keyboard.suggestions[1].click()
    assert keyboard.path == (best.indices[1].item(),)
    after = bundle(keyboard)
    assert after["image/png"] != start["image/png"]
    assert after["text/plain"] != start["text/plain"]
    keyboard.rewind.click()
    assert bundle(keyboard)["image/png"] == start["image/png"]


def test_ways_not_taken_stay_and_can_be_taken_up_again(keyboard):
    for key in (0, 0, 0):
        keyboard.suggestions[key].click()
    first = keyboard.path
    keyboard.rewind.click()
    keyboard.rewind.click()
    assert keyboard.branches.value is None  # between branches
    keyboard.suggestions[2].click()
    second = keyboard.path
    assert [path for _, path in keyboard.branches.options] == [first, second]
    assert keyboard.branches.value == second
    calls = []
    keyboard._look = lambda ids: calls.append(ids)  # going back must not run the model
    keyboard.branches.value = first
    assert keyboard.path == first
    assert keyboard.text(first) in keyboard.summary().splitlines()[0]
    assert not calls
    keyboard.restart.click()
    assert keyboard.path == ()
    assert len(keyboard.branches.options) == 2
    assert keyboard.suggestions[0].icon == "check"  # taken before


@quick
@given(text=texts, actions=st.lists(st.sampled_from([0, 1, 2, "rewind", "restart", "branch"]), max_size=6))
def test_no_prompt_and_no_tap_breaks_the_keyboard(storyteller, text, actions):
    keyboard = PhoneKeyboard(*storyteller, text)
    for action in actions:
        if isinstance(action, int):
            keyboard.suggestions[action].click()
        elif action == "branch":
            keyboard.branches.index = 0
        else:
            getattr(keyboard, action).click()
    assert size(keyboard.picture()) == (680, keyboard._bars.height)
    assert keyboard.summary().startswith("Text: ")
    assert keyboard.path in keyboard._known


def test_the_keyboard_types_beyond_the_context(storyteller):
    keyboard = PhoneKeyboard(*storyteller, "There was a cat. " * 60)
    keyboard.suggestions[0].click()
    keyboard.suggestions[0].click()
    assert len(keyboard.path) == 2
    assert "it reads the last 256" in keyboard.prompt.remark.value


# Token explorer


def test_merges_end_in_the_tokens_of_the_tokenizer(storyteller, explorer):
    tokenizer = storyteller[0]
    words = [
        "Once",
        "upon",
        "unbelievable",
        "tokenization",
        "aaaaaaa",
        "naïve",
        "antidisestablishmentarianism",
        "日本語",
    ]
    for word in words:
        tokens = tokenizer.convert_ids_to_tokens(tokenizer(word)["input_ids"])
        assert merge_steps(list("".join(tokens)), explorer._ranks)[-1][0] == tokens, word
    explorer.text.value = " ".join(words)
    for i in range(len(explorer.word.options)):
        explorer.word.value = i
        tokens = explorer._words[i].tokens
        assert explorer._steps == merge_steps(list("".join(tokens)), explorer._ranks)
        assert explorer._steps[-1][0] == list(tokens)


def test_what_cannot_be_derived_is_not_shown(explorer):
    explorer.text.value = "<|endoftext|>"
    assert "special tokens are not merged" in explorer.summary()
    assert explorer.merge.disabled
    ranks, explorer._ranks = explorer._ranks, {}  # as with a tokenizer of another kind
    explorer.text.value = "Once"
    assert "cannot be shown" in explorer.summary()
    explorer._ranks = ranks


def test_the_explorer_begins_with_the_merges_of_the_word_that_it_names(storyteller):
    explorer = TokenExplorer(storyteller[0], "a cat, unbelievable")
    assert explorer.word.value == len(explorer.word.options) - 1  # the longest
    assert explorer._steps[-1][0] == list(explorer._words[-1].tokens)
    assert explorer.merge.value == explorer.merge.max == len(explorer._steps) - 1


def test_the_merge_slider_goes_from_bytes_to_tokens(explorer):
    explorer.text.value = "There was an unbelievable thing"
    explorer.word.value = 3
    explorer.merge.value = 0
    first, markup = bundle(explorer), explorer.merges.value
    assert "u | n | b | e | l" in first["text/plain"]
    explorer.merge.value = explorer.merge.max
    last = bundle(explorer)
    assert last["image/png"] != first["image/png"]
    assert explorer.merges.value != markup
    assert explorer._steps[-1][0] == list(explorer._words[3].tokens)


def test_each_token_is_shown_with_id_and_bytes(explorer):
    explorer.text.value = "Once é"
    for token_id in explorer.ids:
        assert f">{token_id}<br>{explorer._pieces.bytes(token_id).hex(' ')}<" in explorer.tokens.value.replace(
            "<small>", ">"
        )
    assert "c3" in explorer.tokens.value


@quick
@given(text=texts, word=st.integers(0, 60), merge=st.integers(0, 60))
def test_no_text_and_no_merge_breaks_the_explorer(explorer, text, word, merge):
    explorer.text.value = text
    if explorer.word.options:
        explorer.word.value = min(word, len(explorer.word.options) - 1)
    explorer.merge.value = min(merge, explorer.merge.max)
    assert size(explorer.picture())[0] == 770
    assert explorer.summary()


# All of them


def test_typed_markup_is_shown_not_obeyed(storyteller):
    tokenizer, model = storyteller
    picker = PositionPicker(tokenizer, model, HTML)
    picker.position.value = 0
    for widget in (TokenExplorer(tokenizer, HTML), picker, PhoneKeyboard(tokenizer, model, HTML)):
        seen = Seen(shown_html(widget))
        assert seen.tags <= {"div", "span", "b", "small", "br"}
        assert "<" in seen.text


def test_nothing_is_written_to_stderr(storyteller, capfd):
    tokenizer, model = storyteller
    for text in (LONG, "日本語 🙂 \u0e01 \u06dd", "$a$"):
        for widget in (TokenExplorer(tokenizer, text), PositionPicker(tokenizer, model, text)):
            bundle(widget)
    assert capfd.readouterr().err == ""


def test_every_control_has_a_name_and_a_description(storyteller):
    def controls(widget):
        for child in getattr(widget, "children", ()):
            yield from controls(child)
        if type(widget).__name__ not in ("HTML", "HBox", "VBox", "Prompt") and not hasattr(widget, "children"):
            yield widget

    tokenizer, model = storyteller
    makers = (PositionPicker, PhoneKeyboard, SamplingSliders, GenerationPlayer)
    for box in (TokenExplorer(tokenizer), *(make(tokenizer, model) for make in makers)):
        for control in controls(box):
            if type(control).__name__ == "Image":  # the words below say what it shows
                assert control.tooltip is None, "ipywidgets 8.1 cannot draw a widget with a tooltip but no description"
                continue
            assert control.tooltip, control
            assert type(control).__name__ == "Play" or control.description, control
