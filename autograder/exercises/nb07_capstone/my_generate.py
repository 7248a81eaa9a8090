"""``my_generate``: ``model.generate``, all by yourself: equal in tokens and in processed scores."""

import torch
from transformers import DynamicCache

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb03_sampling_loop._shared import until
from autograder.exercises.nb07_capstone._shared import probe_of, shows, stopping
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=8, tolerance=1e-4, calls=True, no_grad=True, runs="runs", adapter=Adapter.REBUILT)
exercise.rules("""
    chooses (2): with do_sample each step draws for all rows with one torch.multinomial; without it the best token is
        taken, and temperature, top_k, top_p and min_p are not applied
    cuts (2): when sampling, the scores go through temperature, top_k, top_p and min_p, in this order; a cut token has
        the score -inf; k may be larger than the vocabulary
    penalty: repetition_penalty acts on greedy calls, too, and first; it sees prompt and new tokens, and not the left
        pads
    padded: a left-padded row says what it says alone: mask and positions
    ends (2): each of the end tokens, one or a list, ends the row that newly says it, and stays; from then on the row
        holds pad_token_id, or the first end token where that is None; when all rows have ended, or after
        max_new_tokens, the run is over
    minimum: the first min_new_tokens tokens are no end tokens: the scores of these are -inf, before temperature and
        cuts
    stop_strings: a row ends when the newest token completes one of the stop strings in the decoded row: it may begin in
        the prompt and end within the token, but not be over before that token; where there are no end tokens, a row
        that has ended is not filled: it talks on until all have ended
    defaults (2): what the call does not say is what model.generation_config says, and what that does not say either is
        in DEFAULTS; a None in the call is a value: it switches that part off
    refuses: an argument that is not in DEFAULTS is refused with a ValueError
    runs: without gradients; with use_cache the model reads the prompts once and then one column a step, without it
        everything each time
""")
DEFAULTS = {
    "do_sample": False, "temperature": 1.0, "top_k": 50, "top_p": 1.0, "min_p": None, "repetition_penalty": 1.0,
    "eos_token_id": None, "pad_token_id": None, "max_new_tokens": 20, "min_new_tokens": None, "use_cache": True,
    "stop_strings": None, "tokenizer": None,
}  # fmt: skip


@exercise.refuses
def refuses(model, input_ids, attention_mask, **kwargs):
    return f"generate knows no {', '.join(sorted(kwargs.keys() - DEFAULTS.keys()))}" if kwargs.keys() - DEFAULTS else ""


@exercise.probes
def probes(rng):
    def probe(name, rule, rows=2, *, hidden=False, told=(), off=(), none=(), **settings):
        """A case in which the mistakes called ``told`` show. ``off``: settings that the call leaves away; ``none``:
        those that it switches off.
        """

        def make():
            args = probe_of(rng, rows, **settings)
            args["settings"] = {key: value for key, value in args["settings"].items() if key not in off}
            args["settings"] |= dict.fromkeys(none)
            return Probe(name, rule=rule, hidden=hidden, **args)

        return until(shows(exercise, told), make)

    drawn = {"do_sample": True, "top_k": 0}
    draws = ("takes_the_best", "draws_row_by_row")
    yield probe("drawn, three rows", "chooses", 3, told=draws, **drawn)
    yield probe("drawn, rotary positions", "chooses", rotary=True, told=draws, **drawn)
    yield probe("greedy, rotary positions", "chooses", rotary=True)
    yield probe("greedy, with cuts that must not act", "chooses", temperature=0.5, top_k=4, told=("cuts_greedy_runs",))
    yield probe("drawn, a row ends early", "chooses", 3, eos="one", told=("draws_for_live_rows_only",), **drawn)
    yield probe("drawn, four rows", "chooses", 4, hidden=True, told=draws, **drawn)
    yield probe("greedy, min_p must not act", "chooses", hidden=True, min_p=0.4, told=("cuts_greedy_runs",))

    one = {"rows": 1, "do_sample": True}
    order = ("cuts_before_the_temperature",)
    yield probe("temperature, then top_p", "cuts", temperature=2.0, top_k=0, top_p=0.6, told=order, **one)
    yield probe("top_k, then top_p", "cuts", top_k=6, top_p=0.7, told=("top_p_before_top_k",), **one)
    yield probe("min_p at a high temperature", "cuts", temperature=3.0, top_k=0, min_p=0.3, told=order, **one)
    yield probe(
        "top_p keeps the token that crosses", "cuts", top_k=0, top_p=0.5, told=("drops_the_crossing_token",), **one
    )
    yield probe("top_p, then min_p", "cuts", top_k=0, top_p=0.8, min_p=0.25, told=("min_p_before_top_p",), **one)
    yield probe("top_k is larger than the vocabulary", "cuts", top_k=45, temperature=1.5, **one)
    yield probe("everything at once", "cuts", hidden=True, temperature=1.6, top_k=12, top_p=0.8, min_p=0.1, **one)
    yield probe("a low temperature", "cuts", hidden=True, temperature=0.4, top_k=0, top_p=0.9, told=order, **one)

    seen = ("penalty_sees_new_tokens_only",)
    yield probe("a penalty, greedy", "penalty", repetition_penalty=2.2, told=("always_divides", *seen))
    yield probe("a penalty below 1, greedy", "penalty", repetition_penalty=0.5, told=("always_divides", *seen))
    pads = {"rotary": True, "pads": True, "rows": 3}
    yield probe("a penalty and left pads", "penalty", repetition_penalty=2.5, told=("penalizes_pads",), pad=4, **pads)
    yield probe(
        "a penalty before top_k, drawn", "penalty", 1, repetition_penalty=2.5, top_k=5, do_sample=True,
        told=("penalty_after_the_cuts",),
    )  # fmt: skip
    yield probe(
        "another penalty and left pads", "penalty", repetition_penalty=0.4, hidden=True, told=("penalizes_pads",),
        pad=9, **pads,
    )  # fmt: skip

    positions = ("forgets_the_positions",)
    yield probe("learned positions, left pads", "padded", 3, pads=True, told=(*positions, "forgets_the_mask"))
    yield probe("rotary positions, left pads", "padded", told=("forgets_the_mask",), **pads)
    yield probe("left pads, without the cache", "padded", pads=True, use_cache=False, told=positions)
    yield probe("left pads, pad = 7", "padded", 3, pads=True, pad=7, hidden=True, told=(*positions, "forgets_the_mask"))

    ends = ("keeps_talking", "one_end_stops_all", "pads_over_the_end")
    yield probe("one row ends early", "ends", 3, eos="one", told=ends)
    yield probe("a list of end tokens", "ends", 3, eos="two", told=("knows_the_first_end_only",))
    yield probe("the last row ends in the last step", "ends", eos="last", told=("pads_over_the_end",))
    yield probe("both end before the limit", "ends", eos="all", told=("goes_to_the_limit",))
    yield probe("pad_token_id left away", "ends", eos="one", off=("pad_token_id",), told=("pads_with_zero",))
    yield probe(
        "pad_token_id left away, a list of end tokens", "ends", 3, eos="two", off=("pad_token_id",),
        told=("pads_with_the_last_end",),
    )  # fmt: skip
    yield probe("the end token is 0", "ends", eos_token_id=0, pad=3, told=("zero_is_no_end",))
    yield probe("pad = eos, inside a prompt", "ends", 3, eos="one", inside=True, told=("the_prompt_ends_rows",))
    yield probe("pad = eos, in a longer prompt", "ends", eos="one", inside=True, hidden=True, width=7)
    yield probe("a list of end tokens, rotary", "ends", 4, rotary=True, eos="two", hidden=True, told=ends)
    yield probe("both end, drawn", "ends", eos="all", hidden=True, told=("goes_to_the_limit",), **drawn)

    def early(name, hidden=False, told=("ignores_the_minimum", "minimum_is_one_more"), **more):
        return probe(name, "minimum", eos="minimum", min_new_tokens=3, hidden=hidden, told=told, **more)

    yield early("a row would end too early")
    yield early("a row would end too early, three rows", rows=3)
    yield early("a minimum under sampling", rows=1, top_k=4, do_sample=True, told=("minimum_after_the_cuts",))
    yield early("a row would end too early, rotary", hidden=True, rotary=True)
    yield probe(
        "each of two end tokens would come too early", "minimum", 3, eos="two", min_new_tokens=4,
        told=("minimum_of_the_first_end_only",),
    )  # fmt: skip

    def stop(name, kind, told, hidden=False, written=list):
        fair = shows(exercise, told)
        return until(fair, lambda: Probe(name, rule="stop_strings", hidden=hidden, **stopping(rng, kind, written)))

    yield stop("across two new tokens", "across", ("ends_with_it",))
    yield stop("across, up to the end of a token", "whole", ("asks_for_a_whole_token",))
    yield stop("begun in the prompt", "begun", ("looks_at_new_text_only",))
    yield stop("it stands in the prompt", "prompt", ("any_place_counts",))
    yield stop("the prompt ends with it", "edge", ("counts_what_was_over",))
    yield stop("the second of two comes", "across", ("first_stop_string_only",), written=lambda stops: ["zz", *stops])
    yield stop("one, as a plain string", "across", ("letters_of_a_plain_string",), written=lambda stops: stops[0])
    yield stop("two stop strings, two rows", "two", ("keeps_talking",))
    yield stop("no end token: nothing is filled", "unfilled", ("fills_without_end_tokens",))
    yield stop("begun in the prompt, another", "begun", ("looks_at_new_text_only",), hidden=True)
    yield stop("across two new tokens, another", "across", ("asks_for_a_whole_token",), hidden=True)

    repository = {"do_sample": True, "temperature": 0.6, "top_k": 5}
    ignores = ("ignores_the_repository",)
    yield probe("the repository samples", "defaults", repository=repository, told=ignores)
    yield probe(
        "the repository samples, the call says top_k=0", "defaults", repository=repository, top_k=0, told=ignores
    )
    yield probe(
        "the repository samples, the call says top_k=None", "defaults", repository=repository, top_k=None,
        told=("none_says_nothing",),
    )  # fmt: skip
    everything = repository | {"top_p": 0.8, "repetition_penalty": 1.5}
    yield probe(
        "the call switches off what the repository says", "defaults", repository=everything, temperature=None,
        top_k=None, top_p=None, repetition_penalty=None, told=("trips_over_none",),
    )  # fmt: skip
    yield probe(
        "eos_token_id=None, and the repository has one", "defaults", eos="one", moved=True, none=("eos_token_id",),
        told=("none_says_nothing",),
    )  # fmt: skip
    yield probe(
        "the repository says top_k=0", "defaults", repository={"do_sample": True, "top_k": 0}, size=61,
        told=("zero_says_nothing",),
    )  # fmt: skip
    yield probe("the hidden top_k", "defaults", do_sample=True, told=("no_hidden_top_k",), size=61)
    yield probe(
        "max_new_tokens from the repository",
        "defaults",
        repository={"max_new_tokens": 4},
        off=("max_new_tokens",),
        told=ignores,
    )
    yield probe("no limit at all", "defaults", 1, off=("max_new_tokens",), hidden=True, n=20)
    yield probe(
        "a repetition penalty from the repository", "defaults", repository={"repetition_penalty": 2.0}, hidden=True,
        told=ignores,
    )  # fmt: skip
    yield probe(
        "end tokens from the repository", "defaults", eos="one", moved=True, off=("eos_token_id",), told=ignores
    )
    yield probe("an unknown argument", "refuses", n=2, top_n=3)
    yield probe("a mistyped argument", "refuses", n=2, max_new_token=3)
    yield probe("an unknown argument that is None", "refuses", n=2, top_n=None)
    yield probe("seed as an argument", "refuses", n=2, manual_seed=3, hidden=True)
    yield probe("with the cache", "runs", n=4)
    yield probe("use_cache=False", "runs", n=3, use_cache=False)
    yield probe("with the cache, rotary", "runs", 3, n=5, rotary=True, hidden=True)


@exercise.generates
def settings(*_):
    return {"library": "rebuilt"}


@exercise.reference
def reference(model, input_ids, attention_mask, **kwargs):
    repository = {name: getattr(model.generation_config, name, None) for name in DEFAULTS}
    said = DEFAULTS | {name: value for name, value in repository.items() if value is not None} | kwargs

    ends = [] if said["eos_token_id"] is None else said["eos_token_id"]
    ends = torch.tensor([ends] if isinstance(ends, int) else ends, dtype=torch.int64)
    pad = said["pad_token_id"]
    if pad is None and len(ends):
        pad = int(ends[0])
    stops = said["stop_strings"] or []
    stops = [stops] if isinstance(stops, str) else stops

    def processed(scores, step):
        """Logits [B, V] as they are after penalty, minimum, temperature and cuts."""
        if penalty := said["repetition_penalty"]:
            seen = torch.zeros_like(scores, dtype=torch.int64).scatter_add(1, ids, mask) > 0
            scores = torch.where(seen, torch.where(scores > 0, scores / penalty, scores * penalty), scores)
        if step < (said["min_new_tokens"] or 0):
            scores = scores.index_fill(1, ends, -torch.inf)
        return warped(scores) if said["do_sample"] else scores

    def warped(scores):
        scores = scores / (said["temperature"] or 1.0)
        if k := said["top_k"]:
            kth = scores.topk(min(k, scores.shape[1])).values[:, -1:]
            scores = scores.masked_fill(scores < kth, -torch.inf)
        if said["top_p"] is not None and said["top_p"] < 1:
            ascending, order = scores.sort()
            cut = ascending.softmax(-1).cumsum(-1) <= 1 - said["top_p"]
            cut[:, -1] = False
            scores = scores.masked_fill(cut.scatter(1, order, cut), -torch.inf)
        if m := said["min_p"]:
            probs = scores.softmax(-1)
            scores = scores.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)
        return scores

    def completed(row):
        """Whether the last token of the row completes a stop string."""
        before, text = said["tokenizer"].decode(row[:-1]), said["tokenizer"].decode(row)
        return any(text.find(stop, max(0, len(before) + 1 - len(stop))) >= 0 for stop in stops)

    ids, mask, scores = input_ids, attention_mask, []
    cache = DynamicCache() if said["use_cache"] else None
    live = torch.ones(len(ids), dtype=torch.bool)
    while len(scores) < said["max_new_tokens"] and live.any():
        fed = 1 if scores and said["use_cache"] else ids.shape[1]
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -fed:]
        with torch.no_grad():
            out = model(
                ids[:, -fed:],
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=cache is not None,
            )
        scores.append(processed(out.logits[:, -1].float(), len(scores)))
        new = torch.multinomial(scores[-1].softmax(-1), 1)[:, 0] if said["do_sample"] else scores[-1].argmax(-1)
        if len(ends):
            new = torch.where(live, new, pad)
        ids = torch.cat([ids, new[:, None]], dim=1)
        mask = torch.cat([mask, torch.ones_like(new)[:, None]], dim=1)
        live = live & ~torch.isin(new, ends)
        if stops:
            live = live & ~torch.tensor([completed(row) for row in ids])
    return {"sequences": ids, "scores": torch.stack(scores)}


@exercise.mistake
def asks_the_library(model, input_ids, attention_mask, **kwargs):
    """model.generate was called, or the loop in it. It is what you rebuild here: write the loop with forward passes of
    the model alone."""
    out = model.generate(
        input_ids, attention_mask=attention_mask, output_scores=True, return_dict_in_generate=True, **kwargs
    )
    return {"sequences": out.sequences, "scores": torch.stack(out.scores)}


exercise.slips("""
    takes_the_best: if said["do_sample"] else scores[-1] => if False else scores[-1]
        Every token is the best one, although the call samples. Where do_sample is true, draw from the softmax of the
        processed scores.
    draws_row_by_row: torch.multinomial(scores[-1].softmax(-1), 1)[:, 0]
        => torch.cat([torch.multinomial(row.softmax(-1), 1) for row in reversed(scores[-1])]).flip(0)
        The tokens have the right distribution and are others: the rows use the random numbers in another order. Draw
        for the whole batch with one torch.multinomial.
    draws_for_live_rows_only: new = torch.multinomial(scores[-1].softmax(-1), 1)[:, 0] if said["do_sample"] else
        => new = scores[-1].argmax(-1)
        =>         if said["do_sample"]:
        =>             new[live] = torch.multinomial(scores[-1][live].softmax(-1), 1)[:, 0]
        =>         new = new if said["do_sample"] else
        Only the rows that go on were drawn for, so from the first end on they get other random numbers. Draw for all
        rows, and put the pad where one has ended.
    cuts_greedy_runs: warped(scores) if said["do_sample"] else scores => warped(scores)
        The tokens of a greedy call are right and its scores are not: temperature and cuts were applied. The library
        makes these steps only when it samples.
    cuts_before_the_temperature: scores = scores / (said["temperature"] or 1.0)
        => if said["temperature"] not in (None, 1.0):
        =>             T, said["temperature"] = said["temperature"], None
        =>             scores, said["temperature"] = warped(scores) / T, T
        =>             return scores
        The cuts come before the temperature, so other tokens survive. Temperature is the first of the four.
    top_p_before_top_k: if k := said["top_k"]:
        => if said["top_k"] and said["top_p"] is not None and said["top_p"] < 1:
        =>             ascending, order = scores.sort()
        =>             cut = ascending.softmax(-1).cumsum(-1) <= 1 - said["top_p"]
        =>             cut[:, -1] = False
        =>             scores = scores.masked_fill(cut.scatter(1, order, cut), -torch.inf)
        =>             kth = scores.topk(min(said["top_k"], scores.shape[1])).values[:, -1:]
        =>             return scores.masked_fill(scores < kth, -torch.inf)
        =>         if k := said["top_k"]:
        top_p comes before top_k. The library cuts to k first, and top_p then takes its share of what is left.
    min_p_before_top_p: if said["top_p"] is not None and said["top_p"] < 1:
        => if m := said["min_p"]:
        =>             probs = scores.softmax(-1)
        =>             scores = scores.masked_fill(probs < m * probs.amax(-1, keepdim=True), -torch.inf)
        =>         if said["top_p"] is not None and said["top_p"] < 1:
        min_p comes before top_p, which then takes its share of what is left. The order is temperature, top_k, top_p,
        min_p.
    drops_the_crossing_token: cut[:, -1] = False
        => cut = torch.cat([torch.ones_like(cut[:, :1]), cut[:, :-1]], dim=1)
        =>             cut[:, -1] = False
        top_p cuts the token with which the sum reaches p. That one stays: the nucleus is the smallest set that reaches
        p.
    k_beyond_the_vocabulary: scores.topk(min(k, scores.shape[1])) => scores.topk(k)
        A top_k that is larger than the vocabulary raises an error in topk. Then nothing is cut: take the smaller of the
        two.
    always_divides: torch.where(scores > 0, scores / penalty, scores * penalty) => scores / penalty
        The penalty divides every score. A negative score becomes larger by that, so the token is rewarded: multiply
        where the score is negative.
    penalty_sees_new_tokens_only: scatter_add(1, ids, mask)
        => scatter_add(1, ids[:, input_ids.shape[1] :], mask[:, input_ids.shape[1] :])
        The penalty sees only the new tokens. In generate the prompt counts, too.
    penalizes_pads: scatter_add(1, ids, mask) => scatter_add(1, ids, torch.ones_like(ids))
        The penalty counts left pads as if somebody had said them. Count only what the mask marks with a 1.
    penalty_after_the_cuts: return warped(scores) if said["do_sample"] else scores
        => if said["do_sample"]:
        =>             scores = warped(out.logits[:, -1].float())
        =>             if penalty := said["repetition_penalty"]:
        =>                 changed = torch.where(scores > 0, scores / penalty, scores * penalty)
        =>                 scores = torch.where(seen, changed, scores)
        =>             if step < (said["min_new_tokens"] or 0):
        =>                 scores = scores.index_fill(1, ends, -torch.inf)
        =>         return scores
        The penalty comes after the cuts. It comes first, so that a penalized token can fall out of the best k.
    forgets_the_positions: position_ids=positions, =>
        The mask is there and the positions are not. For learned positions a left-padded row then begins somewhere
        behind 0: count the ones of the mask, and begin with 0.
    forgets_the_mask: attention_mask=mask, =>
        The model is not given the mask, so left pads are read as text.
    keeps_talking: new = torch.where(live, new, pad) => pass
        A row that has ended keeps talking while the others run. From the step after its end on it gets the pad.
    one_end_stops_all: and live.any() => and live.all()
        The first row that ends stops the whole batch. Go on until all rows have ended, or max_new_tokens are written.
    pads_over_the_end: live = live & ~torch.isin(new, ends)
        => live = live & ~torch.isin(new, ends)
        =>         if len(ends):
        =>             ids[~live, -1] = pad
        The end token is overwritten with the pad. It belongs to the output; pads begin one column later.
    goes_to_the_limit: and live.any() =>
        All rows had ended and the loop went on, writing pads. Stop as soon as no row is unfinished.
    knows_the_first_end_only: live = live & ~torch.isin(new, ends) => live = live & ~torch.isin(new, ends[:1])
        Only the first of the end tokens ends a row. eos_token_id may be a list: compare with all of them.
    pads_with_zero: pad = int(ends[0]) => pad = 0
        Without a pad_token_id rows are filled with 0. The library takes the first end token then.
    pads_with_the_last_end: pad = int(ends[0]) => pad = int(ends[-1])
        Without a pad_token_id rows are filled with the last of the end tokens. The library takes the first one.
    zero_is_no_end: [] if said["eos_token_id"] is None else said["eos_token_id"] => said["eos_token_id"] or []
        An end token of 0 was taken for none, since 0 is false. Ask whether it is None.
    the_prompt_ends_rows: live = torch.ones(len(ids), dtype=torch.bool)
        => live = ~torch.isin(ids, ends).any(1)
        A row whose prompt holds the end token never says anything. Only a new end token ends a row: prompts may hold
        it, as pads or as text.
    ignores_the_minimum: step < (said["min_new_tokens"] or 0) => False
        min_new_tokens has no effect. Before that many tokens, the scores of all end tokens are -inf.
    minimum_is_one_more: step < (said["min_new_tokens"] or 0) => step <= (said["min_new_tokens"] or -1)
        The end tokens are forbidden in one step too many. After min_new_tokens new tokens, the next may be an end.
    minimum_of_the_first_end_only: scores.index_fill(1, ends, -torch.inf) => scores.index_fill(1, ends[:1], -torch.inf)
        Before min_new_tokens only the first of the end tokens is ruled out. Each of them would end the row.
    minimum_after_the_cuts: if step < (said["min_new_tokens"] or 0):
        => if said["do_sample"]:
        =>             scores = warped(scores)
        =>             return scores.index_fill(1, ends, -torch.inf) if step < (said["min_new_tokens"] or 0) else scores
        =>         if step < (said["min_new_tokens"] or 0):
        The end tokens are removed after the cuts, so fewer tokens are left than top_k says. The minimum comes before
        temperature and cuts.
    asks_for_a_whole_token: text.find(stop, max(0, len(before) + 1 - len(stop))) >= 0
        => said["tokenizer"].decode(row[-1:]) == stop
        A stop string ends a row only where it is a token of its own. It may lie across the border of two tokens: look
        into the decoded text.
    ends_with_it: text.find(stop, max(0, len(before) + 1 - len(stop))) >= 0 => text.endswith(stop)
        A stop string ends a row only where the text ends with it. It may end in the middle of the newest token: look
        for any occurrence that ends behind the text so far.
    looks_at_new_text_only: before, text = said["tokenizer"].decode(row[:-1]), said["tokenizer"].decode(row)
        => row = row[input_ids.shape[1] :]
        =>         before, text = said["tokenizer"].decode(row[:-1]), said["tokenizer"].decode(row)
        Only the new text is searched. A stop string may begin in the prompt, and the library looks at the whole row.
    any_place_counts: text.find(stop, max(0, len(before) + 1 - len(stop))) >= 0 => stop in text
        A stop string that stands in the prompt ends the row at once. Only one that the newest token completes counts.
    counts_what_was_over: max(0, len(before) + 1 - len(stop)) => max(0, len(before) - len(stop))
        A stop string that was complete before the newest token ends the row. Only one whose end lies in the newest
        token counts: look one place further.
    first_stop_string_only: stops = [stops] if isinstance(stops, str) else stops
        => stops = [stops] if isinstance(stops, str) else stops[:1]
        Only the first of the stop strings ends a row. stop_strings may be a list: look for each of them.
    letters_of_a_plain_string: stops = [stops] if isinstance(stops, str) else stops => stops = list(stops)
        A stop string that is no list was taken letter by letter, and each letter ends a row. Put a plain string into a
        list of its own.
    fills_without_end_tokens: if len(ends):
        => pad = 0 if pad is None else pad
        =>         if True:
        A row that a stop string has ended is filled although there is no end token. The library fills rows only where
        end tokens are set; without any, the row talks on until all have ended.
    ignores_the_repository: if value is not None} => if False}
        What model.generation_config says is not used. It stands between the call and DEFAULTS.
    none_says_nothing: | kwargs
        => | {name: value for name, value in kwargs.items() if value is not None}
        A None in the call was taken for "not said", and the repository's value came back. In the call, None is a value:
        it switches that part off.
    zero_says_nothing: if value is not None} => if value}
        A value of the repository that is 0 or False was taken for "not said". Only None says nothing.
    trips_over_none: scores / (said["temperature"] or 1.0) => scores / said["temperature"]
        A setting that is None came into a computation. None in the call switches a part off: ask for it before
        temperature, top_p or penalty is used.
    no_hidden_top_k: if k := said["top_k"]: => if k := said["top_k"] if said["top_k"] != 50 else 0:
        A call that samples and says no top_k has one nevertheless: 50, the library's own.
    accepts_any_argument (refuses nothing)
        An argument that generate does not know went through in silence. Compare the names with those of DEFAULTS, and
        refuse with a ValueError that names it.
    feeds_everything: fed = 1 if scores and said["use_cache"] else ids.shape[1]
        => fed = ids.shape[1]
        =>         cache = DynamicCache() if said["use_cache"] else None
        With use_cache the model still reads all ids in each step. From the second step on give it the newest column,
        and the same cache.
    always_caches: DynamicCache() if said["use_cache"] else None
        => DynamicCache()
        =>     said["use_cache"] = True
        The cache is used although the call says use_cache=False. Then everything is read in each step.
    keeps_gradients: torch.no_grad() => torch.enable_grad()
        The tokens are right, but gradients were on, for a backward pass that never comes: wrap the call of the model in
        torch.no_grad().
""")


@exercise.alternative
@torch.no_grad()
def with_parts_of_the_library(model, input_ids, attention_mask, **kwargs):
    """The library's processors and brakes, put together by hand."""
    from transformers import (
        LogitsProcessorList,
        MinNewTokensLengthLogitsProcessor,
        MinPLogitsWarper,
        RepetitionPenaltyLogitsProcessor,
        StopStringCriteria,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )  # fmt: skip

    def said(name):
        if name in kwargs:
            return kwargs[name]
        own = getattr(model.generation_config, name, None)
        return DEFAULTS[name] if own is None else own

    ends = said("eos_token_id")
    ends = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    pad = said("pad_token_id") if said("pad_token_id") is not None else (ends or [0])[0]
    steps = LogitsProcessorList()
    if said("repetition_penalty"):
        left = attention_mask.argmax(1)
        steps.append(RepetitionPenaltyLogitsProcessor(float(said("repetition_penalty")), prompt_ignore_length=left))
    if said("min_new_tokens") and ends:
        steps.append(MinNewTokensLengthLogitsProcessor(input_ids.shape[1], said("min_new_tokens"), ends))
    if said("do_sample"):
        wanted = {
            "temperature": TemperatureLogitsWarper, "top_k": TopKLogitsWarper, "top_p": TopPLogitsWarper,
            "min_p": MinPLogitsWarper,
        }  # fmt: skip
        steps += [make(said(name)) for name, make in wanted.items() if said(name)]
    stop = StopStringCriteria(said("tokenizer"), said("stop_strings")) if said("stop_strings") else None
    ids, mask, scores, done = input_ids.clone(), attention_mask.clone(), [], torch.zeros(len(input_ids)).bool()
    cache = None
    for step in range(said("max_new_tokens")):
        where = mask.cumsum(1).sub(1).clamp_min(0)
        fed, where = (ids[:, -1:], where[:, -1:]) if cache is not None else (ids, where)
        out = model(
            input_ids=fed, attention_mask=mask, position_ids=where, past_key_values=cache, use_cache=said("use_cache")
        )
        cache = out.past_key_values if said("use_cache") else None
        scores.append(steps(ids, out.logits[:, -1].clone()))
        new = scores[step].softmax(-1).multinomial(1) if said("do_sample") else scores[step].argmax(-1, keepdim=True)
        if ends:
            new[done] = pad
        ids, mask = torch.cat([ids, new], 1), torch.cat([mask, (~done)[:, None].long() if ends else new * 0 + 1], 1)
        for end in ends:
            done |= new[:, 0] == end
        if stop:
            done |= stop(ids, None)
        if done.all():
            break
    return {"sequences": ids, "scores": torch.stack(scores)}
