"""The sliders of notebook 03 without a browser: they are moved, and what they show is looked at."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genlab.models import STORYTELLER, load_model
from genlab.widgets import SamplingSliders
from genlab.widgets.sampling_steps import LIBRARY_ORDER, apply_steps
from tests.support.widget_tools import Watched, bundle, quick, size, texts

ALL_OFF = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
MOST_BYTES = 14_000  # of a picture: one is sent for every move of a slider


@pytest.fixture(scope="module")
def storyteller():
    """Tokenizer and model. Nothing changes them, so all tests may share them."""
    return load_model("storyteller")


def move(box, **values):
    for name, value in values.items():
        box.sliders[name].value = value


@pytest.fixture
def sliders(storyteller):
    """The sliders with every step off, in the library's order."""
    return SamplingSliders(*storyteller, "Once upon a time, there was a", **ALL_OFF)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("temperature", 0.05, 3.0), ("top_k", 1, 2048), ("top_p", 0.0, 1.0), ("min_p", 0.0, 1.0)]
)
def test_each_slider_changes_the_picture_and_the_words(sliders, name, low, high):
    move(sliders, **{name: low})
    first = bundle(sliders)
    move(sliders, **{name: high})
    last = bundle(sliders)
    assert first["image/png"] != last["image/png"]
    assert first["text/plain"] != last["text/plain"]


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
def test_the_bars_show_what_generate_samples_from(sliders, storyteller, values):
    tokenizer, model = storyteller
    move(sliders, **values)
    ids = tokenizer(sliders.prompt.text.value, return_tensors="pt")
    with torch.random.fork_rng(devices=[]):
        output = model.generate(
            **ids,
            do_sample=True,
            max_new_tokens=1,
            pad_token_id=2047,
            output_scores=True,
            return_dict_in_generate=True,
            **sliders.settings,
        )
    final = output.scores[0][0].softmax(-1)
    bars = sliders.state.bars
    assert bars.survivors == int((final > 0).sum())
    expected = final.sort().values.flip(0)[: len(bars.final) - 1]
    assert np.allclose(bars.final[:-1], expected, atol=1e-5)
    assert np.array_equal(bars.is_cut[:-1], expected == 0)
    assert bars.final.sum() == pytest.approx(1, abs=1e-4)


def test_the_order_of_the_steps_decides_who_survives(sliders):
    logits = torch.tensor([[0.0, 1.0, 2.0, 3.0]])
    values = {"temperature": 2.0, "top_k": 0, "top_p": 0.8, "min_p": 0.0}
    counts = {}
    for order in itertools.permutations(LIBRARY_ORDER):
        _, survivors = apply_steps(logits, {name: values[name] for name in order})
        counts[order] = survivors[-1]
    assert counts[LIBRARY_ORDER] == 3
    assert counts[("top_p", "temperature", "top_k", "min_p")] == 2
    move(sliders, temperature=2.0, top_p=0.8, top_k=100)
    usual = sliders.state.bars.survivors
    before = sliders.picture()
    sliders.earlier["top_p"].click()
    sliders.earlier["top_p"].click()
    assert sliders.order == ("top_p", "temperature", "top_k", "min_p")
    assert [row.children[0].description for row in sliders.steps.children] == list(sliders.order)
    assert sliders.earlier["top_p"].disabled
    assert sliders.state.bars.survivors < usual
    assert f"In the library's order {usual:,} survive: this order keeps" in sliders.summary()
    assert sliders.picture() != before
    sliders.library_order.click()
    assert sliders.picture() == before
    with pytest.raises(ValueError, match="name each of"):
        sliders.reorder(["top_k"] * 4)


def test_cut_tokens_stay_visible_and_are_said(sliders):
    move(sliders, top_k=2)
    words = sliders.summary()
    assert words.count("-> cut") == 3
    assert "2 of 2,048 tokens survive" in words
    bars = sliders.state.bars
    assert bars.is_cut[:3].tolist() == [False, False, True]
    assert bars.base[2] > 0  # and so has a bar, see test_pictures


def test_one_token_is_one_token(sliders):
    move(sliders, top_k=1)
    sliders.sample.value = True
    assert ": 1 different token;" in sliders.summary()


def test_the_sliders_begin_with_the_top_k_that_a_call_really_has(storyteller):
    assert SamplingSliders(*storyteller).settings == {"temperature": 0.7, "top_k": 50, "top_p": 0.9, "min_p": 0.0}


def test_a_hundred_draws_are_seeded_and_never_take_what_was_cut(sliders):
    move(sliders, top_k=3, temperature=2.0)
    plain = sliders.picture()
    sliders.sample.value = True
    first = sliders.picture()
    assert first != plain
    shares = sliders.state.draws.shares
    assert shares.sum() == pytest.approx(1)
    assert not shares[3:].any()
    assert sliders.state.draws.sentence in sliders.summary()
    sliders.seed.value = 1
    assert sliders.picture() != first
    sliders.seed.value = 0
    assert sliders.picture() == first


@quick
@given(text=texts, values=settings_of_sliders, order=st.permutations(LIBRARY_ORDER), sample=st.booleans())
def test_no_position_of_the_sliders_breaks_them(sliders, text, values, order, sample):
    before = size(sliders.picture())
    sliders.prompt.text.value = text
    sliders.reorder(order)
    sliders.sample.value = sample
    move(sliders, **values)
    assert size(sliders.picture()) == before
    assert len(sliders.picture()) < MOST_BYTES
    assert 1 <= sliders.state.bars.survivors <= 2048
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
    assert box.model.name_or_path == str(other)
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
    watched = Watched(model)
    box = SamplingSliders(tokenizer, watched)
    before = box.picture()
    watched.logits = torch.full((1, 1, 2048), float("nan"))
    box.prompt.text.value = "Twice"
    assert "not numbers" in box.prompt.remark.value
    assert box.picture() == before


def test_a_move_runs_no_model(storyteller):
    tokenizer, model = storyteller
    watched = Watched(model)
    box = SamplingSliders(tokenizer, watched)
    calls = watched.calls
    move(box, temperature=2.0, top_p=0.5)
    box.sample.value = True
    box.earlier["top_p"].click()
    assert watched.calls == calls
