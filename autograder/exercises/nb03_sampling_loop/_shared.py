"""What the exercises of the notebook share: how inputs are found, a model that keeps talking, what is refused."""

import random
from collections.abc import Callable
from typing import Any

import torch

from autograder.exercises.inputs import probe_model
from genlab.judging.values import Resource


def until(holds: Callable[[Any], bool], make: Callable[[], Any]) -> Any:
    """The first of the cases that ``make`` draws for which ``holds`` is true: inputs in which no mistake can hide."""
    while not holds(case := make()):
        pass
    return case


def descending(logits: torch.Tensor) -> torch.Tensor:
    """Each row sorted, the best first."""
    return logits.sort(-1, descending=True).values


def refuse(why: str) -> None:
    """Refuse with a ValueError if there is a reason; for slips that accept a part of what must be refused."""
    if why:
        raise ValueError(why)


def talkative_model(rng: random.Random, **settings: Any) -> Resource:
    """A small probe model without an end token, untied, so that it does not fall into repeating one token."""
    fixed = {"n_layer": 1, "eos_token_id": None, "tie_word_embeddings": False}
    return probe_model(rng, 10_000, **fixed | settings)


def ragged(ids) -> bool:
    """Whether the rows have different lengths."""
    return len({len(row) for row in ids}) > 1


def refused_prompt(model, ids, n, *_) -> str:
    """Why no loop of this notebook takes the prompt ``ids`` for ``n`` new tokens, or an empty text."""
    if ragged(ids):
        return "the rows have different lengths: pad them to one length first"
    if len(ids[0]) == 0:
        return "the prompt is empty: there is no last position to predict from"
    length, limit = len(ids[0]), model.config.max_position_embeddings
    fits = length + n - 1 <= limit
    return "" if fits else f"{length} prompt tokens and {n} new ones exceed the context of {limit}"


def refused_setting(T=1.0, k=0, p=1.0, m=0.0, penalty=1.0) -> str:
    """Why a step of the sampler refuses its setting, or an empty text."""
    allowed = {"T": T > 0, "k": k >= 0, "p": 0 < p <= 1, "m": 0 <= m <= 1, "penalty": penalty > 0}
    return next((f"{name} has a value that makes no sense" for name, fine in allowed.items() if not fine), "")
