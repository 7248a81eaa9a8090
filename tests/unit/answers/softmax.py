"""Answers to ``softmax``, written from its card alone, without sight of its probes."""

# %% wrong max_from_zero: the running maximum starts at 0, so rows far below 0 are not lifted and become 0/0: breaks 'right for logits of any height'
import torch

def softmax(logits):
    shift = logits.amax(dim=-1, keepdim=True).clamp(min=0)
    e = torch.exp(logits - shift)
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong abs_max: subtracts the largest absolute value, which underflows for very negative rows and is inf with -inf (then nan): breaks 'any height' and '-inf is allowed'
import torch

def softmax(logits):
    finite = logits.masked_fill(logits == float("-inf"), 0)
    shift = finite.abs().amax(dim=-1, keepdim=True)
    e = torch.exp(logits - shift)
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong clamp_shifted: clamps the shifted scores at -50, so a forbidden token keeps exp(-50): breaks 'a logit of -inf: probability exactly 0'
import torch

def softmax(logits):
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    e = shifted.clamp(min=-50.0).exp()
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong minus_ten_thousand: replaces -inf by -1e4 before shifting, which is above a row that lies lower: breaks 'any height' together with '-inf: probability exactly 0'
import torch

def softmax(logits):
    x = logits.masked_fill(torch.isinf(logits), -1e4)
    x = x - x.amax(dim=-1, keepdim=True)
    e = x.exp()
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong double_no_shift: relies on float64 instead of a shift, so logits above 709 (or all below -745) give nan: breaks 'any height'
import torch

def softmax(logits):
    e = logits.double().exp()
    return (e / e.sum(dim=-1, keepdim=True)).float()

# %% wrong clamp_at_80: cuts logits at 80 to avoid the overflow: breaks 'right for logits of any height'
import torch

def softmax(logits):
    e = logits.clamp(max=80).exp()
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong in_place_only_inf: writes a finite number over -inf in the caller's tensor: breaks 'leave the tensor that it was given as it was' (only seen with -inf)
import torch

def softmax(logits):
    x = logits
    x[x == float("-inf")] = torch.finfo(x.dtype).min
    x = x - x.amax(dim=-1, keepdim=True)
    e = torch.exp(x)
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong float_is_no_copy: thinks .float() makes a copy and then works in place, which changes a float32 argument: breaks 'not modified'
import torch

def softmax(logits):
    x = logits.float()
    x -= x.amax(dim=-1, keepdim=True)
    x.exp_()
    x /= x.sum(dim=-1, keepdim=True)
    return x.clone()

# %% wrong dim_one: normalizes along axis 1 for anything that is not one row: breaks 'along the last axis' for [B, T, V]
import torch

def softmax(logits):
    dim = 1 if logits.dim() > 1 else 0
    e = torch.exp(logits - logits.amax(dim=dim, keepdim=True))
    return e / e.sum(dim=dim, keepdim=True)

# %% wrong online_first: one-pass running maximum that starts with the first logit; if the first TWO are -inf, -inf - -inf makes the whole row nan: breaks '-inf is allowed'
import math
import torch

def softmax(logits):
    flat = logits.reshape(-1, logits.shape[-1]).tolist()
    rows = []
    for row in flat:
        top, total = row[0], 1.0
        for x in row[1:]:
            if x > top:
                total = total * math.exp(top - x) + 1.0
                top = x
            else:
                total += math.exp(x - top)
        rows.append([math.exp(x - top) / total for x in row])
    return torch.tensor(rows, dtype=torch.float32).reshape(logits.shape)

# %% wrong categorical: takes the probabilities from torch.distributions.Categorical, a library softmax: breaks 'without using one from a library'
import torch

def softmax(logits):
    return torch.distributions.Categorical(logits=logits).probs

# %% wrong softmin: uses the library's softmin of the negated logits: breaks 'without using one from a library'
import torch
import torch.nn.functional as F

def softmax(logits):
    return F.softmin(-logits, dim=-1)

# %% wrong exp_log_softmax: exponentiates the library's log_softmax: breaks 'without using one from a library'
import torch

def softmax(logits):
    return logits.log_softmax(-1).exp()

# %% wrong float64_result: returns float64: breaks 'Returns float32'
import torch

def softmax(logits):
    x = logits.double()
    e = torch.exp(x - x.amax(dim=-1, keepdim=True))
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong keeps_row_axis: a single row [V] comes back as [1, V]: breaks 'of the same shape'
import torch

def softmax(logits):
    if logits.dim() == 1:
        logits = logits.unsqueeze(0)
    e = torch.exp(logits - logits.max(dim=-1, keepdim=True)[0])
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong squeezes: squeezes the result, so [1, V] comes back as [V]: breaks 'of the same shape'
import torch

def softmax(logits):
    e = torch.exp(logits - logits.max(dim=-1, keepdim=True).values)
    return (e / e.sum(dim=-1, keepdim=True)).squeeze()

# %% wrong mean_shift: subtracts the mean of the finite logits; one token far above the mean overflows: breaks 'right for logits of any height'
import torch

def softmax(logits):
    finite = torch.isfinite(logits)
    mean = logits.masked_fill(~finite, 0).sum(-1, keepdim=True) / finite.sum(-1, keepdim=True)
    e = (logits - mean).exp()
    return e / e.sum(dim=-1, keepdim=True)

# %% wrong rounded: rounds the probabilities to three digits, so small ones vanish and rows do not add up to 1: breaks 'every row adds up to 1'
import torch

def softmax(logits):
    e = torch.exp(logits - logits.amax(-1, keepdim=True))
    return torch.round(e / e.sum(-1, keepdim=True), decimals=3)

# %% wrong row_loop_2d: loops over the first axis and takes maximum and sum of each slice, right for [B, V] but one distribution per [T, V] slice: breaks 'along the last axis; every row adds up to 1'
import torch

def softmax(logits):
    if logits.dim() == 1:
        e = torch.exp(logits - logits.max())
        return e / e.sum()
    out = []
    for row in logits:
        e = torch.exp(row - row.max())
        out.append(e / e.sum())
    return torch.stack(out)

# %% right numpy64
import numpy as np
import torch

def softmax(logits):
    x = logits.detach().cpu().numpy().astype(np.float64)
    x = x - x.max(axis=-1, keepdims=True)
    e = np.exp(x)
    e = e / e.sum(axis=-1, keepdims=True)
    return torch.from_numpy(e.astype(np.float32))

# %% right python_loops
import math
import torch

def _one(row):
    top = max(row)
    weights = [math.exp(x - top) for x in row]
    total = math.fsum(weights)
    return [w / total for w in weights]

def softmax(logits):
    V = logits.shape[-1]
    flat = [_one(row) for row in logits.reshape(-1, V).tolist()]
    return torch.tensor(flat, dtype=torch.float32).reshape(logits.shape)

# %% right pairwise
import torch

def softmax(logits):
    """p_i = 1 / sum_j exp(x_j - x_i): no maximum at all; an overflow means 1 / inf = 0."""
    x = logits.double()
    allowed = x != float("-inf")
    differences = x.unsqueeze(-2) - x.unsqueeze(-1)            # [..., i, j] = x_j - x_i
    weights = differences.exp().masked_fill(~allowed.unsqueeze(-2), 0)
    sums = weights.masked_fill(~allowed.unsqueeze(-1), 1).sum(-1)
    return torch.where(allowed, 1 / sums, torch.zeros_like(sums)).float()

# %% right sorted_base_two
import math
import torch

class _Row:
    def __init__(self, values):
        self.top = torch.sort(values, descending=True).values[..., :1]
        self.weights = torch.exp2((values - self.top) * math.log2(math.e))

    def shares(self):
        return torch.div(self.weights, self.weights.cumsum(-1)[..., -1:])

def softmax(logits):
    return _Row(logits.to(torch.float64)).shares().to(torch.float32)
