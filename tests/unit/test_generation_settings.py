"""The settings of notebook 05 without a browser: they are moved, and what is shown is compared with the library."""

import ast
import copy
import logging
import warnings

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from genlab.library_messages import heard
from genlab.models import load_model, probe_model
from genlab.widgets import GenerationSettings
from genlab.widgets.generation_settings import PRESETS, SETTINGS, UNSET
from genlab.widgets.prepared_call import merge, with_repository
from genlab.widgets.repositories import REPOSITORIES
from tests.support.course import SOLUTIONS, read
from tests.support.widget_tools import HTML, LONG, Seen, bundle, quick, shown_html, size, texts

MOST_BYTES = 14_000  # of a picture: one is sent for every move of a slider
PROMPT = "One day, Tom and his mom went to the"


@pytest.fixture(scope="module")
def storyteller():
    """Tokenizer and model. Nothing changes them, so all tests may share them."""
    return load_model("storyteller")


@pytest.fixture(scope="module")
def shared(storyteller):
    """A box for tests that set everything that they look at."""
    return GenerationSettings(*storyteller, PROMPT)


@pytest.fixture
def box(shared):
    shared.prompt.text.value = PROMPT
    shared.repository.index = 0
    shared.set(**PRESETS["usual call"])
    return shared


def calls(box):
    """Any arguments that the sliders can give."""
    values = {name: [ast.literal_eval(v) for v in slider.options[1:]] for name, slider in box.sliders.items()}
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in values.items()})


def values(box):
    return {setting.name: (setting.value, setting.origin) for setting in box.prepared.settings}


def run(storyteller, box):
    """The first step of the real call, on a model that really has the repository's configuration, and what is said."""
    tokenizer, model = storyteller
    own = copy.deepcopy(model)
    own.generation_config = copy.deepcopy(box._models[box.repository.value].generation_config)
    inputs = tokenizer(box.prompt.text.value, return_tensors="pt")
    first = {"output_scores": True, "return_dict_in_generate": True}
    with heard() as messages, torch.random.fork_rng(devices=[]):
        try:
            result = own.generate(**inputs, **first, **box.call)
        except (ValueError, RuntimeError) as error:
            result = error
    return result, [message.text for message in messages]


# What is shown is what the library does


@pytest.mark.parametrize("repository", range(1 + len(REPOSITORIES)))
@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_shows_what_generate_does(box, storyteller, preset, repository):
    box.repository.index = repository
    box.presets[preset].click()
    assert box.call == PRESETS[preset]
    assert list(map(type, box.call.values())) == list(map(type, (PRESETS[preset][name] for name in box.call)))
    output, _ = run(storyteller, box)
    if isinstance(output, Exception):
        assert box.step is None
        assert [m.text for m in box.prepared.messages if m.is_error] == [str(output)]
        return
    final = output.scores[0][0].softmax(-1)
    bars = box.step.bars
    assert bars.survivors == int((final > 0).sum())
    assert np.allclose(bars.final[:-1], final[box.step.shown], atol=1e-6)
    new = output.sequences.shape[1] - box._ids.shape[1]
    assert len(output.scores) == new <= box.prepared.given.max_length - box._ids.shape[1]


@quick
@given(data=st.data())
def test_any_call_shows_what_generate_does(shared, storyteller, data):
    shared.prompt.text.value = PROMPT
    shared.repository.value = data.draw(st.sampled_from(shared.repository.options))
    call = data.draw(calls(shared))
    for length in call.keys() & {"max_new_tokens", "max_length"}:  # many tokens take long, and show nothing more
        call[length] = min(call[length], 20)
    shared.set(**call)
    output, said = run(storyteller, shared)
    if isinstance(output, Exception):
        assert shared.step is None
        assert shared.prepared.messages[-1].text == str(output)
        return
    assert {message.text for message in shared.prepared.messages} == set(said)
    assert len(output.scores) <= shared.prepared.given.max_length - shared._ids.shape[1]
    final = output.scores[0][0].softmax(-1)
    assert shared.step.bars.survivors == int((final > 0).sum())
    assert np.allclose(shared.step.bars.final[:-1], final[shared.step.shown], atol=1e-5)
    if shared.step.taken is not None:
        assert output.sequences[0, shared._ids.shape[1]] == shared.step.shown[shared.step.taken]


@quick
@given(data=st.data())
def test_values_and_origins_are_those_of_the_librarys_own_merge(shared, data):
    name = data.draw(st.sampled_from(shared.repository.options))
    model, call = shared._models[name], data.draw(calls(shared))
    if call.get("max_new_tokens") == 0:  # refused before it is merged
        del call["max_new_tokens"]
    with heard():
        merged, _ = model._prepare_generation_config(None, **call)
    for setting in merge(model, call):
        assert setting.value == getattr(merged, setting.name), setting
        expected = "C" if setting.name in call else "R" if setting.name in REPOSITORIES.get(name, {}) else "D"
        assert setting.origin == expected


def test_the_processors_are_those_of_the_library_in_its_order(box, storyteller):
    box.set(do_sample=True, temperature=0.7, top_k=10, top_p=0.9, min_p=0.05, repetition_penalty=1.2)
    names = [type(processor).__name__ for processor in box.prepared.given.processors]
    model = storyteller[1]
    config, _ = model._prepare_generation_config(None, **box.call)
    model._prepare_special_tokens(config, True, device=model.device, batch_size=1)
    expected = model._get_logits_processor(config, input_ids_seq_length=box._ids.shape[1], device="cpu")
    assert names == [type(processor).__name__ for processor in expected]
    assert names[0].startswith("RepetitionPenalty")
    words = box.summary()
    assert all(name in words for name in names)
    assert "TopKLogitsWarper(top_k=10), 10 left" in words


def test_the_hidden_top_k_and_the_repositorys_sampling(box):
    box.presets["hidden top_k"].click()
    assert values(box)["top_k"] == (50, "D")
    assert box.step.bars.survivors == 50
    for off in ("0", "None"):
        box.sliders["top_k"].value = off
        assert box.step.bars.survivors == 2048
        assert values(box)["top_k"] == (box.call["top_k"], "C")
    box.set(max_new_tokens=20)
    assert box.step.taken is not None  # greedy
    box.repository.value = "Qwen3-like"
    assert values(box)["do_sample"] == (True, "R")
    assert box.step.taken is None
    assert "drawn from" in box.summary()
    box.repository.value = "old, with max_length"
    assert box.prepared.given.max_length == 30
    assert any("max_new_tokens" in message.text for message in box.prepared.messages)
    box.set()
    assert box.prepared.given.max_length == 50


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ({"max_new_tokens": 20, "do_sample": True, "temperature": 0}, "ValueError"),
        ({"max_new_tokens": 20, "do_sample": True, "temperature": 2}, "ValueError"),
        ({"max_new_tokens": 20, "do_sample": True, "top_k": -1}, "ValueError"),
        ({"max_new_tokens": 20, "do_sample": True, "top_p": -0.1}, "ValueError"),
        ({"max_length": 5}, "ValueError"),
        ({"max_new_tokens": 0}, "ValueError"),
        ({"max_new_tokens": 20, "max_length": 50}, "logged"),
        ({"temperature": 0.7, "max_new_tokens": 20}, "logged"),
        ({}, "UserWarning"),
    ],
)
def test_what_the_library_says_is_said_each_time(box, call, kind):
    for _ in range(2):
        box.set(max_new_tokens=20)
        assert box.prepared.messages == []
        box.set(**call)
        assert [message.kind for message in box.prepared.messages] == [kind]
        text = box.prepared.messages[0].text
        assert text in box.summary()
        assert text in Seen(box.said.value).text


def test_beams_read_log_probabilities(box, storyteller):
    """A penalty multiplies what is negative: it does something else to log probabilities than to logits."""
    box.set(num_beams=3, repetition_penalty=1.5, max_new_tokens=2)
    output, _ = run(storyteller, box)
    assert np.allclose(box.step.bars.final[:-1], output.scores[0][0].softmax(-1)[box.step.shown], atol=1e-6)
    assert "beams begin with" in box.summary()
    assert box.step.taken is None


# Moving it


@pytest.mark.parametrize("name", SETTINGS)
def test_each_slider_changes_the_picture_and_the_words(box, name):
    slider = box.sliders[name]
    slider.value = UNSET
    first = bundle(box)
    assert name not in box.call
    slider.value = next(value for value in slider.options[:0:-1] if value not in (first["text/plain"], "2"))
    last = bundle(box)
    assert name in box.call
    assert first["image/png"] != last["image/png"]
    assert first["text/plain"] != last["text/plain"]
    assert repr(box.call[name]) in Seen(box.origins[name].value).text


@quick
@given(text=texts, data=st.data())
def test_no_prompt_and_no_position_breaks_it(shared, text, data):
    before = size(shared.image.value)
    shared.prompt.text.value = text
    shared.repository.value = data.draw(st.sampled_from(shared.repository.options))
    shared.set(**data.draw(calls(shared)))
    assert size(shared.image.value) == before
    assert size(shared.picture())[0] == before[0]
    assert len(shared.image.value) < MOST_BYTES
    assert shared.summary().startswith("Repository: ")
    assert "could not be read" not in shared.prompt.remark.value


def test_a_value_without_a_control_is_refused_and_changes_nothing(box):
    before = bundle(box)
    for call in ({"temperature": 0.123}, {"tempreature": 1.0}, {"top_k": 50.0}):
        with pytest.raises(ValueError, match="no control for"):
            box.set(**call)
    assert bundle(box)["text/plain"] == before["text/plain"]


def test_a_call_of_ones_own_is_where_it_begins(storyteller):
    box = GenerationSettings(*storyteller, PROMPT, do_sample=True, temperature=0.123)
    assert box.call == {"do_sample": True, "temperature": 0.123}


# What it leaves as it was


def test_a_move_runs_no_model_and_draws_nothing(storyteller):
    tokenizer, model = storyteller
    calls = []
    hook = model.register_forward_hook(lambda *_: calls.append(1))
    try:
        box = GenerationSettings(tokenizer, model, PROMPT)
        assert len(calls) == 1
        state = torch.random.get_rng_state()
        for preset in box.presets.values():
            preset.click()
        box.repository.index = 1
        box.sliders["num_beams"].value = "4"
        assert len(calls) == 1
        assert torch.equal(torch.random.get_rng_state(), state)
        box.prompt.text.value = "Once"
        assert len(calls) == 2
    finally:
        hook.remove()


def test_model_loggers_and_warnings_stay_as_they_were(storyteller, capfd):
    tokenizer, model = storyteller
    library = logging.getLogger("transformers")

    def state():
        return (
            model.generation_config.to_json_string(use_diff=False),
            sorted(vars(model)),
            model.training,
            list(library.handlers),
            library.level,
            library.propagate,
            list(warnings.filters),
            logging.Logger.warning_once,
            transformers.utils.logging.warning_once.cache_info(),
        )

    before = state()
    box = GenerationSettings(tokenizer, model, LONG)
    for index in range(len(box.repository.options)):
        box.repository.index = index
        for preset in box.presets.values():
            preset.click()
        bundle(box)
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_a_repository_is_put_on_without_a_copy_of_the_weights():
    model = probe_model()
    before = model.generation_config
    other = with_repository(model, {"max_length": 50})
    assert model.generation_config is before
    assert other.generation_config.max_length == 50
    assert other.generation_config.eos_token_id == before.eos_token_id
    assert next(other.parameters()) is next(model.parameters())
    assert with_repository(model, None).generation_config is not before


def test_the_same_cell_again_shows_the_same(storyteller):
    first, second = (bundle(GenerationSettings(*storyteller, PROMPT)) for _ in range(2))
    assert first["image/png"] == second["image/png"]
    assert first["text/plain"] == second["text/plain"]


def test_typed_markup_is_shown_not_obeyed(storyteller):
    seen = Seen(shown_html(GenerationSettings(*storyteller, HTML)))
    assert seen.tags <= {"div", "span", "b", "br"}


def test_logits_that_are_no_numbers_are_refused_in_words(storyteller, box):
    before = box.picture()
    head = storyteller[1].lm_head
    hook = head.register_forward_hook(lambda module, inputs, output: output * float("nan"))
    try:
        box.prompt.text.value = "Twice"
        assert "not numbers" in box.prompt.remark.value
        assert box.picture() == before
        box.prompt.text.value = PROMPT
    finally:
        hook.remove()


def test_origins_have_a_letter_and_a_color(box):
    box.repository.value = "Qwen3-like"
    box.set(do_sample=True)
    letters = {"do_sample": "C", "top_k": "R", "min_p": "D"}
    colors = set()
    for name, letter in letters.items():
        markup = box.origins[name].value
        assert f">{letter}</span>" in markup
        colors.add(markup.split("background: ")[1][:7])
    assert len(colors) == 3


def test_the_limit_that_does_not_count_is_marked(box):
    box.repository.value = "old, with max_length"
    for call, marked in (({"max_new_tokens": 20}, True), ({}, False)):
        box.set(**call)
        assert ("unused" in box.origins["max_length"].value) == ("(R, unused)" in box.summary()) == marked
        assert "unused" not in box.origins["max_new_tokens"].value


def test_the_notebook_shows_the_same_repositories():
    """Beside their ids of special tokens, which the widget takes from its model."""
    source = next(cell.source for path in SOLUTIONS for cell in read(path).cells if cell.id == "repositories")
    assigned = next(node for node in ast.parse(source).body if isinstance(node, ast.Assign))
    shown = ast.literal_eval(assigned.value)
    assert {
        name: {key: value for key, value in settings.items() if not key.endswith("_token_id")}
        for name, settings in shown.items()
    } == REPOSITORIES
