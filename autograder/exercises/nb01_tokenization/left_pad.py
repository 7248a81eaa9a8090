"""``left_pad``: make a batch of rows of different lengths, with padding in front and an attention mask."""

import torch
from torch.nn.utils.rnn import pad_sequence

from autograder.exercises.exercise import Exercise, Probe

exercise = Exercise(__name__, points=3)


@exercise.probes
def probes(rng):
    def row(length):
        return [rng.randrange(1, 40) for _ in range(length)]

    yield Probe("one row needs no padding", rows=[row(4)], pad_id=0)
    yield Probe("two rows of different lengths", rows=[row(5), row(2)], pad_id=99)
    yield Probe("the pad id also occurs in a prompt", rows=[[7, 3, 7], [5], [7, 7, 7, 1]], pad_id=7)
    yield Probe("the longest row is not the first", rows=[[4, 9], [8, 6, 5, 3], [2]], pad_id=0)
    yield Probe("many rows", rows=[row(rng.randrange(1, 9)) for _ in range(6)], pad_id=rng.randrange(40))


@exercise.oracle
@exercise.reference
def reference(rows, pad_id):
    def padded(row, filler):
        return [filler] * (width - len(row)) + row

    width = max(len(row) for row in rows)
    mask = [padded([1] * len(row), 0) for row in rows]
    ids = [padded(row, pad_id) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


exercise.slips("""
    pads_on_the_right: [filler] * (width - len(row)) + row => row + [filler] * (width - len(row))
        The padding stands on the right. Generation continues after the last column, so the last column of every row
        must be a real token: put the padding in front.
    masks_ids_equal_to_pad: torch.tensor(mask) => (torch.tensor(ids) != pad_id).long()
        Comparing ids with pad_id also hides real tokens that happen to have that id: build the mask from the lengths.
    mask_of_padding_is_one: torch.tensor(mask) => 1 - torch.tensor(mask)
        The mask is upside down: 1 marks a real token, which may be attended to, and 0 padding, which may not.
    mask_of_ones: torch.tensor(mask) => torch.ones_like(torch.tensor(ids))
        The mask is 1 everywhere, so the model would read the padding as if it were text: padding gets 0.
    cuts_to_the_shortest: [filler] * (width - len(row)) + row => row[-min(map(len, rows)) :]
        The rows were cut to the shortest one, but nothing of a prompt may be lost: fill them up to the longest one.
    width_of_the_first_row: max(len(row) for row in rows) => len(rows[0])
        The width was taken from the first row. Any row can be the longest: take the maximum of all lengths.
    fills_the_callers_rows: ids = [padded(row, pad_id) for row in rows]
        => [row.insert(0, pad_id) for row in rows for _ in range(width - len(row))]
        =>     ids = rows
        The caller's own rows were filled up and stay changed: build new lists instead of using insert on those given.
""")


@exercise.alternative
def by_pad_sequence(rows, pad_id):
    tensors = [torch.tensor(row) for row in rows]
    ids = pad_sequence(tensors, batch_first=True, padding_value=pad_id, padding_side="left")
    return ids, pad_sequence([torch.ones_like(t) for t in tensors], batch_first=True, padding_side="left")
