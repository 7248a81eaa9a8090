"""``fit_context``: cut a prompt on the left so that the new tokens fit into the context."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from autograder.exercises.nb04_stopping._shared import generate
from genlab.models import probe_model

exercise = Exercise(__name__, points=2)
exercise.rules("""
    keeps (2): of a prompt that is too long, as many of the last tokens as possible stay: the last new token is never
        fed back, so prompt + n_new - 1 positions are used
    fits: a prompt that fits with room to spare stays as it is
    rows: all rows of a batch are cut alike: int64 [B, T] gives [B, T']
    no_room: when not even one token of the prompt would fit, a ValueError is raised
    nonsense: n_new below 1 and an empty prompt are refused with a ValueError
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, length, n_new, n_positions=16, rows=1, hidden=False):
        ids = prompt(rng, rows, length) if length else torch.zeros(rows, 0, dtype=torch.int64)
        return Probe(name, rule=rule, hidden=hidden, ids=ids, n_positions=n_positions, n_new=n_new)

    n, far = rng.randrange(4, 8), rng.randrange(19, 24)
    room = 16 - n + 1  # what still fits

    yield probe("keeps", "one token too many", room + 1, n)
    yield probe("keeps", "exactly what fits", room, n)
    yield probe("keeps", "longer than the context", far, n)
    yield probe("keeps", "longer than the context, one new token", far, 1)
    yield probe("keeps", "room for one token of the prompt only", 9, 16)
    yield probe("keeps", "longer than a smaller context", far, n - 2, n_positions=8, hidden=True)
    yield probe("keeps", "one token too many for two new ones", 24, 2, n_positions=24, hidden=True)
    yield probe("keeps", "a context of one position", 3, 1, n_positions=1, hidden=True)
    yield probe("keeps", "as long as the context, one new token", 16, 1, hidden=True)
    yield probe("keeps", "one token, as many new ones as positions", 1, 16, hidden=True)
    yield probe("fits", "room to spare", 4, n)
    yield probe("fits", "one token fewer than fits", room - 1, n)
    yield probe("fits", "more than half of what fits", room - 2, n, hidden=True)
    yield probe("fits", "one token", 1, n, hidden=True)
    yield probe("rows", "two long rows, one new token", far, 1, rows=2)
    yield probe("rows", "two short rows that fit", 3, n, rows=2)
    yield probe("rows", "more rows than positions", 6, 1, n_positions=4, rows=5)
    yield probe("rows", "more rows than tokens that fit", 3, n, rows=9, hidden=True)
    yield probe("rows", "three rows, one token too many", 17, 1, rows=3, hidden=True)
    yield probe("no_room", "one new token more than positions", 5, 17)
    yield probe("no_room", "many more new tokens than positions", 5, 16 + n)
    yield probe("no_room", "a prompt of one token", 1, 17, hidden=True)
    yield probe("no_room", "a smaller context, two rows", 12, 9 + n, n_positions=8, rows=2, hidden=True)
    yield probe("nonsense", "no new tokens", 5, 0)
    yield probe("nonsense", "an empty prompt", 0, n)
    yield probe("nonsense", "fewer than no new tokens", far, -n)
    yield probe("nonsense", "no new tokens for a prompt beyond the context", 17, 0, hidden=True)
    yield probe("nonsense", "two empty rows", 0, n, rows=2, hidden=True)


@exercise.oracle
def oracle(ids, n_positions, n_new):
    model = probe_model(n_positions=n_positions, gradients=False)
    for start in range(ids.shape[1]):
        try:
            generate(model, ids[:1, start:], max_new_tokens=n_new)
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
    cuts_long_prompts_shorter: ids[:, -keep:] => ids[:, -keep:] if ids.shape[1] <= keep else ids[:, -max(keep - 1, 1) :]
        One token more fits when the prompt is cut. A cut prompt may be as long as the longest that fits:
        n_positions - n_new + 1 tokens.
    drops_one_token_at_most: ids[:, -keep:] => ids[:, 1:] if ids.shape[1] > keep else ids
        One token was dropped, whatever the prompt's length. Count how many may stay, and keep that many of the last.
    refuses_long_prompts: or keep < 1 => or ids.shape[1] > keep
        A prompt that is too long is not an error here: keep its last tokens. Refuse only what no cut can mend.
    refuses_a_single_token: or keep < 1 => or keep < 2
        A prompt of which one token would stay was refused. One token is enough: refuse only when not even one fits.
    negative_start: ids[:, -keep:] => ids[:, ids.shape[1] - keep :]
        For a prompt that fits, the first index is negative here and counts from the end, so tokens of a good prompt are
        lost. Begin at max(0, ...), or slice with -keep.
    cuts_what_fits_exactly: ids[:, -keep:] => ids[:, -keep:] if ids.shape[1] != keep or keep == 1 else ids[:, 1:]
        A prompt that fits exactly lost a token. Cut only what is longer than n_positions - n_new + 1.
    fills_short_prompts: ids[:, -keep:] => torch.nn.functional.pad(ids, (max(0, keep - ids.shape[1]), 0))[:, -keep:]
        A short prompt was filled up. A prompt that fits stays as it is, whatever its length.
    first_row_only: ids[:, -keep:] => ids[:1, -keep:]
        Only the first row came back. Keep all rows with a colon: the positions are the second axis.
    cuts_rows_instead_of_tokens: ids[:, -keep:] => ids[-keep:]
        The slice stands on the first axis, which counts rows. The tokens are the second axis: ids[:, ...].
    number_of_rows_as_length: ids[:, -keep:] => ids[:, -keep:] if len(ids) == 1 else ids[:, max(0, len(ids) - keep) :]
        len() of a tensor [B, T] is the number of rows. The length of the prompts is ids.shape[1].
    saves_the_first_token: ids[:, -keep:]
        => torch.cat([ids[:, :1], ids[:, 1:][:, max(0, ids.shape[1] - keep) :]], dim=1)
        The first token was kept and the ones behind it dropped. Some systems do so; here the last tokens stay, in one
        piece.
    minus_zero: or keep < 1 => or keep < 0
        When nothing may stay, ids[:, -0:] keeps everything: -0 is 0. Refuse an n_new that leaves the prompt no room.
    keeps_one_at_least: n_positions - n_new + 1 => max(n_positions - n_new + 1, 1)
        Where nothing fits, one token was kept all the same, and a model fails on what follows. Raise a ValueError.
    accepts_too_many: or keep < 1 => or keep == 0
        An n_new far beyond the context was accepted. Refuse each one that leaves room for less than one token.
    accepts_no_new_tokens: or n_new < 1 => or n_new < 0
        n_new = 0 was accepted. With no new token there is nothing to make room for: refuse each n_new below 1.
    only_refuses_0: or n_new < 1 => or n_new == 0
        An n_new below 0 was accepted. No run makes fewer than no tokens: refuse each n_new below 1.
    accepts_any_number: or n_new < 1 or keep < 1 => or keep < 1
        An n_new below 1 was accepted. With no new token there is nothing to make room for: raise a ValueError.
    what_fits_is_not_looked_at: if ids.shape[1] == 0
        => if ids.shape[1] <= keep:
        =>         return ids
        =>     if ids.shape[1] == 0
        A prompt that fits was returned before n_new and the prompt's length were looked at: an empty prompt fits
        always, and so does one before no new tokens. Refuse first.
    accepts_an_empty_prompt: ids.shape[1] == 0 or n_new < 1 => n_new < 1
        An empty prompt was accepted. There is nothing that a model could continue: raise a ValueError.
""")


@exercise.mistake
def drops_the_middle(ids, n_positions, n_new):
    """The middle of the prompt was dropped. That is what some systems do; here the last tokens stay, in one piece."""
    kept = reference(ids, n_positions, n_new).shape[1]
    return torch.cat([ids[:, : kept // 2], ids[:, ids.shape[1] - (kept - kept // 2) :]], dim=1)


@exercise.mistake
def nothing_for_no_room(ids, n_positions, n_new):
    """Where nothing fits, an empty prompt came back, and a model cannot continue that. Raise a ValueError."""
    if n_new > n_positions and ids.shape[1]:
        return ids[:, :0]
    return reference(ids, n_positions, n_new)


@exercise.alternative
def by_start_index(ids, n_positions, n_new):
    """Count what has to go, from the left."""
    if not (ids.shape[1] and 1 <= n_new <= n_positions):
        raise ValueError("no cut makes this fit")
    too_many = max(0, ids.shape[1] + n_new - 1 - n_positions)
    return ids[:, too_many:].clone()


@exercise.alternative
def token_by_token(ids, n_positions, n_new):
    """Drop the first token until the rest fits."""
    rows = ids.tolist()
    while rows[0] and len(rows[0]) + n_new > n_positions + 1:
        rows = [row[1:] for row in rows]
    if not rows[0] or n_new <= 0:
        raise ValueError("nothing is left of the prompt, or nothing is asked for")
    return torch.tensor(rows)
