"""``generated_length``: how many new tokens a call gives, from its limits, the context and where eos comes."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.models import ScriptedModel

exercise = Exercise(__name__, points=2)


@exercise.probes
def probes(rng):
    def probe(name, prompt_length, max_new_tokens=None, max_length=None, eos_at=None, n_positions=256):
        limits = {"max_new_tokens": max_new_tokens, "max_length": max_length}
        return Probe(name, prompt_length=prompt_length, **limits, eos_at=eos_at, n_positions=n_positions)

    p, n = rng.randrange(6, 15), rng.randrange(3, 6)
    yield probe("max_new_tokens counts the new tokens", p, max_new_tokens=n)
    yield probe("max_length counts prompt and new tokens", p, max_length=p + n)
    yield probe("both, max_length is larger", p, max_new_tokens=n, max_length=p + n + 7)
    yield probe("both, max_length is smaller", p, max_new_tokens=n, max_length=p + n - 2)
    yield probe("neither is given", p)
    yield probe("neither, near the end of the context", 57, n_positions=64)
    yield probe("eos comes before the limit", p, max_new_tokens=n + 20, eos_at=n)
    yield probe("eos comes as the very first token", p, max_length=p + n, eos_at=1)
    yield probe("eos is the last token allowed", p, max_new_tokens=n, eos_at=n)
    yield probe("eos would come after the limit", p, max_new_tokens=n, eos_at=n + 1)
    yield probe("eos before the default limit", p, eos_at=rng.randrange(2, 19))
    yield probe("a prompt as long as max_length is refused", p, max_length=p)
    yield probe("a prompt longer than max_length is refused", p, max_length=p - 1)
    yield probe("a prompt that fills the context is refused by the default limit", 64, n_positions=64)
    yield probe("max_new_tokens of 0 is refused", p, max_new_tokens=0)


@exercise.oracle
def oracle(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    line = [1] * prompt_length + ([2] * (eos_at - 1) + [3] if eos_at else [])
    model = ScriptedModel([line], vocab_size=4, n_positions=n_positions, eos_token_id=3, otherwise=2)
    limits = {"max_new_tokens": max_new_tokens, "max_length": max_length}
    limits = {name: value for name, value in limits.items() if value is not None}
    ids = torch.ones(1, prompt_length, dtype=torch.int64)
    out = model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **limits)
    return out.shape[1] - prompt_length


@exercise.reference
def reference(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    default = min(20, n_positions - prompt_length)
    room = default if max_length is None else max_length - prompt_length
    if max_new_tokens is not None:
        room = max_new_tokens
    if room < 1:
        raise ValueError(f"no room for a new token after a prompt of {prompt_length}")
    return room if eos_at is None else min(room, eos_at)


exercise.slips("""
    swaps_the_two_limits: default = min(20, n_positions - prompt_length)
        => max_new_tokens, max_length = max_length, max_new_tokens
        =>     default = min(20, n_positions - prompt_length)
        The limits are swapped. max_new_tokens counts new tokens only, max_length the prompt and new tokens together.
    max_length_counts_new_tokens: max_length - prompt_length => max_length
        max_length was read as a number of new tokens. It counts the prompt, too: 30 leaves a prompt of 25 room for 5.
    max_length_wins: if max_new_tokens is not None => if max_new_tokens is not None and max_length is None
        When both limits are given, max_new_tokens wins, whatever max_length says.
    the_tighter_limit_wins: room = max_new_tokens => room = min(room, max_new_tokens) if max_length else max_new_tokens
        Of both limits the smaller one was taken. But max_new_tokens wins, and max_length is ignored, with a warning.
    does_not_count_eos: min(room, eos_at) => (room if eos_at > room else eos_at - 1)
        eos is a token like any other: it is appended, stays in the result and is counted.
    default_is_20_in_all: min(20, n_positions - prompt_length) => 20 - prompt_length
        Without a limit, 20 was taken as the total. Today it is 20 new tokens (20 in all, in old library versions).
    default_has_no_limit: min(20, n_positions - prompt_length) => n_positions - prompt_length
        Without a limit, the run does not go on to the end of the context: the default is 20 new tokens.
    default_leaves_the_context: min(20, n_positions - prompt_length) => 20
        The default of 20 new tokens is cut at the end of the context: together with the prompt, at most n_positions.
    returns_the_total: return room if eos_at is None else min(room, eos_at)
        => return prompt_length + (room if eos_at is None else min(room, eos_at))
        That is the length of the whole result. Asked for is the number of new tokens, without the prompt.
    no_room_means_zero: raise ValueError(f"no room for a new token after a prompt of {prompt_length}") => return 0
        No room for a new token is a mistake of the caller: like generate, raise a ValueError instead of returning 0.
""")


@exercise.alternative
def by_total_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """As the library does it: everything becomes a maximum total length first."""
    total = min(prompt_length + 20, n_positions) if max_length is None else max_length
    if max_new_tokens is not None:
        total = prompt_length + max_new_tokens
    if total <= prompt_length:
        raise ValueError("the prompt alone is as long as the limit")
    return min(total - prompt_length, eos_at or total)
