"""What the exercises of the notebook share: a probe model that keeps talking, and the prompts that its loops refuse."""

import random
from typing import Any

import torch

from autograder.exercises.inputs import probe_model
from genlab.judging.values import Resource


def talkative_model(rng: random.Random, **settings: Any) -> Resource:
    """A probe model without an end token, untied, so that it does not fall into repeating one token."""
    return probe_model(rng, 10_000, **{"eos_token_id": None, "tie_word_embeddings": False} | settings)


def refused_prompt(model, ids, n, *_) -> str:
    """Why no loop of this notebook takes the prompt ``ids`` for ``n`` new tokens, or an empty text."""
    if len({len(row) for row in ids}) > 1:
        return "the rows have different lengths: pad them to one length first"
    rows, length = torch.as_tensor(ids).shape
    if rows * length == 0:
        return "the prompt is empty: there is no last position to predict from"
    limit = model.config.max_position_embeddings
    fits = length + n - 1 <= limit
    return "" if fits else f"{length} prompt tokens and {n} new ones exceed the context of {limit}"
