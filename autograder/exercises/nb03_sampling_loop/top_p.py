"""``top_p``: keep the nucleus of each row, the fewest top tokens whose probabilities reach p."""

import torch
from transformers import TopPLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits, halves

exercise = Exercise(__name__, points=4, tolerance=1e-6)
exercise.refuses(lambda logits, p: "" if 0 < p <= 1 else f"p must be above 0 and at most 1, got {p}")
EXACT = (0, 1, 2, 4, 4, 4, 4)  # 1/2, 1/4, 1/8 and four times 1/32


@exercise.probes
def probes(rng):
    uneven = distinct_logits(rng, 3, 10) * torch.tensor([[0.2], [1.0], [4.0]])
    yield Probe("the token that crosses p stays", logits=torch.tensor([halves(rng, *EXACT)]), p=0.6)
    two = torch.tensor([halves(rng, *EXACT), halves(rng, *EXACT)])
    yield Probe("p exactly reached: no further token", logits=two, p=0.75)
    yield Probe("p exactly reached by the first token", logits=torch.tensor([halves(rng, *EXACT)]), p=0.5)
    yield Probe("p close to 0 keeps the most likely token", logits=distinct_logits(rng, 2, 6), p=1e-6)
    yield Probe("p = 1 is off", logits=distinct_logits(rng, 2, 6), p=1.0)
    yield Probe("p = 1 is off for tokens of almost no probability, too", logits=distinct_logits(rng, 2, 7, 40.0), p=1.0)
    yield Probe("a flat, a middling and a peaked row", logits=uneven, p=0.7)
    yield Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), p=0.9)
    yield Probe("any p, four rows", logits=distinct_logits(rng, 4, 12), p=rng.randrange(30, 95) / 100)
    yield Probe("p = 0 is refused", logits=distinct_logits(rng, 1, 5), p=0.0)
    yield Probe("p above 1 is refused", logits=distinct_logits(rng, 1, 5), p=1.2)


@exercise.oracle
def oracle(logits, p):
    return TopPLogitsWarper(p)(None, logits)


@exercise.reference
def reference(logits, p):
    ordered, ids = logits.sort(-1, descending=True)
    shares = ordered.softmax(-1)
    before = shares.cumsum(-1) - shares
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, (before < p) | (p == 1))
    return logits.masked_fill(~keep, -INF)


exercise.slips("""
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
        Tokens were compared with a share of the top probability. That is min-p, exercise 6; top-p is about the *sum*.
    does_nothing: return logits.masked_fill(~keep, -INF) => return logits
        Nothing was cut. Was the mask never used? masked_fill returns a new tensor; it does not change the old one.
    does_not_renormalize: return logits.masked_fill(~keep, -INF) => return logits.softmax(-1).masked_fill(~keep, 0.0)
        The result holds probabilities, 0 for the cut ones, and they no longer add up to 1. Return *logits*, with -inf
        for the cut ones: softmax, at the end, renormalizes by itself.
    cuts_the_tail_at_one: (before < p) | (p == 1) => before < p - 1e-9
        At p = 1 very unlikely tokens were cut: a sum of rounded numbers reaches 1 too soon. p = 1 is off: return early.
    leaves_nothing_at_a_small_p: before < p => (before < p) & (shares >= 1e-6) & (p >= 1e-3)
        With a small p no token was left. The most likely token always stays.
    accumulates_logits: ordered.softmax(-1) => ordered
        The cumulative sum runs over logits. It is probabilities that add up to 1: softmax first.
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
