"""What computes nothing of its own earns nothing: the library's loops, and what genlab has beside an exercise."""

import copy
import functools
import importlib
import inspect
import threading
from dataclasses import replace

import pytest
import torch
from transformers import GenerationMixin

import genlab.widgets.serving_costs
from genlab.checking import load
from genlab.judging import rebuilt
from genlab.judging.alone import NotAllowed, alone
from genlab.judging.runner import generated, outcomes_of
from genlab.judging.verdict import judge, score
from genlab.models import probe_model
from tests.support.course import ROOT

ASKED = {"output_scores": True, "return_dict_in_generate": True}
KEPT = GenerationMixin.generate, GenerationMixin._sample  # as a notebook's first cell could keep them
BESIDE = {
    "my_generate": ["genlab.judging.rebuilt", "genlab.parity", "genlab.parity_grid", "genlab.parity_causes"],
    "my_loop": ["genlab.judging.rebuilt"],
    "schedule": ["genlab.widgets.serving_costs", "genlab.plots.speed"],
}


@functools.cache
def visible(name):
    """The visible check: an answer that is refused here is refused at grading, by the same code."""
    record = load(name)
    return replace(record, probes=tuple(map(generated, record.probes)))


def earned(record, function) -> float:
    return score(judge(record, outcomes_of(function, record)), record.points)


def as_asked(out):
    return {"sequences": out.sequences, "scores": torch.stack(out.scores)}


def calls_generate(model, input_ids, attention_mask, **settings):
    return as_asked(model.generate(input_ids, attention_mask=attention_mask, **settings, **ASKED))


def calls_one_that_was_kept(model, input_ids, attention_mask, **settings):
    return as_asked(KEPT[0](model, input_ids, attention_mask=attention_mask, **settings, **ASKED))


def hands_the_loop_in(model, input_ids, attention_mask, **settings):
    loop = KEPT[1]
    return as_asked(KEPT[0](model, input_ids, attention_mask=attention_mask, custom_generate=loop, **settings, **ASKED))


def asks_a_copy(model, *others, **settings):
    again = type(model)(model.config)
    again.load_state_dict(model.state_dict())
    again.generation_config = copy.deepcopy(model.generation_config)
    return calls_generate(again.eval(), *others, **settings)


def in_a_thread(*args, **settings):
    came = []

    def ask():
        try:
            came.append(calls_generate(*args, **settings))
        except Exception as error:
            came.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    if isinstance(came[0], Exception):
        raise came[0]
    return came[0]


@pytest.mark.parametrize("function", [rebuilt.library, calls_generate])
def test_my_generate_is_not_the_library_s(function):
    assert earned(visible("my_generate"), function) == 0


@pytest.mark.parametrize("function", [calls_one_that_was_kept, hands_the_loop_in, asks_a_copy, in_a_thread])
def test_the_library_is_found_behind_other_names(function):
    made = visible("my_generate")
    outcomes = outcomes_of(function, replace(made, probes=made.probes[:6]))
    assert [outcome.error and outcome.error.types[0] for outcome in outcomes] == ["NotAllowed"] * 6


def own_sample(model, *args, **kwargs):
    return model._sample(*args, **kwargs)


def another_generate(model, input_ids, logits_processor, stopping_criteria, generation_config, **model_kwargs):
    return model.generate(input_ids, generation_config=generation_config, attention_mask=model_kwargs["attention_mask"])


@pytest.mark.parametrize("loop", [own_sample, KEPT[1], another_generate, rebuilt._library_loop])
def test_my_loop_is_not_the_library_s(loop):
    assert earned(visible("my_loop"), loop) == 0


@pytest.mark.parametrize("name, module", [(name, module) for name, modules in BESIDE.items() for module in modules])
def test_no_function_beside_the_exercises_is_an_answer(name, module):
    module = importlib.import_module(module)
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == module.__name__]
    assert functions
    assert [function.__name__ for function in functions if earned(visible(name), function) > 0] == []


def test_the_widget_of_notebook_6_holds_no_schedule():
    """What it recorded is an answer for its own nine requests, and for no others."""
    plans = genlab.widgets.serving_costs.PLANS

    def recorded(lengths, slots, continuous):
        begins = list(plans[slots][continuous])
        return begins, max(map(sum, zip(begins, genlab.widgets.serving_costs.REQUESTS, strict=True)))

    assert earned(visible("schedule"), recorded) == 0


def test_a_loop_of_one_s_own_is_let_through_and_the_model_is_as_before():
    model, ids = probe_model(), torch.tensor([[1, 2, 3]])
    assert alone(lambda: model(ids).logits.shape) == (1, 3, 31)
    with pytest.raises(NotAllowed, match="the loop is yours"):
        alone(lambda: model.generate(ids, max_new_tokens=2))
    assert model.generate(ids, max_new_tokens=2, eos_token_id=None).shape == (1, 5)


def test_what_runs_it_may_be_the_library():
    model, ids = probe_model(), torch.tensor([[1, 2, 3]])
    seen = []

    def loop(model, input_ids, **_):
        seen.append(alone(lambda: model(input_ids).logits.shape))
        return input_ids

    model.generate(ids, custom_generate=loop, max_new_tokens=2)
    assert seen == [(1, 3, 31)]


def test_no_search_through_genlab_finds_the_five_mistakes():
    """Of this exercise a student gets one file, which is sealed: neither question nor answer stands in it."""
    files = [path for path in (ROOT / "genlab").rglob("*") if path.suffix in (".py", ".json", ".md")]
    holding = [path.name for path in files if "five_mistakes" in path.name + path.read_text(encoding="utf-8")]
    assert holding == ["five_mistakes.json"]
    sealed = (ROOT / "genlab" / "judging" / "data" / "five_mistakes.json").read_text(encoding="utf-8")
    assert not any(word in sealed for word in ("symptom", "expected", "top_k", "mistakes"))
    assert [probe.expected.value for probe in load("five_mistakes").probes] != [], "the check itself can read it"
