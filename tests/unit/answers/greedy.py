"""Answers to ``greedy``, written from its card alone, without sight of its probes."""

# %% wrong room_one_too_strict: refuses T + n > context; the card allows T + n - 1 to be exactly the number of positions
import torch


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n > model.config.max_position_embeddings:
        raise ValueError("the prompt leaves no room for n tokens")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong room_prompt_only: only tests the prompt's length T against the context and not T + n - 1, so the loop runs into the model's own error (not a ValueError before the first step)
import torch


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] > model.config.max_position_embeddings:
        raise ValueError("the prompt is longer than the context")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong room_refused_in_loop: notices the missing room only when the text has outgrown the context, in the middle of the loop; 'Before the first step refuse'
import torch


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        if ids.shape[1] > model.config.max_position_embeddings:
            raise ValueError("the text is longer than the model's context")
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong crops_context: nanoGPT habit: crops the context to the last positions instead of refusing a prompt that leaves no room
import torch


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    return ids


@torch.no_grad()
def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    block = model.config.max_position_embeddings
    for _ in range(n):
        logits = model(ids[:, -block:]).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1, keepdim=True)], dim=1)
    return ids

# %% wrong stops_at_eos: stops when every row has chosen the model's eos token; the card wants n steps and the docstring [B, T + n]
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    done = torch.zeros(len(ids), dtype=torch.bool)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        token = logits.argmax(-1)
        ids = torch.cat([ids, token[:, None]], dim=1)
        done |= token == model.config.eos_token_id
        if done.all():
            break
    return ids

# %% wrong never_eos: forbids the eos token so that the text goes on; 'append the best token'
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1].clone()
        if model.config.eos_token_id is not None:
            logits[:, model.config.eos_token_id] = -torch.inf
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong one_call_per_row: runs the model on each row separately: B calls in each step instead of one
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        tokens = []
        with torch.no_grad():
            for row in ids:
                tokens.append(model(row[None]).logits[0, -1].argmax())
        ids = torch.cat([ids, torch.stack(tokens)[:, None]], dim=1)
    return ids

# %% wrong extra_last_call: computes the next logits at the end of each pass, so n + 1 calls are made and the last new token is fed back
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



@torch.no_grad()
def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    logits = model(ids).logits[:, -1]
    for i in range(n):
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
        if ids.shape[1] <= model.config.max_position_embeddings:
            logits = model(ids).logits[:, -1]
    return ids

# %% wrong kv_cache: feeds only the newest token with past_key_values; the card wants the model run on everything so far
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



@torch.no_grad()
def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    past, feed = None, ids
    for _ in range(n):
        out = model(feed, past_key_values=past, use_cache=True)
        past = out.past_key_values
        feed = out.logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, feed], dim=1)
    return ids

# %% wrong gradients_on: no torch.no_grad(): gradients are on while the model runs
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        logits = model(ids).logits[:, -1].detach()
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong list_grows: appends the new tokens to the caller's own lists; 'leave the caller's ids as they are'
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    prompt_batch(model, ids, n)
    rows = ids.tolist() if isinstance(ids, torch.Tensor) else ids
    for _ in range(n):
        with torch.no_grad():
            logits = model(torch.tensor(rows)).logits[:, -1]
        for row, token in zip(rows, logits.argmax(-1).tolist()):
            row.append(token)
    return torch.tensor(rows)

# %% wrong first_and_last_row: compares only the first and the last row's length, so unequal rows in between are not refused in the student's words but crash or pass (pads in as zeros)
import torch


def prompt_batch(model, ids, n):
    if len(ids) == 0 or len(ids[0]) == 0:
        raise ValueError("empty prompt")
    if len(ids[0]) != len(ids[-1]):
        raise ValueError("rows of unequal length")
    if not isinstance(ids, torch.Tensor):
        ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=torch.long) for row in ids], batch_first=True)
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("no room")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong pads_ragged: pads rows of unequal length on the left with 0 instead of refusing them
import torch


def prompt_batch(model, ids, n):
    if not isinstance(ids, torch.Tensor):
        width = max((len(row) for row in ids), default=0)
        ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in ids], dtype=torch.long)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("no room")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong empty_list_only: tests `len(ids) == 0`, which catches [] and not [[]] or a tensor [B, 0]: an empty prompt reaches the model
import torch


def prompt_batch(model, ids, n):
    if len(ids) == 0:
        raise ValueError("empty prompt")
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids, dtype=torch.long)
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("no room")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong empty_becomes_bos: an empty prompt is silently started with the bos token instead of being refused
import torch


def prompt_batch(model, ids, n):
    if len({len(row) for row in ids}) > 1:
        raise ValueError("rows of unequal length")
    ids = torch.as_tensor(ids, dtype=torch.long)
    if ids.shape[-1] == 0:
        ids = torch.full((max(1, len(ids)), 1), model.config.bos_token_id or 0)
    if ids.shape[1] + n - 1 > model.config.max_position_embeddings:
        raise ValueError("no room")
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong row_zero_for_all: takes the best token of row 0 and appends it to every row
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[0, -1]
        token = logits.argmax()
        ids = torch.cat([ids, token.expand(len(ids), 1)], dim=1)
    return ids

# %% wrong only_new_tokens: returns the n new tokens without the prompt
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    start = ids.shape[1]
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids[:, start:]

# %% wrong assert_refusals: refuses with assert, i.e. an AssertionError and not a ValueError
import torch


def prompt_batch(model, ids, n):
    assert len({len(row) for row in ids}) <= 1, "rows of unequal length"
    ids = torch.as_tensor(ids)
    assert ids.numel() > 0, "empty prompt"
    assert ids.shape[1] + n - 1 <= model.config.max_position_embeddings, "no room"
    return ids


def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong int32_prompt: turns the prompt into int32 and the tokens too, so the result is int32 and not int64
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n).to(torch.int32)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        ids = torch.cat([ids, logits.argmax(-1)[:, None].to(ids.dtype)], dim=1)
    return ids

# %% wrong half_precision_argmax: compares the scores in bfloat16, where two close scores tie and the lower id wins although it is not the best
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            logits = model(ids).logits[:, -1].to(torch.bfloat16)
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    return ids

# %% wrong skips_repeats: never chooses the token just written (takes the second best), to avoid loops; the card wants the best
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    for _ in range(n):
        with torch.no_grad():
            best = model(ids).logits[:, -1].topk(2).indices
        token = torch.where(best[:, 0] == ids[:, -1], best[:, 1], best[:, 0])
        ids = torch.cat([ids, token[:, None]], dim=1)
    return ids

# %% wrong writes_into_prompt_tensor: assigns to ids.data, so the caller's own tensor grows; 'leave the caller's ids as they are'
import torch


def prompt_batch(model, ids, n):
    lengths = {len(row) for row in ids}
    if len(lengths) > 1:
        raise ValueError(f"rows of unequal length: {sorted(lengths)}")
    ids = torch.as_tensor(ids)
    if ids.numel() == 0:
        raise ValueError("empty prompt")
    room = model.config.max_position_embeddings
    if ids.shape[1] + n - 1 > room:
        raise ValueError(f"no room: {ids.shape[1]} + {n} - 1 > {room}")
    return ids



@torch.no_grad()
def greedy(model, ids, n):
    ids = prompt_batch(model, ids, n)
    T = ids.shape[1]
    for _ in range(n):
        token = model(ids).logits[:, -1].argmax(-1)
        ids.data = torch.cat([ids, token[:, None]], dim=1)
    return ids

# %% right buffer
import torch


def prompt_batch(model, ids, n):
    widths = [len(row) for row in ids]
    if not widths or max(widths) != min(widths) or widths[0] == 0:
        if widths and max(widths) != min(widths):
            raise ValueError(f"the rows have unequal lengths: {widths}")
        raise ValueError("the prompt is empty")
    most = model.config.max_position_embeddings - n + 1
    if widths[0] > most:
        raise ValueError(f"the prompt has {widths[0]} tokens, and with n = {n} at most {most} fit")
    if isinstance(ids, torch.Tensor):
        return ids.long()
    return torch.tensor([[int(x) for x in row] for row in ids], dtype=torch.int64)


@torch.no_grad()
def greedy(model, ids, n):
    prompt = prompt_batch(model, ids, n)
    B, T = prompt.shape
    text = prompt.new_zeros(B, T + n)
    text[:, :T] = prompt
    for end in range(T, T + n):
        text[:, end] = model(input_ids=text[:, :end]).logits[:, -1, :].max(dim=-1).indices
    return text

# %% right python_lists
import torch


def prompt_batch(model, ids, n):
    rows = ids.tolist() if hasattr(ids, "tolist") else [list(row) for row in ids]
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError("all rows must have the same number of tokens")
    if len(rows) == 0 or len(rows[0]) == 0:
        raise ValueError("an empty prompt has no last position")
    if len(rows[0]) + n > model.config.max_position_embeddings + 1:
        raise ValueError("not enough positions for this prompt and n")
    return torch.tensor(rows, dtype=torch.int64)


def greedy(model, ids, n):
    rows = prompt_batch(model, ids, n).tolist()
    for _ in range(n):
        with torch.inference_mode():
            last = model(torch.tensor(rows)).logits[:, -1].tolist()
        for row, scores in zip(rows, last):
            row.append(max(range(len(scores)), key=scores.__getitem__))
    return torch.tensor(rows, dtype=torch.int64)

# %% right generator_of_columns
import numpy as np
import torch


def prompt_batch(model, ids, n):
    if len(set(map(len, ids))) > 1:
        raise ValueError("unequal rows; pad them first")
    if len(ids) == 0 or len(ids[0]) == 0:
        raise ValueError("nothing to predict from: the prompt is empty")
    batch = torch.from_numpy(np.array([[int(x) for x in row] for row in ids], dtype=np.int64))
    needed = batch.shape[1] + n - 1
    if needed > model.config.max_position_embeddings:
        raise ValueError(f"needs {needed} positions, the model has {model.config.max_position_embeddings}")
    return batch


def columns(model, text):
    while True:
        with torch.no_grad():
            out = model(text, use_cache=False)
        column = out.logits[:, -1:].argmax(dim=2)
        yield column
        text = torch.hstack((text, column))


def greedy(model, ids, n):
    text = prompt_batch(model, ids, n)
    stream = columns(model, text)
    return torch.cat([text, *(next(stream) for _ in range(n))], dim=1)
