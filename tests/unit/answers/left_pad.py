"""Answers to ``left_pad``, written from its card alone, without sight of its probes."""

# %% wrong mask_from_ids: Makes the mask from ids != pad_id, so a pad id inside a prompt is hidden; breaks 'the pad id may also occur inside a prompt, where it is real'.
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    return ids, (ids != pad_id).to(torch.int64)

# %% wrong mask_from_first_real_id: Counts everything from the first id that is not pad_id as real, so a prompt that begins with the pad id (as a BOS) loses it; breaks 'the mask is 1 for real tokens'.
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = ((ids != pad_id).cumsum(dim=1) > 0).to(torch.int64)
    return ids, mask

# %% wrong insert_in_place: Inserts the filler into the caller's rows; breaks 'The rows themselves are not changed'.
import torch

def left_pad(rows, pad_id):
    lengths = [len(row) for row in rows]
    width = max(lengths)
    for row in rows:
        while len(row) < width:
            row.insert(0, pad_id)
    mask = [[0] * (width - n) + [1] * n for n in lengths]
    return torch.tensor(rows, dtype=torch.int64), torch.tensor(mask, dtype=torch.int64)

# %% wrong shallow_copy: Copies only the outer list and then pads the same inner lists in place; breaks 'The rows themselves are not changed'.
import torch

def left_pad(rows, pad_id):
    padded = list(rows)
    width = max(map(len, padded))
    mask = []
    for row in padded:
        missing = width - len(row)
        mask.append([0] * missing + [1] * len(row))
        row[:0] = [pad_id] * missing
    return torch.tensor(padded, dtype=torch.int64), torch.tensor(mask, dtype=torch.int64)

# %% wrong pad_zero_is_false: Writes pad_id or 2047 as a default, so pad id 0 is replaced by the end-of-text id; breaks 'filled up in front with pad_id'.
import torch

def left_pad(rows, pad_id):
    pad_id = pad_id or 2047
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids, mask

# %% wrong bool_mask: Returns a mask of dtype bool; breaks 'both int64'.
import torch

def left_pad(rows, pad_id):
    lengths = torch.tensor([len(row) for row in rows])
    width = int(lengths.max())
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.arange(width)[None, :] >= (width - lengths)[:, None]
    return ids, mask

# %% accepted float_if_all_rows_empty: Lets torch.tensor guess the dtype, which is float32 where all rows are empty; breaks 'both int64'. (the docstring excludes a batch of empty rows alone)
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids, mask

# %% wrong minus_zero_slice: Sets mask[i, -len(row):] = 1, which for an empty row is the whole row; breaks '0 for filler'.
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.int64)
    mask = torch.zeros((len(rows), width), dtype=torch.int64)
    for i, row in enumerate(rows):
        if row:
            ids[i, -len(row):] = torch.tensor(row)
        mask[i, -len(row):] = 1
    return ids, mask

# %% wrong multiple_of_eight: Rounds the width up to a multiple of eight for speed; breaks 'shape [number of rows, length of the longest row]'.
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    width = (width + 7) // 8 * 8
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids, mask

# %% wrong width_remembered: Collects lengths in a mutable default argument, so a later, narrower batch is as wide as the widest ever (state kept between calls); breaks 'length of the longest row'.
import torch

def left_pad(rows, pad_id, lengths=[]):
    for row in rows:
        lengths.append(len(row))
    width = max(lengths)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids, mask

# %% wrong sorted_by_length: Sorts the rows by length (as for packed sequences), so the result's rows stand in another order; breaks 'Make one rectangle of rows' (each row in its place).
import torch

def left_pad(rows, pad_id):
    ordered = sorted(rows, key=len, reverse=True)
    width = len(ordered[0])
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in ordered], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ordered], dtype=torch.int64)
    return ids, mask

# %% wrong old_padding_removed: Removes pad ids at the beginning of the rows first, as if they were old filler; breaks 'the pad id may also occur inside a prompt, where it is real'.
from itertools import dropwhile

import torch

def left_pad(rows, pad_id):
    rows = [list(dropwhile(lambda i: i == pad_id, row)) for row in rows]
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + row for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids, mask

# %% wrong one_row_squeezed: Squeezes the result, so a batch of one row (or of width one) loses a dimension; breaks 'both int64 of shape [number of rows, length of the longest row]'.
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids.squeeze(), mask.squeeze()

# %% wrong cut_to_context: Keeps only the last 256 ids of each row because the model has no more room; breaks 'shape [number of rows, length of the longest row]'.
import torch

def left_pad(rows, pad_id, max_length=256):
    rows = [row[-max_length:] for row in rows]
    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids, mask

# %% wrong empty_rows_dropped: Leaves empty rows out of the batch; breaks 'shape [number of rows, ...]'.
import torch

def left_pad(rows, pad_id):
    rows = [row for row in rows if row]
    width = max((len(row) for row in rows), default=0)
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], dtype=torch.int64)
    return ids.reshape(len(rows), width), mask.reshape(len(rows), width)

# %% wrong filler_behind: Pads with torch's pad_sequence, which fills behind by default; breaks 'filled up in front with pad_id'.
import torch
from torch.nn.utils.rnn import pad_sequence

def left_pad(rows, pad_id):
    tensors = [torch.tensor(row, dtype=torch.int64) for row in rows]
    ids = pad_sequence(tensors, batch_first=True, padding_value=pad_id)
    mask = pad_sequence([torch.ones_like(row) for row in tensors], batch_first=True, padding_value=0)
    return ids, mask

# %% wrong mask_int32: Builds the mask in numpy with int32; breaks 'both int64'.
import numpy as np
import torch

def left_pad(rows, pad_id):
    width = max(len(row) for row in rows)
    ids = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int32)
    for i, row in enumerate(rows):
        ids[i, width - len(row):] = row
        mask[i, width - len(row):] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)

# %% wrong filler_mask_minus_one: Tests column > width - length, so the first real token of every row is marked as filler (off by one); breaks 'the mask is 1 for real tokens'.
import torch

def left_pad(rows, pad_id):
    lengths = torch.tensor([len(row) for row in rows], dtype=torch.int64)
    width = int(lengths.max())
    ids = torch.tensor([[pad_id] * (width - len(row)) + list(row) for row in rows], dtype=torch.int64)
    mask = (torch.arange(width) > (width - lengths).unsqueeze(1)).long()
    return ids, mask

# %% right buffers_and_slices
import torch

def left_pad(rows, pad_id):
    width = max((len(row) for row in rows), default=0)
    ids = torch.full((len(rows), width), pad_id, dtype=torch.int64)
    mask = torch.zeros((len(rows), width), dtype=torch.int64)
    for i, row in enumerate(rows):
        start = width - len(row)
        ids[i, start:] = torch.tensor(row, dtype=torch.int64)
        mask[i, start:] = 1
    return ids, mask

# %% right transposed_zip
from itertools import zip_longest

import torch

def left_pad(rows, pad_id):
    hole = object()
    columns = list(zip_longest(*(reversed(row) for row in rows), fillvalue=hole))[::-1]
    width = len(columns)
    flat_ids, flat_mask = [], []
    for r in range(len(rows)):
        for column in columns:
            value = column[r]
            flat_ids.append(pad_id if value is hole else value)
            flat_mask.append(int(value is not hole))
    shape = (len(rows), width)
    return (torch.tensor(flat_ids, dtype=torch.int64).reshape(shape),
            torch.tensor(flat_mask, dtype=torch.int64).reshape(shape))

# %% right flipped_pad_sequence
import torch
from torch.nn.utils.rnn import pad_sequence

def left_pad(rows, pad_id):
    if not rows:
        return torch.zeros((0, 0), dtype=torch.int64), torch.zeros((0, 0), dtype=torch.int64)
    backwards = [torch.tensor(list(row)[::-1], dtype=torch.int64) for row in rows]
    ids = pad_sequence(backwards, batch_first=True, padding_value=pad_id).flip(1)
    mask = pad_sequence([torch.ones_like(row) for row in backwards], batch_first=True, padding_value=0).flip(1)
    return ids, mask

# %% right numpy_broadcast
import numpy as np
import torch

def left_pad(rows, pad_id):
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    width = int(lengths.max(initial=0))
    real = np.arange(width)[None, :] >= (width - lengths)[:, None]
    ids = np.full(real.shape, pad_id, dtype=np.int64)
    ids[real] = np.array([i for row in rows for i in row], dtype=np.int64)
    return torch.from_numpy(ids), torch.from_numpy(real.astype(np.int64))
