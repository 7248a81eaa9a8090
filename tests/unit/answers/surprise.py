"""Answers to ``surprise``, written from its card alone, without sight of its probes."""

# %% wrong entropy_after: the entropy is taken from positions 1 ... T-1, after the token was read, while the surprise is paired rightly: breaks 'the entropy of the prediction of each token'
import math
import torch

def surprise(logits, input_ids):
    logp = logits.log_softmax(-1) / math.log(2)
    p = logits.softmax(-1)
    terms = torch.where(p > 0, p * logp, torch.zeros_like(p))
    entropy = -terms.sum(-1)[:, 1:]
    bits = -logp[:, :-1].gather(-1, input_ids[:, 1:, None]).squeeze(-1)
    return entropy, bits

# %% wrong row_nan_to_zero: replaces nan after the sum, so one forbidden token makes the entropy of the whole position 0: breaks 'A token of probability 0 adds nothing to the entropy'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -(logp.exp2() * logp).sum(-1)
    entropy = torch.nan_to_num(entropy, nan=0.0)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong finite_surprise: nan_to_num on the log probabilities turns -inf into the smallest float: breaks 'its surprise is inf'
import math
import torch

def surprise(logits, input_ids):
    logp = torch.nan_to_num(logits[:, :-1].log_softmax(-1)) / math.log(2)
    entropy = -(logp.exp2() * logp).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong epsilon: log2(p + 1e-12): the surprise of an impossible or very unlikely token ends at 40 bits: breaks 'its surprise is inf'
import torch

def surprise(logits, input_ids):
    p = torch.softmax(logits[:, :-1], dim=-1)
    logp = torch.log2(p + 1e-12)
    entropy = -(p * logp).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong log_of_softmax: log2 of the float32 softmax: a token with a finite logit far below the best gets inf instead of its some 200 bits: breaks '-log2 of the probability that it had' (only -inf is probability 0)
import torch

def surprise(logits, input_ids):
    p = torch.softmax(logits[:, :-1], dim=-1)
    logp = p.log2()
    entropy = -torch.where(p > 0, p * logp, torch.zeros_like(p)).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong inf_to_zero: replaces -inf by 0 in the log probabilities themselves, so a forbidden token that comes has surprise 0: breaks 'its surprise is inf'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    p = logp.exp2()
    logp = logp.masked_fill(torch.isinf(logp), 0.0)
    entropy = -(p * logp).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong entropy_in_nats: converts the surprise to bits but leaves the entropy in nats: breaks 'surprise in bits' for the expected one
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1)
    entropy = -torch.nan_to_num(logp.exp() * logp, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1) / math.log(2)
    return entropy, bits

# %% wrong wrong_factor: divides by log2(e) instead of multiplying: breaks 'in bits'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log2(math.e)
    p = logits[:, :-1].softmax(-1)
    entropy = -torch.nan_to_num(p * logp, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong wrong_base_weights: weights the bits with exp of the base-2 logarithm instead of 2 ** it, so the weights are not p: breaks 'the entropy of the prediction'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp() * logp, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong top_ten: sums the entropy over the ten likeliest tokens only, 'the rest has almost nothing': breaks 'the sum over the vocabulary'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    top = logp.topk(min(10, logp.shape[-1]), dim=-1).values
    entropy = -torch.nan_to_num(top.exp2() * top, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong squeeze_all: squeeze() without a dim drops the batch axis of one row and the time axis for T = 2: breaks 'both float32 [B, T-1]'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze()
    return entropy, bits

# %% wrong entropy_of_all: the entropy keeps all T positions, only the surprise has T-1: breaks 'both float32 [B, T-1]'
import math
import torch

def surprise(logits, input_ids):
    logp = logits.log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1)
    bits = -logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong normalized: divides the entropy by log2(V), the largest possible one: breaks 'in bits'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1) / math.log2(logits.shape[-1])
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong float64: works and returns in float64: breaks 'both float32'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].double().log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong mean_over_vocabulary: averages -p log p over V instead of summing it: breaks 'weighted with p' / 'the sum over the vocabulary'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).mean(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong unweighted_surprise: takes the plain average of -log2 p over the possible tokens, without the weights: breaks 'the average of -log2 p over all tokens, weighted with p'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    possible = torch.isfinite(logp)
    entropy = -logp.masked_fill(~possible, 0).sum(-1) / possible.sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% wrong first_row_tokens: picks the tokens of row 0 in every row: breaks 'input_ids: int64 [B, T]' / 'the probability that it had'
import math
import torch

def surprise(logits, input_ids):
    logp = logits[:, :-1].log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1)
    steps = torch.arange(logp.shape[1])
    bits = -logp[:, steps, input_ids[0, 1:]]
    return entropy, bits

# %% wrong wrong_fold: cross_entropy over the flattened batch folded back as [T-1, B].T, which mixes the rows: breaks 'float32 [B, T-1]' value by value
import math
import torch
import torch.nn.functional as F

def surprise(logits, input_ids):
    B, T, V = logits.shape
    flat = logits[:, :-1].reshape(-1, V)
    bits = F.cross_entropy(flat, input_ids[:, 1:].reshape(-1), reduction="none") / math.log(2)
    logp = logits[:, :-1].log_softmax(-1)
    entropy = -torch.nan_to_num(logp.exp() * logp, nan=0.0).sum(-1) / math.log(2)
    return entropy, bits.view(T - 1, B).t()

# %% wrong shift_of_rolled: pairs by roll, so the last position is paired with token 0, and then cuts off the first column instead of the last: breaks 'about the tokens 1 ... T-1'
import math
import torch

def surprise(logits, input_ids):
    logp = logits.log_softmax(-1) / math.log(2)
    entropy = -torch.nan_to_num(logp.exp2() * logp, nan=0.0).sum(-1)
    following = input_ids.roll(-1, dims=1)
    bits = -logp.gather(-1, following.unsqueeze(-1)).squeeze(-1)
    return entropy[:, 1:], bits[:, 1:]

# %% wrong skip_zero_id: cross_entropy with ignore_index=0 gives tokens with id 0 no surprise: breaks 'for every token of a text but the first'
import math
import torch
import torch.nn.functional as F

def surprise(logits, input_ids):
    predictions = logits[:, :-1]
    bits = F.cross_entropy(predictions.transpose(1, 2), input_ids[:, 1:], reduction="none", ignore_index=0) / math.log(2)
    logp = predictions.log_softmax(-1)
    entropy = -torch.nan_to_num(logp.exp() * logp, nan=0.0).sum(-1) / math.log(2)
    return entropy, bits

# %% wrong positive_cleanup: clamps the shifted scores at -30 to avoid -inf: forbidden tokens get a little entropy and a finite surprise: breaks 'its surprise is inf' and values of unlikely tokens
import math
import torch

def surprise(logits, input_ids):
    x = logits[:, :-1]
    x = (x - x.amax(-1, keepdim=True)).clamp(min=-30)
    logp = (x - x.logsumexp(-1, keepdim=True)) / math.log(2)
    entropy = -(logp.exp2() * logp).sum(-1)
    bits = -logp.gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return entropy, bits

# %% right categorical
import math
import torch

def surprise(logits, input_ids):
    B, T, V = logits.shape
    if T < 2:
        empty = torch.zeros(B, 0)
        return empty, empty.clone()
    predicted = torch.distributions.Categorical(logits=logits[:, :-1], validate_args=False)
    entropy = predicted.entropy() / math.log(2)
    bits = -predicted.log_prob(input_ids[:, 1:]) / math.log(2)
    return entropy, bits

# %% right python_loops
import math
import torch

def _read(scores, token):
    top = max(scores)
    weights = [math.exp(s - top) for s in scores]
    total = math.fsum(weights)
    norm = top + math.log(total)
    expected = math.fsum(w / total * (norm - s) for w, s in zip(weights, scores) if w > 0)
    return expected / math.log(2), (norm - scores[token]) / math.log(2)

def surprise(logits, input_ids):
    B, T = input_ids.shape
    entropy, bits = torch.zeros(B, T - 1), torch.zeros(B, T - 1)
    for b in range(B):
        for t in range(T - 1):
            entropy[b, t], bits[b, t] = _read(logits[b, t].tolist(), int(input_ids[b, t + 1]))
    return entropy, bits

# %% right entr_and_cross_entropy
import math
import torch
import torch.nn.functional as F

def surprise(logits, input_ids):
    x = logits[:, :-1].double()
    entropy = torch.special.entr(x.softmax(-1)).sum(-1)
    rows = x.logsumexp(-1) - x.gather(-1, input_ids[:, 1:, None])[..., 0]
    return (entropy / math.log(2)).float(), (rows / math.log(2)).float()

# %% right numpy64
import numpy as np
import torch

def surprise(logits, input_ids):
    x = logits.detach().cpu().numpy()[:, :-1].astype(np.float64) / np.log(2)
    x = x - x.max(axis=-1, keepdims=True)
    log2p = x - np.log2(np.exp2(x).sum(axis=-1, keepdims=True))
    p = np.exp2(log2p)
    entropy = np.zeros(log2p.shape[:2])
    np.subtract(entropy, np.where(p > 0, p * np.where(p > 0, log2p, 0.0), 0.0).sum(axis=-1), out=entropy)
    targets = input_ids.cpu().numpy()[:, 1:, None]
    bits = -np.take_along_axis(log2p, targets, axis=-1)[..., 0]
    return torch.tensor(entropy, dtype=torch.float32), torch.tensor(bits, dtype=torch.float32)
