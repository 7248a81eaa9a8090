"""The error clinic hears what is silenced, and puts everything back (``genlab.judging.clinic``)."""

import contextlib
import io
import logging
import warnings
from unittest import mock

import pytest
import torch
import transformers

from genlab.judging.adapters import Adapter
from genlab.judging.runner import run
from genlab.judging.values import Resource

SPEAKER = logging.getLogger("transformers.generation.configuration_utils")


def call(model, ids, **settings):
    return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=3, **settings)


def noisy(model, ids):
    return call(model, ids, temperature=0.5)


def filtered(model, ids):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return noisy(model, ids)


def less_verbose(model, ids):
    transformers.logging.set_verbosity_error()
    return noisy(model, ids)


def disabled(model, ids):
    logging.disable(logging.ERROR)
    return noisy(model, ids)


def one_logger_off(model, ids):
    SPEAKER.disabled = True
    return noisy(model, ids)


def log_filtered(model, ids):
    SPEAKER.addFilter(lambda record: False)
    return noisy(model, ids)


def deaf(model, ids):
    logging.getLogger("transformers").handlers.clear()
    return noisy(model, ids)


def redirected(model, ids):
    with contextlib.redirect_stderr(io.StringIO()):
        return noisy(model, ids)


def another_logger(model, ids):
    with mock.patch.object(transformers.generation.configuration_utils, "logger"):
        return noisy(model, ids)


def another_method(model, ids):
    with mock.patch.object(logging.Logger, "warning_once"):
        return noisy(model, ids)


def a_method_over_one_logger(model, ids):
    SPEAKER.warning_once = lambda *args: None
    return noisy(model, ids)


def look(function, asked="manner"):
    args = {"patient": "x", "asked": asked, "model": Resource("patient_model", seed=1), "ids": torch.tensor([[1, 2]])}
    return run(lambda patient: ("cause", function), args, Adapter.CLINIC).value


@pytest.mark.parametrize(
    "function, hidden",
    [
        (noisy, []),
        (filtered, ["Python's warnings"]),
        (less_verbose, ["the library's log"]),
        (disabled, ["the library's log"]),
        (one_logger_off, ["the library's log"]),
        (log_filtered, ["the library's log"]),
        (deaf, ["the library's log"]),
        (redirected, ["the error stream"]),
        (another_logger, ["the library's log"]),
        (another_method, ["the library's log"]),
        (a_method_over_one_logger, ["the library's log"]),
    ],
)
def test_what_is_silenced_is_heard_and_put_back(function, hidden):
    library = logging.getLogger("transformers")
    before = library.level, library.handlers[:], SPEAKER.disabled, SPEAKER.filters[:], logging.root.manager.disable
    for _ in range(2):  # also what the library says only once
        seen = look(function)
        assert len(seen["said"]) == 1 and "['temperature']" in seen["said"][0]
        assert seen["hidden"] == hidden and seen["said"][0].startswith("(") == bool(hidden)
    after = library.level, library.handlers[:], SPEAKER.disabled, SPEAKER.filters[:], logging.root.manager.disable
    assert after == before and warnings.filters


def test_an_error_that_is_caught_is_seen():
    def tried(model, ids):
        with contextlib.suppress(ValueError):
            return call(model, ids, do_sample=True, temperature=0)
        return call(model, ids)

    seen = look(tried)
    assert seen["hidden"] == ["ValueError of generate"] and seen["said"] == [] and seen["generate"] == "finished"


def test_what_was_drawn_and_what_stays_changed():
    def trained(model, ids):
        model.train()
        model.generation_config.top_k = 7
        return call(model, ids)

    assert look(call) == {"generate": "finished", "drew": "nothing", "said": [], "hidden": [], "left": []}
    assert look(lambda model, ids: call(model, ids, do_sample=True))["drew"] == "tokens"
    assert "one of which" in look(lambda model, ids: call(model, ids, do_sample=True, top_k=1))["drew"]
    seen = look(trained)
    assert seen["drew"] == "random numbers"
    top_k, mode = seen["left"]
    assert top_k == "model.generation_config.top_k is 7, was None"
    assert mode.startswith("model.training is True, was False, and so in ")
    assert look(lambda model, ids: ids)["generate"] == "was never called"


def frozen(model):
    model.requires_grad_(False)


def one_part_in_training(model):
    model.lm_head.train()


def without_dropout(model):
    model.transformer.drop.p = 0.5


def other_weights(model):
    with torch.no_grad():
        model.transformer.ln_f.bias += 1


def without_cache(model):
    model.config.use_cache = False


def without_gradients(model):
    torch.set_grad_enabled(False)


@pytest.mark.parametrize(
    "change, told",
    [
        (frozen, "transformer.wte.weight.requires_grad is False, was True"),
        (one_part_in_training, "model.lm_head.training is True, was False"),
        (without_dropout, "model.transformer.drop.p is 0.5, was 0.1"),
        (other_weights, "the weights of transformer.ln_f.bias are others"),
        (without_cache, "model.config.use_cache is False, was True"),
        (without_gradients, "torch.is_grad_enabled() is False, was True"),
    ],
)
def test_a_change_that_stays_is_told(change, told):
    def changing(model, ids):
        change(model)
        return call(model, ids)

    assert [line for line in look(changing)["left"] if told in line] and torch.is_grad_enabled()


def test_the_same_seed_draws_the_same():
    def drawn(model, ids):
        torch.manual_seed(3)
        return call(model, ids, do_sample=True, top_k=0)

    assert torch.equal(look(drawn, "result")["result"], look(drawn, "result")["result"])
