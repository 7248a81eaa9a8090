"""Answers to ``sequence_score``, written from its card alone, without sight of its probes."""
# Only torch is needed; it is imported in each cell.

# %% wrong counts_filling: everything behind the end token is counted
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1)
    return logp.gather(2, new[:, :, None]).squeeze(2).sum(1)

# %% wrong end_left_out: the end token itself is not counted
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    ended = torch.isin(new, torch.tensor(eos_token_id)).cumsum(1) > 0
    return logp.masked_fill(ended, 0.0).sum(1)

# %% wrong multiplied_mask: 0 * -inf is nan
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return (logp * (is_end.cumsum(1) - is_end == 0)).sum(1)

# %% wrong nan_to_zero: multiplies, then replaces nan and infinities by 0, also where -inf was drawn
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    logp = torch.nan_to_num(logp, nan=0.0, neginf=0.0)
    return (logp * (is_end.cumsum(1) - is_end == 0)).sum(1)

# %% wrong always_logits: of is never looked at
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores") or out.logits is None:
        raise ValueError("cannot score this")
    new = out.sequences[:, prompt_length:]
    if len(out.logits) != new.shape[1]:
        raise ValueError("steps and tokens differ")
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    sums = []
    for b, row in enumerate(new.tolist()):
        total = 0.0
        for j, token in enumerate(row):
            total += out.logits[j][b].log_softmax(-1)[token].item()
            if token in ends:
                break
        sums.append(total)
    return torch.tensor(sums)

# %% wrong raw_scores: no log softmax
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    raw = torch.stack(steps, dim=1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return raw.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong mean: the mean over the tokens instead of the sum
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    counted = is_end.cumsum(1) - is_end == 0
    return logp.masked_fill(~counted, 0.0).sum(1) / counted.sum(1)

# %% wrong shifted: step j is put beside token j + 1
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1)[:, :-1].log_softmax(-1).gather(2, new[:, 1:, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    behind = (is_end.cumsum(1) - is_end)[:, 1:] > 0
    return logp.masked_fill(behind, 0.0).sum(1)

# %% wrong end_in_prompt: the end is looked for in the whole row
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(out.sequences, torch.tensor(eos_token_id)).long()
    behind = (is_end.cumsum(1) - is_end > 0)[:, prompt_length:]
    return logp.masked_fill(behind, 0.0).sum(1)

# %% wrong one_id_only: a list of end tokens: only the first counts
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("no such steps")
    if isinstance(eos_token_id, list):
        eos_token_id = eos_token_id[0]
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = (new == eos_token_id).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong last_n_steps: the last tokens of the row are taken, as many as there are steps
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of must be logits or scores")
    steps = getattr(out, of)
    if steps is None:
        raise ValueError("not returned")
    new = out.sequences[:, -len(steps) :]
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong needs_both: refuses an out in which either of the two is missing
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if out.logits is None or out.scores is None:
        raise ValueError("both switches are needed")
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = out.scores if of == "scores" else out.logits
    new = out.sequences[:, prompt_length:]
    if len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong other_word_is_logits: any other word in of means logits
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    steps = out.scores if of == "scores" else out.logits
    if steps is None:
        raise ValueError("not returned")
    new = out.sequences[:, prompt_length:]
    if len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong any_attribute: of may name any attribute of out that is there, such as sequences or attentions
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    steps = getattr(out, of, None)
    if steps is None:
        raise ValueError(f"the call did not return {of}")
    new = out.sequences[:, prompt_length:]
    if len(steps) != new.shape[1]:
        raise ValueError("another number of steps than of new tokens")
    logp = torch.stack(tuple(steps), dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong too_few_only: refuses fewer tokens than steps, not more
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    if steps is None:
        raise ValueError("not returned")
    new = out.sequences[:, prompt_length:]
    if new.shape[1] < len(steps):
        raise ValueError("too few tokens")
    new = new[:, : len(steps)]
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong too_many_only: refuses more tokens than steps, not fewer
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    if steps is None:
        raise ValueError("not returned")
    new = out.sequences[:, prompt_length:]
    if new.shape[1] > len(steps):
        raise ValueError("too many tokens")
    steps = steps[: new.shape[1]]
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong stops_batch: ends all rows where the first of them ends
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    ends = torch.tensor(eos_token_id)
    total = torch.zeros(new.shape[0])
    for j, step in enumerate(steps):
        total += step.log_softmax(-1).gather(1, new[:, j, None]).squeeze(1)
        if torch.isin(new[:, j], ends).any():
            break
    return total

# %% wrong second_end: what stands between the first and the second end token is counted
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id))
    return logp.masked_fill(is_end.cumsum(1) > 1, 0.0).sum(1)

# %% wrong drops_pad_by_id: leaves out what has the id of the row's last token
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    same = (new[:, 1:] == new[:, :-1]) & (new[:, 1:] == new[:, -1:])
    logp[:, 1:] = logp[:, 1:].masked_fill(same, 0.0)
    return logp.sum(1)

# %% wrong skips_inf: leaves out every -inf, also one before the end
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    behind = is_end.cumsum(1) - is_end > 0
    return logp.masked_fill(behind | logp.isneginf(), 0.0).sum(1)

# %% wrong base_two: log2 instead of the natural logarithm
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    p = torch.stack(steps, dim=1).softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return p.masked_fill(is_end.cumsum(1) - is_end > 0, 1.0).log2().sum(1)

# %% wrong assertions: refuses with assert
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    assert of in ("logits", "scores"), "of"
    steps = getattr(out, of)
    assert steps is not None, "not returned"
    new = out.sequences[:, prompt_length:]
    assert len(steps) == new.shape[1], "steps"
    logp = torch.stack(steps, dim=1).log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong product_of_probabilities: log of the product of the probabilities: 0 for a long text
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    p = torch.stack(steps, dim=1).softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return p.masked_fill(is_end.cumsum(1) - is_end > 0, 1.0).prod(1).log()

# %% right loops: plain loops over rows and steps
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in {"logits", "scores"}:
        raise ValueError(f"of is {of!r}, not 'logits' or 'scores'")
    steps = getattr(out, of)
    if steps is None:
        raise ValueError(f"the call returned no {of}")
    if len(steps) != out.sequences.shape[1] - prompt_length:
        raise ValueError("the number of steps is not that of new tokens")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    result = torch.zeros(out.sequences.shape[0])
    for b in range(out.sequences.shape[0]):
        for j in range(len(steps)):
            token = int(out.sequences[b, prompt_length + j])
            result[b] += torch.log_softmax(steps[j][b], dim=-1)[token]
            if token in ends:
                break
    return result

# %% right where_and_alive: step by step with a tensor of rows that are alive
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of == "logits":
        steps = out.logits
    elif of == "scores":
        steps = out.scores
    else:
        raise ValueError("of: logits or scores")
    if steps is None:
        raise ValueError("what is to be scored was not returned")
    new = out.sequences[:, prompt_length:]
    if new.size(1) != len(steps):
        raise ValueError("steps and new tokens do not fit")
    ends = torch.as_tensor(eos_token_id).reshape(-1)
    alive = torch.ones(new.size(0), dtype=torch.bool)
    total = torch.zeros(new.size(0))
    for token, step in zip(new.T, steps):
        logp = step.float() - step.float().logsumexp(-1, keepdim=True)
        total = torch.where(alive, total + logp[torch.arange(len(token)), token], total)
        alive &= (token[:, None] != ends).all(1)
    return total

# %% right cross_entropy: negative cross entropy, then masked
import torch
import torch.nn.functional as F


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of is neither logits nor scores")
    steps = getattr(out, of)
    if steps is None:
        raise ValueError(f"{of} is None: pass output_{of}=True")
    new = out.sequences[:, prompt_length:]
    if len(steps) != new.shape[1]:
        raise ValueError("prompt_length does not fit")
    logp = -F.cross_entropy(torch.stack(steps, dim=-1), new, reduction="none")
    ids = eos_token_id if isinstance(eos_token_id, (list, tuple)) else [eos_token_id]
    is_end = sum((new == i) for i in ids).bool()
    before = torch.cat([torch.zeros_like(is_end[:, :1]), is_end[:, :-1]], dim=1).cumsum(1)
    return torch.where(before > 0, torch.zeros_like(logp), logp).sum(1)

# %% right lengths: first the number of counted tokens of each row, then a slice
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores") or getattr(out, of) is None:
        raise ValueError("nothing to score")
    steps = torch.stack(list(getattr(out, of)))
    rows = out.sequences[:, prompt_length:].tolist()
    if len(steps) != len(rows[0]):
        raise ValueError("length")
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    sums = []
    for b, row in enumerate(rows):
        n = next((j + 1 for j, token in enumerate(row) if token in ends), len(row))
        logp = steps[:n, b].log_softmax(-1)
        sums.append(logp[range(n), row[:n]].sum())
    return torch.stack(sums)

# %% wrong softmax_log: softmax and then log: -inf for a token that is unlikely enough
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).softmax(-1).log().gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong exp_sum_log: log softmax by hand without subtracting the maximum
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    x = torch.stack(steps, dim=1)
    logp = (x - x.exp().sum(-1, keepdim=True).log()).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong double_result: float64 in place of float32
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    new = out.sequences[:, prompt_length:]
    if steps is None or len(steps) != new.shape[1]:
        raise ValueError("steps")
    logp = torch.stack(steps, dim=1).double().log_softmax(-1).gather(2, new[:, :, None]).squeeze(2)
    is_end = torch.isin(new, torch.tensor(eos_token_id)).long()
    return logp.masked_fill(is_end.cumsum(1) - is_end > 0, 0.0).sum(1)

# %% wrong last_end: everything up to the last end token is counted
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError("of")
    steps = getattr(out, of)
    rows = out.sequences[:, prompt_length:].tolist()
    if steps is None or len(steps) != len(rows[0]):
        raise ValueError("steps")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    sums = []
    for b, row in enumerate(rows):
        places = [j for j, t in enumerate(row) if t in ends]
        n = places[-1] + 1 if places else len(row)
        sums.append(sum(steps[j][b].log_softmax(-1)[row[j]] for j in range(n)))
    return torch.stack(sums)

# %% right transition: compute_transition_scores by hand: index with arange
import torch


def sequence_score(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("logits", "scores"):
        raise ValueError(f"of={of!r}")
    chosen = {"logits": out.logits, "scores": out.scores}[of]
    n = out.sequences.shape[1] - prompt_length
    if chosen is None or n != len(chosen):
        raise ValueError("what of names is missing, or has another number of steps")
    ends = torch.tensor([eos_token_id]).flatten()
    finished = torch.zeros(len(out.sequences), dtype=torch.bool)
    columns = []
    for j in range(n):
        token = out.sequences[:, prompt_length + j]
        value = chosen[j].log_softmax(-1)[torch.arange(len(token)), token]
        columns.append(value.masked_fill(finished, 0))
        finished = finished | torch.isin(token, ends)
    return torch.stack(columns).sum(0)
