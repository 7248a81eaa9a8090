"""Exercises of ``01_tokenization``."""

import random

import torch

from autograder.exercises.base import Exercise, Probe

left_pad = Exercise("left_pad", points=3)


@left_pad.probes
def _(rng: random.Random) -> list[Probe]:
    def row(length: int) -> list[int]:
        return [rng.randrange(1, 40) for _ in range(length)]

    return [
        Probe("one row needs no padding", rows=[row(4)], pad_id=0),
        Probe("two rows of different lengths", rows=[row(5), row(2)], pad_id=99),
        Probe("the pad id also occurs in a prompt", rows=[[7, 3, 7], [5], [7, 7, 7, 1]], pad_id=7, weight=2),
        Probe("many rows", rows=[row(rng.randrange(1, 9)) for _ in range(6)], pad_id=rng.randrange(40)),
    ]


@left_pad.oracle
def oracle_left_pad(rows: list[list[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad_id)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    return ids, mask


@left_pad.misconception
def pads_on_the_right(rows, pad_id):
    """The padding stands on the right. Generation continues after the last column, so the last column of every
    row must be a real token: put the padding in front."""
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad_id] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


@left_pad.misconception
def masks_ids_equal_to_pad(rows, pad_id):
    """The mask was computed by comparing ids with pad_id, so real tokens that happen to have that id are hidden.
    Only you know where you put padding: build the mask from the lengths."""
    ids, _ = oracle_left_pad(rows, pad_id)
    return ids, (ids != pad_id).long()


@left_pad.alternative
def from_lists(rows, pad_id):
    """Nested lists first, one tensor at the end."""
    width = max(len(row) for row in rows)
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)
