"""Answers to ``warp``, written from its card alone, without sight of its probes."""

# %% wrong top_p_before_top_k: order: top-p before top-k
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    return min_p(top_k(top_p(apply_temperature(logits, T), p), k), m)

# %% wrong temperature_last: order: the temperature after the cuts
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    return apply_temperature(min_p(top_p(top_k(logits, k), p), m), T)

# %% wrong min_p_before_top_p: order: min-p before top-p
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    return top_p(min_p(top_k(apply_temperature(logits, T), k), m), p)

# %% wrong min_p_first: order: min-p on the raw logits, before the temperature (its place in older library versions)
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    return top_p(top_k(apply_temperature(min_p(logits, m), T), k), p)

# %% wrong top_k_default_50: default k = 50 as in the library; 'The defaults turn everything off'
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=50, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong independent_masks: computes every cut from the warmed logits and combines the masks: no step sees what the one before has left
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    warm = apply_temperature(logits, T)
    keep = torch.ones_like(warm, dtype=torch.bool)
    for cut in (top_k(warm, k), top_p(warm, p), min_p(warm, m)):
        keep &= ~cut.isneginf()
    return warm.masked_fill(~keep, -torch.inf)

# %% wrong p_above_one_skipped: calls top_p only if p < 1, so a p above 1 is accepted; 'each step keeps its own refusals'
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = top_k(apply_temperature(logits, T), k)
    if p < 1.0:
        logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong negative_k_skipped: calls top_k only if k > 0, so a negative k is accepted
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    if k > 0:
        logits = top_k(logits, k)
    return min_p(top_p(logits, p), m)

# %% wrong negative_m_skipped: calls min_p only if m > 0, so a negative m is accepted
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = top_p(top_k(apply_temperature(logits, T), k), p)
    return min_p(logits, m) if m > 0 else logits

# %% wrong zero_t_skipped: `if T and T != 1`: T = 0 skips the temperature and is accepted
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = logits.float()
    if T and T != 1.0:
        logits = apply_temperature(logits, T)
    return min_p(top_p(top_k(logits, k), p), m)

# %% wrong zero_p_skipped: `if p:` skips top_p for p = 0, which must be refused
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = top_k(apply_temperature(logits, T), k)
    if p:
        logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong zero_t_is_greedy: T = 0 returns the greedy one-token row instead of the refusal of apply_temperature
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    if T == 0:
        return top_k(logits, 1)
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong shortcut_before_refusal: returns early when everything is off, before NaN and empty rows are refused
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if (T, k, p, m) == (1.0, 0, 1.0, 0.0):
        return logits.float()
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong shortcut_keeps_dtype: returns the given logits as they are when everything is off: 16-bit logits are not float32
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    if (T, k, p, m) == (1.0, 0, 1.0, 0.0):
        return logits
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong empty_batch_only: refuses only when every row is empty (all() over the whole batch)
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN")
    if logits.isneginf().all():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong empty_row_zero_only: tests only row 0 for nothing but -inf
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN")
    if logits[0].isneginf().all():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong any_inf_refused: refuses every -inf; 'Some -inf in a row are fine'
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if not logits.isfinite().all():
        raise ValueError("the logits must be finite")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong empty_column: all(0) instead of all(-1): refuses a token that is -inf in every row, and accepts an empty row
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN")
    if logits.isneginf().all(0).any():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong nan_whole_row: refuses only a row in which all logits are NaN
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().all(-1).any():
        raise ValueError("NaN")
    if logits.isneginf().all(-1).any():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong nan_not_tested: tests only for empty rows
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isneginf().all(-1).any():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong nan_not_equal_to_nan: `(logits == float('nan')).any()` is never true: NaN is accepted
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if (logits == float("nan")).any():
        raise ValueError("NaN")
    if (logits == -torch.inf).all(-1).any():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong nan_repaired: replaces NaN by -inf and goes on instead of refusing
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    logits = torch.where(logits.isnan(), -torch.inf, logits)
    if logits.isneginf().all(-1).any():
        raise ValueError("nothing to draw from")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong runtime_error: refuses with a RuntimeError
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any() or logits.isneginf().all(-1).any():
        raise RuntimeError("NaN or an empty row")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong probabilities: returns softmax of the result, not logits
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    return min_p(top_p(top_k(logits, k), p), m).softmax(-1)

# %% wrong renormalized: returns log_softmax of the result: the kept logits are shifted
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    return min_p(top_p(top_k(logits, k), p), m).log_softmax(-1)

# %% wrong swapped_arguments: parameters in the order T, p, k, m: a positional call warp(logits, 1.0, 5, 0.9) means something else
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, p=1.0, k=0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    logits = apply_temperature(logits, T)
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)

# %% wrong forgets_min_p: leaves the last step out
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if logits.isnan().any():
        raise ValueError("NaN among the logits")
    if logits.isneginf().all(-1).any():
        raise ValueError("a row of nothing but -inf")
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    return top_p(top_k(apply_temperature(logits, T), k), p)

# %% right one_python_function
import math
import torch


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    rows = logits.float().tolist()
    for row in rows:
        if any(math.isnan(x) for x in row):
            raise ValueError("a logit is NaN")
        if all(x == -math.inf for x in row):
            raise ValueError("every logit of a row is -inf")
    if T <= 0:
        raise ValueError("T must be positive")
    if k < 0:
        raise ValueError("k must not be negative")
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    if not 0 <= m <= 1:
        raise ValueError("m must be in [0, 1]")

    def probabilities(row):
        best = max(row)
        weights = [math.exp(x - best) for x in row]
        total = math.fsum(weights)
        return [w / total for w in weights]

    result = []
    for row in rows:
        row = [x / T for x in row]
        if k:
            bar = sorted(row, reverse=True)[min(k, len(row)) - 1]
            row = [x if x >= bar else -math.inf for x in row]
        if p < 1:
            probs, total = probabilities(row), 0.0
            order = sorted(range(len(row)), key=lambda i: row[i], reverse=True)
            for i in order:
                if total >= p:
                    row[i] = -math.inf
                total += probs[i]
        probs = probabilities(row)
        bar = m * max(probs)
        result.append([x if q >= bar else -math.inf for x, q in zip(row, probs)])
    return torch.tensor(result, dtype=torch.float32)

# %% right loop_over_steps
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return logits.float() / T


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    logits = logits.float()
    if k == 0:
        return logits
    kth = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < kth, -torch.inf)


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    logits = logits.float()
    if p == 1:
        return logits
    ordered, indices = logits.sort(-1, descending=True)
    probs = ordered.softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove).scatter(-1, indices, remove), -torch.inf)


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    best = logits.amax(-1)  # NaN if there is one, -inf if the row is empty
    if best.isnan().any():
        raise ValueError("the logits hold NaN")
    if (best == -torch.inf).any():
        raise ValueError("a row has no token left")
    for step, value in ((apply_temperature, T), (top_k, k), (top_p, p), (min_p, m)):
        logits = step(logits, value)
    return logits

# %% right library_warpers
import torch
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0")
    return TemperatureLogitsWarper(float(T))(None, logits.float())


def top_k(logits, k):
    if k < 0:
        raise ValueError("k < 0")
    return TopKLogitsWarper(int(k))(None, logits.float()) if k else logits.float()


def top_p(logits, p):
    if not 0 < p <= 1:
        raise ValueError("p outside (0, 1]")
    return TopPLogitsWarper(float(p))(None, logits.float()) if p < 1 else logits.float()


def min_p(logits, m):
    if not 0 <= m <= 1:
        raise ValueError("m outside [0, 1]")
    return MinPLogitsWarper(float(m))(None, logits.float()) if m > 0 else logits.float()


def warp(logits, T=1.0, k=0, p=1.0, m=0.0):
    if torch.isnan(logits).any():
        raise ValueError("NaN")
    if (~torch.isneginf(logits)).any(dim=-1).logical_not().any():
        raise ValueError("a row of nothing but -inf")
    warm = apply_temperature(logits, T)
    return min_p(top_p(top_k(warm, k), p), m)
