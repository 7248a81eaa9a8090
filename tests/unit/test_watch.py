"""The error clinic hears what is silenced, and puts everything back (``genlab.judging.clinic``)."""

import contextlib
import io
import logging
import warnings

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
    assert seen["hidden"] == ["ValueError of generate"] and seen["said"] == [] and seen["finished"]


def test_what_was_drawn_and_what_stays_changed():
    def trained(model, ids):
        model.train()
        model.generation_config.top_k = 7
        return call(model, ids)

    assert look(call) == {"finished": True, "drew": "nothing", "said": [], "hidden": [], "left": []}
    assert look(lambda model, ids: call(model, ids, do_sample=True))["drew"] == "tokens"
    assert "one of which" in look(lambda model, ids: call(model, ids, do_sample=True, top_k=1))["drew"]
    seen = look(trained)
    assert seen["drew"] == "random numbers"
    assert seen["left"] == ["model.generation_config.top_k is 7, was None", "model.training is True, was False"]
    assert look(lambda model, ids: ids)["finished"] is False


def test_the_same_seed_draws_the_same():
    def drawn(model, ids):
        torch.manual_seed(3)
        return call(model, ids, do_sample=True, top_k=0)

    assert torch.equal(look(drawn, "result")["result"], look(drawn, "result")["result"])
