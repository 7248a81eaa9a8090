"""Answers to ``fit_context``, written from its card alone, without sight of its probes."""

# %% wrong one_too_few: Reserves a position for the last new token as well; breaks 'Keep as many of the last tokens as possible'.
def fit_context(ids, n_positions, n_new):
    keep = n_positions - n_new
    if ids.shape[1] == 0 or n_new < 1 or keep < 1:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong full_context_refused: n_new == n_positions, where exactly one token may stay, is refused; breaks 'when not even one token fits'.
def fit_context(ids, n_positions, n_new):
    if ids.shape[1] == 0:
        raise ValueError("empty prompt")
    if n_new < 1 or n_new >= n_positions:
        raise ValueError("n_new does not fit")
    keep = n_positions - (n_new - 1)
    return ids[:, -keep:]

# %% wrong negative_start: Slices from T - keep without looking at its sign: a short prompt loses tokens; breaks 'a prompt that fits stays as it is'.
def fit_context(ids, n_positions, n_new):
    T = ids.shape[1]
    keep = n_positions - n_new + 1
    if T == 0 or n_new < 1 or keep < 1:
        raise ValueError("nothing fits")
    return ids[:, T - keep:]

# %% wrong early_return_before_refusals: A prompt that fits is returned before n_new and T are looked at, so n_new < 1 and empty prompts are accepted; breaks 'n_new is below 1, or the prompt is empty, raise a ValueError'.
def fit_context(ids, n_positions, n_new):
    if ids.shape[1] + n_new - 1 <= n_positions:
        return ids
    keep = n_positions - n_new + 1
    if keep < 1 or n_new < 1 or ids.shape[1] == 0:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong at_least_one_kept: Keeps one token when none fits instead of refusing (max(1, keep)); breaks 'when not even one token fits'.
def fit_context(ids, n_positions, n_new):
    if ids.shape[1] == 0:
        raise ValueError("empty prompt")
    if n_new < 1:
        raise ValueError("n_new must be at least 1")
    keep = max(1, n_positions - n_new + 1)
    return ids[:, -keep:]

# %% wrong keep_zero_passes: Refuses only keep < 0: with keep == 0 the slice is the whole row; breaks 'because no token of the prompt would fit ... raise a ValueError'.
def fit_context(ids, n_positions, n_new):
    keep = n_positions - n_new + 1
    if ids.shape[1] < 1 or n_new < 1 or keep < 0:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong negative_n_new: Refuses n_new == 0 only, a negative one is accepted; breaks 'when n_new < 1'.
def fit_context(ids, n_positions, n_new):
    if not n_new:
        raise ValueError("n_new must be at least 1")
    if ids.shape[1] == 0:
        raise ValueError("empty prompt")
    keep = n_positions - n_new + 1
    if keep < 1:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong zero_n_new: n_new = 0 is accepted (only negative numbers are refused); breaks 'when n_new < 1'.
def fit_context(ids, n_positions, n_new):
    if n_new < 0 or ids.shape[1] == 0:
        raise ValueError("bad input")
    keep = n_positions - max(n_new - 1, 0)
    if keep < 1:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong empty_by_rows: Asks len(ids), the number of rows: a prompt of no tokens [B, 0] is accepted; breaks 'Raises ValueError when T is 0'.
def fit_context(ids, n_positions, n_new):
    if len(ids) == 0 or n_new < 1:
        raise ValueError("empty prompt or nothing to generate")
    keep = n_positions - n_new + 1
    if keep < 1:
        raise ValueError("nothing fits")
    return ids[:, -keep:]

# %% wrong first_tokens: Keeps the first tokens; breaks 'as many of the last tokens as possible'.
def fit_context(ids, n_positions, n_new):
    keep = n_positions - n_new + 1
    if ids.shape[1] == 0 or n_new < 1 or keep < 1:
        raise ValueError("nothing fits")
    return ids[:, :keep]

# %% wrong first_token_saved: Saves the very first token (as a start token) and drops from behind it; breaks 'The longest END of ids'.
def fit_context(ids, n_positions, n_new):
    keep = n_positions - n_new + 1
    if ids.shape[1] == 0 or n_new < 1 or keep < 1:
        raise ValueError("nothing fits")
    if ids.shape[1] <= keep:
        return ids
    if keep == 1:
        return ids[:, -1:]
    return torch.cat([ids[:, :1], ids[:, -(keep - 1):]], dim=1)

# %% wrong halved: Drops the older half until the rest fits; breaks 'Keep as many of the last tokens as possible'.
def fit_context(ids, n_positions, n_new):
    room = n_positions - n_new + 1
    if ids.shape[1] == 0 or n_new < 1 or room < 1:
        raise ValueError("nothing fits")
    while ids.shape[1] > room:
        ids = ids[:, (ids.shape[1] + 1) // 2:]
    return ids

# %% wrong off_by_one_only_when_cutting: Asks rightly whether the prompt fits, but then cuts to n_positions - n_new; breaks 'as many as possible' for long prompts only.
def fit_context(ids, n_positions, n_new):
    T = ids.shape[1]
    if T == 0 or n_new < 1 or n_new > n_positions:
        raise ValueError("nothing fits")
    if T + n_new - 1 <= n_positions:
        return ids
    return ids[:, -max(1, n_positions - n_new):]

# %% wrong one_row: Treats the batch as one row: only the first row comes back; breaks 'returns [B, T\']'.
def fit_context(ids, n_positions, n_new):
    row = ids[0].tolist()
    keep = n_positions - n_new + 1
    if not row or n_new < 1 or keep < 1:
        raise ValueError("nothing fits")
    return torch.tensor([row[-keep:]])

# %% wrong index_error_kept: Raises IndexError, as the model would, when no token fits; breaks 'raise a ValueError'.
def fit_context(ids, n_positions, n_new):
    if ids.shape[1] == 0 or n_new < 1:
        raise ValueError("nothing to do")
    keep = n_positions - n_new + 1
    if keep < 1:
        raise IndexError("index out of range in self")
    return ids[:, -keep:]

# %% wrong refusal_only_for_long_prompts: Refuses prompts longer than n_positions instead of cutting them; breaks 'Cut ids so that n_new tokens can be generated'.
def fit_context(ids, n_positions, n_new):
    T = ids.shape[1]
    if not 0 < T <= n_positions:
        raise ValueError("the prompt is empty or longer than the context")
    if n_new < 1 or n_positions - n_new + 1 < 1:
        raise ValueError("nothing fits")
    return ids[:, -(n_positions - n_new + 1):]

# %% right count_down
def fit_context(ids, n_positions, n_new):
    B, T = ids.shape
    if T == 0:
        raise ValueError("empty prompt")
    if n_new < 1:
        raise ValueError("at least one new token must be asked for")
    for start in range(T):
        if (T - start) + n_new - 1 <= n_positions:
            return ids[:, start:]
    raise ValueError("not even one token of the prompt fits")

# %% right narrow
def fit_context(ids, n_positions, n_new):
    T = ids.size(1)
    fed_back = n_new - 1
    stay = min(T, n_positions - fed_back)
    if n_new <= 0 or stay <= 0:
        raise ValueError(f"no prompt token fits before {n_new} new ones in {n_positions} positions")
    return ids.narrow(1, T - stay, stay).clone()

# %% right plain_lists
from collections import deque

def fit_context(ids, n_positions, n_new):
    if n_new < 1 or n_new > n_positions or ids.shape[1] < 1:
        raise ValueError("cannot fit")
    rows = [list(deque(row, maxlen=n_positions + 1 - n_new)) for row in ids.tolist()]
    width = min(ids.shape[1], n_positions + 1 - n_new)
    return torch.tensor(rows, dtype=torch.int64, device=ids.device).reshape(ids.shape[0], width)
