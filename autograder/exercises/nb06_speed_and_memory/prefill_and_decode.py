"""``prefill_and_decode``: a greedy loop that keeps keys and values: one pass over the prompts, then a token a pass."""

import torch
from transformers import DynamicCache

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from genlab.judging.adapters import Adapter
from genlab.judging.values import Resource
from genlab.models import RESOURCES

exercise = Exercise(
    __name__, points=4, adapter=Adapter.EARLIER, tolerance=1e-4, calls=True, no_grad=True, runs="passes"
)
exercise.rules("""
    tokens: the result is the ids [B, P + n], the prompts with n greedy tokens behind them, whichever these are, and the
        logits [B, n, V] that they were taken from
    passes (2): the model runs n times, with gradients off: first on the prompts, then on the newest token of each row
        alone
    padding: rows that are filled on the left get what they get alone: the mask covers all columns up to now, and a
        row's positions count its own tokens
    fresh: each call has a cache of its own, whatever was called before
    refuses: n below 1, and a mask that hides the last token of a row, are refused with a ValueError
""")


@exercise.refuses
def refuses(model, input_ids, attention_mask, n):
    if n < 1:
        return f"n must be at least 1, got {n}"
    return "" if attention_mask[:, -1].all() else "the last column is filled: fill up on the left"


@exercise.probes
def probes(rng):
    def decided(kind, ids, mask, n, end):
        """A model that is sure of each of its greedy tokens: rounding cannot change one. ``end``: which is its eos."""
        while True:
            settings = {"seed": rng.randrange(10**6), "eos_token_id": None}
            said, logits = oracle(RESOURCES[kind](**settings), ids, mask, n)
            best = logits.topk(2).values
            if (best[..., 0] - best[..., 1]).min() > 0.05:
                return Resource(kind, **settings | ({} if end is None else {"eos_token_id": int(said[0, end])}))

    def probe(rule, name, rows=1, width=5, n=4, pads=(0,), kind="probe_model", earlier=None, end=None, hidden=False):
        """``pads``: how many columns of each row are filled; ``earlier``: rows and width of a call before this one.

        ``end``: the place of a new token that is the model's own end token.
        """
        ids = prompt(rng, rows, width)
        mask = torch.tensor([[0] * pad + [1] * (width - pad) for pad in pads]).expand(rows, -1).clone()
        args = {"input_ids": ids, "attention_mask": mask, "n": n}
        if earlier:
            other = prompt(rng, *earlier)
            args["an_earlier_call"] = [other, torch.ones_like(other), n]
        return Probe(name, rule=rule, hidden=hidden, model=decided(kind, ids, mask, n, end), **args)

    def refused(name, n=2, rows=1, last=1, hidden=False):
        ids = prompt(rng, rows, 4)
        mask = torch.tensor([[1, 1, 1, last]] + [[1, 1, 1, 1]] * (rows - 1))
        model = Resource("probe_model", seed=rng.randrange(10**6))
        return Probe(name, rule="refuses", hidden=hidden, model=model, input_ids=ids, attention_mask=mask, n=n)

    yield probe("tokens", "one prompt")
    yield probe("tokens", "one new token", n=1)
    yield probe("tokens", "two prompts of one length", rows=2, width=3, n=5)
    yield probe("tokens", "a prompt of one token", width=1, n=6)
    yield probe("tokens", "the model's end token is among the new ones", end=6)
    yield probe("tokens", "the first new token is the model's end token", end=5, hidden=True)
    yield probe("tokens", "a model with rotary positions", kind="rotary_model", rows=2)
    yield probe("tokens", "rotary positions, one token", kind="rotary_model", width=1, n=3, hidden=True)
    yield probe("tokens", "three prompts, many new tokens", rows=3, width=4, n=12, hidden=True)
    yield probe("passes", "passes for one prompt", width=rng.randrange(6, 9), n=5)
    yield probe("passes", "passes for a batch", rows=3, n=3)
    yield probe("passes", "one pass", rows=2, n=1)
    yield probe("passes", "passes for a long prompt", rows=2, width=12, n=4, hidden=True)
    yield probe("padding", "one row is filled on the left", rows=2, pads=(2, 0))
    yield probe("padding", "all rows are filled", rows=3, width=7, pads=(1, 4, 2), n=3)
    yield probe("padding", "filled rows, rotary positions", rows=2, width=6, pads=(3, 0), kind="rotary_model", n=3)
    yield probe("padding", "nearly all is filled", rows=2, width=6, pads=(5, 0), n=6, hidden=True)
    yield probe("padding", "one row alone, filled", width=8, pads=(3,), n=5, hidden=True)
    yield probe("fresh", "the second of two calls", earlier=(1, 5))
    yield probe("fresh", "a longer prompt went before", rows=2, earlier=(2, 9), n=3)
    yield probe("fresh", "a shorter prompt went before", width=6, earlier=(1, 2), n=5, hidden=True)
    yield refused("n of 0", n=0)
    yield refused("a row is filled on the right", rows=2, last=0)
    yield refused("a negative n", n=-1, hidden=True)
    yield refused("the only row is filled on the right", last=0, hidden=True)


@exercise.oracle
@torch.no_grad()
def oracle(model, input_ids, attention_mask, n):
    settings = {"max_new_tokens": n, "do_sample": False, "eos_token_id": None, "pad_token_id": 0, "use_cache": True}
    out = model.generate(
        input_ids, attention_mask=attention_mask, output_logits=True, return_dict_in_generate=True, **settings
    )
    return out.sequences, torch.stack(out.logits, dim=1)


@exercise.reference
def reference(model, input_ids, attention_mask, n):
    cache, new, ids, logits = DynamicCache(), input_ids, input_ids, []
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    for _ in range(n):
        with torch.no_grad():
            out = model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        logits.append(out.logits[:, -1])
        new = logits[-1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
        attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1)
        positions = positions[:, -1:] + 1
    return ids, torch.stack(logits, dim=1)


@exercise.alternative(refuses=False)
def hands_the_cache_on(model, input_ids, attention_mask, n):
    """The cache that a pass returns goes into the next one; positions come from the grown mask."""
    if n < 1 or attention_mask[:, -1].min() == 0:
        raise ValueError("n must be at least 1, and rows must be filled on the left")
    past, ids, steps = None, input_ids, []
    while len(steps) < n:
        fed = ids if past is None else ids[:, -1:]
        grown = torch.nn.functional.pad(attention_mask, (0, len(steps)), value=1)
        places = (grown.cumsum(1) - 1).clamp(min=0)[:, -fed.shape[1] :]
        with torch.inference_mode():
            out = model(
                input_ids=fed,
                attention_mask=grown,
                position_ids=places,
                past_key_values=past,
                use_cache=True,
                logits_to_keep=1,
            )
        past = out.past_key_values
        steps.append(out.logits[:, 0].clone())
        ids = torch.cat((ids, steps[-1].argmax(-1)[:, None]), -1)
    return ids, torch.stack(steps, 1)


@exercise.alternative
@torch.no_grad()
def in_two_parts(model, input_ids, attention_mask, n):
    """Prefill, then decode, each for itself."""
    rows, width = input_ids.shape
    mask = torch.cat([attention_mask, attention_mask.new_ones(rows, n)], dim=1)
    result = torch.cat([input_ids, input_ids.new_zeros(rows, n)], dim=1)
    places = mask.cumsum(-1).sub(1).clamp(min=0)
    out = model(input_ids, attention_mask=attention_mask, position_ids=places[:, :width], use_cache=True)
    logits = [out.logits[:, -1]]
    result[:, width] = logits[-1].argmax(-1)
    for end in range(width + 1, width + n):
        out = model(
            result[:, end - 1 : end],
            attention_mask=mask[:, :end],
            position_ids=places[:, end - 1 : end],
            past_key_values=out.past_key_values,
        )
        logits.append(out.logits[:, -1])
        result[:, end] = logits[-1].argmax(-1)
    return result, torch.stack(logits, dim=1)


exercise.slips("""
    reads_everything_again: model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        => model(ids, attention_mask=attention_mask, position_ids=(attention_mask.cumsum(-1) - 1).clamp(min=0))
        The whole row was read again in each pass. The tokens are right, the work is that of a loop without a cache:
        after the first pass give the model only the newest token of each row, and the cache.
    everything_twice: model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        => model(ids, position_ids=(attention_mask.cumsum(-1) - 1).clamp(min=0), past_key_values=cache)
        The whole row was given although the cache holds it already: the model then reads it as a text that stands there
        twice. With a cache, give only what is not in it.
    the_prompt_by_tokens: out = model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        => for i in range(new.shape[1]):
        =>                 seen = attention_mask.shape[1] - new.shape[1] + i + 1
        =>                 out = model(new[:, i : i + 1], attention_mask=attention_mask[:, :seen],
        =>                             position_ids=positions[:, i : i + 1], past_key_values=cache)
        The prompt was read one token a pass. Its tokens are all known: one pass reads them together.
    one_pass_too_many: return ids, torch.stack(logits, dim=1)
        => with torch.no_grad():
        =>         model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        =>     return ids, torch.stack(logits, dim=1)
        The last new token was read, too. Nothing follows from it, so it need not be: n tokens take n passes.
    the_mask_stays: attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1) => pass
        The mask stayed as long as the prompts. It covers what is in the cache and what is being read: with each new
        token it grows by a column of ones.
    a_mask_for_the_new_token: attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1)
        => attention_mask = torch.ones_like(new)
        The mask was that of the new token alone. It covers the columns in the cache as well: append a column of ones to
        the one before.
    all_ones: attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1)
        => attention_mask = torch.ones_like(ids)
        From the second pass on the mask was all ones, so that the rows read their filling. Append ones to the mask that
        you were given.
    no_mask: model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        => model(new, position_ids=positions, past_key_values=cache)
        The model got no mask, so that filled rows read their filling. Give it in every pass.
    positions_from_zero: positions = positions[:, -1:] + 1 => positions = torch.zeros_like(new)
        Each new token was given position 0, as if it began a text. Its position goes on from the row's last one.
    positions_stand_still: positions = positions[:, -1:] + 1 => positions = positions[:, -1:]
        All new tokens got the position of the prompt's last one. Add 1 with every token.
    positions_of_columns: model(new, attention_mask=attention_mask, position_ids=positions, past_key_values=cache)
        => model(new, attention_mask=attention_mask, past_key_values=cache)
        The positions were left to the model, which counts columns. In a filled row they are those of the row's own
        tokens: attention_mask.cumsum(-1) - 1, at least 0.
    columns_from_the_second_pass_on: positions = positions[:, -1:] + 1
        => positions = torch.full_like(new, ids.shape[1] - 1)
        From the second pass on positions were counted in columns. In a filled row they go on from the row's own last
        position.
    the_last_call_s_cache: DynamicCache(), input_ids, input_ids
        => vars(model).setdefault("kept", DynamicCache()), input_ids, input_ids
        The cache outlived the call: a second one finds in it the text of the first. A default argument or a name
        outside of the function does that. Make a new cache inside.
    gradients_on: torch.no_grad() => torch.enable_grad()
        The model ran with gradients on, which keeps everything that a backward pass would need. Wrap it in
        torch.no_grad().
    stops_at_the_end_token: attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1)
        => attention_mask = torch.cat([attention_mask, torch.ones_like(new)], dim=1)
        =>         if model.config.eos_token_id in new.flatten().tolist():
        =>             break
        The loop stopped at the model's end token. Here n tokens are asked for, whichever they are: ends are notebook 4.
    new_tokens_only: return ids, => return ids[:, input_ids.shape[1] :],
        Only the new tokens came back. The ids begin with the prompts, as those of generate do.
    probabilities: torch.stack(logits, dim=1) => torch.stack(logits, dim=1).softmax(-1)
        Probabilities came back. What is asked for are the logits as the model gives them.
    steps_before_rows: torch.stack(logits, dim=1) => torch.stack(logits)
        The logits have the shape [n, B, V]. Stack the steps along dimension 1: [B, n, V].
    one_token_too_many: range(n) => range(n + 1)
        One pass and one token too many: the prefill gives the first new token, so n tokens take n passes.
    one_token_too_few: range(n) => range(n - 1) if n > 1 else range(1)
        A token is missing: n passes give n tokens, the prefill the first of them.
    takes_any_mask (refuses nothing): cache, new, ids, logits = DynamicCache(), input_ids, input_ids, []
        => if n < 1:
        =>         raise ValueError("n must be at least 1")
        =>     cache, new, ids, logits = DynamicCache(), input_ids, input_ids, []
        Rows filled on the right were accepted: then the last column is filling, and the model would go on from there.
        Raise a ValueError when a 0 stands in the last column of the mask.
    takes_any_n (refuses nothing): cache, new, ids, logits = DynamicCache(), input_ids, input_ids, []
        => if not attention_mask[:, -1].all():
        =>         raise ValueError("filled on the right")
        =>     if n < 1:
        =>         return input_ids, torch.empty(len(input_ids), 0, model.config.vocab_size)
        =>     cache, new, ids, logits = DynamicCache(), input_ids, input_ids, []
        Fewer than one new token was accepted. Refuse it with a ValueError, as generate does.
""")
