"""What the exercises of the notebook share: rows that differ, the entry of each token, and where gradients count."""

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


def gradients(model: torch.nn.Module) -> torch.set_grad_enabled:
    """A context with gradients off for a probe model with ``gradients=False``, else with gradients on.

    A check objects to gradients only where the right answer has them off. So a forgotten ``no_grad`` breaks the rule
    about gradients and no other, and slips are recognized whether or not their author turned gradients off.
    """
    return torch.set_grad_enabled(getattr(model.config, "gradients", True))
