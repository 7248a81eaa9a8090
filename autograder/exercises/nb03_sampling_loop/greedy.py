"""``greedy``: append the most likely token of each row, n times."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from autograder.exercises.nb03_sampling_loop._shared import refused_prompt, talkative_model

exercise = Exercise(__name__, points=3, calls=True, no_grad=True)
exercise.refuses(refused_prompt)


@exercise.probes
def probes(rng):
    def probe(name, rows, length, n, **settings):
        return Probe(name, model=talkative_model(rng, **settings), ids=prompt(rng, rows, length), n=n)

    yield probe("one new token", 1, 4, 1)
    yield probe("one row", 1, 5, 9)
    yield probe("three different rows", 3, 4, 9)
    yield Probe("rows as lists, left as they are", model=talkative_model(rng), ids=prompt(rng, 2, 3).tolist(), n=5)
    yield probe("the context is filled exactly", 1, 8, 5, n_positions=12)
    yield Probe("an empty prompt is refused", model=talkative_model(rng), ids=torch.empty(1, 0).long(), n=3)
    yield Probe("rows of unequal length are refused", model=talkative_model(rng), ids=[[3, 1, 4], [1, 5]], n=3)
    yield probe("a prompt longer than the context is refused", 1, 40, 3)
    yield probe("one token more than the context holds is refused", 1, 8, 6, n_positions=12)


@exercise.oracle
def oracle(model, ids, n):
    ids = torch.as_tensor(ids)
    settings = {"do_sample": False, "max_new_tokens": n, "pad_token_id": 0, "attention_mask": torch.ones_like(ids)}
    return model.generate(ids, use_cache=False, **settings)  # without a cache it, too, runs the whole sequence


@exercise.reference
def reference(model, ids, n):
    rows = torch.as_tensor(ids)
    for _ in range(n):
        with torch.no_grad():
            logits = model(rows).logits[:, -1]
        rows = torch.cat([rows, logits.argmax(-1)[:, None]], dim=1)
    return rows


exercise.slips("""
    never_feeds_the_token_back: model(rows) => model(torch.as_tensor(ids))
        Every step runs the prompt again, so every step predicts the same token. The model has no memory of what it
        chose: append the token, and run the longer sequence.
    feeds_only_the_last_token: model(rows) => model(rows if rows.shape[1] == len(ids[0]) else rows[:, -1:])
        After the first step only the newest token goes into the model, so it forgets everything before it. Without a
        cache (notebook 6) the model needs the whole sequence at every step.
    one_token_too_many: range(n) => range(n + 1)
        One token more than asked for: n forward passes choose n tokens. Look at where the loop begins to count.
    one_token_short: range(n) => range(n - 1)
        One token fewer than asked for: n counts new tokens, and the first pass, over the prompt, chooses one too.
    returns_new_tokens_only: return rows => return rows[:, -n:]
        The prompt is missing. Like `model.generate`, return it with the new tokens, [B, T + n]; cut it off later.
    appends_to_the_callers_rows: return rows
        => if isinstance(ids, list):
        =>         ids[:] = rows.tolist()
        =>     return rows
        The caller's own prompt grew. Build a new tensor in each step (torch.cat does) instead of appending to the old.
    one_choice_for_all_rows: logits.argmax(-1)[:, None] => logits[0].argmax().repeat(len(rows), 1)
        Every row got the same tokens: argmax without a dimension, or row 0 alone, answers for the whole batch. Take the
        argmax over the last dimension, which gives one id a row.
    takes_the_least_likely: argmax => argmin
        The least likely token is taken, not the most likely: argmax, or the last of an ascending sort.
    keeps_gradients: torch.no_grad() => torch.enable_grad()
        Gradients were on. They are for training and cost more memory at every step: wrap the call in torch.no_grad().
    accepts_any_prompt (refuses nothing)
        The tokens are right, but a prompt that cannot work is not refused with a ValueError: see the three cases on the
        card, and refuse them before the first forward pass.
""")


@exercise.alternative
def into_a_prepared_tensor(model, ids, n):
    out = torch.nn.functional.pad(torch.as_tensor(ids), (0, n))
    with torch.inference_mode():
        for t in range(out.shape[1] - n, out.shape[1]):
            out[:, t] = model(input_ids=out[:, :t]).logits[:, -1].topk(1).indices[:, 0]
    return out
