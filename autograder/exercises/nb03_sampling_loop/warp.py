"""``warp``: temperature, top-k, top-p and min-p in the library's order."""

import math

import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, NAN, distinct_logits
from autograder.exercises.nb03_sampling_loop import min_p, top_k, top_p

exercise = Exercise(__name__, points=4, tolerance=1e-5)


@exercise.refuses
def refuses(logits, T, k, p, m):
    if logits.isnan().any():
        return "the logits hold NaN"
    return "a row has no token left: every logit is -inf" if (logits == -INF).all(-1).any() else ""


@exercise.probes
def probes(rng):
    def probe(name, logits, T=1.0, k=0, p=1.0, m=0.0):
        return Probe(name, logits=logits, T=T, k=k, p=p, m=m)

    def shares(*percent):
        row = [math.log(x) for x in percent]
        rng.shuffle(row)
        return row

    yield probe("everything off", distinct_logits(rng, 2, 6))
    yield probe("[3, 2, 1, 0] at T = 2 and p = 0.8", torch.tensor([[3.0, 2.0, 1.0, 0.0]]), T=2.0, p=0.8)
    yield probe("k = 2, then p = 0.5", torch.tensor([shares(40, 30, 20, 10)]), k=2, p=0.5)
    yield probe("p = 0.55, then m = 0.6", torch.tensor([shares(40, 30, 20, 10), shares(10, 20, 30, 40)]), p=0.55, m=0.6)
    yield probe("only m", distinct_logits(rng, 2, 9), m=0.2)
    yield probe("a cool temperature and m", distinct_logits(rng, 2, 9), T=0.6, m=0.05)
    yield probe("all four, three rows", distinct_logits(rng, 3, 14), T=1.7, k=8, p=0.9, m=0.1)
    logits, T, k = distinct_logits(rng, 3, 14), rng.randrange(50, 250) / 100, rng.randrange(3, 12)
    p, m = rng.randrange(60, 99) / 100, rng.randrange(1, 20) / 100
    yield probe("all four, any settings", logits, T, k, p, m)
    out = torch.tensor([[1.0, -INF, 0.5, -INF], [0.0, 2.0, -INF, 1.0]])
    yield probe("some tokens are out already", out, T=0.5, k=3)
    yield probe("NaN is refused", torch.tensor([[1.0, 2.0, 0.5], [1.0, NAN, 0.0]]))
    yield probe("a row of -inf alone is refused", torch.tensor([[1.0, 2.0, 0.5], [-INF, -INF, -INF]]))


@exercise.oracle
def oracle(logits, T, k, p, m):
    steps = LogitsProcessorList([TemperatureLogitsWarper(float(T))])
    steps += [TopKLogitsWarper(k)] if k else []
    return LogitsProcessorList([*steps, TopPLogitsWarper(p), MinPLogitsWarper(m)])(None, logits)


@exercise.reference
def reference(logits, T, k, p, m):
    return min_p.oracle(top_p.oracle(top_k.oracle(logits / T, k), p), m)


exercise.slips("""
    truncates_before_temperature: min_p.oracle(top_p.oracle(top_k.oracle(logits / T, k), p), m)
        => min_p.oracle(top_p.oracle(top_k.oracle(logits, k), p), m) / T
        The cuts were made before the temperature. The library divides by T first, so a high temperature also lets more
        tokens through top-p and min-p: [3, 2, 1, 0] at T = 2 and p = 0.8 keeps 3 tokens, not 2.
    top_p_before_top_k: top_p.oracle(top_k.oracle(logits / T, k), p) => top_k.oracle(top_p.oracle(logits / T, p), k)
        top-p came before top-k. The library does top-k first: it makes the kept shares larger, so top-p needs fewer.
    min_p_before_top_p: min_p.oracle(top_p.oracle(top_k.oracle(logits / T, k), p), m)
        => top_p.oracle(min_p.oracle(top_k.oracle(logits / T, k), m), p)
        min-p came before top-p and made the shares larger, so top-p needs fewer tokens. The library does min-p last.
    forgets_min_p: p), m) => p), 0.0)
        min-p was left out: its m has no effect. Warp with every argument that the function takes.
    forgets_temperature: logits / T => logits
        The temperature was left out: its T has no effect. Each step takes the result of the step before.
    refuses_every_infinity: return
        => if (logits == -INF).any():
        =>         raise ValueError("there is a -inf")
        =>     return
        A row with *some* -inf was refused. That is ordinary: only a row in which all are out has nothing to draw from.
    lets_bad_logits_through (refuses nothing): return => return logits if logits.softmax(-1).isnan().any() else
        NaN, or a row with nothing but -inf, went through. Softmax turns both into NaN for the whole row, and the draw
        then fails far away from the cause: refuse them here.
    looks_at_the_first_row (refuses nothing): logits / T => logits.clamp(min=-1e30) / T
        A bad row that is not the first went through. Test every row: all(-1) answers row by row, any() over the rows.
""")


@exercise.alternative
def by_the_alternatives(logits, T, k, p, m):
    kept = top_k.by_counting_the_better_ones(logits * (1 / T), k)
    return min_p.by_difference_of_logits(top_p.by_cumulative_loop(kept, p), m)
