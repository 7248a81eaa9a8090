"""What the exercises of the notebook share: ids in which no two rows are equal, and the entry of each token."""

import random

import torch

from autograder.exercises.inputs import prompt


def different_rows(rng: random.Random, rows: int, width: int, vocab_size: int = 31) -> torch.Tensor:
    """Random ids [rows, width] in which no two rows are equal."""
    while True:
        ids = prompt(rng, rows, width, vocab_size)
        if len(ids.unique(dim=0)) == rows:
            return ids


def gathered(values: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """The entry of each token: values [B, T, V] and ids [B, T] give [B, T]."""
    return values.gather(-1, ids.unsqueeze(-1)).squeeze(-1)
