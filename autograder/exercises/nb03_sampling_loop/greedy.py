"""``greedy``: append the most likely token of each row, n times."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from autograder.exercises.nb03_sampling_loop._shared import ragged, refuse, refused_prompt, talkative_model, until  # noqa: F401 - in slips
from genlab.judging.values import Resource
from genlab.models import probe_model

exercise = Exercise(__name__, points=3, calls=True, no_grad=True, runs="runs")
exercise.rules("""
    grows (2): every new token is the most likely one behind the prompt and all new tokens so far
    runs (2): every step runs the model once, without gradients, on the prompt and all new tokens so far
    close: the most likely token is taken, however close the second comes: scores are compared in float32
    rows: every row gets its own most likely token
    count: there are exactly n new tokens behind the prompt, also when one of them is the model's end token
    lists: a list of rows is taken like a tensor, and stays as it is
    fits: a prompt of L tokens with L + n - 1 equal to the model's number of positions is accepted
    refuses_unequal: rows of unequal length are refused with a ValueError, whichever row is the shorter
    refuses_empty: an empty prompt is refused with a ValueError
    refuses_full: a prompt that leaves no room for n tokens is refused with a ValueError before the first forward pass
""")
exercise.refuses(refused_prompt)


@exercise.probes
def probes(rng):
    """Only the rule ``grows`` has more than two new tokens, and only ``rows`` has rows that differ.

    One new token is enough for ``close``, and forward passes are judged in ``runs`` alone.
    """

    models = [talkative_model(rng) for _ in range(3)]

    def probe(name, rule, ids, n, hidden=False, **settings):
        model = talkative_model(rng, **settings) if settings else rng.choice(models)
        return Probe(name, rule=rule, hidden=hidden, model=model, ids=ids, n=n)

    def grows(name, length, n, hidden=False, **settings):
        return probe(name, "grows", prompt(rng, 1, length), n, hidden, **settings)

    def rows(name, number, n, hidden=False):
        def differ(case):
            model = probe_model(**case.args["model"].settings)
            return len(set(reference(model, case.args["ids"], 1)[:, -1].tolist())) > 1

        return until(differ, lambda: probe(name, "rows", prompt(rng, number, 4), n, hidden))

    def ends(name, hidden=False, said=False):
        """A model whose end token is the first of two new tokens, or else, if ``said``, the first of the prompt."""
        case = probe(name, "count", prompt(rng, 1, 5), 2, hidden)
        settings, ids = case.args["model"].settings, case.args["ids"]
        end = ids[0, 0] if said else reference(probe_model(**settings), ids, 1)[0, -1]
        case.args["model"] = Resource("probe_model", **settings | {"eos_token_id": end.item()})
        return case

    def close(name, length, hidden=False):
        """A prompt behind which the two best scores are the same number in 16 bits, and not in float32."""
        model = rng.choice(models)

        def make():
            ids = prompt(rng, 200, length)
            with torch.no_grad():
                scores = probe_model(**model.settings)(ids).logits[:, -1]
            best, second = scores.topk(2).values.T
            found = (scores.argmax(-1) != scores.bfloat16().argmax(-1)) & (best - second > 2**-12)
            return ids[found]

        return Probe(name, rule="close", hidden=hidden, model=model, ids=until(len, make)[:1], n=1)

    def ids(*lengths):
        return [[rng.randrange(31) for _ in range(length)] for length in lengths]

    yield grows("nine new tokens", 5, 9)
    yield grows("three new tokens", 6, 3)
    yield grows("twenty new tokens behind a prompt of one", 1, 20, hidden=True)
    yield grows("another vocabulary", 7, 8, hidden=True, vocab_size=67)
    yield probe("two new tokens", "runs", prompt(rng, 1, 3), 2)
    yield probe("two new tokens for three equal rows", "runs", prompt(rng, 1, 4).repeat(3, 1), 2)
    yield probe("one new token for two equal rows", "runs", prompt(rng, 1, 6).repeat(2, 1), 1, hidden=True)
    yield close("two scores that are almost equal", 4)
    yield close("two scores that are almost equal, behind a longer prompt", 9, hidden=True)
    yield rows("three different rows", 3, 2)
    yield rows("five different rows", 5, 1, hidden=True)
    yield probe("one new token", "count", prompt(rng, 1, 4), 1)
    yield probe("no new token: n = 0", "count", prompt(rng, 1, 5), 0, hidden=True)
    yield ends("the first of two new tokens is the model's end token")
    yield ends("the model's end token stands in the prompt", hidden=True, said=True)
    yield probe("a list of one row", "lists", ids(5), 2)
    yield probe("a list of two equal rows", "lists", ids(4) * 2, 1)
    yield probe("a list of three equal rows", "lists", ids(2) * 3, 2, hidden=True)
    yield probe("the context is filled exactly", "fits", prompt(rng, 1, 11), 2, n_positions=12)
    yield probe("the prompt alone fills the context, n = 1", "fits", prompt(rng, 1, 32), 1)
    yield probe("another context, filled exactly", "fits", prompt(rng, 1, 39), 2, hidden=True, n_positions=40)
    yield probe("the second row is shorter", "refuses_unequal", ids(3, 2), 3)
    yield probe("the last of three rows is longer", "refuses_unequal", ids(3, 3, 4), 3)
    yield probe("the first row is shorter", "refuses_unequal", ids(2, 5, 5), 1, hidden=True)
    yield probe("the middle row is longer", "refuses_unequal", ids(3, 4, 3), 2)
    yield probe("the third of four rows is shorter", "refuses_unequal", ids(4, 4, 1, 4), 2, hidden=True)
    yield probe("unequal rows and no new token", "refuses_unequal", ids(2, 3), 0, hidden=True)
    yield probe("an empty prompt is refused", "refuses_empty", torch.empty(1, 0).long(), 3)
    yield probe("an empty list is refused", "refuses_empty", [[], []], 1, hidden=True)
    yield probe("a prompt longer than the context is refused", "refuses_full", prompt(rng, 1, 40), 1)
    yield probe("one token more than fits is refused", "refuses_full", prompt(rng, 1, 8), 6, n_positions=12)
    yield probe("a full context and two more tokens", "refuses_full", prompt(rng, 2, 32), 2, hidden=True)
    yield probe("a list and many more tokens than fit", "refuses_full", ids(6), 60)


@exercise.oracle
def oracle(model, ids, n):
    ids = torch.as_tensor(ids)
    if n == 0:
        return ids
    settings = {"do_sample": False, "max_new_tokens": n, "pad_token_id": 0, "attention_mask": torch.ones_like(ids)}
    return model.generate(ids, use_cache=False, eos_token_id=None, **settings)  # without a cache it runs all, too


@exercise.reference
def reference(model, ids, n):
    rows = torch.as_tensor(ids)
    for _ in range(n):
        with torch.no_grad():
            logits = model(rows).logits[:, -1]
        rows = torch.cat([rows, logits.argmax(-1)[:, None]], dim=1)
    return rows


@exercise.mistake(refuses=False)
def refuses_in_the_middle(model, ids, n):
    """
    A prompt that leaves no room was refused only after forward passes, which are lost. L and n are known before the
    first step: compare L + n - 1 with the number of positions there.
    """
    refuse(refused_prompt(model, ids, 1))
    rows = torch.as_tensor(ids)
    for _ in range(n):
        refuse(refused_prompt(model, rows, 1))
        rows = reference(model, rows, 1)
    return rows


exercise.slips("""
    never_feeds_the_token_back: model(rows) => model(torch.as_tensor(ids))
        Every step runs the prompt again, so every step predicts the same token. The model has no memory of what it
        chose: append the token, and run the longer sequence.
    feeds_only_the_last_token: model(rows) => model(rows if rows.shape[1] == len(ids[0]) else rows[:, -1:])
        After the first step only the newest token goes into the model, so it forgets everything before it. Without a
        cache (notebook 6) the model needs the whole sequence at every step.
    feeds_the_prompt_and_the_newest_token: model(rows)
        => model(rows if rows.shape[1] == len(ids[0]) else torch.cat([torch.as_tensor(ids), rows[:, -1:]], 1))
        The model saw the prompt and the newest token, not those between. Append to what you have so far, not to the
        prompt: each step runs one token more than the step before.
    runs_the_model_twice: rows = torch.cat => logits = model(rows).logits[:, -1]; rows = torch.cat
        The model ran twice in a step. A forward pass is what costs time: run it once, and keep its logits.
    one_token_too_many: range(n) => range(n + 1)
        One token more than asked for: n forward passes choose n tokens. Look at where the loop begins to count.
    one_token_short: range(n) => range(n - 1)
        One token fewer than asked for: n counts new tokens, and the first pass, over the prompt, chooses one too.
    stops_at_the_end_token: rows = torch.cat([rows, logits.argmax(-1)[:, None]], dim=1)
        => rows = torch.cat([rows, logits.argmax(-1)[:, None]], dim=1)
        =>         end = model.config.eos_token_id
        =>         if end is not None and (rows[:, -1] == end).all():
        =>             break
        The loop stopped at the model's end token. Here n tokens are asked for, and n must come: ends are the business
        of a later notebook.
    returns_new_tokens_only: return rows => return rows[:, len(ids[0]) :]
        The prompt is missing. Like `model.generate`, return it with the new tokens, [B, L + n]; cut it off later.
    appends_to_the_callers_rows: return rows
        => if isinstance(ids, list):
        =>         ids[:] = rows.tolist()
        =>     return rows
        The caller's own prompt grew. Build a new tensor in each step (torch.cat does) instead of appending to the old.
    takes_tensors_only: torch.as_tensor(ids) => ids
        A list of rows was not taken. `ids` may be one: torch.as_tensor(ids) makes a tensor of it and leaves a tensor
        alone.
    takes_the_first_row_of_a_list: torch.as_tensor(ids)
        => torch.tensor(ids[0])[None] if isinstance(ids, list) else ids
        Of a list only the first row was used. It holds B rows, each of them a list: torch.as_tensor(ids) is [B, L].
    one_choice_for_all_rows: logits.argmax(-1)[:, None] => logits[0].argmax().repeat(len(rows), 1)
        Every row got the same tokens: argmax without a dimension, or row 0 alone, answers for the whole batch. Take the
        argmax over the last dimension, which gives one id a row.
    compares_in_16_bits: logits.argmax => logits.bfloat16().argmax
        The scores were rounded to 16 bits, where two close ones are the same number, and not the best but the first of
        them was taken. Compare the scores that the model gives.
    compares_first_and_last_row (refuses nothing): rows = torch.as_tensor(ids)
        => refuse(refused_prompt(model, [ids[0], ids[-1]] if len(ids) else ids, n))
        =>     rows = torch.as_tensor([(list(row) + [0] * len(ids[0]))[: len(ids[0])] for row in ids])
        The length of a row in the middle was not looked at. Compare all rows: the set of their lengths must hold one
        number.
    takes_the_least_likely: argmax => argmin
        The least likely token is taken, not the most likely: argmax, or the last of an ascending sort.
    keeps_gradients: torch.no_grad() => torch.enable_grad()
        Gradients were on. They are for training and cost more memory at every step: wrap the call in torch.no_grad().
    counts_the_last_token: rows = torch.as_tensor
        => refuse("no room" if len(ids[0]) + n > model.config.max_position_embeddings else "")
        =>     rows = torch.as_tensor
        A prompt that just fits was refused. The last new token is never fed back, so it needs no position: L + n - 1
        may be the number of positions, and L + n one more.
    pads_unequal_rows (refuses nothing): rows = torch.as_tensor(ids)
        => refuse("" if ragged(ids) else refused_prompt(model, ids, n))
        =>     rows = torch.as_tensor([[0] * (max(map(len, ids)) - len(row)) + list(row) for row in ids])
        Rows of unequal length were filled up and taken. Without a mask the model reads the filling as text: refuse.
    cuts_unequal_rows (refuses nothing): rows = torch.as_tensor(ids)
        => refuse("" if ragged(ids) else refused_prompt(model, ids, n))
        =>     rows = torch.as_tensor([list(row)[: min(map(len, ids))] for row in ids])
        Rows of unequal length were cut to the shortest and taken, so a part of the prompt is lost: refuse them.
    compares_two_rows (refuses nothing): rows = torch.as_tensor(ids)
        => refuse(refused_prompt(model, ids[:2], n))
        =>     rows = torch.as_tensor([list(row)[: len(ids[0])] for row in ids])
        The length of a later row was not looked at. Compare all rows: the set of their lengths must hold one number.
    starts_from_nothing (refuses nothing): rows = torch.as_tensor(ids)
        => refuse(refused_prompt(model, ids, n) if len(ids[0]) else "")
        =>     rows = torch.as_tensor(ids) if len(ids[0]) else torch.zeros(len(ids), 1, dtype=torch.int64)
        An empty prompt was taken, or failed inside of the model. There is no last position to predict from: refuse it
        with a ValueError that says so.
    forgets_the_new_tokens (refuses nothing): rows = torch.as_tensor
        => refuse(refused_prompt(model, ids, 1))
        =>     rows = torch.as_tensor
        The prompt alone was compared with the context. The new tokens need room, too: L + n - 1 positions in all.
    allows_one_too_many (refuses nothing): rows = torch.as_tensor
        => refuse(refused_prompt(model, ids, n - 1))
        =>     rows = torch.as_tensor
        A prompt that lacks a single position was not refused. All new tokens but the last are fed back: L + n - 1 may
        be the number of positions, and not more.
    accepts_any_prompt (refuses nothing)
        The tokens are right, but a prompt that cannot work is not refused with a ValueError: see the three cases on the
        card, and refuse them before the first forward pass.
    never_ends: rows = torch.cat
        => logits[:, [] if model.config.eos_token_id is None else model.config.eos_token_id] = -torch.inf
        =>         rows = torch.cat
        The model's end token was never taken. Here it is a token like others: append the most likely one, whichever it
        is.
""")


@exercise.alternative
def into_a_prepared_tensor(model, ids, n):
    out = torch.nn.functional.pad(torch.as_tensor(ids), (0, n))
    with torch.inference_mode():
        for t in range(out.shape[1] - n, out.shape[1]):
            out[:, t] = model(input_ids=out[:, :t]).logits[:, -1].topk(1).indices[:, 0]
    return out


@exercise.alternative
def with_lists(model, ids, n):
    rows = [[int(token) for token in row] for row in ids]
    for _ in range(n):
        with torch.no_grad():
            last = model(torch.tensor(rows)).logits[:, -1].double().tolist()
        rows = [[*row, scores.index(max(scores))] for row, scores in zip(rows, last, strict=True)]
    return torch.tensor(rows)


class Writer:
    """A text that grows."""

    def __init__(self, model, ids):
        self.model, self.ids = model, torch.as_tensor(ids).clone()

    @torch.no_grad()
    def step(self):
        self.ids = torch.hstack([self.ids, self.model(self.ids).logits[:, -1].max(-1, keepdim=True).indices])


@exercise.alternative
def with_a_class(model, ids, n):
    writer = Writer(model, ids)
    for _ in range(n):
        writer.step()
    return writer.ids
