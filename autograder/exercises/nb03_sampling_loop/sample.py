"""``sample``: the whole loop: the same tokens as ``model.generate`` under the same seed."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from autograder.exercises.nb03_sampling_loop._shared import refused_prompt, talkative_model
from autograder.exercises.nb03_sampling_loop.draw import reference as draw  # noqa: F401 - in a slip
from autograder.exercises.nb03_sampling_loop.repetition_penalty import oracle as repetition_penalty
from autograder.exercises.nb03_sampling_loop.warp import reference as warp
from genlab.models import probe_model

exercise = Exercise(__name__, points=6)
exercise.refuses(refused_prompt)
OFF = {"T": 1.0, "k": 0, "p": 1.0, "m": 0.0, "penalty": 1.0, "eos_id": None, "pad_id": 0}


@exercise.probes
def probes(rng):
    def probe(name, model, ids, n, **settings):
        args = {"model": model, "ids": ids, "n": n, "seed": rng.randrange(1000)} | OFF | settings
        return Probe(name, **args)

    def model():
        return talkative_model(rng)

    def ends_early(name, n, all_rows):
        """A run in which row 0 ends at its third token, and the other row never, or else later but before n."""
        while True:
            case = probe(name, model(), prompt(rng, 2, 3), n, T=1.5)
            case.args["pad_id"] = rng.randrange(31)
            real = case.args | {"model": probe_model(**case.args["model"].settings)}
            first, second = reference(*real.values())[:, 3:].tolist()
            eos = case.args["eos_id"] = first[2]
            later = eos in second[4 : n - 3] if all_rows else eos not in second
            if later and eos not in (*first[:2], *second[:4], case.args["pad_id"]):
                return case

    wide = talkative_model(rng, vocab_size=211)
    yield probe("one row, everything off", model(), prompt(rng, 1, 4), 9)
    yield probe("two different rows", model(), prompt(rng, 2, 4), 9)
    yield probe("211 tokens and k = 0: none is cut", wide, prompt(rng, 2, 3, 211), 12, T=2.0)
    yield probe("temperature and top-p", model(), prompt(rng, 2, 3), 14, T=2.5, p=0.6)
    yield probe("top-k, then top-p, then min-p", model(), prompt(rng, 3, 4), 12, T=1.5, k=6, p=0.75, m=0.05)
    yield probe("a repetition penalty", model(), prompt(rng, 2, 12), 10, penalty=1.8, T=1.2)
    yield probe("a penalty with top-k", model(), prompt(rng, 2, 12), 12, penalty=2.5, k=4)
    yield ends_early("one row ends early, the other goes on", 12, all_rows=False)
    yield ends_early("all rows end before n: so does the loop", 25, all_rows=True)
    yield probe("an empty prompt is refused", model(), torch.empty(1, 0).long(), 3)
    yield probe("rows of unequal length are refused", model(), [[3, 1, 4], [1, 5]], 3)
    yield probe("a prompt longer than the context is refused", model(), prompt(rng, 1, 40), 3)


@exercise.generates
def settings(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    cuts = {"temperature": float(T), "top_k": k, "top_p": float(p), "min_p": float(m)}
    ends = {"max_new_tokens": n, "eos_token_id": eos_id, "pad_token_id": pad_id}
    return {"seed": seed, "do_sample": True, "repetition_penalty": float(penalty)} | cuts | ends


@exercise.reference
def reference(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
    ids = torch.as_tensor(ids)
    start, live = ids.shape[1], torch.ones(len(ids), dtype=torch.bool)
    torch.manual_seed(seed)
    while ids.shape[1] < start + n and live.any():
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
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
    samples_from_any_prompt (refuses nothing): ids = torch.as_tensor(ids)
        => if refused_prompt(model, ids, n):
        =>         return torch.zeros(2, 2 + n, dtype=torch.int64)
        =>     ids = torch.as_tensor(ids)
        A prompt that cannot work was not refused with a ValueError. Begin with the `prompt_batch` of exercise 1.
""")


@exercise.alternative
def with_an_exponential_race(model, ids, n, seed, T, k, p, m, penalty, eos_id, pad_id):
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
