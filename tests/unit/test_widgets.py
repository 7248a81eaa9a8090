"""Live widgets without a browser: their controls are moved as a browser would, and what they show is looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from genlab.models import load_model, merge_ranks
from genlab.plots.labels import Pieces
from genlab.widgets import (
    GenerationPlayer,
    GenerationSettings,
    PhoneKeyboard,
    PositionPicker,
    SamplingSliders,
    TokenExplorer,
)
from genlab.widgets.base import percent
from genlab.widgets.token_explorer import merge_steps
from tests.support.widget_tools import HTML, LONG, Seen, Watched, bundle, quick, shown_html, size, texts


@pytest.fixture(scope="module")
def storyteller():
    """Tokenizer and model. Nothing changes them, so all tests may share them."""
    return load_model("storyteller")


@pytest.fixture
def picker(storyteller):
    return PositionPicker(*storyteller, "Once upon a time there was a little girl")


@pytest.fixture
def keyboard(storyteller):
    return PhoneKeyboard(*storyteller, "Once upon a time")


@pytest.fixture
def explorer(storyteller):
    return TokenExplorer(storyteller[0], "Once upon a time there was an unbelievable tokenizer")


# Position picker


def test_the_slider_shows_the_distribution_at_its_position(picker, storyteller):
    tokenizer, model = storyteller
    pictures = []
    for position in (0, picker.position.max):
        picker.position.value = position
        data = bundle(picker)
        pictures.append(data["image/png"])
        logits = model(tokenizer(picker.prompt.text.value, return_tensors="pt")["input_ids"]).logits
        expected = logits[0, position].softmax(-1)
        rows = picker.rows()
        assert sum(p for _, p, _ in rows) == pytest.approx(1, abs=1e-5)
        assert rows[0][1] == pytest.approx(expected.max().item(), abs=1e-6)
        assert rows[0][0] == Pieces(tokenizer).label(int(expected.argmax()))
        assert rows[0][0] in data["text/plain"]
    assert pictures[0] != pictures[1]


def test_the_token_that_follows_is_marked_however_unlikely(picker, storyteller):
    picker.prompt.text.value = "Once upon a zebra spreadsheet"
    for position in range(len(picker.ids) - 1):
        picker.position.value = position
        follows = picker.ids[position + 1]
        chosen = [(label, p) for label, p, kind in picker.rows() if kind == "chosen"]
        assert chosen == [
            (Pieces(storyteller[0]).label(follows), pytest.approx(picker.probabilities[position, follows]))
        ]
    picker.position.value = picker.position.max
    assert "ends here" in picker.summary()


@quick
@given(text=texts, position=st.integers(0, 400))
def test_no_text_and_no_position_breaks_the_picker(picker, text, position):
    before = size(picker.picture())
    picker.prompt.text.value = text
    picker.prompt.button.click()
    picker.position.value = min(position, picker.position.max)
    assert size(picker.picture()) == before
    assert "\nMost likely" in picker.summary()
    assert "could not be read" not in picker.prompt.remark.value


def test_a_text_beyond_the_context_loses_its_beginning_and_that_is_said(picker, storyteller):
    text = f"Once upon a time. {LONG}The end of it all"
    picker.prompt.text.value = text
    assert picker.ids == storyteller[0](text)["input_ids"][-256:]
    assert "it reads the last 256" in picker.prompt.remark.value
    picker.prompt.text.value = ""
    assert picker.ids == [2047]
    assert picker.position.disabled
    assert "starts from &lt;|endoftext|&gt;" in picker.prompt.remark.value


def test_a_model_that_fails_leaves_a_message_not_a_traceback(storyteller):
    tokenizer, model = storyteller
    watched = Watched(model)
    picker = PositionPicker(tokenizer, watched, "Once")
    before = picker.picture()
    watched.fault = RuntimeError("out of <memory>")
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


def test_ways_not_taken_stay_and_can_be_taken_up_again(storyteller):
    tokenizer, model = storyteller
    watched = Watched(model)
    keyboard = PhoneKeyboard(tokenizer, watched, "Once upon a time")
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
    calls = watched.calls
    keyboard.branches.value = first
    assert keyboard.path == first
    assert keyboard.text(first) in keyboard.summary().splitlines()[0]
    keyboard.restart.click()
    assert keyboard.path == ()
    assert watched.calls == calls, "going back runs no model"
    assert len(keyboard.branches.options) == 2
    assert keyboard.suggestions[0].icon == "check"  # taken before


@quick
@given(text=texts, actions=st.lists(st.sampled_from([0, 1, 2, "rewind", "restart", "branch"]), max_size=6))
def test_no_prompt_and_no_tap_breaks_the_keyboard(storyteller, text, actions):
    keyboard = PhoneKeyboard(*storyteller, text)
    before = size(keyboard.picture())
    for action in actions:
        if isinstance(action, int):
            keyboard.suggestions[action].click()
        elif action == "branch":
            keyboard.branches.index = 0
        else:
            getattr(keyboard, action).click()
    assert size(keyboard.picture()) == before
    assert keyboard.summary().startswith("Text: ")
    assert any(way[: len(keyboard.path)] == keyboard.path for way in keyboard.ways())


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
    ranks = merge_ranks(tokenizer)
    for word in words:
        tokens = tokenizer.convert_ids_to_tokens(tokenizer(word)["input_ids"])
        assert merge_steps(tuple("".join(tokens)), ranks)[-1].symbols == tuple(tokens), word
    explorer.text.value = " ".join(words)
    tokens = tokenizer.convert_ids_to_tokens(explorer.ids)
    assert [token for word in explorer.words for token in word.tokens] == tokens
    for i, word in enumerate(explorer.words):
        explorer.word.value = i
        assert explorer.derivation.steps == merge_steps(tuple("".join(word.tokens)), ranks)
        assert explorer.derivation.steps[-1].symbols == word.tokens


def test_special_tokens_are_not_merged(explorer):
    explorer.text.value = "<|endoftext|>"
    assert "special tokens are not merged" in explorer.summary()
    assert explorer.merge.disabled


def test_what_cannot_be_derived_is_not_shown():
    words = Tokenizer(WordLevel({"Once": 0, "[UNK]": 1}, unk_token="[UNK]"))
    explorer = TokenExplorer(PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]"), "Once")
    assert explorer.ids == [0]
    assert "cannot be shown" in explorer.summary()
    assert explorer.merge.disabled


def test_the_explorer_begins_with_the_merges_of_the_word_that_it_names(storyteller):
    explorer = TokenExplorer(storyteller[0], "a cat, unbelievable")
    assert explorer.word.value == len(explorer.word.options) - 1  # the longest
    assert explorer.derivation.steps[-1].symbols == explorer.words[-1].tokens
    assert explorer.merge.value == explorer.merge.max == len(explorer.derivation.steps) - 1


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
    assert "␣un | b | el | ie | v | able" in last["text/plain"]


def test_each_token_is_shown_with_id_and_bytes(explorer):
    explorer.text.value = "Once é"
    seen = Seen(explorer.tokens.value).text
    assert "Once4094f 6e 63 65" in seen  # the token, 409, its bytes
    assert "C3127c3" in seen and "A9102a9" in seen  # the two halves of é
    assert [str(token_id) in seen for token_id in explorer.ids] == [True] * 4


@quick
@given(text=texts, word=st.integers(0, 60), merge=st.integers(0, 60))
def test_no_text_and_no_merge_breaks_the_explorer(explorer, text, word, merge):
    width, _ = size(explorer.picture())
    explorer.text.value = text
    if explorer.word.options:
        explorer.word.value = min(word, len(explorer.word.options) - 1)
    explorer.merge.value = min(merge, explorer.merge.max)
    assert size(explorer.picture())[0] == width
    tokens, merges = explorer.summary().splitlines()
    assert tokens.startswith(f"{len(explorer.ids):,} tokens: " if explorer.ids else "No text, no tokens.")
    assert merges.startswith(f"After {explorer.step} of ")


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


def controls(widget):
    """The parts of a box that a reader can move or look at."""
    for child in getattr(widget, "children", ()):
        yield from controls(child)
    if type(widget).__name__ not in ("HTML", "HBox", "VBox", "Prompt") and not hasattr(widget, "children"):
        yield widget


def test_every_control_has_a_name_and_a_description(storyteller):
    tokenizer, model = storyteller
    makers = (PositionPicker, PhoneKeyboard, SamplingSliders, GenerationPlayer, GenerationSettings)
    for box in (TokenExplorer(tokenizer), *(make(tokenizer, model) for make in makers)):
        for control in controls(box):
            if type(control).__name__ == "Image":  # the words below say what it shows
                assert control.tooltip is None, "ipywidgets 8.1 cannot draw a widget with a tooltip but no description"
                continue
            assert control.tooltip, control
            assert type(control).__name__ == "Play" or control.description, control


def test_no_slider_is_echoed(storyteller):
    tokenizer, model = storyteller
    boxes = (
        TokenExplorer(tokenizer),
        *(make(tokenizer, model) for make in (PositionPicker, SamplingSliders, GenerationPlayer, GenerationSettings)),
    )
    sliders = [control for box in boxes for control in controls(box) if "Slider" in type(control).__name__]
    assert len(sliders) == 16
    for slider in sliders:
        sent = "index" if "index" in slider.keys else "value"
        assert slider.trait_metadata(sent, "echo_update") is False
