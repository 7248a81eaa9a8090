"""Answers to ``repetition_penalty``, written from its card alone, without sight of its probes."""

# %% wrong always_divides: divides negative logits too, which rewards them
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    return logits.scatter(1, ids, logits.gather(1, ids) / penalty)

# %% wrong once_per_occurrence: penalizes a token once for each time it occurs
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    out = logits.float().clone()
    for b, row in enumerate(ids.tolist()):
        for token in row:
            out[b, token] = out[b, token] * penalty if out[b, token] < 0 else out[b, token] / penalty
    return out

# %% wrong consecutive_unique: removes only neighboring duplicates (unique_consecutive), so a token that comes back later is penalized again
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    out = logits.float().clone()
    for b, row in enumerate(ids):
        for token in torch.unique_consecutive(row):
            out[b, token] = out[b, token] * penalty if out[b, token] < 0 else out[b, token] / penalty
    return out

# %% wrong whole_batch: uses the ids of all rows for every row
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    out = logits.float().clone()
    seen = ids.unique()
    chosen = out[:, seen]
    out[:, seen] = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
    return out

# %% wrong first_row: uses row 0's ids for every row
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    index = ids[:1].expand(len(logits), -1)
    seen = logits.gather(1, index)
    return logits.scatter(1, index, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong in_place: scatter_ into the caller's tensor
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter_(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong smaller_of_both: takes the smaller of x * penalty and x / penalty: with a penalty below 1 repeated tokens become less likely, not more
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.minimum(seen * penalty, seen / penalty))

# %% wrong below_one_refused: refuses a penalty below 1; only <= 0 is refused
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty < 1:
        raise ValueError("the penalty must be at least 1")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong below_one_is_off: does nothing for a penalty of 1 or less (above 0); below 1 the token should become more likely
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    if penalty <= 1:
        return logits
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong zero_accepted: refuses only a negative penalty; 0 divides by zero
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty < 0:
        raise ValueError("negative penalty")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong zero_is_off: treats penalty = 0 as 'no penalty', like other settings, instead of refusing it
import torch


def repetition_penalty(logits, ids, penalty):
    if not penalty:
        return logits.float()
    if penalty < 0:
        raise ValueError("negative penalty")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong on_log_probs: applies the rule to log-probabilities, which are all negative
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float().log_softmax(-1)
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong zero_times_inf: blends with a 0/1 mask by multiplication: an -inf among the logits becomes NaN (0 * inf)
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = torch.zeros_like(logits).scatter(1, ids, 1.0)
    changed = torch.where(logits < 0, logits * penalty, logits / penalty)
    return seen * changed + (1 - seen) * logits

# %% wrong skips_id_zero: skips id 0 as if it was padding
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    out = logits.float().clone()
    for b in range(len(ids)):
        seen = ids[b][ids[b] != 0].unique()
        chosen = out[b, seen]
        out[b, seen] = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
    return out

# %% wrong last_64_only: looks only at the last 64 ids, as llama.cpp does; ids is everything so far
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    ids = ids[:, -64:]
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong without_the_last: leaves the last id out (ids[:, :-1])
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    ids = ids[:, :-1]
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong subtracts_a_share: subtracts (penalty - 1) * |logit|: the same for negative logits, not a division for positive ones
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, seen - (penalty - 1) * seen.abs())

# %% wrong only_repeated: penalizes only tokens that occur at least twice
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    out = logits.float().clone()
    for b, row in enumerate(ids):
        tokens, counts = row.unique(return_counts=True)
        tokens = tokens[counts > 1]
        chosen = out[b, tokens]
        out[b, tokens] = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
    return out

# %% wrong sixteen_bits: keeps the dtype of the input: 16-bit logits are not returned as float32
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

# %% wrong minus_inf_repaired: nan_to_num on the result, so an -inf becomes a finite number
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return torch.nan_to_num(logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty)))

# %% wrong scatter_add_difference: adds the difference back with scatter_add, so a token that occurs twice gets it twice
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    changed = torch.where(seen < 0, seen * penalty, seen / penalty)
    return logits.scatter_add(1, ids, changed - seen)

# %% wrong signs_of_the_row: decides by the row's best logit: multiplies everything seen if any seen logit is negative
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    negative = (seen < 0).any(-1, keepdim=True)
    return logits.scatter(1, ids, torch.where(negative, seen * penalty, seen / penalty))

# %% right python_sets
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError(f"the penalty must be positive: {penalty}")
    rows = logits.float().tolist()
    for row, seen in zip(rows, ids.tolist(), strict=True):
        for token in set(seen):
            if row[token] > 0:
                row[token] /= penalty
            elif row[token] < 0:
                row[token] *= penalty
    return torch.tensor(rows, dtype=torch.float32)

# %% right numpy_mask
import numpy as np
import torch


def repetition_penalty(logits, ids, penalty):
    if not penalty > 0:
        raise ValueError("penalty must be above 0")
    a = logits.detach().float().numpy().astype(np.float64)
    seen = np.zeros(a.shape, dtype=bool)
    np.put_along_axis(seen, ids.numpy(), True, axis=1)
    a[seen & (a > 0)] /= penalty
    a[seen & (a < 0)] *= penalty
    return torch.from_numpy(a.astype(np.float32))

# %% right bool_mask
import torch


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0 is refused")
    x = logits.to(torch.float32)
    seen = torch.zeros(x.shape, dtype=torch.bool).scatter_(1, ids, True)
    factor = torch.ones_like(x)
    factor = factor.masked_fill(seen & (x < 0), penalty).masked_fill(seen & (x > 0), 1 / penalty)
    return x * factor
