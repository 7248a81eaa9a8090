"""Inputs that probes of several notebooks are made of."""

import math
import random
from typing import Any

import torch

from genlab.judging.values import Resource

INF, NAN = math.inf, math.nan
TOKENIZER = Resource("tokenizer")  # the storyteller's
# Another: it puts a special token, id 2048, before each text.
BEGINS = Resource("tokenizer", adds_bos=True, bos_token="<|begin|>")


def probe_model(rng: random.Random, seeds: int = 10**6, **settings: Any) -> Resource:
    """A probe model with a seed below ``seeds``: 31 tokens unless ``settings`` say otherwise."""
    return Resource("probe_model", seed=rng.randrange(seeds), **settings)


def prompt(rng: random.Random, rows: int, length: int, vocab_size: int = 31) -> torch.Tensor:
    """Random ids [rows, length]."""
    return torch.tensor([[rng.randrange(vocab_size) for _ in range(length)] for _ in range(rows)])


def distinct_logits(rng: random.Random, rows: int, width: int, spread: float = 4.0) -> torch.Tensor:
    """Logits [rows, width] between -spread and spread without ties, in no order."""
    steps = round(1000 * spread)
    return torch.tensor([[value / 1000 for value in rng.sample(range(-steps, steps), width)] for _ in range(rows)])


def gaussian_logits(rng: random.Random, *shape: int, scale: float = 3.0) -> torch.Tensor:
    """Normally distributed float32 logits of ``shape``."""
    return torch.tensor([rng.gauss(0, scale) for _ in range(math.prod(shape))]).reshape(shape)


def halves(rng: random.Random, *exponents: int) -> list[float]:
    """Logits, shuffled, whose softmax is exact: exponent e gives a weight of exactly 2**-e (e: 0, 1, 2, 4, 8)."""
    row = [-math.log(2) * e for e in exponents]
    rng.shuffle(row)
    return row
