"""Answers to ``sequence_logprob``, written from its card alone, without sight of its probes."""

# %% wrong divide_by_T: averages over T instead of T-1 tokens: breaks 'exp of minus their mean' (the first token does not count)
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("a row of one token has no prediction")
    with torch.no_grad():
        logp = model(input_ids).logits.log_softmax(-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:, None])[..., 0]
    total = chosen.sum(-1)
    return total, torch.exp(-total / input_ids.shape[1])

# %% wrong library_loss: uses the library's loss, which is the mean over the whole batch, for every row: breaks 'For each row'
import torch

def sequence_logprob(model, input_ids):
    B, T = input_ids.shape
    if T < 2:
        raise ValueError("need two tokens")
    with torch.no_grad():
        loss = model(input_ids, labels=input_ids).loss
    return (-loss * (T - 1)).expand(B).clone(), loss.exp().expand(B).clone()

# %% wrong squeeze_all: squeeze() without a dim drops the batch axis for one row and the time axis for T = 2: breaks 'both float32 [B]'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze()
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong numel_check: checks numel() < 2, so a batch of several one-token rows is not refused (and gives nan): breaks 'ValueError when T < 2'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.numel() < 2:
        raise ValueError("at least two tokens are needed")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong refuses_two: refuses T <= 2, so rows of two tokens fail: breaks 'ValueError when T < 2'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] <= 2:
        raise ValueError("row too short")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong only_T_is_one: refuses T == 1 only; an empty row gets another error or a result: breaks 'ValueError when T < 2'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] == 1:
        raise ValueError("a row of one token")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong len_is_batch: len(input_ids) < 2 asks for the number of rows: a single row is refused, several one-token rows are not: breaks 'ValueError when T < 2'
import torch

def sequence_logprob(model, input_ids):
    if len(input_ids) < 2:
        raise ValueError("too short")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong assertion: refuses with assert: breaks 'is refused with a ValueError'
import torch

def sequence_logprob(model, input_ids):
    assert input_ids.shape[1] >= 2, "need at least two tokens"
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong eps_log: log(softmax + 1e-10) cannot go below -23: breaks 'the sum of the natural log probabilities' for very unlikely tokens
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        p = torch.softmax(model(input_ids).logits[:, :-1], dim=-1)
    chosen = torch.log(p.gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1) + 1e-10)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong log_of_softmax: log of softmax in float32 underflows to -inf where the logit lies some 100 below the best: breaks 'the sum of the natural log probabilities'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        p = torch.softmax(model(input_ids).logits[:, :-1], dim=-1)
    chosen = p.gather(2, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1).log()
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong skip_eos: leaves the end token out of sum and mean as if it were padding: breaks 'the sum of the log probabilities of tokens 1 ... T-1' / 'Rows have no padding'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("T < 2")
    eos = getattr(model.config, "eos_token_id", None)
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    targets = input_ids[:, 1:]
    chosen = logp[:, :-1].gather(2, targets.unsqueeze(-1)).squeeze(-1)
    keep = torch.ones_like(targets, dtype=torch.bool) if eos is None else targets != eos
    total = (chosen * keep).sum(-1)
    return total, torch.exp(-total / keep.sum(-1).clamp(min=1))

# %% wrong ignore_zero: cross_entropy with ignore_index=0: tokens with id 0 cost nothing: breaks 'tokens 1 ... T-1' / 'Rows have no padding'
import torch
import torch.nn.functional as F

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logits = model(input_ids).logits
    nll = F.cross_entropy(logits[:, :-1].transpose(1, 2), input_ids[:, 1:], reduction="none", ignore_index=0)
    return -nll.sum(dim=1), nll.mean(dim=1).exp()

# %% wrong bos_first: puts the bos token in front and so scores the first token as well: breaks 'The first token is predicted by nothing and does not count'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    bos = model.config.bos_token_id
    start = torch.full((input_ids.size(0), 1), 0 if bos is None else bos, dtype=input_ids.dtype)
    ids = torch.cat([start, input_ids], dim=1)
    with torch.no_grad():
        logp = model(ids).logits.log_softmax(dim=-1)
    chosen = logp[:, :-1].gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), chosen.mean(-1).neg().exp()

# %% wrong mean_of_exp: averages the tokens' inverse probabilities instead of their logarithms: breaks 'exp of minus their mean'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = model(input_ids).logits.log_softmax(dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen).exp().mean(-1)

# %% wrong two_to_the: 2 ** of the mean in nats: breaks 'exp of minus their mean'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = model(input_ids).logits.log_softmax(dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), 2 ** (-chosen.mean(-1))

# %% wrong previous_only: predicts each token from the one before it alone: breaks 'each one predicted from those before it'
import torch

def sequence_logprob(model, input_ids):
    B, T = input_ids.shape
    if T < 2:
        raise ValueError("T < 2")
    total = torch.zeros(B)
    with torch.no_grad():
        for t in range(1, T):
            logp = model(input_ids[:, t - 1 : t]).logits[:, -1].log_softmax(-1)
            total += logp[torch.arange(B), input_ids[:, t]]
    return total, torch.exp(-total / (T - 1))

# %% wrong float64: sums in float64 and returns that: breaks 'both float32 [B]'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = model(input_ids).logits.double().log_softmax(dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), chosen.mean(-1).neg().exp()

# %% wrong wrong_fold: flattens the loss row by row and folds it back the other way round, which mixes the rows of a batch: breaks 'For each row'
import torch
import torch.nn.functional as F

def sequence_logprob(model, input_ids):
    B, T = input_ids.shape
    if T < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logits = model(input_ids).logits[:, :-1].reshape(B * (T - 1), -1)
    nll = F.cross_entropy(logits, input_ids[:, 1:].reshape(-1), reduction="none").view(T - 1, B)
    return -nll.sum(0), nll.mean(0).exp()

# %% wrong gradients_on: detaches afterwards, the model runs with gradients on: breaks 'Gradients off'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    logp = torch.log_softmax(model(input_ids).logits.detach(), dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    return chosen.sum(-1), (-chosen.mean(-1)).exp()

# %% wrong batch_perplexity: one perplexity for the whole batch, repeated: breaks 'For each row ... compute the perplexity'
import torch

def sequence_logprob(model, input_ids):
    if input_ids.size(1) < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    perplexity = torch.exp(-chosen.mean())
    return chosen.sum(-1), perplexity.expand(len(input_ids)).clone()

# %% wrong perplexity_from_rounded_product: takes the (T-1)-th root of the product of probabilities; for long or unlikely rows the product is 0 and the perplexity inf: breaks 'exp of minus their mean'
import torch

def sequence_logprob(model, input_ids):
    T = input_ids.size(1)
    if T < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        logp = torch.log_softmax(model(input_ids).logits, dim=-1)
    chosen = logp[:, :-1].gather(-1, input_ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    total = chosen.sum(-1)
    return total, total.exp().pow(-1 / (T - 1))

# %% right prefix_loops
import math
import torch

def sequence_logprob(model, input_ids):
    B, T = input_ids.shape
    if T < 2:
        raise ValueError(f"a row needs at least two tokens, these have {T}")
    totals = []
    with torch.no_grad():
        logits = model(input_ids).logits.double().tolist()
    for row, ids in zip(logits, input_ids.tolist()):
        terms = []
        for t in range(1, T):
            scores = row[t - 1]
            top = max(scores)
            norm = top + math.log(math.fsum(math.exp(s - top) for s in scores))
            terms.append(scores[ids[t]] - norm)
        totals.append(math.fsum(terms))
    total = torch.tensor(totals, dtype=torch.float64)
    return total.float(), torch.exp(-total / (T - 1)).float()

# %% right cross_entropy_none
import torch
import torch.nn.functional as F

@torch.no_grad()
def sequence_logprob(model, input_ids):
    if input_ids.size(-1) < 2:
        raise ValueError("T must be at least 2")
    logits = model(input_ids=input_ids).logits.float()
    surprise = F.cross_entropy(logits[:, :-1].permute(0, 2, 1), input_ids[:, 1:], reduction="none")
    return surprise.sum(1).neg(), surprise.mean(1).exp()

# %% right numpy64
import numpy as np
import torch

def sequence_logprob(model, input_ids):
    B, T = input_ids.shape
    if T <= 1:
        raise ValueError("nothing to predict in a row of fewer than two tokens")
    with torch.no_grad():
        x = model(input_ids).logits.float().numpy().astype(np.float64)[:, : T - 1]
    top = x.max(-1, keepdims=True)
    norm = top[..., 0] + np.log(np.exp(x - top).sum(-1))
    rows, columns = np.indices((B, T - 1))
    chosen = x[rows, columns, input_ids.numpy()[:, 1:]] - norm
    total, perplexity = chosen.sum(1), np.exp(-chosen.mean(1))
    return torch.from_numpy(total.astype(np.float32)), torch.from_numpy(perplexity.astype(np.float32))

# %% right row_by_row_labels
import torch

class _Scorer:
    """Runs each row alone; the card does not ask for one call here."""

    def __init__(self, model):
        self.model = model

    def row(self, ids):
        logp = torch.log_softmax(self.model(ids[None]).logits[0].float(), dim=-1)
        return torch.stack([logp[t, ids[t + 1]] for t in range(len(ids) - 1)])

def sequence_logprob(model, input_ids):
    if input_ids.shape[1] < 2:
        raise ValueError("T < 2")
    with torch.no_grad():
        chosen = torch.stack([_Scorer(model).row(ids) for ids in input_ids])
    return chosen.sum(dim=1), torch.exp(-chosen.mean(dim=1))
