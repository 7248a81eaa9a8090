"""Answers to ``sample``, written from its card alone, without sight of its probes."""

# %% wrong seed_in_the_loop: sets the seed in every step
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    for _ in range(n):
        torch.manual_seed(seed)
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live &= token != eos_id
            if not live.any():
                break
    return ids

# %% wrong ended_rows_do_not_draw: draws only for live rows, so the random numbers of the others move
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.full((len(ids),), pad_id)
        token[live] = torch.multinomial(probs[live], 1)[:, 0]
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong live_rows_first_to_the_model: runs the model, and draws, with the live rows only
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        rows = ids[live]
        with torch.no_grad():
            logits = model(rows).logits[:, -1]
        probs = warp(repetition_penalty(logits, rows, penalty), T, k, p, m).softmax(-1)
        token = torch.full((len(ids), 1), pad_id)
        token[live] = torch.multinomial(probs, 1)
        ids = torch.cat([ids, token], dim=1)
        if eos_id is not None:
            live = live & (token[:, 0] != eos_id)
            if not live.any():
                break
    return ids

# %% wrong eos_becomes_pad: updates live before writing, so the eos itself is replaced by the pad; 'it keeps that token'
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0]
        if eos_id is not None:
            live = live & (token != eos_id)
        token = torch.where(live, token, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if not live.any():
            break
    return ids

# %% wrong ended_rows_revive: live is set anew from the raw draw, so an ended row comes back to life in the next step
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0]
        ids = torch.cat([ids, torch.where(live, token, pad_id)[:, None]], dim=1)
        if eos_id is not None:
            live = token != eos_id
            if not live.any():
                break
    return ids

# %% wrong eos_zero_is_none: `if eos_id:` treats an eos_id of 0 as None: no row ends
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong eos_from_the_config: eos_id = None falls back to the model's own eos; 'With eos_id=None no row ends'
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    if eos_id is None:
        eos_id = model.config.eos_token_id
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong eos_in_the_prompt_ends: a row whose prompt already holds eos_id counts as ended; a row ends when it draws it
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    torch.manual_seed(seed)
    for _ in range(n):
        ended = (ids == eos_id).any(1) if eos_id is not None else torch.zeros(len(ids), dtype=torch.bool)
        if ended.all():
            break
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0].masked_fill(ended, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
    return ids

# %% wrong pad_ends_too: a live row that draws the pad id counts as ended as well
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id) & (token != pad_id)
            if not live.any():
                break
    return ids

# %% wrong pads_with_eos: writes eos_id after the end, not pad_id (as generate does without a pad token)
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0]
        if eos_id is not None:
            token = torch.where(live, token, eos_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong pad_zero_is_eos: `pad_id or eos_id`: an explicit or default pad_id of 0 is replaced by the eos
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    pad = pad_id or eos_id or 0
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong no_early_stop: goes on to n columns when all rows have ended
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
    return ids

# %% wrong stops_with_the_first_row: stops as soon as any row has ended
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0]
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None and (token == eos_id).any():
            break
    return ids

# %% wrong stops_only_together: stops when all rows draw eos in the same step, not when all have ended
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if (token == eos_id).all():
                break
    return ids

# %% wrong stops_one_late: looks whether a row is live before it updates live: one more model call and a column of pads
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if not live.any():
            break
        if eos_id is not None:
            live = live & (token != eos_id)
    return ids

# %% wrong stop_after_model_call: tests for the end only after the model has run again: right tokens, one model call too many
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        if not live.any():
            break
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
    return ids

# %% wrong penalty_without_prompt: penalizes only what was generated; the penalty is over everything so far
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    start = ids.shape[1]
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids[:, start:], penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong penalty_of_the_prompt_only: penalizes the prompt's tokens only (the prompt is kept in a variable that never grows)
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    prompt = prompt_batch(model, ids, n)
    ids = prompt
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, prompt, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong penalty_after_warp: penalizes after the cuts
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = repetition_penalty(warp(logits, T, k, p, m), ids, penalty).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong penalty_below_one_skipped: applies the penalty only if it is above 1: 0.8 does nothing, and 0 is accepted
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        if penalty > 1.0:
            logits = repetition_penalty(logits, ids, penalty)
        probs = warp(logits, T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong zero_t_is_greedy: T = 0 takes the best token instead of the ValueError of warp
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = repetition_penalty(model(ids).logits[:, -1], ids, penalty)
        if T == 0:
            token = logits.argmax(-1)
        else:
            token = torch.multinomial(warp(logits, T, k, p, m).softmax(-1), 1)[:, 0]
        token = torch.where(live, token, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong top_k_default_50: k = 50 by default, as in the library
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=50, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong m_forgotten: does not hand m on to warp (and so does not refuse a bad one)
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong row_by_row: samples each row by itself with the same seed: each row's tokens do not depend on the batch as the library's do
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    rows = []
    for row in ids:
        row = row[None]
        torch.manual_seed(seed)
        for _ in range(n):
            with torch.no_grad():
                logits = model(row).logits[:, -1]
            probs = warp(repetition_penalty(logits, row, penalty), T, k, p, m).softmax(-1)
            token = torch.multinomial(probs, 1)
            row = torch.cat([row, token], dim=1)
            if eos_id is not None and token.item() == eos_id:
                break
        rows.append(row[0])
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)

# %% wrong draws_row_by_row_reversed: draws the rows in a Python loop, last row first: other random numbers for each row
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        drawn = [torch.multinomial(probs[b], 1) for b in reversed(range(len(ids)))]
        token = torch.where(live, torch.cat(drawn[::-1]), pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong sorted_before_draw: draws among the sorted probabilities and maps back (as llama's sample_top_p does): same distribution, other tokens
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        ordered, order = probs.sort(-1, descending=True)
        token = order.gather(1, torch.multinomial(ordered, 1))[:, 0]
        token = torch.where(live, token, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong gradients_on: no torch.no_grad(): gradients are on while the model runs (hint in the stub: 'logits without gradients')
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        logits = model(ids).logits[:, -1].detach()
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong room_not_tested: converts the prompt itself and forgets the room: a prompt that does not fit is refused by nobody (IndexError of the model)
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% wrong only_new_tokens: returns only the new tokens
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    start = ids.shape[1]
    live = torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids[:, start:]

# %% wrong seed_zero_ignored: `if seed:` does not set a seed of 0
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = prompt_batch(model, ids, n)
    live = torch.ones(len(ids), dtype=torch.bool)
    if seed:
        torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.where(live, torch.multinomial(probs, 1)[:, 0], pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
            if not live.any():
                break
    return ids

# %% right buffer_and_flags
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    prompt = prompt_batch(model, ids, n)
    B, start = prompt.shape
    text = torch.full((B, start + n), pad_id, dtype=torch.int64)
    text[:, :start] = prompt
    ended = [False] * B
    end = start
    torch.manual_seed(seed)
    while end < start + n and not all(ended):
        so_far = text[:, :end]
        with torch.inference_mode():
            scores = model(so_far).logits[:, -1, :]
            scores = warp(repetition_penalty(scores, so_far, penalty), T=T, k=k, p=p, m=m)
            drawn = torch.multinomial(torch.softmax(scores, dim=-1), num_samples=1).flatten().tolist()
        for b, token in enumerate(drawn):
            if not ended[b]:
                text[b, end] = token
                ended[b] = eos_id is not None and token == eos_id
        end += 1
    return text[:, :end].clone()

# %% right steps_as_generator
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
    logits = top_k(logits, k)
    logits = top_p(logits, p)
    return min_p(logits, m)


def repetition_penalty(logits, ids, penalty):
    if penalty <= 0:
        raise ValueError("penalty <= 0")
    logits = logits.float()
    seen = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


class Sampler:
    def __init__(self, model, text, settings, penalty):
        self.model, self.text, self.settings, self.penalty = model, text, settings, penalty

    @torch.no_grad()
    def draw(self):
        logits = self.model(input_ids=self.text).logits[:, -1]
        final = warp(repetition_penalty(logits, self.text, self.penalty), *self.settings)
        return torch.multinomial(final.softmax(-1), 1)

    def append(self, column):
        self.text = torch.cat((self.text, column), dim=1)


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    sampler = Sampler(model, prompt_batch(model, ids, n), (T, k, p, m), penalty)
    ended = torch.zeros(len(ids), 1, dtype=torch.bool)
    torch.manual_seed(seed)
    for _ in range(n):
        column = sampler.draw().masked_fill(ended, pad_id)
        sampler.append(column)
        if eos_id is None:
            continue
        ended = ended | (column == eos_id)
        if bool(ended.all()):
            break
    return sampler.text

# %% right library_processors
import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)


def sample(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    rows = [[int(x) for x in row] for row in ids]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows of unequal length")
    if not rows or not rows[0]:
        raise ValueError("the prompt is empty")
    if len(rows[0]) + n - 1 > model.config.max_position_embeddings:
        raise ValueError("no room for n tokens")
    if T <= 0 or k < 0 or not 0 < p <= 1 or not 0 <= m <= 1 or penalty <= 0:
        raise ValueError("a setting is out of range")
    steps = [RepetitionPenaltyLogitsProcessor(float(penalty)), TemperatureLogitsWarper(float(T))]
    if k > 0:
        steps.append(TopKLogitsWarper(int(k)))
    if p < 1:
        steps.append(TopPLogitsWarper(float(p)))
    if m > 0:
        steps.append(MinPLogitsWarper(float(m)))
    ids = torch.tensor(rows, dtype=torch.int64)
    ended = set()
    torch.manual_seed(seed)
    for _ in range(n):
        with torch.no_grad():
            scores = model(ids).logits[:, -1].float()
        if scores.isnan().any() or scores.isneginf().all(-1).any():
            raise ValueError("the model's logits cannot be drawn from")
        for step in steps:
            scores = step(ids, scores)
        drawn = torch.multinomial(scores.softmax(-1), 1)[:, 0].tolist()
        column = [pad_id if b in ended else token for b, token in enumerate(drawn)]
        ids = torch.cat([ids, torch.tensor(column, dtype=torch.int64)[:, None]], dim=1)
        if eos_id is not None:
            ended |= {b for b, token in enumerate(column) if token == eos_id}
        if len(ended) == len(rows):
            break
    return ids
