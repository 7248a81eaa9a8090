"""Answers to ``top_k``, written from its card alone, without sight of its probes."""

# %% wrong exactly_k: keeps exactly k indices, so tokens that tie with the k-th are cut
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    values, indices = logits.topk(min(k, logits.shape[-1]))
    return torch.full_like(logits, -torch.inf).scatter(-1, indices, values)

# %% wrong strict: cuts what is at or below the threshold, so the k-th itself goes
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0 or k >= logits.shape[-1]:
        return logits
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits <= kth, -torch.inf)

# %% wrong k_plus_one: off by one: uses the largest value that is dropped as the threshold (the k+1-th), so k + 1 tokens stay
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0 or k >= logits.shape[-1]:
        return logits
    ordered = logits.sort(-1, descending=True).values
    return logits.masked_fill(logits < ordered[:, k : k + 1], -torch.inf)

# %% wrong k_at_v_cuts_one: clamps k to V - 1, so k = V (and more) cuts the smallest logit; 'a k beyond the vocabulary keeps everything'
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    k = min(k, logits.shape[-1] - 1)
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong clamps_by_batch: clamps k with len(logits), the number of rows, instead of the vocabulary
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, len(logits))).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong negative_is_off: treats a negative k as off, like 0, instead of refusing it
import torch


def top_k(logits, k):
    logits = logits.float()
    if k <= 0 or k >= logits.shape[-1]:
        return logits
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong zero_refused: refuses k = 0, which means off
import torch


def top_k(logits, k):
    if k < 1:
        raise ValueError("k must be at least 1")
    logits = logits.float()
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong zero_keeps_one: k = 0 is raised to 1 (max(k, 1)), so it is greedy and not off
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    k = min(max(k, 1), logits.shape[-1])
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong beyond_refused: refuses a k above V, which keeps everything
import torch


def top_k(logits, k):
    if k < 0 or k > logits.shape[-1]:
        raise ValueError("k must be between 0 and V")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong whole_batch: one threshold for the whole batch: the k-th largest of all rows together
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0 or k >= logits.shape[-1]:
        return logits
    kth = logits.flatten().topk(k).values[-1]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong first_row_threshold: row 0's threshold is used for every row
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0 or k >= logits.shape[-1]:
        return logits
    kth = logits.topk(k).values[0, -1]
    return torch.where(logits >= kth, logits, torch.tensor(-torch.inf))

# %% wrong in_place: writes -inf into the caller's tensor (float() is no copy)
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    logits[logits < kth] = -torch.inf
    return logits

# %% wrong finite_minimum: fills with the smallest finite float instead of -inf
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, torch.finfo(logits.dtype).min)

# %% wrong off_keeps_dtype: k = 0 and k >= V return before the conversion, so 16-bit logits come back as 16 bits and not float32
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    if k == 0 or k >= logits.shape[-1]:
        return logits
    logits = logits.float()
    kth = logits.topk(k).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% wrong distinct_values: counts distinct values: the threshold is the k-th largest different logit, so ties above it let more tokens stay
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    rows = []
    for row in logits:
        different = torch.unique(row).flip(0)
        kth = different[min(k, len(different)) - 1]
        rows.append(row.masked_fill(row < kth, -torch.inf))
    return torch.stack(rows)

# %% wrong tolerant_ties: counts logits within 1e-3 below the threshold as ties; what is below it goes
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth - 1e-3, -torch.inf)

# %% wrong by_probability: compares probabilities: very low logits all underflow to 0, tie there, and stay although they are below the k-th
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    probs = logits.softmax(-1)
    kth = probs.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(probs < kth, -torch.inf)

# %% wrong renormalized: returns log-probabilities of the kept tokens: their logits are not kept
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf).log_softmax(-1)

# %% wrong zero_logit_is_cut: builds the result with a product and a mask of kept logits, and treats a kept logit of exactly 0 as cut
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    kept = torch.where(logits >= kth, logits, torch.zeros_like(logits))
    return torch.where(kept == 0, torch.tensor(-torch.inf), kept)

# %% wrong skips_minus_inf: refuses rows with -inf already in them (fewer than k finite logits) with a ValueError that the card does not have
import torch


def top_k(logits, k):
    if k < 0 or (logits.isfinite().sum(-1) < min(k, logits.shape[-1])).any():
        raise ValueError("not enough tokens for k")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)

# %% right kthvalue
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError(f"k must not be negative: {k}")
    out = logits.to(torch.float32, copy=True)
    V = out.shape[-1]
    if 0 < k < V:
        bar = out.kthvalue(V - k + 1, dim=-1, keepdim=True).values
        out[out < bar] = float("-inf")
    return out

# %% right python_sorted
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("k is negative")
    rows = []
    for row in logits.float().tolist():
        if 0 < k < len(row):
            bar = sorted(row)[-k]
            row = [x if x >= bar else -float("inf") for x in row]
        rows.append(row)
    return torch.tensor(rows, dtype=torch.float32)

# %% right numpy_partition
import numpy as np
import torch


def top_k(logits, k):
    if k < 0:
        raise ValueError("negative k")
    a = logits.detach().float().numpy().copy()
    if k != 0 and k <= a.shape[1]:
        bar = np.partition(a, a.shape[1] - k, axis=1)[:, a.shape[1] - k]
        a = np.where(a < bar[:, None], np.float32(-np.inf), a)
    return torch.from_numpy(a)

# %% right rank_by_counting
import torch


def top_k(logits, k):
    """A token stays when fewer than k tokens of its row are greater."""
    if k < 0:
        raise ValueError("k must be 0 or more")
    x = logits.float()
    if k == 0:
        return x.clone()
    greater = (x[:, None, :] > x[:, :, None]).sum(-1)
    return torch.where(greater < k, x, torch.full_like(x, -torch.inf))
