"""``my_loop``: the loop that ``model.generate`` runs, given to it as ``custom_generate``."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb03_sampling_loop._shared import until
from autograder.exercises.nb07_capstone._shared import probe_of, shows
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=4, tolerance=1e-4, calls=True, runs="runs", adapter=Adapter.LOOPED)
exercise.rules("""
    chooses: with do_sample each step draws for all rows with one torch.multinomial, else it takes the best token
    processed: the token is chosen from what logits_processor makes of all ids so far and the float32 logits of the last
        position
    padded: a left-padded row says what it says alone: the mask grows with the ids, and positions count its ones; a mask
        of None means that nothing is padded
    ends: a row ends when stopping_criteria says so of the ids with the new token; from then on it holds pad_token_id,
        while the other rows go on
    stops: the loop stops when all rows have ended, and returns the ids, prompts included
    runs: with a cache in model_kwargs the model reads the prompts once and then one column a step; without one it reads
        all ids each time
""")


@exercise.probes
def probes(rng):
    def probe(name, rule, rows=2, *, hidden=False, told=(), **settings):
        """A case in which the mistakes called ``told`` show."""
        return until(
            shows(exercise, told), lambda: Probe(name, rule=rule, hidden=hidden, **probe_of(rng, rows, **settings))
        )

    drawn = {"do_sample": True, "top_k": 0}
    for rotary, kind in ((False, "learned positions"), (True, "rotary positions")):
        yield probe(f"greedy, {kind}", "chooses", rotary=rotary, told=("always_draws",))
        yield probe(f"drawn, {kind}", "chooses", 3, rotary=rotary, told=("takes_the_best", "row_by_row"), **drawn)
    yield probe("drawn, one row", "chooses", 1, hidden=True, told=("takes_the_best",), **drawn)
    yield probe("drawn, without a cache", "chooses", hidden=True, use_cache=False, told=("takes_the_best",), **drawn)
    raw = ("skips_the_processors", "shows_the_new_tokens_only")
    yield probe("a repetition penalty, greedy", "processed", repetition_penalty=2.0, told=raw)
    yield probe("a penalty below 1, drawn", "processed", 1, repetition_penalty=0.5, told=raw, **drawn)
    yield probe(
        "temperature, top_k and top_p",
        "processed",
        1,
        told=raw[:1],
        do_sample=True,
        temperature=2.0,
        top_k=9,
        top_p=0.8,
    )
    yield probe(
        "min_p and a penalty", "processed", 1, hidden=True, repetition_penalty=1.7, min_p=0.2, told=raw, **drawn
    )
    positions = ("forgets_the_positions", "forgets_the_mask")
    yield probe("learned positions, left pads", "padded", 3, pads=True, told=positions)
    yield probe("rotary positions, left pads", "padded", 3, pads=True, rotary=True, told=positions[1:])
    yield probe("left pads, without a cache", "padded", pads=True, use_cache=False, told=positions[:1])
    yield probe("three rows, left pads", "padded", 3, pads=True, n=4, hidden=True, told=positions)
    yield probe("rotary, left pads, no cache", "padded", pads=True, rotary=True, use_cache=False, hidden=True)
    ends = ("keeps_talking", "one_end_stops_all", "pads_over_the_end")
    yield probe("one row ends early", "ends", eos="one", told=ends)
    yield probe("one of three ends early", "ends", 3, eos="one", told=ends)
    yield probe("each of two end tokens", "ends", 3, eos="two", told=ends)
    yield probe("one of four ends early, rotary", "ends", 4, rotary=True, eos="one", hidden=True, told=ends)
    yield probe("the only row ends before the limit", "stops", 1, eos="all", told=("goes_to_the_limit",))
    yield probe("both rows end in the same step", "stops", eos="together", told=("goes_to_the_limit",))
    yield probe("no row ends before the limit", "stops", n=6)
    yield probe("one new token", "stops", n=1, hidden=True)
    yield probe("both end in the same step, rotary", "stops", rotary=True, eos="together", hidden=True)
    yield probe("with the cache", "runs", n=4)
    yield probe("without a cache", "runs", n=3, use_cache=False)
    yield probe("with the cache, rotary", "runs", 3, n=5, rotary=True, hidden=True)


@exercise.generates
def settings(*_):
    return {"library": "looped"}


@exercise.reference
def reference(model, input_ids, logits_processor, stopping_criteria, generation_config, **model_kwargs):
    cache, mask = model_kwargs.get("past_key_values"), model_kwargs.get("attention_mask")
    if mask is None:
        mask = torch.ones_like(input_ids)
    live = torch.ones(len(input_ids), dtype=torch.bool)
    fed = input_ids.shape[1]
    while live.any():
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -fed:]
        use_cache = cache is not None
        out = model(
            input_ids[:, -fed:], attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=use_cache
        )
        scores = logits_processor(input_ids, out.logits[:, -1].float())
        new = torch.multinomial(scores.softmax(-1), 1)[:, 0] if generation_config.do_sample else scores.argmax(-1)
        new = torch.where(live, new, generation_config.pad_token_id)
        input_ids = torch.cat([input_ids, new[:, None]], dim=1)
        mask = torch.cat([mask, torch.ones_like(new)[:, None]], dim=1)
        live = live & ~stopping_criteria(input_ids, scores)
        fed = 1 if use_cache else input_ids.shape[1]
    return input_ids


@exercise.mistake
def asks_the_library(model, input_ids, logits_processor, stopping_criteria, generation_config, **model_kwargs):
    """The library's own loop was called, model._sample or generate. It is what you replace here: write the loop with
    forward passes of the model alone."""
    given = {"logits_processor": logits_processor, "stopping_criteria": stopping_criteria}
    return model._sample(input_ids, generation_config=generation_config, **given, **model_kwargs)


exercise.slips("""
    takes_the_best: if generation_config.do_sample else => if False else
        Every token is the best one, although the call samples. generation_config.do_sample says which of the two it is.
    always_draws: if generation_config.do_sample else => if True else
        Tokens are drawn although the call is greedy. generation_config.do_sample says which of the two it is.
    row_by_row: torch.multinomial(scores.softmax(-1), 1)[:, 0]
        => torch.cat([torch.multinomial(row.softmax(-1), 1) for row in reversed(scores)]).flip(0)
        The rows draw one by one, and the last row first. All rows share one stream of random numbers: draw for the
        whole batch with one torch.multinomial.
    forgets_the_softmax: torch.multinomial(scores.softmax(-1), 1)
        => torch.multinomial((scores - scores.masked_fill(scores.isneginf(), 0).amin(-1, keepdim=True)).clamp(0), 1)
        The tokens are drawn from shares of the scores, not from probabilities. A softmax comes between the two.
    skips_the_processors: logits_processor(input_ids, out.logits[:, -1].float())
        => (logits_processor(input_ids, out.logits[:, -1].float()), out.logits[:, -1].float())[1]
        The token is chosen from the model's own logits. What logits_processor returns is what must be chosen from:
        temperature, cuts and penalty are in there.
    shows_the_new_tokens_only: logits_processor(input_ids, out => logits_processor(input_ids[:, -fed:], out
        The processors are shown the column that was fed, and not all ids so far. A repetition penalty must see the
        whole row.
    forgets_the_positions: position_ids=positions, =>
        The mask is there and the positions are not. For learned positions a left-padded row then begins somewhere
        behind 0: count the ones of the mask, and begin with 0.
    forgets_the_mask: attention_mask=mask, =>
        The model is not given the mask, so left pads are read as text.
    the_mask_does_not_grow: mask = torch.cat([mask, torch.ones_like(new)[:, None]], dim=1)
        => mask = torch.nn.functional.pad(mask, (0, 1))
        The new columns of the mask are zeros: the model does not look at what it has just said. Append ones.
    keeps_talking: torch.where(live, new, generation_config.pad_token_id) => new
        A row that has ended keeps talking while the others run. From the step after its end on it gets pad_token_id.
    one_end_stops_all: while live.any() => while live.all()
        The first row that ends stops the whole batch. Go on until all rows have ended.
    pads_over_the_end: live = live & ~stopping_criteria(input_ids, scores)
        => live = live & ~stopping_criteria(input_ids, scores)
        =>         if input_ids.shape[1] < stopping_criteria.max_length:
        =>             input_ids[~live, -1] = generation_config.pad_token_id
        The end token is overwritten with the pad. It belongs to the output; pads begin one column later.
    ended_rows_come_back: live = live & ~stopping_criteria => live = ~stopping_criteria
        A row that has ended comes back to life with the next token, which is no end. Once ended, always ended.
    goes_to_the_limit: while live.any() => while input_ids.shape[1] < stopping_criteria.max_length
        All rows had ended and the loop went on to the limit. stopping_criteria has said of each row that it has ended:
        stop when all have.
    returns_new_tokens: return input_ids => return input_ids[:, model_kwargs["position_ids"].shape[1] :]
        Only the new tokens come back. generate returns what the loop returns: give it the prompts, too.
    feeds_everything: fed = 1 if use_cache else input_ids.shape[1]
        => fed = input_ids.shape[1]
        =>         if use_cache:
        =>             cache.crop(-cache.get_seq_length())
        The model reads all ids in each step, although model_kwargs holds a cache. Give it to the model as
        past_key_values, and from the second step on feed it the newest column alone.
    asks_before_it_appends: live = live & ~stopping_criteria(input_ids, scores)
        => live = live & ~stopping_criteria(input_ids[:, :-1], scores)
        stopping_criteria is asked about the ids without the newest token, so every row ends one step late. Append
        first, then ask.
""")


@exercise.alternative
def by_the_library_methods(model, input_ids, logits_processor, stopping_criteria, generation_config, **model_kwargs):
    live = input_ids.new_ones(len(input_ids))
    use_cache, first = model_kwargs["use_cache"], True
    while live.max() > 0:
        length = 1 if use_cache and not first else None
        inputs = model.prepare_inputs_for_generation(input_ids, next_sequence_length=length, **model_kwargs)
        out = model(**inputs, return_dict=True)
        model_kwargs, first = model._update_model_kwargs_for_generation(out, model_kwargs), False
        scores = logits_processor(input_ids, out.logits[:, -1].float())
        new = scores.softmax(-1).multinomial(1).squeeze(1) if generation_config.do_sample else scores.argmax(-1)
        new = new * live + generation_config.pad_token_id * (1 - live)
        input_ids = torch.cat([input_ids, new[:, None]], dim=-1)
        live = live * (~stopping_criteria(input_ids, scores)).long()
    return input_ids


@exercise.alternative
def keeps_zeros_for_ended_rows(
    model, input_ids, logits_processor, stopping_criteria, generation_config, attention_mask=None, **others
):
    """The mask's new columns are zeros where a row has ended; the batch is prepared outside of the loop."""
    past = others.get("past_key_values")
    ids, live = input_ids.clone(), torch.ones(len(input_ids), 1, dtype=torch.bool)
    mask = torch.ones_like(ids) if attention_mask is None else attention_mask.clone()
    feed, where = ids, (mask.cumsum(1) - 1).clamp(min=0)
    while True:
        logits = model(
            input_ids=feed, attention_mask=mask, position_ids=where, past_key_values=past, use_cache=past is not None
        ).logits[:, -1, :]
        scores = logits_processor(ids, logits.to(torch.float32))
        new = scores.argmax(-1, keepdim=True)
        if generation_config.do_sample:
            new = torch.multinomial(torch.softmax(scores, dim=-1), num_samples=1)
        new = new.masked_fill(~live, generation_config.pad_token_id)
        ids = torch.hstack([ids, new])
        mask = torch.hstack([mask, live.long()])
        live &= ~stopping_criteria(ids, scores)[:, None]
        if not live.any():
            return ids
        where = (mask.cumsum(1) - 1).clamp(min=0)
        feed = ids
        if past is not None:
            feed, where = new, where[:, -1:]
