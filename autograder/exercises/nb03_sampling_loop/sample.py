"""``sample``: the whole loop: the same tokens as ``model.generate`` under the same seed."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import NAN, prompt
from autograder.exercises.nb03_sampling_loop._shared import (
    refuse,
    refused_prompt,
    refused_setting,
    talkative_model,
    until,
)
from autograder.exercises.nb03_sampling_loop.draw import reference as draw  # noqa: F401 - in a slip
from autograder.exercises.nb03_sampling_loop.repetition_penalty import oracle as repetition_penalty
from autograder.exercises.nb03_sampling_loop.warp import reference as warp
from genlab.judging.runner import run
from genlab.judging.values import Resource, same

exercise = Exercise(__name__, points=6, calls=True, no_grad=True, runs="runs")
exercise.rules("""
    draws (2): the tokens are those of `model.generate`, for one row and for many: the seed is set once before the loop,
        and every step draws for all rows with one torch.multinomial
    runs: every step runs the model once, without gradients, on the prompt and all new tokens so far; once all rows have
        ended it runs no more
    cuts: T, k, p and m act on every step, in the order of warp
    penalty: the repetition penalty sees everything so far, the prompt included, and comes before the cuts
    off: what is left away, or 0 or None, turns its part off: no token is cut, and no row ends
    ends: a row keeps the eos_id that it draws; from then on its columns hold pad_id (0 is one, too, and what is meant
        if it is left away), it still draws, and the other rows go on as if nothing had happened; a pad_id that is drawn
        ends nothing
    stops: when all rows have ended, in the same step or one after the other, the loop stops
    end_token: eos_id ends a row only when it is drawn, not where the prompt holds it; 0 is an eos_id, too
    refuses: prompts that greedy refuses, and settings that warp or repetition_penalty refuses, are refused with a
        ValueError, prompts before the model runs
""")
OFF = {"T": 1.0, "k": 0, "p": 1.0, "m": 0.0, "penalty": 1.0, "eos_id": None, "pad_id": 0}


exercise.refuses(refused_prompt)  # settings are refused by the reference, when they are used


@exercise.probes
def probes(rng):
    """Only the rule ``draws`` has a single row."""
    models = [talkative_model(rng) for _ in range(3)]
    wide = talkative_model(rng, vocab_size=211)

    def probe(name, rule, ids, n, given=11, hidden=False, model=None, **settings):
        """A case of which the first ``given`` arguments are given and the others left away."""
        args = {"model": model or rng.choice(models), "ids": ids, "n": n, "seed": rng.randrange(1000)} | OFF | settings
        return Probe(name, rule=rule, hidden=hidden, **dict(list(args.items())[:given]))

    def result(case, function=reference):
        return run(function, case.args).value

    def shows(*names):
        """Whether the outcome tells each of these mistakes from what is right."""
        wrong = [mistake.function for mistake in exercise.mistakes if mistake.name in names]
        assert len(wrong) == len(names)

        def told(case):
            right = result(case)
            return not any(same(right, result(case, function), 0) for function in wrong)

        return told

    def matters(case):
        """Whether each setting that is on changes the outcome."""
        on = [name for name, value in OFF.items() if case.args[name] != value]
        right = result(case)
        return not any(same(right, run(reference, case.args | {name: OFF[name]}).value, 0) for name in on)

    def cuts(name, rows, n, hidden=False, **settings):
        return until(matters, lambda: probe(name, "cuts", prompt(rng, rows, 4), n, hidden=hidden, **settings))

    def penalty(name, *mistakes, hidden=False, **settings):
        fair = shows("forgets_the_penalty", "penalises_new_tokens_only", *mistakes)
        return until(fair, lambda: probe(name, "penalty", prompt(rng, 2, 12), 8, hidden=hidden, **settings))

    def ending(name, rule, fits, *mistakes, rows=2, n=9, hidden=False, given=11, eos=None, pad=None, said=False):
        """A run that fits and in which the mistakes show. ``fits`` is given the place at which each row ends, or n.

        ``eos``: this end token, else any that no prompt holds; ``said``: every prompt holds it. ``pad``: this one, or
        else any; "eos" the end token, "drawn" one that the last row draws.
        """

        def make():
            case = probe(name, rule, prompt(rng, rows, 3), n, hidden=hidden, T=1.5)
            if said:
                case.args["ids"][:, 0] = eos
            new = [row[3:] for row in result(case).tolist()]
            places = {token: [[*row, token].index(token) for row in new] for token in range(31)}
            good = [t for t in places if fits(*places[t]) and (t == eos or (t > 0 and t not in case.args["ids"]))]
            token = rng.choice(good) if eos is None and good else eos
            other = rng.choice([t for t in range(1, 31) if t != token])
            chosen = {None: other, "eos": token, "drawn": rng.choice([*new[-1][:5], other])}.get(pad, pad)
            case.args |= {"eos_id": token, "pad_id": chosen}
            case.args = dict(list(case.args.items())[:given])
            return case, token in good

        found = shows(*mistakes)
        return until(lambda made: made[1] and found(made[0]), make)[0]

    yield probe("one row, everything off, seed 0", "draws", prompt(rng, 1, 4), 8, seed=0)
    yield probe("two different rows", "draws", prompt(rng, 2, 4), 9)
    yield probe("a list of two rows", "draws", prompt(rng, 2, 5).tolist(), 4)
    yield probe("four rows", "draws", prompt(rng, 4, 2), 7, hidden=True)
    yield probe("one row, a prompt of one token", "draws", prompt(rng, 1, 1), 12, hidden=True)
    yield probe("the context is filled exactly", "draws", prompt(rng, 2, 26), 7, hidden=True)

    yield probe("one row, everything off", "draws", prompt(rng, 1, 4), 6, hidden=True)
    yield probe("four steps, everything off", "runs", prompt(rng, 2, 3), 4)
    yield probe("nine steps for three rows", "runs", prompt(rng, 3, 5), 9, hidden=True, T=0.8, k=9, penalty=1.2)

    yield cuts("temperature and top-p", 2, 10, T=2.5, p=0.6)
    yield cuts("top-k, then top-p, then min-p", 3, 9, T=1.5, k=5, p=0.85, m=0.3)
    yield cuts("min-p at a low temperature", 2, 9, T=0.7, m=0.3, hidden=True)
    yield cuts("top-k at T = 3", 2, 9, T=3.0, k=rng.randrange(2, 8), hidden=True)

    yield penalty("a repetition penalty", penalty=1.8, T=1.2)
    yield penalty("a penalty with top-k", "penalises_after_the_cuts", penalty=2.5, k=4)
    yield penalty("a penalty below 1", penalty=0.6, T=1.5)
    yield penalty("another penalty below 1", penalty=0.8, T=2.0, hidden=True)

    def uncut(name, given, hidden=False, **settings):
        fair = shows("hidden_top_k")
        return until(fair, lambda: probe(name, "off", prompt(rng, 2, 3, 211), 8, given, hidden, wide, **settings))

    yield uncut("211 tokens, all settings left away", 4)
    yield uncut("211 tokens and k = 0: none is cut", 11, T=2.0)
    case = probe("the model has an end token of its own", "off", prompt(rng, 2, 4), 9)
    own = {"eos_token_id": result(case)[0, 6].item()}
    case.args["model"] = Resource("probe_model", **case.args["model"].settings | own)
    yield case
    yield uncut("211 tokens, all but T left away", 5, T=1.5, hidden=True)

    everything = ("draws_for_live_rows_only", "stops_at_the_first_end", "pads_over_the_end", "ended_rows_come_back")
    yield ending(
        "one row ends early, the other goes on", "ends",
        lambda first, second: first < 4 and second == 9, *everything, "pads_with_the_end_token",
    )  # fmt: skip
    yield ending(
        "of three rows the last goes on", "ends", lambda *places: places[0] < places[1] < 7 and places[2] == 9,
        *everything, rows=3, hidden=True,
    )  # fmt: skip
    yield ending(
        "pad_id left away", "ends", lambda first, second: 9 in (first, second) and first != second,
        "pads_with_the_end_token", "ended_rows_come_back", "zero_pads_with_the_end_token", pad=0, given=10,
    )  # fmt: skip
    yield ending(
        "pad_id = 0 is given", "ends", lambda first, second: 9 in (first, second) and first != second,
        "zero_pads_with_the_end_token", pad=0, hidden=True,
    )  # fmt: skip
    yield ending(
        "a row that goes on draws pad_id", "ends", lambda first, second: first < 7 and second == 9,
        "a_pad_ends_a_row", pad="drawn",
    )  # fmt: skip
    yield ending(
        "of three rows the last draws pad_id, and goes on", "ends", lambda *places: max(places[:2]) < 7 < places[2],
        "a_pad_ends_a_row", rows=3, pad="drawn", hidden=True,
    )  # fmt: skip
    late = "always_writes_n_columns"
    yield ending(
        "all rows end before n, pad_id = eos_id", "stops", lambda first, second: first != second and second < 15, late,
        n=18, pad="eos",
    )  # fmt: skip
    yield ending(
        "rows end one after the other", "stops", lambda first, second: first != second and second < 15, late,
        "stops_only_together", n=18,
    )  # fmt: skip
    yield ending(
        "three rows end one after the other", "stops", lambda *places: len(set(places)) == 3 and max(places) < 18, late,
        "stops_only_together", rows=3, n=20, hidden=True,
    )  # fmt: skip
    yield ending("all rows end in the same step", "stops", lambda first, second: first == second < 8, late, hidden=True)
    yield ending(
        "three rows end before n, pad_id = eos_id", "stops", lambda *places: max(places) < 22, late, rows=3, n=24,
        pad="eos", hidden=True,
    )  # fmt: skip
    yield ending(
        "the end token stands in every prompt", "end_token", lambda *places: min(places) == 9,
        "ends_with_the_prompt", eos=rng.randrange(1, 31), pad="eos", said=True,
    )  # fmt: skip
    yield ending(
        "eos_id = 0 is drawn", "end_token", lambda first, second: first < 8 and second == 9, "zero_ends_nothing",
        eos=0, pad="eos",
    )  # fmt: skip
    yield ending(
        "the end token stands in every prompt, and is drawn", "end_token",
        lambda first, second: 2 < first < 8 and second == 9, "ends_with_the_prompt",
        eos=rng.randrange(1, 31), pad="eos", said=True, hidden=True,
    )  # fmt: skip

    yield ending("all rows have ended: the model runs no more", "runs", lambda first, second: 0 < first == second < 8)
    yield ending(
        "all rows have ended, pad_id = eos_id: the model runs no more", "runs",
        lambda first, second: 0 < first == second < 8, pad="eos", hidden=True,
    )  # fmt: skip

    two = prompt(rng, 2, 4)
    yield probe("an empty prompt is refused", "refuses", torch.empty(1, 0).long(), 3)
    yield probe("rows of unequal length are refused", "refuses", [[3, 1, 4], [1, 5]], 3)
    yield probe("a prompt longer than the context is refused", "refuses", prompt(rng, 1, 40), 3)
    yield probe("T = 0 is refused", "refuses", two, 3, T=0.0)
    yield probe("p above 1 is refused", "refuses", two, 3, p=1.2)
    yield probe("a penalty of 0 is refused", "refuses", two, 3, penalty=0.0)
    yield probe("a negative penalty is refused", "refuses", two, 3, penalty=-1.5, hidden=True)
    yield probe("NaN as p is refused", "refuses", two, 3, p=NAN, hidden=True)
    yield probe("an empty prompt is refused for n = 0, too", "refuses", torch.empty(2, 0).long(), 0, hidden=True)
    yield probe("the middle row is longer", "refuses", [[3, 1], [4, 1, 5], [9, 2]], 3, hidden=True)
    yield probe("one token more than fits is refused", "refuses", prompt(rng, 2, 27), 7, hidden=True)
    yield probe("a negative k is refused", "refuses", two, 3, k=-1, hidden=True)
    yield probe("m above 1 is refused", "refuses", two, 3, m=1.5, hidden=True)


@exercise.generates
def settings(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    cuts = {"temperature": float(T), "top_k": k, "top_p": float(p), "min_p": float(m)}
    ends = {"max_new_tokens": n, "eos_token_id": eos_id, "pad_token_id": pad_id}
    return {"seed": seed, "do_sample": True, "repetition_penalty": float(penalty)} | cuts | ends


@exercise.reference
def reference(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    ids = torch.as_tensor(ids)
    start, live = ids.shape[1], torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    while ids.shape[1] < start + n and live.any():
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        refuse(refused_setting(T, k, p, m, penalty))
        probs = warp(repetition_penalty(logits, ids, penalty), T, k, p, m).softmax(-1)
        token = torch.multinomial(probs, 1)[:, 0]
        token = torch.where(live, token, pad_id)
        ids = torch.cat([ids, token[:, None]], dim=1)
        if eos_id is not None:
            live = live & (token != eos_id)
    return ids


exercise.slips("""
    sets_the_seed_at_every_step: token = torch.multinomial(
        => torch.manual_seed(seed)
        =>         token = torch.multinomial(
        The seed is set again at every step, so every step meets the same random numbers. Set it once, before the loop.
    truncates_first: T, k, p, m).softmax => 1.0, k, p, m).div(T).softmax
        The tokens differ as soon as temperature and a cut are combined: the cuts came before the temperature. Use your
        `warp`, which has the library's order.
    hidden_top_k: T, k, p, m).softmax => T, k or 50, p, m).softmax
        Only the 50 best tokens were drawn from although k is 0. That is the library's hidden default; `k = 0` is off.
    penalises_new_tokens_only: logits, ids, penalty => logits, ids[:, start:], penalty
        The repetition penalty saw only the new tokens. In `model.generate` the prompt counts too: pass all ids so far.
    penalises_after_the_cuts: warp(repetition_penalty(logits, ids, penalty), T, k, p, m)
        => repetition_penalty(warp(logits, T, k, p, m), ids, penalty)
        The repetition penalty came after the cuts. It must come first, so that a penalized token can fall out of top-k.
    spares_a_reward: repetition_penalty(logits, ids, penalty)
        => (repetition_penalty(logits, ids, penalty) if penalty > 1 else logits)
        A penalty below 1 had no effect. It is a reward, by the same rule: call repetition_penalty whatever its value.
    keeps_gradients: torch.no_grad() => torch.enable_grad()
        The tokens are right, but gradients were on, for a backward pass that never comes: wrap the call of the model in
        torch.no_grad().
    runs_the_model_twice: logits = model(ids).logits[:, -1] => model(ids); logits = model(ids).logits[:, -1]
        The model ran twice in a step. A forward pass is what costs time: run it once, and keep its logits.
    runs_once_more: return ids
        => if not live.any() and ids.shape[1] < start + n:
        =>         with torch.no_grad():
        =>             model(ids)
        =>     return ids
        All rows had ended and the model ran once more for nothing. Look for the end as soon as a token is appended,
        before the next forward pass.
    stops_one_step_late: return ids
        => if not live.any() and ids.shape[1] < start + n:
        =>         with torch.no_grad():
        =>             model(ids)
        =>         ids = torch.nn.functional.pad(ids, (0, 1), value=pad_id)
        =>     return ids
        All rows had ended and the loop took one more step, for a column of pads: it asks who is unfinished before it
        looks at the newest tokens. First see which rows those end, then ask.
    forgets_the_penalty: repetition_penalty(logits, ids, penalty) => logits
        The repetition penalty had no effect: it goes between the model's logits and `warp`.
    draws_for_live_rows_only: token = torch.multinomial(probs, 1)[:, 0]
        => token = torch.zeros_like(ids[:, 0])
        =>         token[live] = torch.multinomial(probs[live], 1)[:, 0]
        Random numbers were drawn for the unfinished rows only. The library draws for every row at every step, finished
        ones included, and throws the pads' draws away: with fewer draws, all later ones are other numbers.
    draws_by_inverse_cdf: torch.multinomial(probs, 1)[:, 0] => draw(probs, torch.rand(len(probs)))
        The distribution is right and the random numbers are others: torch.rand with `draw` spends one number a row,
        torch.multinomial spends one for every token. To get the same tokens, use torch.multinomial.
    row_by_row: torch.manual_seed(seed)
        => rows = [reference(model, row[None], n, seed, T, k, p, m, penalty, eos_id, pad_id)[0] for row in ids]
        =>     return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad_id)
        Each row was generated by itself. One seed then serves every row afresh, or the numbers come in another order:
        run the batch as one, one torch.multinomial a step.
    takes_the_most_likely: torch.multinomial(probs, 1)[:, 0] => probs.argmax(-1)
        The most likely token came every time: that is greedy decoding. Draw from the probabilities.
    keeps_talking: if eos_id is not None => if False
        A row went on after its end token. From then on its columns hold pad_id, while other rows continue.
    stops_at_the_first_end: live.any() => live.all()
        The first row that ended stopped the whole batch. Go on until all rows have ended, or n tokens are written.
    always_writes_n_columns: and live.any() =>
        All rows had ended and the loop went on, writing pads. Stop as soon as no row is unfinished.
    pads_over_the_end: live = live & (token != eos_id)
        => live = live & (token != eos_id)
        =>             ids[~live, -1] = pad_id
        The end token is missing: it belongs to the output, and pads begin one column later.
    samples_from_any_prompt (refuses nothing)
        A prompt that cannot work was not refused with a ValueError. Begin with the `prompt_batch` of exercise 3.1.
    loses_the_row: logits[:, -1] => logits.squeeze()[..., -1, :]
        A batch of one row lost its dimension: squeeze() drops every dimension of size 1. Pick the last position with
        logits[:, -1], which is [B, V] for every B.
    forgets_temperature: , T, k, p, m).softmax => , 1.0, k, p, m).softmax
        The temperature had no effect: T does not reach `warp`. Pass on every setting that the function takes.
    forgets_top_k: , T, k, p, m).softmax => , T, 0, p, m).softmax
        top-k had no effect: k does not reach `warp`. Pass on every setting that the function takes.
    forgets_top_p: , T, k, p, m).softmax => , T, k, 1.0, m).softmax
        top-p had no effect: p does not reach `warp`. Pass on every setting that the function takes.
    forgets_min_p: , T, k, p, m).softmax => , T, k, p, 0.0).softmax
        min-p had no effect: m does not reach `warp`. Pass on every setting that the function takes.
    fifty_by_default: k=0 => k=50
        Without a k only the 50 best tokens were drawn from. The default of this function is 0, which cuts nothing.
    needs_all_arguments: T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0
        => T, k, p, m, penalty, eos_id, pad_id
        The function could not be called without all its settings. Keep the defaults of the stub.
    asks_the_model_for_its_end: if eos_id is not None:
        => eos_id = model.config.eos_token_id if eos_id is None else eos_id
        =>         if eos_id is not None:
        A row ended although eos_id is None: the model's own end token was used instead. None means that no row ends.
    a_pad_ends_a_row: (token != eos_id) => (token != eos_id) & (token != pad_id)
        A row ended when it drew pad_id. Only eos_id ends a row; the pad's token can be drawn like any other.
    stops_only_together: and live.any() => and not (eos_id is not None and (ids[:, -1] == eos_id).all())
        The loop stopped only when all rows drew eos_id in the same step. Rows that ended before hold pads by then:
        remember which rows are unfinished, and stop when none is.
    zero_pads_with_the_end_token: token, pad_id) => token, pad_id or eos_id or 0)
        The columns behind an end hold the end token although pad_id is 0. 0 is false in Python, so `pad_id or eos_id`
        passes over it: use pad_id as it is.
    pads_with_the_end_token: token, pad_id) => token, pad_id if eos_id is None else eos_id)
        The columns behind an end hold the end token once more. They hold pad_id, which may be another token.
    ended_rows_come_back: live & (token != eos_id) => token != eos_id
        A row that had ended came back one step later: a pad is not the end token, so it counted as unfinished again.
        Once ended, always ended: live = live & (token != eos_id).
    ends_with_the_prompt: live & (token != eos_id) => (ids != eos_id).all(1)
        A row ended because its prompt holds eos_id. Only a token that was drawn ends a row: look at the new one, not at
        the whole row.
    zero_ends_nothing: if eos_id is not None => if eos_id
        The end token 0 ended no row: 0 is false in Python, so `if eos_id:` passes over it. Ask `is not None`.
    returns_new_tokens_only: return ids => return ids[:, start:]
        The prompt is missing. Like `model.generate`, return it with the new tokens; cut it off later.
    sorts_before_it_draws: token = torch.multinomial(probs, 1)[:, 0]
        => ordered, order = probs.sort(-1, descending=True)
        =>         token = order.gather(1, torch.multinomial(ordered, 1))[:, 0]
        The tokens were drawn from sorted probabilities. The distribution is right, and the same random numbers meet
        other tokens: give torch.multinomial the probabilities in the order of the ids.
""")


@exercise.mistake(refuses=False)
def takes_zero_for_greedy(model, ids, n, seed, T=1.0, *settings):
    """T = 0 was taken for greedy decoding. It must be refused, as `warp` does: pass T on as it is."""
    return reference(model, ids, n, seed, T or 1e-3, *settings)


@exercise.alternative
def with_an_exponential_race(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    """What torch.multinomial does inside: an exponential for each token, by which its probability is divided."""
    generator = torch.Generator().manual_seed(seed)  # its own: the global state stays untouched
    out = torch.nn.functional.pad(torch.as_tensor(ids), (0, n), value=pad_id)
    end, finished = out.shape[1] - n, torch.zeros(len(out), dtype=torch.bool)
    while end < out.shape[1] and not finished.all():
        with torch.inference_mode():
            logits = model(out[:, :end]).logits[:, -1]
        probs = warp(repetition_penalty(logits, out[:, :end], penalty), T, k, p, m).softmax(-1)
        token = (probs / torch.empty_like(probs).exponential_(generator=generator)).argmax(-1)
        out[~finished, end] = token[~finished]
        finished |= token == (-1 if eos_id is None else eos_id)
        end += 1
    return out[:, :end]


@exercise.alternative
def with_sets(model, ids, n, seed, T=1.0, k=0, p=1.0, m=0.0, penalty=1.0, eos_id=None, pad_id=0):
    generator, rows, ended = torch.Generator(), [[int(token) for token in row] for row in ids], set()
    generator.manual_seed(seed)
    for _ in range(n):
        so_far = torch.tensor(rows)
        with torch.no_grad():
            scores = repetition_penalty(model(so_far).logits[:, -1], so_far, penalty)
        probs = torch.nn.functional.softmax(warp(scores, T, k, p, m), dim=1)
        for row, [token] in enumerate(torch.multinomial(probs, 1, generator=generator).tolist()):
            rows[row].append(pad_id if row in ended else token)
            if token == eos_id:
                ended.add(row)
        if len(ended) == len(rows):
            break
    return torch.tensor(rows)
