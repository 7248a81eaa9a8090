"""Answers to ``generated_length``, written from its card alone, without sight of its probes."""

# %% wrong smaller_of_both: Takes the smaller of the two limits when both are set; breaks 'max_new_tokens wins over max_length'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    rooms = []
    if max_new_tokens is not None:
        rooms.append(max_new_tokens)
    if max_length is not None:
        rooms.append(max_length - prompt_length)
    if not rooms:
        rooms.append(min(20, n_positions - prompt_length))
    room = min(rooms)
    if room < 1:
        raise ValueError("the limit leaves no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong losing_max_length_still_refused: A max_length that the prompt already fills is refused although max_new_tokens is set and wins; breaks 'max_new_tokens wins over max_length'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_length is not None and max_length <= prompt_length:
        raise ValueError("the prompt is as long as max_length")
    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong default_one_more: Default case allows one token beyond n_positions (the last one is never fed back); breaks 'prompt and new tokens together at most n_positions'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length + 1)
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong default_20_in_total: The default 20 is taken as a total length, prompt included (the library's old behavior); breaks 'With neither, the limit is 20 new tokens'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is None:
        if max_length is None:
            max_length = min(20, n_positions)
        max_new_tokens = max_length - prompt_length
    if max_new_tokens < 1:
        raise ValueError("no room for a new token")
    return max_new_tokens if eos_at is None else min(max_new_tokens, eos_at)

# %% wrong default_not_cut: The default of 20 is never cut at the context; breaks 'prompt and new tokens together at most n_positions'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = 20
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong max_length_cut_at_context: A max_length above n_positions is cut to n_positions; breaks 'A limit that somebody sets is not cut'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = min(max_length, n_positions) - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong every_limit_cut: max_new_tokens too is cut at the context; breaks 'A limit that somebody sets is not cut'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is None:
        max_new_tokens = 20 if max_length is None else max_length - prompt_length
    room = min(max_new_tokens, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong only_zero_refused: Only a room of exactly 0 is refused, a negative one is returned; breaks 'A limit that leaves no room ... is a ValueError'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room == 0:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong equal_prompt_allowed: A prompt exactly as long as the limit gives 0 tokens instead of an error (border); breaks the ValueError sentence.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 0:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at)

# %% wrong at_least_one_like_old_library: A max_length that is already reached still gives one token (old library versions warned only); breaks the ValueError sentence.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        if max_new_tokens < 1:
            raise ValueError("max_new_tokens must be at least 1")
        room = max_new_tokens
    elif max_length is not None:
        room = max(1, max_length - prompt_length)
    else:
        room = max(1, min(20, n_positions - prompt_length))
    return room if eos_at is None else min(room, eos_at)

# %% wrong default_never_refused: Only limits that the caller set are refused; a prompt that fills the context by default gives 0 or a negative number; breaks the ValueError sentence.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
        if room < 1:
            raise ValueError("max_new_tokens must be at least 1")
    elif max_length is not None:
        room = max_length - prompt_length
        if room < 1:
            raise ValueError("the prompt is as long as max_length")
    else:
        room = min(20, n_positions - prompt_length)
    return room if eos_at is None else min(room, eos_at)

# %% wrong eos_skips_the_refusal: When the end token comes first the limit is not looked at any more, so a limit without room is accepted; breaks the ValueError sentence (refusal too late).
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if eos_at is not None and eos_at <= max(room, 1):
        return eos_at
    if room < 1:
        raise ValueError("no room for a new token")
    return room

# %% wrong eos_not_counted: Returns eos_at - 1 when the end token ends the row; breaks 'The end token is counted'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    if eos_at is not None and eos_at <= room:
        return eos_at - 1
    return room

# %% wrong eos_counted_from_zero: Takes eos_at as a 0-based index and adds one; breaks '1 for the first'.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    return room if eos_at is None else min(room, eos_at + 1)

# %% wrong eos_beyond_limit: Returns eos_at even when it lies behind the limit; breaks 'Number of new tokens that generate returns' / the limit.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    if room < 1:
        raise ValueError("no room for a new token")
    if eos_at is not None:
        return eos_at
    return room

# %% wrong assert_for_refusal: Uses assert: AssertionError instead of ValueError.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    if max_new_tokens is not None:
        room = max_new_tokens
    elif max_length is not None:
        room = max_length - prompt_length
    else:
        room = min(20, n_positions - prompt_length)
    assert room >= 1, "no room for a new token"
    return room if eos_at is None else min(room, eos_at)

# %% wrong truthiness: `max_new_tokens or ...`: 0 counts as not set; breaks the ValueError sentence for max_new_tokens=0.
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):

    room = max_new_tokens or (max_length - prompt_length if max_length is not None else min(20, n_positions - prompt_length))
    if room < 1:
        raise ValueError("no room for a new token")
    return min(room, eos_at or room)

# %% right ends_as_positions
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    """Everything as total lengths, the new tokens at the very end."""
    if max_new_tokens is not None:
        end = prompt_length + max_new_tokens
    elif max_length is not None:
        end = max_length
    else:
        end = prompt_length + 20
        if end > n_positions:
            end = n_positions
    if end <= prompt_length:
        raise ValueError(f"a prompt of {prompt_length} tokens leaves no room below {end}")
    candidates = [end]
    if eos_at is not None:
        candidates.append(prompt_length + eos_at)
    return min(candidates) - prompt_length

# %% right simulated_loop
def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    def full(new):
        if max_new_tokens is not None:
            return new >= max_new_tokens
        if max_length is not None:
            return prompt_length + new >= max_length
        return new >= 20 or prompt_length + new >= n_positions

    if full(0):
        raise ValueError("the limit leaves no room for a single new token")
    new = 0
    while not full(new):
        new += 1
        if eos_at is not None and new == eos_at:
            break
    return new

# %% right generator_of_limits
import itertools

class _Settings:
    def __init__(self, prompt_length, n_positions):
        self.prompt_length, self.n_positions = prompt_length, n_positions

    def rooms(self, max_new_tokens, max_length):
        if max_new_tokens is not None:
            yield int(max_new_tokens)
        if max_length is not None:
            yield int(max_length) - self.prompt_length
        yield min(20, self.n_positions - self.prompt_length)


def generated_length(prompt_length, max_new_tokens, max_length, eos_at, n_positions):
    room = next(_Settings(prompt_length, n_positions).rooms(max_new_tokens, max_length))
    if not room > 0:
        raise ValueError("no room for a new token")
    steps = itertools.takewhile(lambda step: eos_at is None or step <= eos_at, range(1, room + 1))
    return sum(1 for _ in steps)
