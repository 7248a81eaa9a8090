"""``left_pad``: make a batch of rows of different lengths, with padding in front and an attention mask."""

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from autograder.exercises.exercise import Exercise, Probe

exercise = Exercise(__name__, points=3)
exercise.rules("""
    fill (2): filler goes in front of each shorter row until it is as long as the longest one, wherever that stands and
        however long it is; the rows that were given are not changed
    real: the mask is 1 for each token of a row, also for one that has the pad id, and 0 for filler
    shape: ids and mask are int64 of shape [number of rows, length of the longest], even for one row or for one column
    empty: an empty row becomes filler from end to end, and its mask is 0 everywhere
    rows: each row stays in its place, also when several are equal
""")


@exercise.probes
def probes(rng):
    """Rows of distinct ids between 1 and 199; only the probes of ``real`` have the pad id, or 0, in a row."""

    def probe(rule, name, rows, pad_id, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, rows=rows, pad_id=pad_id)

    def rows(*lengths):
        ids = rng.sample(range(2, 200), sum(lengths))
        made = [[ids.pop() for _ in range(length)] for length in lengths]
        max(made, key=len)[0] = 1  # the longest row is not the largest one
        return made

    def other():
        """A pad id that no row has."""
        return rng.randrange(200, 300)

    def short():
        return rng.randrange(1, 4)

    yield probe("shape", "one row needs no filler", rows(short() + 1), 0)
    yield probe("shape", "rows of one token each", rows(*[1] * (short() + 1)), other())
    yield probe("shape", "one row of one token", rows(1), other(), True)

    yield probe("fill", "the longest row comes first", rows(5, 2), 0)
    yield probe("fill", "the longest row is not the first", rows(2, short() + 3, short()), other())
    yield probe("fill", "the longest row comes last", rows(1, 3, short() + 4), other(), True)
    yield probe("fill", "a short row beside a very long one", rows(1, rng.randrange(40, 60), 2), 0, True)
    long = [rng.sample(range(2, 200), 180) + rng.sample(range(2, 200), 77), *rows(2)]
    yield probe("fill", "a row longer than the bundled model's context", long, other())
    large = [[i + 150_000 for i in row] for row in rows(2, 4, 3)]
    yield probe("fill", "ids of a large vocabulary", large, 151_643, True)
    yield probe("fill", "many rows", rows(*(rng.randrange(1, 9) for _ in range(8)), 9), other(), True)

    (first, second, third), pad = rows(3, 2, 1), other()
    yield probe("real", "the pad id also occurs in a prompt", [[*first, pad], [pad, *second], [*third, pad]], pad)
    yield probe("real", "0 is an id like any other", [[*first, 0, pad], [0, *second], [*third, 0]], pad)
    zeros = [[0, *first, 0], [first[0], 0, 0], [0, 0], second]
    yield probe("real", "the pad id is 0, and rows begin and end with it", zeros, 0, True)
    yield probe("real", "a row of nothing but the pad id", [[*first, *second], [pad] * short(), third], pad, True)

    yield probe("empty", "an empty row among others", [*rows(short() + 2), [], *rows(2)], other())
    yield probe("empty", "empty rows at the end", [*rows(short() + 1), [], []], 0, True)

    (long, twice), (once,) = rows(short() + 3, 2), rows(1)
    yield probe("rows", "the same prompt twice", [long, twice, once, twice], other())
    yield probe("rows", "all prompts are the same", [long] * (short() + 1), other(), True)


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
    pads_with_0: padded(row, pad_id) => padded(row, 0)
        The filler is 0 instead of pad_id. Which id fills up is the caller's choice: use the argument.
    takes_0_for_no_pad_id: padded(row, pad_id) => padded(row, pad_id or 2047)
        Another id filled up where pad_id is 0, because 0 counts as false in `pad_id or ...`. It is an id like any
        other: use the argument as it is.
    masks_ids_equal_to_pad: torch.tensor(mask) => (torch.tensor(ids) != pad_id).long()
        Comparing ids with pad_id also hides real tokens that happen to have that id: build the mask from the lengths.
    masks_pad_ids_in_front: torch.tensor(mask) => ((torch.tensor(ids) != pad_id).cumsum(1) > 0).long()
        Pad ids in front were taken for filler, but a prompt may begin with that id: build the mask from the lengths.
    masks_zeros: torch.tensor(mask) => (torch.tensor(ids) != 0).long()
        Ids equal to 0 were masked. Filler has the id pad_id, and 0 can be real: build the mask from the lengths.
    mask_of_padding_is_one: torch.tensor(mask) => 1 - torch.tensor(mask)
        The mask is upside down: 1 marks a real token, which may be attended to, and 0 padding, which may not.
    mask_of_ones: torch.tensor(mask) => torch.ones_like(torch.tensor(ids))
        The mask is 1 everywhere, so the model would read the padding as if it were text: padding gets 0.
    mask_begins_one_late: padded([1] * len(row), 0) => padded([1] * (len(row) - 1), 0)
        The first real token of each row has the mask 0, as by > in place of >=. A row of n tokens has n ones: build the
        mask from the lengths.
    mask_of_booleans: torch.tensor(mask) => torch.tensor(mask).bool()
        The mask is made of True and False. It is asked for as int64, like the ids: write 1 and 0, or use long().
    ids_of_floats: torch.tensor(ids) => torch.tensor(ids).float()
        The ids are floats, as torch.zeros and torch.full with a float make them. Ids are whole numbers: ask for int64.
    cuts_to_the_shortest: [filler] * (width - len(row)) + row => row[-min(map(len, rows)) :]
        The rows were cut to the shortest one, but nothing of a prompt may be lost: fill them up to the longest one.
    width_of_the_first_row: max(len(row) for row in rows) => len(rows[0])
        The width was taken from the first row. Any row can be the longest: take the maximum of all lengths.
    width_of_the_largest_row: max(len(row) for row in rows) => len(max(rows))
        max(rows) compares lists by their first ids, not by their lengths: take the maximum of all lengths, or key=len.
    sorts_the_rows: width = max(len(row) for row in rows)
        => rows = sorted(rows, key=len)
        =>     width = len(rows[-1])
        The rows were sorted by their lengths. Whoever made the batch counts on their order: take max() of the lengths.
    sorts_the_rows_down: width = max(len(row) for row in rows)
        => rows = sorted(rows, key=len, reverse=True)
        =>     width = len(rows[0])
        The rows were sorted, the longest one first. Whoever made the batch counts on their order: take max() of the
        lengths.
    cuts_at_256: width = max(len(row) for row in rows)
        => rows = [row[-256:] for row in rows]
        =>     width = max(len(row) for row in rows)
        A long row lost its beginning. What fits into a model is not the business of padding: the width is the length of
        the longest row, however long.
    drops_empty_rows: width = max(len(row) for row in rows)
        => rows = [row for row in rows if row]
        =>     width = max(len(row) for row in rows)
        An empty row was left out, so the rows behind it moved up. Each row stays in its place: fill it up like others.
    drops_one_of_equal_rows: width = max(len(row) for row in rows)
        => rows = [list(row) for row in dict.fromkeys(map(tuple, rows))]
        =>     width = max(len(row) for row in rows)
        Of equal rows one was kept. Each row of a batch is continued by itself: keep all of them.
    squeezes: torch.tensor(ids), torch.tensor(mask) => torch.tensor(ids).squeeze(), torch.tensor(mask).squeeze()
        A dimension of size 1 is gone. A batch of one row is a matrix, too: leave out squeeze() and its like.
    fills_the_callers_rows: ids = [padded(row, pad_id) for row in rows]
        => [row.insert(0, pad_id) for row in rows for _ in range(width - len(row))]
        =>     ids = rows
        The caller's own rows were filled up and stay changed: build new lists instead of using insert on those given.
""")


@exercise.mistake
def counts_from_the_end(rows, pad_id):
    """The real tokens were put at [-len(row):], which means the whole row when len(row) is 0. Count from the front:
    [width - len(row):]."""
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad_id)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, -len(row) :] = torch.tensor(row)
        mask[i, -len(row) :] = 1
    return ids, mask


@exercise.mistake
def looks_up_the_row(rows, pad_id):
    """The place of a row was looked up with rows.index(row), which finds the first of several equal ones, and the
    others stay empty. Go through the rows with enumerate."""
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad_id)
    mask = torch.zeros_like(ids)
    for row in rows:
        i, start = rows.index(row), width - len(row)
        ids[i, start:] = torch.tensor(row, dtype=torch.int64)
        mask[i, start:] = 1
    return ids, mask


@exercise.alternative
def by_pad_sequence(rows, pad_id):
    tensors = [torch.tensor(row, dtype=torch.int64) for row in rows]
    ids = pad_sequence(tensors, batch_first=True, padding_value=pad_id, padding_side="left")
    return ids, pad_sequence([torch.ones_like(t) for t in tensors], batch_first=True, padding_side="left")


@exercise.alternative
def by_arrays(rows, pad_id):
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) >= (lengths.max() - lengths)[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = [i for row in rows for i in row]
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


@exercise.alternative
def by_loops(rows, pad_id):
    width = len(max(rows, key=len))
    copies, mask = [list(row) for row in rows], [[1] * len(row) for row in rows]
    for row, marks in zip(copies, mask, strict=True):
        while len(row) < width:
            row.insert(0, pad_id)
            marks.insert(0, 0)
    return torch.tensor(copies), torch.tensor(mask)
