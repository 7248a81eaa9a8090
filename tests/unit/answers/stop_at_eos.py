"""Answers to ``stop_at_eos``, written from its card alone, without sight of its probes."""

# %% wrong prompt_may_end_it: Looks at the last token before each step, so a prompt that ends with an end token gets nothing; breaks 'the token that you have just appended'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    ids = input_ids
    made = 0
    while made < max_new_tokens and ids[0, -1].item() not in ends:
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        made += 1
    return ids

# %% wrong end_token_anywhere: Stops when an end token is anywhere in the row, prompt included (after the first step); breaks 'the token that you have just appended'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = torch.tensor(eos_token_id).flatten()
    ids = input_ids
    with torch.no_grad():
        for _ in range(max_new_tokens):
            new = model(ids).logits[:, -1].argmax(-1)
            ids = torch.cat([ids, new[:, None]], dim=1)
            if torch.isin(ids, ends).any():
                break
    return ids

# %% wrong one_call_too_many: Runs the model once more before it notices that the row has ended; breaks 'Runs the model exactly n times'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    ended = False
    with torch.no_grad():
        for _ in range(max_new_tokens):
            new = model(ids).logits[:, -1].argmax(-1)
            if ended:
                break
            ids = torch.cat([ids, new[:, None]], dim=1)
            ended = new.item() in ends
    return ids

# %% wrong call_prepared_for_next_step: Computes the logits of the next step at the end of each step, so the last of them is never used; breaks 'Runs the model exactly n times'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    ids = input_ids
    with torch.no_grad():
        logits = model(ids).logits[:, -1]
        for _ in range(max_new_tokens):
            new = logits.argmax(-1, keepdim=True)
            ids = torch.cat([ids, new], dim=1)
            if int(new) in ends:
                break
            logits = model(ids).logits[:, -1]
    return ids

# %% wrong falsy_id_zero: An end token with id 0 counts as not given; breaks 'leave the loop when the token ... is one of the end tokens'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    if not eos_token_id:
        ends = []
    elif isinstance(eos_token_id, int):
        ends = [eos_token_id]
    else:
        ends = eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong first_of_list: Only the first id of the list ends the row; breaks 'a list of ids each of which ends the row'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    end = eos_token_id[0] if isinstance(eos_token_id, (list, tuple)) else eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() == end:
            break
    return ids

# %% wrong list_as_sequence: Waits until the last new tokens are the whole list, one after the other; breaks 'a list of ids each of which ends the row'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    ids = input_ids
    made = []
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        made.append(new.item())
        if made[-len(ends):] == ends:
            break
    return ids

# %% wrong models_own_eos_too: Also stops at the end token of the model's configuration, which was not given; breaks 'one of the end tokens' (only those of the argument).
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    own = getattr(model.config, "eos_token_id", None)
    if isinstance(own, int):
        ends.add(own)
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong end_token_dropped: The end token is not appended; breaks 'The end token stays in the result'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        if new.item() in ends:
            break
        ids = torch.cat([ids, new[:, None]], dim=1)
    return ids

# %% wrong at_least_one_token: A do-while loop: with max_new_tokens=0 one token comes; breaks 'n <= max_new_tokens'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.numel() == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids, n = input_ids, 0
    while True:
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        n += 1
        if new.item() in ends or n >= max_new_tokens:
            return ids

# %% wrong limit_is_total: Counts the prompt into the limit (max_length); breaks 'after max_new_tokens'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    while ids.shape[1] < max_new_tokens:
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong kv_cache: Feeds the whole row once, then only the newest token with the cache; breaks 'Feed the whole row in each step'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids, feed, cache = input_ids, input_ids, None
    with torch.no_grad():
        for _ in range(max_new_tokens):
            out = model(feed, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            new = out.logits[:, -1].argmax(-1)[:, None]
            ids = torch.cat([ids, new], dim=1)
            feed = new if cache is not None else ids
            if new.item() in ends:
                break
    return ids

# %% wrong empty_by_rows: Asks len(input_ids), which is the number of rows, so an empty prompt [1, 0] is not refused with a ValueError; breaks 'An empty prompt is a ValueError'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if len(input_ids) == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong refusal_in_the_loop: The empty prompt is refused inside the loop, so with max_new_tokens=0 it is accepted; breaks 'An empty prompt is a ValueError'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        if ids.shape[1] == 0:
            raise ValueError("empty prompt")
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong gradients_on: Detaches the result but runs the model with gradients; breaks 'gradients off'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    for _ in range(max_new_tokens):
        new = model(ids).logits.detach()[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        if new.item() in ends:
            break
    return ids

# %% wrong first_step_outside: Only the first forward pass is under no_grad (the with block is closed too early); breaks 'gradients off'.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    ids = input_ids
    if max_new_tokens < 1:
        return ids
    with torch.no_grad():
        new = model(ids).logits[:, -1].argmax(-1)
    ids = torch.cat([ids, new[:, None]], dim=1)
    while new.item() not in ends and ids.shape[1] - input_ids.shape[1] < max_new_tokens:
        new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
    return ids

# %% wrong filled_to_the_limit: Fills the row behind the end token up to max_new_tokens; breaks '[1, P] become [1, P + n]' with n model runs.
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else list(eos_token_id)
    P = input_ids.shape[1]
    out = torch.full((1, P + max_new_tokens), ends[0] if ends else 0, dtype=torch.int64)
    out[:, :P] = input_ids
    with torch.no_grad():
        for t in range(P, P + max_new_tokens):
            out[0, t] = model(out[:, :t]).logits[0, -1].argmax()
            if out[0, t].item() in ends:
                break
    return out

# %% right list_of_ids
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.shape[-1] < 1:
        raise ValueError("the prompt must hold at least one token")
    ends = frozenset(eos_token_id) if isinstance(eos_token_id, (list, tuple, set)) else frozenset([int(eos_token_id)])
    row = input_ids[0].tolist()
    for _ in range(max_new_tokens):
        with torch.inference_mode():
            logits = model(torch.tensor([row], dtype=torch.int64, device=input_ids.device)).logits
            best = int(torch.argmax(logits[0, -1]))
        row.append(best)
        if best in ends:
            break
    return torch.tensor([row], dtype=torch.int64, device=input_ids.device)

# %% right decorated_isin
@torch.no_grad()
def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if not input_ids.numel():
        raise ValueError("an empty prompt cannot be continued")
    ends = torch.as_tensor(eos_token_id, dtype=torch.int64, device=input_ids.device).reshape(-1)
    pieces = [input_ids]
    while len(pieces) <= max_new_tokens:
        scores = model(input_ids=torch.cat(pieces, dim=1)).logits[:, -1, :]
        pieces.append(scores.max(dim=-1, keepdim=True).indices)
        if bool((pieces[-1] == ends).any()):
            break
    return torch.cat(pieces, dim=1)

# %% right generator_numpy
import numpy as np

def _tokens(model, row, ends):
    while True:
        before = torch.is_grad_enabled()
        torch.set_grad_enabled(False)
        try:
            scores = model(torch.from_numpy(row[None].copy())).logits[0, -1].double().numpy()
        finally:
            torch.set_grad_enabled(before)
        best = int(np.argmax(scores))
        row = np.append(row, np.int64(best))
        yield best
        if best in ends:
            return


def stop_at_eos(model, input_ids, eos_token_id, max_new_tokens):
    if input_ids.size(1) == 0:
        raise ValueError("empty prompt")
    ends = [eos_token_id] if not isinstance(eos_token_id, list) else eos_token_id
    new = []
    if max_new_tokens > 0:
        for token in _tokens(model, input_ids[0].numpy(), ends):
            new.append(token)
            if len(new) == max_new_tokens:
                break
    return torch.cat([input_ids, torch.tensor([new], dtype=torch.int64)], dim=1)
