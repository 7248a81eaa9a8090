"""``generated_length``: how many new tokens a call gives, from its limits, the context and where eos comes."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from genlab.models import ScriptedModel

exercise = Exercise(__name__, points=2)
exercise.rules("""
    max_new_tokens: max_new_tokens counts the new tokens alone, and wins over max_length, whatever that says
    max_length: max_length counts the prompt and the new tokens together
    default: with neither, 20 new tokens come, but prompt and new tokens together are at most n_positions
    not_cut: a limit that somebody sets is not cut to the context, even when the new tokens cannot fit
    eos: the end token is counted; one that would come behind the limit changes nothing
    refuses: a limit without room for a single new token is refused with a ValueError, wherever the end token would come
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, prompt_length, limit=None, length=None, eos=None, context=256, hidden=False):
        limits = {"max_new_tokens": limit, "max_length": length}
        args = {"prompt_length": prompt_length, **limits, "eos_at": eos, "n_positions": context}
        return Probe(name, rule=rule, hidden=hidden, **args)

    p, n, more = rng.randrange(6, 15), rng.randrange(3, 6), rng.randrange(2, 9)
    near = rng.randrange(2, 12)  # positions that are left

    yield probe("max_new_tokens", "max_new_tokens alone", p, n)
    yield probe("max_new_tokens", "both, max_length is larger", p, n, p + n + more)
    yield probe("max_new_tokens", "both, max_length is smaller", p, n + 2, p + n)
    yield probe("max_new_tokens", "both, max_length leaves no room", p, n + more, p - 1)
    yield probe("max_new_tokens", "both, max_length is the number of new tokens", p, n, n, hidden=True)
    yield probe("max_new_tokens", "more than 20 new tokens", p, 20 + more, hidden=True)
    yield probe("max_length", "max_length alone", p, length=p + n)
    yield probe("max_length", "it leaves room for one token", p, length=p + 1)
    yield probe("max_length", "it leaves room for more than 20 tokens", p, length=p + 20 + more)
    yield probe("max_length", "it is the number of positions", p, length=64, context=64, hidden=True)
    yield probe("default", "neither is given", p)
    yield probe("default", "neither, near the end of the context", 64 - near, context=64)
    yield probe("default", "neither, one position is left", 127, context=128, hidden=True)
    yield probe("default", "neither, exactly 20 positions are left", 44, context=64, hidden=True)
    yield probe("default", "neither, 19 positions are left", 109, context=128, hidden=True)
    yield probe("not_cut", "max_new_tokens is more than the context has", 64 - near, 64 + more, context=64)
    yield probe("not_cut", "max_length lies beyond the context", 64 - near, length=64 + more, context=64)
    yield probe("not_cut", "the prompt alone is longer than the context", 32 + more, n, context=32)
    yield probe("not_cut", "max_new_tokens reaches beyond the context", 64 - near, near + more, context=64, hidden=True)
    yield probe("not_cut", "max_length is beyond a smaller context", 30, length=34 + more, context=32, hidden=True)
    yield probe("eos", "it comes before the limit", p, n + 20, eos=n)
    yield probe("eos", "it is the very first token", p, length=p + n, eos=1)
    yield probe("eos", "it is the last token allowed", p, n, eos=n)
    yield probe("eos", "it would come after the limit", p, n, eos=n + 1)
    yield probe("eos", "it comes before the default limit", p, eos=rng.randrange(2, 6))
    yield probe("eos", "it would come after max_length", p, length=p + n, eos=n + more, hidden=True)
    yield probe("eos", "it would come after the default limit", p, eos=20 + more, hidden=True)
    yield probe("eos", "both limits, it comes first", p, n + more, p + 30, eos=n, hidden=True)
    yield probe("refuses", "a prompt as long as max_length", p, length=p)
    yield probe("refuses", "a prompt longer than max_length", p, length=p - 1)
    yield probe("refuses", "a prompt that fills the context, no limit given", 64, context=64)
    yield probe("refuses", "max_new_tokens of 0", p, 0)
    yield probe("refuses", "max_length of 0", p, length=0)
    yield probe("refuses", "no room, although the end token would come first", p, length=p, eos=1)
    yield probe("refuses", "max_new_tokens of 0, the end token would come later", p, 0, eos=n)
    yield probe("refuses", "max_new_tokens of 0, max_length leaves room", p, 0, p + n, hidden=True)
    yield probe("refuses", "a prompt beyond max_length, with an end token", p, None, p - 1, n, hidden=True)
    yield probe("refuses", "max_new_tokens below 0", p, -more, eos=n, hidden=True)
    yield probe("refuses", "a prompt longer than the context, no limit given", 64 + more, context=64, hidden=True)


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
    max_length_minus_one: max_length - prompt_length => max(max_length - prompt_length - 1, 0)
        One token more fits: with max_length = 8, a prompt of 5 has room for 3 new tokens, and 5 + 3 is 8.
    max_length_of_at_most_20: max_length - prompt_length => min(20, max_length - prompt_length)
        The 20 of the default was applied to max_length. It counts only where neither limit is given.
    max_length_wins: if max_new_tokens is not None => if max_new_tokens is not None and max_length is None
        When both limits are given, max_new_tokens wins, whatever max_length says.
    the_tighter_limit_wins: room = max_new_tokens => room = min(room, max_new_tokens) if max_length else max_new_tokens
        Of both limits the smaller one was taken. But max_new_tokens wins, and max_length is ignored, with a warning.
    both_must_leave_room: if room < 1 => if room < 1 or (max_length is not None and max_length <= prompt_length)
        A max_length without room was refused although max_new_tokens is given, too. Then max_length says nothing.
    does_not_count_eos: min(room, eos_at) => (room if eos_at > room else eos_at - 1)
        eos is a token like any other: it is appended, stays in the result and is counted.
    counts_eos_from_0: min(room, eos_at) => min(room, eos_at + 1)
        eos_at was taken for an index. It is 1 for the first new token: then the row has 1 new token, the end token.
    always_as_long_as_eos: min(room, eos_at) => eos_at
        An end token behind the limit never comes: the limit ends the row first. Take the smaller of the two numbers.
    never_as_long_as_eos: return room if eos_at is None else min(room, eos_at) => return room
        The limit is only an upper bound: an end token that comes earlier ends the row. Look at eos_at as well.
    default_is_20_in_all: min(20, n_positions - prompt_length) => 20 - prompt_length
        Without a limit, 20 was taken as the total. Today it is 20 new tokens (20 in all, in old library versions).
    default_has_no_limit: min(20, n_positions - prompt_length) => n_positions - prompt_length
        Without a limit, the run does not go on to the end of the context: the default is 20 new tokens.
    default_leaves_the_context: min(20, n_positions - prompt_length) => 20
        The default of 20 new tokens is cut at the end of the context: together with the prompt, at most n_positions.
    default_goes_one_beyond: min(20, n_positions - prompt_length) => min(20, n_positions - prompt_length + 1)
        The default went one token beyond the context. The last token is never fed back, but the default does not count
        on that: prompt and new tokens together are at most n_positions.
    default_ends_one_early: min(20, n_positions - prompt_length)
        => min(20, max(n_positions - prompt_length - 1, 0) or n_positions - prompt_length)
        Prompt and new tokens together may be exactly n_positions: near the end of the context, one token more comes.
    every_limit_is_cut: if room < 1:
        => room = min(room, n_positions - prompt_length)
        =>     if room < 1:
        A limit that was set got cut to the context. Only the default is: what somebody sets, generate tries to do.
    no_limit_above_n_positions: if room < 1:
        => room = min(room, n_positions)
        =>     if room < 1:
        A limit above n_positions was cut to it. Only the default is cut: what somebody sets, generate tries to do.
    refuses_what_leaves_the_context: if room < 1 => if room < 1 or prompt_length + room > n_positions
        A limit beyond the context was refused. The length is still what the limit says: refuse only a room below 1.
    returns_the_total: return room if eos_at is None else min(room, eos_at)
        => return prompt_length + (room if eos_at is None else min(room, eos_at))
        That is the length of the whole result. Asked for is the number of new tokens, without the prompt.
    no_room_means_zero: raise ValueError(f"no room for a new token after a prompt of {prompt_length}") => return 0
        No room for a new token is a mistake of the caller: like generate, raise a ValueError instead of returning 0.
    leaves_room_for_one: if max_new_tokens is not None
        => room = max(room, 1)
        =>     if max_new_tokens is not None
        Where the limit leaves no room, one token was made, as in old versions of the library. Today it is a mistake of
        the caller: raise a ValueError.
    zero_is_no_limit: if max_new_tokens is not None => if max_new_tokens
        max_new_tokens=0 was taken for "not given": 0 is false in Python. Ask `is not None`, then 0 can be refused.
    max_length_0_is_no_limit: default if max_length is None => default if not max_length
        max_length=0 was taken for "not given": 0 is false in Python. Ask `is not None`, then it can be refused.
    eos_needs_no_room: if room < 1: => if room < 1 and eos_at is None:
        An end token is a token and needs room as well. Refuse a limit below 1 first, and only then look at eos_at.
    an_eos_at_once_needs_no_room: if room < 1: => if room < 1 and eos_at != 1:
        Even an end token that comes at once needs room for one token. Refuse a limit below 1 before you look at eos_at.
    an_eos_at_once_comes_anyway: if room < 1:
        => if eos_at == 1:
        =>         return 1
        =>     if room < 1:
        Where the end token comes at once, the limit was not looked at. Even that token needs room: refuse a limit below
        1 before you look at eos_at.
    only_0_is_refused: if room < 1: => if room == 0:
        A prompt longer than the limit leaves less than 0. Refuse every room below 1, not only 0.
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


@exercise.alternative
def by_counting(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """Count the steps of the run."""
    total = max_length if max_length is not None else min(n_positions, prompt_length + 20)
    end, made = prompt_length + max_new_tokens if max_new_tokens is not None else total, 0
    while prompt_length + made < end and (made == 0 or made != eos_at):
        made += 1
    if not made:
        raise ValueError("there is no room for a new token")
    return made
