"""Answers to ``draw``, written from its card alone, without sight of its probes."""

# %% wrong left_search: searchsorted without right=True: the first sum that is >= u, so u on a border stays with the earlier token and u = 0 can draw a token of probability 0
import torch


def draw(probs, u):
    if probs.isnan().any():
        raise ValueError("NaN in probs")
    V = probs.shape[-1]
    token = torch.searchsorted(probs.cumsum(-1), u[:, None])[:, 0]
    last = (torch.arange(V) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong clamp_to_vocabulary: clamps to V - 1 and not to the last token with a probability above 0
import torch


def draw(probs, u):
    if probs.isnan().any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    return token.clamp(max=probs.shape[-1] - 1)

# %% wrong argmax_of_nothing: takes argmax of (sum > u), which is 0 when no sum is greater, so a u beyond the sum draws id 0
import torch


def draw(probs, u):
    if probs.isnan().any():
        raise ValueError("NaN in probs")
    return (probs.cumsum(-1) > u[:, None]).int().argmax(-1)

# %% wrong fallback_most_likely: beyond the last sum the most likely token is drawn, not the last possible one
import torch


def draw(probs, u):
    if probs.isnan().any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    return torch.where(token < probs.shape[-1], token, probs.argmax(-1))

# %% wrong last_of_the_batch: the last possible token is looked for in the whole batch, not in each row
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    last = int((probs > 0).nonzero()[:, 1].max())
    return (probs.cumsum(-1) <= u[:, None]).sum(-1).clamp(max=last)

# %% wrong one_u_for_all: uses the first row's u for every row
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[0]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong renormalized: divides the row by its sum first, so it is not the cumulative sum that is compared with u
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    probs = probs / probs.sum(-1, keepdim=True)
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong sorted_shares: lays the tokens on the line in descending order of probability (as after top-p), not in the order of the ids
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    values, order = probs.sort(-1, descending=True)
    place = (values.cumsum(-1) <= u[:, None]).sum(-1)
    place = torch.minimum(place, (values > 0).sum(-1) - 1)
    return order.gather(1, place[:, None])[:, 0]

# %% wrong nan_only_if_whole_row: refuses only a row in which all probabilities are NaN
import torch


def draw(probs, u):
    if torch.isnan(probs).all(-1).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong nan_in_first_row_only: looks for NaN in row 0 only
import torch


def draw(probs, u):
    if torch.isnan(probs[0]).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong nan_becomes_zero: replaces NaN by 0 and goes on instead of refusing
import torch


def draw(probs, u):
    probs = torch.nan_to_num(probs, nan=0.0)
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong nan_in_u: looks for NaN in u instead of in probs
import torch


def draw(probs, u):
    if torch.isnan(u).any():
        raise ValueError("NaN")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong must_add_up_to_one: also refuses a row whose sum is below 1, which the docstring allows ('or to a little less, by rounding')
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    sums = probs.cumsum(-1)
    if (sums[:, -1] < 1).any():
        raise ValueError("the probabilities do not add up to 1")
    return (sums <= u[:, None]).sum(-1)

# %% wrong tiny_is_impossible: counts only tokens above 1e-6 as possible, so a last token with a small probability above 0 is never drawn
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 1e-6)).amax(-1)
    return torch.minimum(token, last)

# %% wrong column: returns a column [B, 1] like multinomial, not [B]
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= u[:, None]).sum(-1, keepdim=True)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1, keepdim=True)
    return torch.minimum(token, last)

# %% wrong int32: returns int32 (searchsorted with out_int32=True)
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = torch.searchsorted(probs.cumsum(-1), u[:, None].contiguous(), right=True, out_int32=True)[:, 0]
    last = (torch.arange(probs.shape[-1], dtype=torch.int32) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong python_list: returns a list of ints, not an int64 tensor
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    sums = probs.cumsum(-1)
    result = []
    for b in range(len(probs)):
        hits = (sums[b] > u[b]).nonzero()
        result.append(int(hits[0]) if len(hits) else int(probs[b].nonzero()[-1]))
    return result

# %% wrong one_minus_u: uses 1 - u: the same distribution, other tokens
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = (probs.cumsum(-1) <= 1 - u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% wrong last_sum_forced_to_one: sets the last sum to 1, so a u beyond the sum draws the last id even when its probability is 0
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    sums = probs.cumsum(-1)
    sums[:, -1] = 1.0
    return (sums > u[:, None]).float().argmax(-1)

# %% wrong skips_zero_ids: drops the tokens of probability 0 and forgets to count them, so the position and not the id is returned
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    out = []
    for row, x in zip(probs, u):
        possible = row[row > 0]
        out.append(min(int((possible.cumsum(0) <= x).sum()), len(possible) - 1))
    return torch.tensor(out)

# %% wrong half_sums: adds up in bfloat16, so borders move and small shares vanish
import torch


def draw(probs, u):
    if torch.isnan(probs).any():
        raise ValueError("NaN in probs")
    token = (probs.to(torch.bfloat16).cumsum(-1).float() <= u[:, None]).sum(-1)
    last = (torch.arange(probs.shape[-1]) * (probs > 0)).amax(-1)
    return torch.minimum(token, last)

# %% right python_loop
import torch


def draw(probs, u):
    out = []
    for row, x in zip(probs.tolist(), u.tolist(), strict=True):
        if any(q != q for q in row):
            raise ValueError("a probability is NaN")
        last = max(i for i, q in enumerate(row) if q > 0)
        total = 0.0
        for i, q in enumerate(row):
            total += q
            if total > x:
                break
        out.append(min(i, last))
    return torch.tensor(out, dtype=torch.int64)

# %% right searchsorted_right
import torch


def draw(probs, u):
    if bool(torch.isnan(probs).any()):
        raise ValueError("probs holds NaN")
    V = probs.shape[-1]
    place = torch.searchsorted(torch.cumsum(probs, dim=-1), u.reshape(-1, 1), right=True).squeeze(-1)
    last = V - 1 - (probs > 0).int().flip(-1).argmax(-1)
    return torch.where(place > last, last, place)

# %% right numpy_rows
import numpy as np
import torch


def draw(probs, u):
    table, points = probs.detach().numpy(), u.detach().numpy()
    if np.isnan(table).any():
        raise ValueError("NaN among the probabilities")
    tokens = np.empty(len(table), dtype=np.int64)
    for b, row in enumerate(table):
        above = np.flatnonzero(np.cumsum(row, dtype=np.float32) > points[b])
        tokens[b] = above[0] if above.size else np.flatnonzero(row > 0)[-1]
    return torch.from_numpy(tokens)

# %% right mask_impossible
import torch


def draw(probs, u):
    """Among the possible tokens only: the first whose sum is greater, or else the last possible."""
    if (probs != probs).any():
        raise ValueError("NaN")
    V = probs.shape[1]
    ids = torch.arange(V).expand_as(probs)
    sums = probs.double().cumsum(1)
    first = ids.masked_fill((sums <= u.double().unsqueeze(1)) | (probs <= 0), V).amin(1)
    last = ids.masked_fill(probs <= 0, -1).amax(1)
    return torch.where(first == V, last, first).long()
