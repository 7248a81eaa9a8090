"""Answers to ``last_real_logits``, written from its card alone, without sight of its probes."""

# %% wrong first_zero_minus_one: takes the column before the first 0 of the mask: right for left, right and no padding, but -1 (padding) when a row has padding on BOTH sides: breaks 'each row's last real token'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = (attention_mask == 0).int().argmax(dim=-1) - 1
    return logits[torch.arange(len(input_ids)), last]

# %% wrong side_by_last_column: decides per row: last column real -> left padding, otherwise right padding with last = sum - 1; wrong for padding on both sides: breaks 'on the left, on the right, or on both sides'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    lengths = attention_mask.sum(-1)
    ends_real = attention_mask[:, -1] == 1
    last = torch.where(ends_real, torch.full_like(lengths, T - 1), lengths - 1)
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong side_by_first_row: looks at the first row to find the padding side of the whole batch: breaks 'the padding of each row on the left, on the right, or on both sides'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    if attention_mask[0, -1] == 1:
        return logits[:, -1]
    last = attention_mask.sum(-1) - 1
    return logits[torch.arange(logits.shape[0]), last]

# %% wrong shift_by_all_padding: positions = column minus the number of ALL padding columns of the row, not only the left ones: breaks 'each row's real tokens count 0, 1, 2, ...' for right padding or both sides
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    columns = torch.arange(T)
    pads = (attention_mask == 0).sum(-1, keepdim=True)
    positions = (columns - pads).clamp(min=0)
    last = (attention_mask * columns).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong count_from_one: forgets the -1 after cumsum, so real tokens count 1, 2, 3: breaks 'real tokens count 0, 1, 2' / 'the same as if every row had run alone'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = attention_mask.cumsum(-1).clamp(max=model.config.n_positions - 1)
    last = (attention_mask * torch.arange(input_ids.shape[1])).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(input_ids.shape[0]), last]

# %% wrong positions_of_first_row: computes the positions of row 0 and uses them for every row: breaks 'each row's real tokens count 0, 1, 2, ...'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = (attention_mask[0].cumsum(-1) - 1).clamp(min=0).unsqueeze(0)
    last = (attention_mask * torch.arange(input_ids.shape[1])).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(input_ids.shape[0]), last]

# %% wrong one_column_for_all: takes the rightmost real column of the batch for all rows: breaks 'at each row's last real token'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = attention_mask.nonzero()[:, 1].max()
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[:, last]

# %% wrong ids_decide_too: also counts every eos id as padding: breaks 'The padding may hold any ids, so only the mask tells what is real' (a real token may be an eos)
import torch

def last_real_logits(model, input_ids, attention_mask):
    real = attention_mask.bool() & (input_ids != model.config.eos_token_id)
    mask = real.long()
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    last = (mask * torch.arange(input_ids.shape[1])).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=mask, position_ids=positions).logits
    return logits[torch.arange(input_ids.shape[0]), last]

# %% wrong last_by_repeated_id: finds the last real token as the last id that differs from the id in the last column: breaks 'only the mask tells what is real'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = []
    for b in range(B):
        column = T - 1
        if attention_mask[b, -1] == 0:
            pad = input_ids[b, -1]
            while column > 0 and input_ids[b, column] == pad:
                column -= 1
        last.append(column)
    return logits[torch.arange(B), torch.tensor(last)]

# %% wrong trims_columns: cuts off columns that are padding in every row before the call: breaks 'Calls the model once, on all of input_ids'
import torch

def last_real_logits(model, input_ids, attention_mask):
    used = attention_mask.any(dim=0)
    ids, mask = input_ids[:, used], attention_mask[:, used]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    last = (mask * torch.arange(ids.shape[1])).argmax(-1)
    with torch.no_grad():
        logits = model(ids, attention_mask=mask, position_ids=positions).logits
    return logits[torch.arange(ids.shape[0]), last]

# %% wrong by_length: groups rows of equal length and calls the model once for each length: breaks 'One forward pass for the whole batch'
import torch

def last_real_logits(model, input_ids, attention_mask):
    lengths = attention_mask.sum(-1).tolist()
    out = [None] * len(lengths)
    with torch.no_grad():
        for length in sorted(set(lengths)):
            rows = [b for b, n in enumerate(lengths) if n == length]
            ids = torch.stack([input_ids[b][attention_mask[b] == 1] for b in rows])
            logits = model(ids).logits[:, -1]
            for b, line in zip(rows, logits):
                out[b] = line
    return torch.stack(out)

# %% wrong fast_path_left: a 'fast path' for batches that end in real tokens leaves the positions out: breaks 'the same as if every row had run alone'
import torch

def last_real_logits(model, input_ids, attention_mask):
    with torch.no_grad():
        if attention_mask[:, -1].all():
            return model(input_ids, attention_mask=attention_mask).logits[:, -1]
        positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = (attention_mask * torch.arange(input_ids.shape[1])).argmax(-1)
    return logits[torch.arange(input_ids.shape[0]), last]

# %% wrong probe_then_run: a fast path that is tried first: calls the model without the mask just to learn T and V, then again: breaks 'Calls the model once'
import torch

@torch.no_grad()
def last_real_logits(model, input_ids, attention_mask):
    B, T, V = model(input_ids).logits.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = T - 1 - attention_mask.flip(-1).argmax(-1)
    return logits.gather(1, last.view(B, 1, 1).expand(B, 1, V)).squeeze(1)

# %% wrong squeezes: squeeze() drops the batch axis of a single row: breaks 'Returns float32 [B, V]'
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = attention_mask.shape[1] - 1 - attention_mask.flip(-1).argmax(-1)
    index = last[:, None, None].expand(-1, 1, logits.shape[-1])
    return logits.gather(1, index).squeeze()

# %% wrong padding_position_T: gives padding the position T, which is no valid position when T equals n_positions: breaks 'at the padding any valid position will do'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, T)
    last = (attention_mask * torch.arange(T)).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong cached_positions: keeps the positions by shape between calls, so the second batch of a shape gets the first one's: breaks 'the same as if every row had run alone'
import torch

_positions = {}

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    if (B, T) not in _positions:
        _positions[B, T] = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=_positions[B, T]).logits
    last = (attention_mask * torch.arange(T)).argmax(-1)
    return logits[torch.arange(B), last]

# %% wrong mask_becomes_positions: computes the positions in place, so that the mask passed to the model (and the caller's tensor) holds positions and hides each row's first token: breaks 'with mask and positions' / 'as if every row had run alone'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    last = (attention_mask * torch.arange(T)).argmax(-1)
    positions = attention_mask.cumsum_(-1).sub_(1).clamp_(min=0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong positions_without_mask: passes the positions but not the mask, right for right padding only: breaks 'the same as if every row had run alone'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = (attention_mask * torch.arange(T)).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong max_of_product_plus: last real column as first real column + length, clamped to T-1: one too far wherever padding stands on the right: breaks 'last real token'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = (attention_mask.argmax(-1) + attention_mask.sum(-1)).clamp(max=T - 1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last]

# %% wrong gradients_on: detaches the result but runs the model with gradients on: breaks 'gradients off'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = (attention_mask * torch.arange(T)).argmax(-1)
    logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    return logits[torch.arange(B), last].detach()

# %% wrong float64: returns float64: breaks 'Returns float32'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = (attention_mask * torch.arange(T)).argmax(-1)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits
    out = torch.zeros(B, logits.shape[-1], dtype=torch.float64)
    for b in range(B):
        out[b] = logits[b, last[b]]
    return out

# %% wrong duplicate_rows: indexes a set of columns with unique(), so rows that share a last column are matched to the wrong entries: breaks 'each row's logits at its own column'
import torch

def last_real_logits(model, input_ids, attention_mask):
    B, T = input_ids.shape
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    last = (attention_mask * torch.arange(T)).argmax(-1)
    columns = last.unique()
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions).logits[:, columns]
    return logits[torch.arange(B), torch.arange(B).clamp(max=len(columns) - 1)]

# %% right python_positions
import torch

def last_real_logits(model, input_ids, attention_mask):
    positions, last = [], []
    for line in attention_mask.tolist():
        count, row, end = 0, [], 0
        for column, real in enumerate(line):
            row.append(count if real else 0)
            if real:
                count += 1
                end = column
        positions.append(row)
        last.append(end)
    with torch.no_grad():
        out = model(input_ids, attention_mask=attention_mask, position_ids=torch.tensor(positions))
    return torch.stack([out.logits[b, t] for b, t in enumerate(last)]).float()

# %% right numpy_flip_gather
import numpy as np
import torch

@torch.no_grad()
def last_real_logits(model, input_ids, attention_mask):
    mask = attention_mask.cpu().numpy().astype(bool)
    T = mask.shape[1]
    first = mask.argmax(axis=1)
    end = T - 1 - mask[:, ::-1].argmax(axis=1)
    grid = np.where(mask, np.arange(T)[None, :] - first[:, None], 0)
    logits = model(
        input_ids=input_ids,
        attention_mask=attention_mask,
        position_ids=torch.from_numpy(grid.astype(np.int64)),
    ).logits
    index = torch.from_numpy(end).view(-1, 1, 1).expand(-1, 1, logits.shape[-1])
    return torch.gather(logits, 1, index).squeeze(1).to(torch.float32)

# %% right boolean_selection
import torch

class _Padded:
    def __init__(self, mask):
        self.mask = mask
        self.count = mask.cumsum(dim=1)

    @property
    def positions(self):
        return (self.count - 1).masked_fill(self.mask == 0, 0)

    @property
    def is_last(self):
        return (self.count == self.count[:, -1:]) & (self.mask == 1)

def last_real_logits(model, input_ids, attention_mask):
    batch = _Padded(attention_mask)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=batch.positions).logits
    return logits[batch.is_last].float()

# %% right one_hot_sum
import torch

def last_real_logits(model, input_ids, attention_mask):
    """Picks with a one-hot product instead of an index; positions by a running loop over columns."""
    B, T = input_ids.shape
    positions = torch.zeros_like(attention_mask)
    for t in range(1, T):
        positions[:, t] = (positions[:, t - 1] + attention_mask[:, t - 1]) * attention_mask[:, t]
    following = torch.cat([attention_mask[:, 1:], torch.zeros(B, 1, dtype=attention_mask.dtype)], dim=1)
    ends = (attention_mask == 1) & (following == 0)
    with torch.no_grad():
        logits = model(input_ids, attention_mask=attention_mask, position_ids=positions, use_cache=False).logits
        return logits.float().masked_fill(~ends.unsqueeze(-1), 0.0).sum(dim=1)
