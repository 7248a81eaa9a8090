"""``min_p``: cut every token that is less likely than m times the most likely one of its row."""

import math

import numpy as np
import torch
from transformers import MinPLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, NAN, distinct_logits
from autograder.exercises.nb03_sampling_loop import top_p  # noqa: F401 - in a slip
from autograder.exercises.nb03_sampling_loop._shared import refuse, until  # noqa: F401 - in slips

exercise = Exercise(__name__, points=2, tolerance=1e-6)
exercise.rules("""
    below (2): a token less likely than m times the most likely one becomes -inf, however near to that bar it is; the
        others keep their logits, however small m is and however many tokens there are
    level: large and low logits count like others: only their differences matter
    rows: every row is measured by its own most likely token
    exact: a token with exactly m times the largest probability stays; with m = 1 the best, and all that tie with it
    off: m = 0 changes nothing, not even logits of almost no probability
    bits: logits in 16 or 64 bits give float32, too, also with m = 0
    refuses: an m that is below 0, above 1 or NaN is refused with a ValueError
""")
exercise.refuses(lambda logits, m: "" if 0 <= m <= 1 else f"m must lie between 0 and 1, got {m}")


@exercise.probes
def probes(rng):
    """Only the rule ``rows`` has rows with other probabilities than the first."""

    def probe(name, rule, logits, m, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, logits=torch.as_tensor(logits), m=m)

    def logit(near=True):
        """A distance from the best logit: within a factor of 0.8, or out of reach."""
        return -rng.randrange(1, 200) / 1000 if near else -rng.randrange(20_000, 30_000) / 1000

    def row(level, near, far):
        """The best logit, as many ``near`` to it and as many ``far`` away, in no order."""
        made = [level, *(level + logit() for _ in range(near)), *(level + logit(near=False) for _ in range(far))]
        rng.shuffle(made)
        return made

    def shuffled(*values):
        return rng.sample(values, len(values))

    def flat_later(flat, *others):
        """The rows in any order, but the flat one not first: another one's bar would cut it."""
        first, *rest = shuffled(*others)
        return [first, *shuffled(flat, *rest)]

    def any_m(width, shift=0.0):
        """One row and an m that no ratio is near; a bar at log10 m, or at m of the best logit, cuts others."""

        def make():
            return distinct_logits(rng, 1, width) + shift, rng.randrange(5, 60) / 100

        def clear(case):
            logits, m = case
            kept = [reference(logits, bar).isfinite().sum() for bar in (0.99 * m, m, 1.01 * m, 10 ** math.log(m))]
            by_logits = (logits >= m * logits.max()).sum()
            return kept[0] == kept[1] == kept[2] and kept[1] > 1 and kept[1] not in (kept[3], by_logits)

        return until(clear, make)

    yield probe("any m", "below", *any_m(12))
    logits, m = any_m(8)
    yield probe("-inf is already out", "below", torch.cat([logits, torch.full((1, 2), -INF)], 1).roll(5, 1), m)
    yield probe("any m, all logits 50 higher", "below", *any_m(9, shift=50.0), hidden=True)
    yield probe("any m, a vocabulary of 60", "below", *any_m(60, shift=-20.0), hidden=True)

    def around(m, step, near, width):
        """A row of which ``near`` tokens are a little above the bar, by the factor 1 + step, and others below it."""
        ratios = [1.0] + [m * (1 + step)] * near + [m / (1 + step)] * (width - near - 1)
        return torch.tensor([[math.log(ratio) for ratio in shuffled(*ratios)]]), m

    yield probe("a thousandth above and below the bar", "below", *around(rng.randrange(20, 80) / 100, 0.001, 3, 8))
    yield probe("a small m", "below", *around(2**-12, 0.2, 2, 6))
    yield probe("150 of 200 tokens stay", "below", *around(0.02, 0.1, 149, 200))
    yield probe("a very small m", "below", *around(1e-7, 0.1, 3, 8), hidden=True)
    yield probe("600 of 1,000 tokens stay", "below", *around(0.3, 0.003, 599, 1000), hidden=True)
    logits, m = any_m(7)
    yield probe("the same row 200 higher and 300 lower", "level", logits + torch.tensor([[200.0], [-300.0]]), m)
    logits, m = any_m(9)
    yield probe("all logits 1,000 higher", "level", logits + 1000, m, hidden=True)
    yield probe("all logits 500 lower", "level", logits - 500, m, hidden=True)
    three = flat_later(row(0, 7, 0), row(40, 3, 4), row(-9, 0, 7))
    yield probe("a flat, a middling and a peaked row", "rows", three, 0.5)
    four = flat_later(row(3, 3, 0), row(0, 2, 1), row(-30, 1, 2), row(25, 0, 3))
    yield probe("as many rows as tokens", "rows", four, 0.25, hidden=True)
    level = rng.randrange(-20, 20) / 4
    tied = [level + x for x in shuffled(2, 1, 2, 0, -1, 2)]
    yield probe("m = 1 keeps the most likely token", "exact", distinct_logits(rng, 1, 6), 1.0)
    yield probe("m = 1 keeps all that tie with the most likely", "exact", [tied], 1.0)
    yield probe("m = 1, all are equal", "exact", [[level] * rng.randrange(3, 9)] * 2, 1, hidden=True)
    yield probe("m = 0, two rows", "off", distinct_logits(rng, 2, 6), 0.0)
    tiny = torch.tensor([shuffled(0.0, -60.0, -120.0, -180.0)]) + distinct_logits(rng, 1, 4)
    yield probe("m = 0, and tokens of almost no probability", "off", tiny, 0.0)
    yield probe("m = 0 as a whole number, and tokens are out", "off", [[*tiny[0].tolist(), -INF, 1.0]], 0, hidden=True)

    def bits(name, dtype, m, width, hidden=False):
        """Logits that 16 bits hold exactly, none of them near the bar of an m that is a multiple of 1/4."""
        return probe(name, "bits", torch.tensor([rng.sample(range(-9, 9), width)]).to(dtype), m, hidden)

    yield bits("16-bit logits, m = 0.25", torch.bfloat16, 0.25, 7)
    yield bits("16-bit logits, m = 0", torch.bfloat16, 0.0, 5)
    yield bits("another 16-bit type, m = 0", torch.float16, 0, 9, hidden=True)
    yield bits("64-bit logits, m = 0.5", torch.float64, 0.5, 6, hidden=True)
    yield bits("64-bit logits, m = 0", torch.float64, 0.0, 4, hidden=True)
    yield probe("NaN is refused", "refuses", distinct_logits(rng, 2, 4), NAN)
    yield probe("a negative m is refused", "refuses", distinct_logits(rng, 1, 5), -0.1)
    yield probe("m above 1 is refused", "refuses", distinct_logits(rng, 1, 5), 1.5)
    yield probe("an m a little above 1 is refused", "refuses", distinct_logits(rng, 2, 5), 1 + 2**-10, hidden=True)
    yield probe("m = -1 is refused", "refuses", distinct_logits(rng, 2, 4), -1, hidden=True)


@exercise.oracle
def oracle(logits, m):
    return MinPLogitsWarper(m)(None, logits.float())


@exercise.reference
def reference(logits, m):
    logits = logits.float()
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)


exercise.slips("""
    absolute_floor: m * probs.amax(-1, keepdim=True) => m
        m was read as a probability. It is relative: cut what is below m times the *top* probability of the row.
    wrong_logarithm: probs < m * probs.amax(-1, keepdim=True)
        => logits < logits.amax(-1, keepdim=True) + (math.log10(m) if m else -INF)
        The logits were compared with the best one in logarithms of base 10. Softmax uses e: a ratio m of probabilities
        is a difference of math.log(m) between logits. Or compare probabilities, which needs no logarithm.
    read_as_top_p: return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)
        => return top_p.reference(logits, m or 1)
        The kept probabilities were summed up to m. That is top-p; min-p looks at each token alone.
    strict_inequality: probs < m => probs <= (m or -1)
        A token with exactly m times the top probability was cut; with m = 1 even the best. Cut what is strictly below.
    keeps_one_of_the_tied: return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)
        => cut = probs <= m * probs.amax(-1, keepdim=True)
        =>     best = torch.zeros_like(cut).scatter(-1, probs.argmax(-1, keepdim=True), True)
        =>     return logits.masked_fill(cut & ~best & (m > 0), -INF)
        The best token stays by an exception, and what ties with it at m = 1 was cut. Cut what is strictly below the
        bar: then the best token, and all that equal it, stay by themselves.
    compares_logits: logits.softmax(-1) => logits
        Logits were compared with m times the top logit. Ratios make sense for probabilities only: a logit may be
        negative, and a constant added to all of them must change nothing.
    top_of_the_whole_batch: probs.amax(-1, keepdim=True) => probs.max()
        The top probability was taken over all rows. Each row has its own: amax(-1, keepdim=True).
    one_minus_m: probs < m * => probs < (1 - m) *
        The bar was set at 1 - m of the top probability. m itself is the share: cut what is below m times the top.
    keeps_what_is_near_the_bar: probs < m * probs.amax(-1, keepdim=True)
        => probs < m * probs.amax(-1, keepdim=True) - 0.001
        A margin "for rounding" was taken off the bar. With a small m, or in a large vocabulary, the bar itself is
        smaller than that, and nothing is cut: compare with the bar as it is.
    cuts_what_is_near_the_bar: probs < m * => probs < 1.01 * m *
        A token a little above the bar was cut, and at m = 1 the best itself: a margin was added. Compare with the bar
        as it is.
    cuts_in_place: logits.masked_fill( => logits.masked_fill_(
        The caller's logits were changed. Use masked_fill or torch.where, which return a new tensor.
    cuts_with_a_large_number: keepdim=True), -INF) => keepdim=True), -1e9)
        Cut tokens got a large negative number. Probabilities may look right, but what counts -inf does not see that
        they are out, and a row with nothing left would draw from them. Use -torch.inf.
    forgets_the_sum: logits.softmax(-1) => logits.exp()
        exp of the logits was compared without softmax: large ones are infinite and very low ones 0, and nothing can be
        told apart. softmax subtracts the largest logit first.
    keeps_the_bits: logits = logits.float() => pass
        Logits in 16 (or 64) bits came back as they were, not as float32. Begin with logits.float(), whatever m is.
    keeps_the_bits_at_zero: logits.float() => (logits.float() if m else logits)
        With m = 0 logits in 16 (or 64) bits came back as they were, not as float32. Convert before you return early.
    takes_the_second_best: probs.amax(-1, keepdim=True) => probs.sort(-1).values[:, -2:-1]
        The bar was set by another token than the most likely one. Take the maximum of each row: amax(-1, keepdim=True).
    softmax_over_the_batch: logits.softmax(-1) => logits.softmax(0)
        The probabilities add up to 1 down the batch, not along the row. The vocabulary is the last axis: softmax(-1).
    cuts_what_underflows: probs < m * probs.amax(-1, keepdim=True)
        => (probs < m * probs.amax(-1, keepdim=True)) | (probs == 0)
        A token whose probability rounds to 0 was cut although m is 0. m = 0 is off: what is not strictly below 0 times
        the best probability stays.
    zero_is_a_default: m * probs => (m or 0.05) * probs
        m = 0 cut tokens as if another m had been given. 0 is false in Python, so `m or ...` replaces it; 0 is off.
    keeps_the_improbable: probs < m => probs >= m
        The likely tokens were cut and the unlikely ones stay: the comparison is the wrong way round.
    returns_shares_not_logits: logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)
        => probs.masked_fill(probs < m * probs.amax(-1, keepdim=True), 0.0)
        The result holds probabilities. Return logits, -inf for the cut ones, so that the next step can go on.
    refuses_the_ends: probs = => refuse("" if 0 < m < 1 else "m must lie between 0 and 1"); probs =
        m = 0 or m = 1 was refused. Both are allowed: 0 turns the filter off, 1 keeps what is as likely as the best.
    accepts_nan (refuses nothing): probs = => refuse("m" if m < 0 or m > 1 else ""); probs =
        NaN as m went through: neither m < 0 nor m > 1 is true for it. Ask the other way round, `if not 0 <= m <= 1`.
    accepts_a_negative_m (refuses nothing): probs = => refuse("m is above 1" if m > 1 else ""); probs =
        An m below 0 went through as if the filter were off. It is a mistake of the caller: refuse it with a ValueError.
    accepts_above_one (refuses nothing): probs = => refuse("m is negative" if m < 0 else ""); probs =
        An m above 1 went through, and not even the best token stayed. Refuse it with a ValueError.
    accepts_every_m (refuses nothing): probs = => m = min(max(m, 0.0), 1.0); probs =
        An m that makes no sense went through: refuse with a ValueError what is below 0, above 1, or NaN.
    takes_above_one_for_one (refuses nothing): probs =
        => refuse("m is negative" if m < 0 else ""); m = min(m, 1.0); probs =
        An m above 1 went through as if it were 1. No token is that likely beside the best one: refuse it with a
        ValueError.
    refuses_zero: probs = => refuse("" if 0 < m else "m must be above 0"); probs =
        m = 0 was refused, perhaps by a logarithm of 0. It is how this filter is turned off: it changes nothing.
    refuses_one: probs = => refuse("" if m < 1 else "m must be below 1"); probs =
        m = 1 was refused. It is allowed: the best token stays, and what is as likely as the best.
    one_is_off: probs < m => probs * (m < 1) < m * (m < 1)
        m = 1 changed nothing, as p = 1 does in top-p. Here it is the highest bar: the best token stays, and what is as
        likely as the best.
    keeps_two_at_least: m * probs.amax(-1, keepdim=True)
        => torch.minimum(m * probs.amax(-1, keepdim=True), probs.topk(2).values[:, 1:])
        Two tokens stay in each row at least. A single one is enough: where no other is likely enough, the best stays
        alone.
""")


@exercise.alternative
def by_difference_of_logits(logits, m):
    logits = logits.float()
    bar = math.log(m) if m else -INF
    return torch.where(logits - logits.amax(-1, keepdim=True) >= bar, logits, -INF)


@exercise.alternative
def in_double_precision(logits, m):
    probs = logits.double().softmax(-1)
    return torch.where(probs >= m * probs.max(-1, keepdim=True).values, logits.float(), -INF)


@exercise.alternative
def with_numpy(logits, m):
    array = logits.float().numpy()
    ratios = np.exp(array - array.max(-1, keepdims=True))
    return torch.from_numpy(np.where(ratios < m, np.float32(-INF), array))
