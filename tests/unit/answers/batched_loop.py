"""Answers to ``batched_loop``, written from its card alone, without sight of its probes."""

# %% wrong pad_means_ended: A row counts as ended when it says the pad id of its own accord (pad id added to the end tokens); breaks 'each to its own end'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    stops = torch.tensor(ends + [pad_token_id])
    done = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, stops)
        if done.all():
            break
    return ids

# %% wrong mask_from_pads: Builds an attention mask with ids != pad_token_id, so a real token of prompt or text with that id is hidden; breaks 'the others go on undisturbed' (each row as greedy would continue it).
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            mask = (ids != pad_token_id).long()
            best = model(input_ids=ids, attention_mask=mask).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong flags_overwritten: done = isin(new, ends) instead of or: an ended row wakes up again one step later, when its pad is no end token; breaks 'gets pad_token_id from the step after its end token on'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done = torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong pad_replaces_eos: Flags are brought up to date before the pads are set, so the end token itself becomes a pad; breaks 'from the step after its end token on'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        done |= torch.isin(best, ends)
        new = best.masked_fill(done, pad_token_id)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if done.all():
            break
    return ids

# %% wrong falsy_pad: `pad_token_id or eos`: a pad id of 0 is replaced by the end token; breaks 'A row that has ended gets pad_token_id'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    pad = pad_token_id or int(ends[0])
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong one_column_too_many: The flags are asked at the top of the next step after the append, so one column of pads alone is added; breaks 'n is the number of steps until every row has ended'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if done.all():
            break
        done |= torch.isin(new, ends)
    return ids

# %% wrong always_to_the_limit: Never leaves the loop early, result is always max_new_tokens wide; breaks 'The loop ends when all rows have ended'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
    return ids

# %% wrong any_row_ends_all: Leaves the loop when any row has ended; breaks 'The loop ends when all rows have ended'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.any():
            break
    return ids

# %% wrong prompt_ends_count: Rows whose prompt holds an end token start as ended; breaks 'each to its own end' (only a new token ends a row).
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    done = torch.isin(ids, ends).any(dim=1)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong limit_forces_eos: Rows still running at the last allowed step get an end token instead of their own; breaks 'Continue greedily ... after max_new_tokens'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for step in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        if step == max_new_tokens - 1:
            best = torch.full_like(best, int(ends[0]))
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong row_by_row: Runs each row on its own and pads afterwards; breaks 'All rows take a step together'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    rows = []
    for prompt in prompts:
        row = list(prompt)
        for _ in range(max_new_tokens):
            with torch.no_grad():
                row.append(model(torch.tensor([row])).logits[0, -1].argmax().item())
            if row[-1] in ends:
                break
        rows.append(row)
    longest = max(map(len, rows))
    return torch.tensor([row + [pad_token_id] * (longest - len(row)) for row in rows])

# %% wrong unequal_padded: Prompts of different lengths are padded on the left instead of refused; breaks 'lists of different lengths are a ValueError'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not all(prompts):
        raise ValueError("no prompts, or an empty one")
    width = max(map(len, prompts))
    ids = torch.tensor([[pad_token_id] * (width - len(p)) + list(p) for p in prompts])
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong no_prompts_not_refused: Compares neighbors only, so no prompts at all are not refused with a ValueError; breaks 'No prompts ... are a ValueError'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if any(len(p) == 0 for p in prompts):
        raise ValueError("empty prompt")
    if any(len(a) != len(b) for a, b in zip(prompts, prompts[1:])):
        raise ValueError("different lengths")
    ids = torch.tensor(prompts, dtype=torch.int64)
    if ids.numel() == 0:
        return ids
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong empty_prompts_accepted: Rows that are all empty pass (only the count and the lengths are checked): no ValueError of empty prompts.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if len({len(p) for p in prompts}) != 1:
        raise ValueError("prompts of one length, please")
    ids = torch.tensor(prompts, dtype=torch.int64)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done.all():
            break
    return ids

# %% wrong first_end_token_only: Of several end tokens only the first is looked at; breaks 'each to its own end' with eos_token_id a list.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    eos = eos_token_id if isinstance(eos_token_id, int) else eos_token_id[0]
    ids = torch.tensor(prompts)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done = done | (new == eos)
        if done.all():
            break
    return ids

# %% wrong prompts_grow_in_place: Appends the new tokens to the caller's own lists; the result is right, the argument is changed (and a second call starts from the longer prompts).
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    done = [False] * len(prompts)
    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(torch.tensor(prompts)).logits[:, -1].argmax(-1).tolist()
        for i, token in enumerate(best):
            prompts[i].append(pad_token_id if done[i] else token)
            done[i] = done[i] or token in ends
        if all(done):
            break
    return torch.tensor(prompts)

# %% wrong batch_level_eos: The row of a fixed index decides: the loop ends when the last row of the batch has ended; breaks 'The loop ends when all rows have ended'.
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts or not prompts[0] or len({len(p) for p in prompts}) > 1:
        raise ValueError("prompts of one length, please, and not empty")
    ids = torch.tensor(prompts)
    ends = torch.tensor([eos_token_id] if isinstance(eos_token_id, int) else eos_token_id)
    done = torch.zeros(len(prompts), dtype=torch.bool)

    for _ in range(max_new_tokens):
        with torch.no_grad():
            best = model(ids).logits[:, -1].argmax(-1)
        new = torch.where(done, pad_token_id, best)
        ids = torch.cat([ids, new[:, None]], dim=1)
        done |= torch.isin(new, ends)
        if done[-1]:
            break
    return ids

# %% right plain_lists
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    lengths = [len(p) for p in prompts]
    if len(lengths) == 0:
        raise ValueError("no prompts")
    if min(lengths) == 0:
        raise ValueError("an empty prompt")
    if min(lengths) != max(lengths):
        raise ValueError("prompts of different lengths need left padding and a mask")
    ends = set(eos_token_id) if isinstance(eos_token_id, (list, tuple, set)) else {eos_token_id}
    rows = [list(p) for p in prompts]
    running = set(range(len(rows)))
    step = 0
    while running and step < max_new_tokens:
        with torch.inference_mode():
            last = model(torch.tensor(rows, dtype=torch.int64)).logits[:, -1, :]
            best = last.argmax(dim=-1).tolist()
        for i, row in enumerate(rows):
            if i not in running:
                row.append(pad_token_id)
            else:
                row.append(best[i])
                if best[i] in ends:
                    running.discard(i)
        step += 1
    return torch.tensor(rows, dtype=torch.int64)

# %% right preallocated
@torch.no_grad()
def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if not prompts:
        raise ValueError("there are no prompts")
    P = len(prompts[0])
    if P == 0 or any(len(p) != P for p in prompts):
        raise ValueError("prompts must have one length, and not 0")
    ends = torch.as_tensor(eos_token_id).reshape(1, -1)
    out = torch.full((len(prompts), P + max_new_tokens), pad_token_id, dtype=torch.int64)
    out[:, :P] = torch.tensor(prompts, dtype=torch.int64)
    alive = torch.ones(len(prompts), dtype=torch.bool)
    t = P
    while t < out.shape[1] and bool(alive.any()):
        best = torch.max(model(out[:, :t].clone()).logits[:, -1], dim=-1).indices
        out[alive, t] = best[alive]
        alive = alive & ~(best[:, None] == ends).any(dim=1)
        t += 1
    return out[:, :t].clone()

# %% right row_objects_numpy
import numpy as np

class _Row:
    def __init__(self, ids, ends, pad):
        self.ids, self.ends, self.pad, self.ended = tuple(ids), ends, pad, False

    def take(self, scores):
        if self.ended:
            self.ids += (self.pad,)
            return
        best = int(np.argmax(scores))
        self.ids += (best,)
        self.ended = best in self.ends


def batched_loop(model, prompts, eos_token_id, pad_token_id, max_new_tokens):
    if len(prompts) < 1 or any(len(p) < 1 for p in prompts) or len(set(map(len, prompts))) != 1:
        raise ValueError("give at least one prompt, none empty, all of one length")
    ends = tuple(eos_token_id) if isinstance(eos_token_id, list) else (eos_token_id,)
    rows = [_Row(p, ends, pad_token_id) for p in prompts]
    for _ in range(max_new_tokens):
        with torch.no_grad():
            scores = model(torch.tensor([r.ids for r in rows], dtype=torch.int64)).logits[:, -1].to(torch.float64).numpy()
        for row, s in zip(rows, scores):
            row.take(s)
        if all(row.ended for row in rows):
            break
    return torch.tensor([row.ids for row in rows], dtype=torch.int64)
