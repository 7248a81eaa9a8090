"""``fit_context``: cut a prompt on the left so that the new tokens fit into the context."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from autograder.exercises.nb04_stopping._shared import generate
from genlab.models import probe_model

exercise = Exercise(__name__, points=2)


@exercise.probes
def probes(rng):
    def probe(name, length, n_new, rows=1):
        return Probe(name, ids=prompt(rng, rows, length), n_positions=16, n_new=n_new)

    n = rng.randrange(3, 7)
    room = 16 - n + 1  # what still fits
    yield probe("fits with room to spare", 4, n)
    yield probe("one token fewer than fits", room - 1, n)
    yield probe("fits exactly", room, n)
    yield probe("one token too many", room + 1, n)
    yield probe("longer than the context", 23, n)
    yield probe("longer than the context, one new token", 20, 1)
    yield probe("room for one token of the prompt only", 9, 16)
    yield probe("two rows", 19, n, rows=2)
    yield probe("more new tokens than the context holds are refused", 5, 17)
    yield probe("0 new tokens are refused", 5, 0)
    empty = torch.zeros(1, 0, dtype=torch.int64)
    yield Probe("an empty prompt is refused", ids=empty, n_positions=16, n_new=n)


@exercise.oracle
def oracle(ids, n_positions, n_new):
    model = probe_model(n_positions=n_positions)
    for start in range(ids.shape[1]):
        try:
            generate(model, ids[:, start:], max_new_tokens=n_new)
        except IndexError:
            continue
        return ids[:, start:]
    raise ValueError(f"no prompt leaves room for {n_new} new tokens in a context of {n_positions}")


@exercise.reference
def reference(ids, n_positions, n_new):
    keep = n_positions - n_new + 1  # the last new token is never fed back
    if ids.shape[1] == 0 or n_new < 1 or keep < 1:
        raise ValueError(f"cannot make {n_new} new tokens from {ids.shape[1]} in a context of {n_positions}")
    return ids[:, -keep:]


exercise.slips("""
    keeps_the_beginning: ids[:, -keep:] => ids[:, :keep]
        The end of the prompt was cut off. The new tokens continue its end: let go of the beginning.
    crops_nothing: ids[:, -keep:] => ids
        Nothing was cut, so the model is asked for a position that it does not have: IndexError.
    forgets_the_new_tokens: ids[:, -keep:] => ids[:, -n_positions:]
        The prompt was cut to n_positions. The new tokens need positions too, all but the last of them.
    one_token_fewer: n_positions - n_new + 1 => n_positions - n_new
        One token more fits. The last new token is never fed to the model: prompt + n_new - 1 positions are used.
    one_token_more: ids[:, -keep:] => ids[:, -(keep + 1) :]
        One token too many is left: prompt + n_new - 1 positions are used, and there are n_positions of them.
    refuses_long_prompts: or keep < 1 => or ids.shape[1] > keep
        A prompt that is too long is not an error here: keep its last tokens. Refuse only what no cut can mend.
    minus_zero: or keep < 1 => or keep < 0
        When nothing may stay, ids[:, -0:] keeps everything: -0 is 0. Refuse an n_new that leaves the prompt no room.
""")


@exercise.alternative
def by_start_index(ids, n_positions, n_new):
    """Count what has to go, from the left."""
    if not (ids.shape[1] and 1 <= n_new <= n_positions):
        raise ValueError("no cut makes this fit")
    too_many = max(0, ids.shape[1] + n_new - 1 - n_positions)
    return ids[:, too_many:].clone()
