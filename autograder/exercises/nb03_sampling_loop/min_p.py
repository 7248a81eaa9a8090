"""``min_p``: cut every token that is less likely than m times the most likely one of its row."""

import torch
from transformers import MinPLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits, halves
from autograder.exercises.nb03_sampling_loop import top_p

exercise = Exercise(__name__, points=2, tolerance=1e-6)
exercise.refuses(lambda logits, m: "" if 0 <= m <= 1 else f"m must lie between 0 and 1, got {m}")


@exercise.probes
def probes(rng):
    uneven = distinct_logits(rng, 3, 10) * torch.tensor([[0.2], [1.0], [3.0]])
    yield Probe("m = 0 is off", logits=distinct_logits(rng, 2, 6), m=0.0)
    yield Probe("m = 1 keeps the most likely token", logits=distinct_logits(rng, 2, 6), m=1.0)
    yield Probe("exactly m times the top probability stays", logits=torch.tensor([halves(rng, *top_p.EXACT)]), m=0.25)
    yield Probe("all equal: none is below the top", logits=torch.zeros(1, 5), m=0.9)
    yield Probe("a flat, a middling and a peaked row", logits=uneven, m=0.3)
    yield Probe("-inf is already out", logits=torch.tensor([[0.5, -INF, 2.0, -INF, 1.0]]), m=0.2)
    yield Probe("any m, four rows", logits=distinct_logits(rng, 4, 12), m=rng.randrange(2, 60) / 100)
    yield Probe("a negative m is refused", logits=distinct_logits(rng, 1, 5), m=-0.1)
    yield Probe("m above 1 is refused", logits=distinct_logits(rng, 1, 5), m=1.5)


@exercise.oracle
def oracle(logits, m):
    return MinPLogitsWarper(m)(None, logits)


@exercise.reference
def reference(logits, m):
    probs = logits.softmax(-1)
    return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)


exercise.slips("""
    absolute_floor: m * probs.amax(-1, keepdim=True) => m
        m was read as a probability. It is relative: cut what is below m times the *top* probability of the row.
    read_as_top_p: return logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)
        => return top_p.reference(logits, m or 1)
        The kept probabilities were summed up to m. That is top-p; min-p looks at each token alone.
    strict_inequality: probs < m => probs <= (m or -1)
        A token with exactly m times the top probability was cut; with m = 1 even the best. Cut what is strictly below.
    compares_logits: logits.softmax(-1) => logits
        Logits were compared with m times the top logit. Ratios make sense for probabilities only: a logit may be
        negative, and a constant added to all of them must change nothing.
    top_of_the_whole_batch: probs.amax(-1, keepdim=True) => probs.max()
        The top probability was taken over all rows. Each row has its own: amax(-1, keepdim=True).
    keeps_the_improbable: probs < m => probs >= m
        The likely tokens were cut and the unlikely ones stay: the comparison is the wrong way round.
    returns_shares_not_logits: logits.masked_fill(probs < m * probs.amax(-1, keepdim=True), -INF)
        => probs.masked_fill(probs < m * probs.amax(-1, keepdim=True), 0.0)
        The result holds probabilities. Return logits, -inf for the cut ones, so that the next step can go on.
    accepts_every_m (refuses nothing): probs = => m = min(max(m, 0.0), 1.0); probs =
        An m below 0 or above 1 went through: refuse it with a ValueError. With m > 1 not even the best token stays.
""")


@exercise.alternative
def by_difference_of_logits(logits, m):
    return torch.where((logits - logits.amax(-1, keepdim=True)).exp() >= m - 1e-7, logits, -INF)
