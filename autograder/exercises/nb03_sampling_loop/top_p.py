"""``top_p``: keep the nucleus of each row, the fewest top tokens whose probabilities reach p."""

import numpy as np
import torch
from transformers import TopPLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits, halves
from autograder.exercises.nb03_sampling_loop._shared import descending, refuse, until  # noqa: F401 - in slips

exercise = Exercise(__name__, points=4, tolerance=1e-6)
exercise.rules("""
    nucleus (2): in each row the fewest most likely tokens whose probabilities reach p keep their logits, the token that
        crosses p among them; every other logit becomes -inf
    order: rows come unsorted, and each kept logit stands in the column of its id
    exact: at a sum of exactly p the set is complete: no further token stays
    small: the most likely token always stays, however small p is
    off: p = 1 changes nothing, not even logits of almost no probability
    refuses: a p of 0, below 0 or above 1 is refused with a ValueError
""")
exercise.refuses(lambda logits, p: "" if 0 < p <= 1 else f"p must be above 0 and at most 1, got {p}")
EXACT = {  # exponents: the probabilities are powers of 1/2, and these p are the sums of the first few of them
    (0, 1, 2, 4, 4, 4, 4): (0.5, 0.75, 0.875),  # 1/2, 1/4, 1/8 and four times 1/32
    (0, 1, 2, 2): (0.5, 0.75),
    (0, 0, 1, 1, 1, 1): (0.5,),  # two of 1/4, four of 1/8
}


@exercise.probes
def probes(rng):
    """Only ``order`` has rows that do not descend, and only ``nucleus`` has rows of which more or fewer stay."""

    def probe(name, rule, logits, p, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, logits=logits, p=p)

    def kept(logits, p):
        return reference(logits, p).isfinite()

    def clear(case):
        """Whether neither rounding nor luck decides: no sum is near p, and not only first tokens stay."""
        logits, p = case
        near = [kept(logits, p + step) for step in (-0.002, 0.002)]
        return torch.equal(*near) and bool((near[0].sum(-1) > 1).any())

    def uneven():
        """Rows of which different numbers of tokens stay: a flat, a middling and a peaked one."""
        scales = torch.tensor(rng.sample([[0.2], [1.0], [4.0]], 3))
        return descending(distinct_logits(rng, 3, 10) * scales), 0.7

    def unequal(case):
        return clear(case) and len(set(kept(*case).sum(-1).tolist())) == 3

    def ordered(rows, width):
        return lambda: (descending(distinct_logits(rng, rows, width)), rng.randrange(40, 95) / 100)

    def unordered(width, out=()):
        def make():
            logits = distinct_logits(rng, 1, width)
            logits[:, list(out)] = -INF
            return logits, rng.randrange(40, 95) / 100

        return make

    def moves(case):
        """Whether the kept tokens stand elsewhere than in the sorted row, and than the row's mirror image."""
        stay, ordered = kept(*case), kept(descending(case[0]), case[1])
        return clear(case) and not torch.equal(stay, ordered) and not torch.equal(stay, stay.flip(-1))

    def exact(exponents, p, rows=1):
        row = sorted(halves(rng, *exponents), reverse=True) + [-INF] * rng.randrange(3)
        return torch.tensor([row] * rows), p

    first, *others = EXACT
    yield probe("the token that crosses p stays", "nucleus", *until(clear, ordered(1, 6)))
    yield probe("a flat, a middling and a peaked row", "nucleus", *until(unequal, uneven))
    yield probe("any p, four rows", "nucleus", *until(clear, ordered(4, 12)), hidden=True)
    yield probe("a vocabulary of 60", "nucleus", *until(clear, ordered(1, 60)), hidden=True)
    yield probe("an unsorted row", "order", *until(moves, unordered(7)))
    yield probe("-inf is already out", "order", *until(moves, unordered(7, rng.sample(range(7), 2))))
    yield probe("a long unsorted row", "order", *until(moves, unordered(30)), hidden=True)
    logits, p = until(clear, ordered(1, 8))
    yield probe("the best token is the last", "order", logits.flip(-1), p, hidden=True)
    yield probe("p exactly reached by several tokens", "exact", *exact(first, rng.choice(EXACT[first][1:])))
    yield probe("p exactly reached by the first token", "exact", *exact(first, 0.5))
    four, six = others
    yield probe("p exactly reached, four tokens", "exact", *exact(four, rng.choice(EXACT[four])), hidden=True)
    yield probe("p exactly reached by two equal tokens", "exact", *exact(six, *EXACT[six], rows=2), hidden=True)
    yield probe("p close to 0", "small", descending(distinct_logits(rng, 2, 6)), 2**-24)
    flat = descending(distinct_logits(rng, 1, 40)) / 8
    yield probe("p close to 0, forty tokens of nearly equal logits", "small", flat, 2**-21, hidden=True)
    yield probe("p = 1, two rows", "off", distinct_logits(rng, 2, 6), 1.0)
    tiny = torch.tensor([rng.sample([0.0, -60.0, -120.0, -180.0], 4)]) + distinct_logits(rng, 1, 4)
    yield probe("p = 1, and tokens of almost no probability", "off", tiny, 1.0)
    out = distinct_logits(rng, 1, 8, 40.0)
    out[:, rng.sample(range(8), 2)] = -INF
    yield probe("p = 1 as a whole number, and some tokens are out", "off", out, 1, hidden=True)
    yield probe("p = 0 is refused", "refuses", distinct_logits(rng, 1, 5), 0.0)
    yield probe("p above 1 is refused", "refuses", distinct_logits(rng, 1, 5), 1.2)
    yield probe("a negative p is refused", "refuses", distinct_logits(rng, 2, 5), -0.5, hidden=True)
    yield probe("p a little above 1 is refused", "refuses", distinct_logits(rng, 1, 4), 1 + 2**-10, hidden=True)


@exercise.oracle
def oracle(logits, p):
    return TopPLogitsWarper(p)(None, logits) if p < 1 else logits


@exercise.reference
def reference(logits, p):
    ordered, ids = logits.sort(-1, descending=True)
    shares = ordered.softmax(-1)
    before = shares.cumsum(-1) - shares
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, (before < p) | (p == 1))
    return logits.masked_fill(~keep, -INF)


exercise.slips("""
    drops_the_crossing_token_but_not_the_first: before < p => (before + shares <= p) | (before == 0)
        The token that crosses p was cut. The nucleus is the smallest set that *reaches* p, so this token belongs to it:
        compare p with the sum *before* a token. Then the most likely one stays without an exception.
    drops_the_crossing_token: before < p => before + shares <= p
        The token that crosses p was cut. The nucleus is the smallest set that *reaches* p, so this token belongs to it:
        compare p with the sum *before* a token, not after it.
    keeps_one_token_more: before < p => before - shares.roll(1, -1) < p
        One token more than needed stays, after the set already reached p. The mask was shifted once too often.
    goes_on_at_the_exact_edge: before < p => before <= p
        One token too many stays where the sum is exactly p. Keep a token only if the sum before it is strictly below p.
    forgets_to_unsort: ~keep => (before >= p) & (p < 1)
        Wrong tokens are cut: the mask is in sorted order, the logits are not. Scatter it back through sort's indices.
    returns_the_sorted_row: return logits.masked_fill(~keep, -INF)
        => return logits.masked_fill(~keep, -INF).sort(-1, descending=True).values
        The result is sorted, so column i no longer belongs to token i. Bring it back to the order of the ids.
    keeps_a_fixed_number: before < p => (before < p)[:1].expand_as(logits)
        All rows keep equally many tokens. How many reach p depends on the row: few if the model is sure, many if not.
    reads_p_as_min_p: (before < p) | (p == 1) => shares >= p * shares.amax(-1, keepdim=True)
        Tokens were compared with a share of the top probability. That is min-p, exercise 3.6; top-p is about the *sum*.
    does_nothing: return logits.masked_fill(~keep, -INF) => return logits
        Nothing was cut. Was the mask never used? masked_fill returns a new tensor; it does not change the old one.
    does_not_renormalize: return logits.masked_fill(~keep, -INF) => return logits.softmax(-1).masked_fill(~keep, 0.0)
        The result holds probabilities, 0 for the cut ones, and they no longer add up to 1. Return *logits*, with -inf
        for the cut ones: softmax, at the end, renormalizes by itself.
    cuts_the_tail_at_one: (before < p) | (p == 1) => before < p - 1e-9
        At p = 1 very unlikely tokens were cut: a sum of rounded numbers reaches 1 too soon. p = 1 is off: return early.
    leaves_nothing_at_a_small_p: before < p => before < p - 1e-6
        A margin for rounding was taken off p, and with a p as small as the margin no token was left. The most likely
        token always stays: the sum before it is 0, which is below every p.
    softmax_over_the_batch: ordered.softmax(-1) => ordered.softmax(0)
        The probabilities add up to 1 down the batch, not along the row. The vocabulary is the last axis: softmax(-1).
    unsorts_the_wrong_way: torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, (before < p) | (p == 1))
        => ((before < p) | (p == 1)).gather(-1, ids)
        Wrong tokens are cut: gather with sort's indices sorts the mask once more. The way back is scatter, or gather
        with the indices' own argsort.
    accumulates_logits: ordered.softmax(-1) => ordered
        The cumulative sum runs over logits. It is probabilities that add up to 1: softmax first.
    refuses_one: ordered, ids => refuse("p must be below 1" if p == 1 else ""); ordered, ids
        p = 1 was refused. It is how this filter is turned off: return the logits as they are.
    accepts_zero (refuses nothing): ordered, ids => refuse("" if 0 <= p <= 1 else "p"); p = p or 1e-9; ordered, ids
        p = 0 went through and kept one token: greedy in disguise. It makes no sense as a mass: refuse p <= 0, not only
        what is below 0.
    accepts_above_one (refuses nothing): ordered, ids => refuse("p" if p <= 0 else ""); p = min(p, 1.0); ordered, ids
        A p above 1 went through as if it were 1. No sum of probabilities reaches it: refuse it with a ValueError. (The
        library lets it through; your function is stricter.)
    accepts_every_p (refuses nothing): ordered, ids => p = min(max(p, 1e-9), 1.0); ordered, ids
        The tokens are right, but a p that makes no sense went through. Refuse p <= 0 and p > 1 with a ValueError.
""")


@exercise.alternative
def by_cumulative_loop(logits, p):
    out = torch.full_like(logits, -INF)
    for row, probs in enumerate(logits.softmax(-1)):
        total = 0.0
        for token in probs.argsort(descending=True).tolist():
            if total < p or p == 1:
                out[row, token] = logits[row, token]
            total += float(probs[token])
    return out


@exercise.alternative
def in_double_precision(logits, p):
    probs, ids = logits.double().softmax(-1).sort(-1, descending=True)
    before = torch.nn.functional.pad(probs.cumsum(-1), (1, -1))
    return logits if p == 1 else logits.masked_fill((before >= p).gather(-1, ids.argsort(-1)), -INF)


@exercise.alternative
def with_numpy(logits, p):
    if p == 1:
        return logits
    out = np.full_like(logits, -INF)
    for row, kept in zip(logits.numpy(), out, strict=True):
        weights = np.exp(row - row.max())
        ids = np.argsort(-row, kind="stable")
        sums = np.cumsum((weights / weights.sum())[ids])
        stay = ids[: 1 + np.searchsorted(sums, p)]
        kept[stay] = row[stay]
    return torch.from_numpy(out)
