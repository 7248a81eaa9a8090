"""The live widgets of notebooks 03 and 04 without a browser: their controls are moved, what they show is looked at."""

import io
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from genlab.models import STORYTELLER, load_model
from genlab.plots.base import KEPT
from genlab.widgets import GenerationPlayer, SamplingSliders
from genlab.widgets.reading import Pieces
from genlab.widgets.sampling_sliders import LIBRARY_ORDER, apply_steps
from tests.widget_tools import HTML, LONG, Seen, bundle, quick, size, texts


@pytest.fixture(scope="module")
def storyteller():
    return load_model("storyteller")


# Sampling sliders


@pytest.fixture(scope="module")
def sliders(storyteller):
    return SamplingSliders(*storyteller, "Once upon a time, there was a")


def move(box, **values):
    for name, value in values.items():
        box.sliders[name].value = value


@pytest.fixture
def untouched(sliders):
    """The sliders with every step off, in the library's order."""
    sliders.prompt.text.value = "Once upon a time, there was a"
    sliders.reorder(LIBRARY_ORDER)
    sliders.sample.value, sliders.seed.value = False, 0
    move(sliders, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
    return sliders


@pytest.mark.parametrize(
    ("name", "low", "high"), [("temperature", 0.05, 3.0), ("top_k", 1, 2048), ("top_p", 0.0, 1.0), ("min_p", 0.0, 1.0)]
)
def test_each_slider_changes_the_picture_and_the_words(untouched, name, low, high):
    move(untouched, **{name: low})
    first = bundle(untouched)
    move(untouched, **{name: high})
    last = bundle(untouched)
    assert first["image/png"] != last["image/png"]
    assert first["text/plain"] != last["text/plain"]
    assert untouched.picture() == bytes(untouched.image.value)


settings_of_sliders = st.fixed_dictionaries(
    {
        "temperature": st.integers(1, 60).map(lambda i: 0.05 * i),
        "top_k": st.sampled_from([0, 1, 2, 5, 20, 50, 1000, 2048]),
        "top_p": st.integers(0, 100).map(lambda i: i / 100),
        "min_p": st.integers(0, 100).map(lambda i: i / 100),
    }
)


@quick
@given(values=settings_of_sliders)
def test_the_bars_show_what_generate_samples_from(untouched, storyteller, values):
    tokenizer, model = storyteller
    untouched.reorder(LIBRARY_ORDER)
    move(untouched, **values)
    ids = tokenizer(untouched.prompt.text.value, return_tensors="pt")
    with torch.random.fork_rng(devices=[]):
        output = model.generate(
            **ids,
            do_sample=True,
            max_new_tokens=1,
            pad_token_id=2047,
            output_scores=True,
            return_dict_in_generate=True,
            **untouched.settings,
        )
    final = output.scores[0][0].softmax(-1)
    state = untouched._state
    assert state.survivors == int((final > 0).sum())
    expected = final.sort().values.flip(0)[: len(state.final) - 1]
    assert np.allclose(state.final[:-1], expected, atol=1e-5)
    assert np.array_equal(state.is_cut[:-1], expected == 0)
    assert state.final.sum() == pytest.approx(1, abs=1e-4)


def test_the_order_of_the_steps_decides_who_survives(untouched):
    logits = torch.tensor([[0.0, 1.0, 2.0, 3.0]])
    values = {"temperature": 2.0, "top_k": 0, "top_p": 0.8, "min_p": 0.0}
    counts = {order: apply_steps(logits, values, order)[1][-1] for order in itertools.permutations(LIBRARY_ORDER)}
    assert counts[LIBRARY_ORDER] == 3
    assert counts[("top_p", "temperature", "top_k", "min_p")] == 2
    move(untouched, temperature=2.0, top_p=0.8, top_k=100)
    usual = untouched._state.survivors
    before = untouched.picture()
    untouched.earlier["top_p"].click()
    untouched.earlier["top_p"].click()
    assert untouched.order == ("top_p", "temperature", "top_k", "min_p")
    assert [row.children[0].description for row in untouched.steps.children] == list(untouched.order)
    assert untouched.earlier["top_p"].disabled
    assert untouched._state.survivors < usual
    assert f"In the library's order {usual:,} survive: this order keeps" in untouched.summary()
    assert untouched.picture() != before
    untouched.library_order.click()
    assert untouched.picture() == before
    with pytest.raises(ValueError, match="name each of"):
        untouched.reorder(["top_k"] * 4)


def test_cut_tokens_stay_visible_and_are_said(untouched):
    move(untouched, top_k=2)
    words = untouched.summary()
    assert words.count("-> cut") == 3
    assert "2 of 2,048 tokens survive" in words
    pixels = np.asarray(Image.open(io.BytesIO(untouched.picture())).convert("RGBA"))
    third = pixels[46 + 2 * 24 + 2 : 46 + 2 * 24 + 12, 151:154]
    assert third[..., 3].any()  # its bar from before is there
    assert not (third == [*bytes.fromhex(KEPT[1:]), 255]).all(-1).any()  # and none for after


def test_a_hundred_draws_are_seeded_and_never_take_what_was_cut(untouched):
    move(untouched, top_k=3, temperature=2.0)
    plain = untouched.picture()
    untouched.sample.value = True
    first = untouched.picture()
    assert first != plain
    marks, words = untouched._draws(
        apply_steps(untouched._scores, untouched.settings, untouched.order)[0][0].softmax(-1)
    )
    assert marks.sum() == pytest.approx(1)
    assert not marks[3:].any()
    assert words in untouched.summary()
    untouched.seed.value = 1
    assert untouched.picture() != first
    untouched.seed.value = 0
    assert untouched.picture() == first


@quick
@given(text=texts, values=settings_of_sliders, order=st.permutations(LIBRARY_ORDER), sample=st.booleans())
def test_no_position_of_the_sliders_breaks_them(sliders, text, values, order, sample):
    sliders.prompt.text.value = text
    sliders.reorder(order)
    sliders.sample.value = sample
    move(sliders, **values)
    assert size(sliders.picture()) == (680, sliders._bars.height)
    assert len(sliders.picture()) < 14_000
    assert 1 <= sliders._state.survivors <= 2048
    assert "survive" in sliders.summary()


def test_another_model_can_be_picked_and_a_missing_one_is_said(storyteller, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for file in STORYTELLER.iterdir():
        (other / file.name).symlink_to(file)
    monkeypatch.setenv("GENLAB_MODEL", str(other))
    box = SamplingSliders(*storyteller)
    assert box.picker.options == ("storyteller", str(other))
    box.picker.value = str(other)
    assert box._model.name_or_path == str(other)
    (other / "config.json").unlink()
    (other / "model.safetensors").unlink()
    again = SamplingSliders(*storyteller)
    before = again.picture()
    again.picker.value = str(other)
    assert again.picker.value == "storyteller"
    assert "could not be loaded" in again.prompt.remark.value
    assert again.picture() == before


def test_logits_that_are_no_numbers_are_refused_in_words(storyteller):
    tokenizer, model = storyteller
    box = SamplingSliders(tokenizer, model)
    before = box.picture()
    broken = torch.full((1, 1, 2048), float("nan"))
    box._model = type("Broken", (), {"config": model.config, "device": "cpu", "__call__": lambda *_: Answer(broken)})()
    box.prompt.text.value = "Twice"
    assert "not numbers" in box.prompt.remark.value
    assert box.picture() == before


class Answer:
    def __init__(self, logits):
        self.logits = logits


# Generation player


@pytest.fixture(scope="module")
def player(storyteller):
    prompts = ["Once upon a time", "The end.", "Lily and Ben found a big red ball in the"]
    return GenerationPlayer(*storyteller, prompts, max_new_tokens=12, seed=3, temperature=1.5, top_p=0.8)


def test_the_player_shows_what_generate_did(player, storyteller):
    _, model = storyteller
    rows = [row.prompt for row in player.rows]
    width = max(map(len, rows))
    ids = torch.tensor([[2047] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        out = model.generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            top_k=0,
            temperature=1.5,
            top_p=0.8,
            max_new_tokens=12,
            pad_token_id=2047,
        )
    for row, sequence in zip(player.rows, out[:, width:].tolist(), strict=True):
        taken = [moment.token for moment in row.moments]
        assert taken == sequence[: len(taken)]
        assert set(sequence[len(taken) :]) <= {2047}
        for moment in row.moments:
            assert moment.shown[moment.chosen] == moment.token
            assert moment.bars.final[moment.chosen] > 0
            assert moment.bars.final.sum() == pytest.approx(1, abs=1e-4)
            assert moment.bars.survivors < 2048  # top_p cut something


def test_the_step_slider_and_the_buttons_move_through_the_run(player):
    player.rewind.click()
    first = bundle(player)
    assert player.step.value == 0
    player.back.click()
    assert player.step.value == 0
    player.forward.click()
    assert player.step.value == 1
    player.step.value = player.last
    last = bundle(player)
    assert last["image/png"] != first["image/png"]
    assert last["text/plain"] != first["text/plain"]
    player.forward.click()
    assert player.step.value == player.last


def test_each_row_says_why_it_stopped(storyteller):
    tokenizer, model = storyteller
    call = {"prompts": ["Once upon a time", "She was very"], "max_new_tokens": 8, "do_sample": False, "top_k": None}
    free = GenerationPlayer(tokenizer, model, **call)
    assert [row.reason for row in free.rows] == ["max_new_tokens=8 reached"] * 2
    first, second = ([moment.token for moment in row.moments] for row in free.rows)
    end = next(i for i in first if i not in second[: first.index(i) + 1])  # ends the first row, not yet the second
    stopped = first.index(end)

    ended = GenerationPlayer(tokenizer, model, eos_token_id=[end, 2047], **call)
    assert ended.rows[0].reason == f"end token {Pieces(tokenizer).label(end)}"
    assert [moment.token for moment in ended.rows[0].moments] == first[: stopped + 1]
    assert len(ended.rows[1].moments) > stopped + 1
    ended.step.value = stopped
    assert f"stops: {ended.rows[0].reason}" in ended.summary().splitlines()[1]
    assert "(running)" in ended.summary().splitlines()[2]
    ended.step.value = ended.last
    assert f"padded since step {stopped + 1}; stopped: {ended.rows[0].reason}" in ended.summary()
    assert "needs no distribution" in ended.summary()

    text = tokenizer.decode(first)
    stop = text[3:9]  # it may begin and end inside tokens
    strings = GenerationPlayer(tokenizer, model, stop_strings=stop, **call)
    assert strings.rows[0].reason == f"stop string {stop!r}"
    written = tokenizer.decode([moment.token for moment in strings.rows[0].moments])
    assert stop in written
    assert text.startswith(written)


def test_the_players_run_leaves_the_random_state_alone(player):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    player.generate.click()
    assert torch.equal(torch.rand(3), expected)


def test_another_seed_is_another_run(player):
    tokens = [[m.token for m in row.moments] for row in player.rows]
    player.seed.value = 4
    assert [[m.token for m in row.moments] for row in player.rows] == tokens  # only the button runs the model
    player.generate.click()
    assert [[m.token for m in row.moments] for row in player.rows] != tokens
    assert player.step.value == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompts": []}, "at least one prompt"),
        ({"num_beams": 2}, "beam search"),
        ({"max_new_tokens": 256}, "leaves no room"),
        ({"temperature": 0.0}, "temperature"),
        ({"tempreature": 1.0}, "tempreature"),
    ],
)
def test_runs_that_cannot_be_shown_are_refused(storyteller, change, words):
    with pytest.raises(ValueError, match=words):
        GenerationPlayer(*storyteller, **{"prompts": ["One day"], "max_new_tokens": 2} | change)


def test_empty_and_long_prompts_are_played(storyteller):
    player = GenerationPlayer(*storyteller, ["", LONG, HTML], max_new_tokens=3)
    assert [len(row.prompt) for row in player.rows][:2] == [1, 253]
    assert "1 of 3 prompts lost their beginning" in player.remark.value
    assert Seen(player.table.value).tags <= {"table", "tr", "th", "td", "b"}
    assert "<img" in Seen(player.table.value).text


@quick
@given(step=st.integers(0, 40), row=st.integers(0, 2), key=st.sampled_from(["rewind", "back", "forward"]))
def test_no_step_breaks_the_player(player, step, row, key):
    player.step.value = min(step, player.step.max)
    player.row.value = row
    getattr(player, key).click()
    assert size(player.picture()) == (680, player._bars.height)
    assert player.summary().startswith("Step ")
