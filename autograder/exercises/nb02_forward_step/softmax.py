"""``softmax``: logits to probabilities along the last axis, safe for logits of any size."""

import math

import numpy as np
import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, gaussian_logits

HIGHEST = torch.finfo(torch.float32).max

FORBIDDEN = ("softmax", "_softmax", "log_softmax", "_log_softmax", "softmin")
exercise = Exercise(__name__, points=3, tolerance=1e-6, exact_zeros=True, forbids=FORBIDDEN)
exercise.rules("""
    shares: each probability is exp(logit), divided by the sum of these over the row, in a float32 of the shape of the
        logits: one row [V] gives [V], and [1, V] gives [1, V]
    height: it is right for logits of any height, the lowest and the highest numbers among them
    forbidden: a logit of -inf gets probability exactly 0, however low the other logits of its row are
    rows: each row is a distribution of its own, whatever the height of the other rows
    untouched: logits of any shape [..., V] are taken, and the tensor that was given is left as it was
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, logits, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, logits=logits)

    def normal(*shape, height=0.0):
        return gaussian_logits(rng, *shape) + height

    def forbidden(rows, size):
        """Two logits of each row are -inf: in the first row the first, too."""
        logits = normal(rows, size)
        for i, row in enumerate(logits):
            row[[0, 2] if i == 0 else rng.sample(range(size), 2)] = -INF
        return logits

    def table(*rows):
        """Each row in an order of its own."""
        return torch.tensor([rng.sample(row, len(row)) for row in rows])

    one, other = rng.random(), 1 + rng.random()
    wide = table([1e4, 0.0, 1e4, 9999 - one], [1e4, 9998.0, 9999 + one, -1e4])
    highest = table([HIGHEST, -HIGHEST, HIGHEST], [-HIGHEST, HIGHEST, HIGHEST])
    low = table([-1e4 - one, -INF, -10050.0, -INF, -INF], [-10020.0 - other, -10040.0, -10060.0, -INF, -INF])
    only_one = table([one, -INF, -INF, -INF], [-INF, -INF, -other, -INF], [20 * other, -INF, -INF, -INF])
    lowest = table(*[[-HIGHEST, -INF, -INF, -INF]] * 3)
    uneven = table([1e4, 0.0, -5.0], [0.0, one, other], [-1e4, -2e4, -3e4])
    below = table([-200.0, -300.0, -400.0], [0.0, -one, other])
    square = table([other, one, 0.0], [-500.0, -600.0, -700.0], [-one, 2.0, other])

    yield probe("shares", "one row of logits", normal(5))
    yield probe("shares", "a batch of one row", normal(1, 6))
    yield probe("shares", "one row of two tokens", normal(2), hidden=True)
    yield probe("shares", "one long row", normal(40), hidden=True)
    yield probe("height", "all logits about 300", normal(2, 5, height=300))
    yield probe("height", "all logits about -60", normal(2, 4, height=-60))
    yield probe("height", "logits of 10,000", wide)
    yield probe("height", "logits of -10,000", normal(2, 3, height=-1e4))
    yield probe("height", "the highest and the lowest numbers", highest, hidden=True)
    yield probe("height", "a single token", normal(3, 1, height=500), hidden=True)
    yield probe("forbidden", "a logit of -inf is a probability of 0", forbidden(2, 6))
    yield probe("forbidden", "-inf among logits of -10,000", low)
    yield probe("forbidden", "-inf among the lowest numbers", lowest)
    yield probe("forbidden", "-inf among logits of 10,000", low + 2e4, hidden=True)
    yield probe("forbidden", "all but one are -inf", only_one, hidden=True)
    yield probe("rows", "rows of very different height", uneven)
    yield probe("rows", "the first row far below", below, hidden=True)
    yield probe("rows", "as many rows as tokens", square, hidden=True)
    yield probe("untouched", "rows and positions", normal(2, 3, 4))
    yield probe("untouched", "one row of positions", normal(1, 4, 3), hidden=True)
    yield probe("untouched", "four axes", normal(2, 1, 3, 5), hidden=True)


@exercise.oracle
def oracle(logits):
    return torch.softmax(logits, dim=-1)


@exercise.reference
def reference(logits):
    weights = (logits - logits.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True)


exercise.slips("""
    naive_exp: (logits - logits.amax(-1, keepdim=True)) => logits
        exp() overflows to inf from about 89 on, and inf / inf is nan; far below zero it is 0 / 0. Subtract each row's
        largest logit first: that changes no probability, and the largest exponent is then 0.
    naive_exp_in_float64: weights / weights.sum(-1, keepdim=True)
        => (logits.double().exp() / logits.double().exp().sum(-1, keepdim=True)).float()
        A float64 only moves the overflow of exp() from 89 to 710. Subtract each row's largest logit before exp().
    subtracts_the_largest_of_all: logits.amax(-1, keepdim=True) => logits.max()
        The maximum of the whole tensor makes a row far below it 0 / 0. Take each row's own: dim=-1, keepdim=True.
    subtracts_the_mean: logits.amax(-1, keepdim=True) => logits.mean(-1, keepdim=True)
        Each row's mean was subtracted: a logit far above it still overflows, and one -inf makes the mean -inf. Subtract
        the row's largest logit.
    subtracts_the_smallest: logits.amax(-1, keepdim=True) => logits.amin(-1, keepdim=True)
        Each row's smallest logit was subtracted: then the largest exponent has no bound, and -inf minus -inf is nan.
        Subtract the row's largest logit.
    subtracts_the_largest_size: logits.amax(-1, keepdim=True) => logits.abs().amax(-1, keepdim=True)
        The largest absolute value was subtracted, which moves a row of negative logits still further down, to 0 / 0.
        Subtract each row's largest logit, with its sign.
    shifts_down_only: logits.amax(-1, keepdim=True) => logits.amax(-1, keepdim=True).clamp(min=0)
        Only rows with high logits were shifted, so a row far below zero is still 0 / 0. Subtract each row's largest
        logit whatever it is.
    clamps_high_logits: (logits - logits.amax(-1, keepdim=True)) => logits.clamp(max=80)
        Logits above a border were set to the border, which makes different ones equal, and low ones are not helped.
        Shift the row instead: subtract its largest logit.
    clamps_shifted_logits: (logits - logits.amax(-1, keepdim=True))
        => (logits - logits.amax(-1, keepdim=True)).clamp(min=-50)
        The shifted logits were held above a border, so a forbidden token keeps a small probability. exp() of a very low
        number is 0 by itself, and that of -inf exactly: leave out the border.
    subtracts_the_mean_of_the_finite: (logits - logits.amax(-1, keepdim=True))
        => (logits - logits.masked_fill(logits == -INF, torch.nan).nanmean(-1, keepdim=True))
        The mean of each row's finite logits was subtracted: one logit far above it still overflows. Subtract the row's
        largest logit.
    largest_size_of_the_finite: logits.amax(-1, keepdim=True)
        => logits.masked_fill(logits == -INF, 0).abs().amax(-1, keepdim=True)
        The largest absolute value among the finite logits was subtracted, which moves a row of negative logits still
        further down, to 0 / 0. Subtract each row's largest logit, with its sign.
    clamps_the_logits: (logits - logits.amax(-1, keepdim=True)) => logits.clamp(-80, 80)
        Logits beyond a border were set to the border, which makes different ones equal. Shift the row instead:
        subtract its largest logit.
    finite_instead_of_minus_inf: weights = (
        => logits = logits.masked_fill(logits == -INF, -1e4)
        =>     weights = (
        -inf was replaced by a finite number, which is not low enough beside other low logits. Leave -inf as it is:
        once the row's largest logit is subtracted, its exp() is exactly 0.
    lowest_number_instead_of_minus_inf: (logits - logits.amax(-1, keepdim=True))
        => (logits.nan_to_num() - logits.nan_to_num().amax(-1, keepdim=True))
        -inf was replaced by the lowest number of a float32, which a logit may have, too. Leave -inf as it is: once the
        row's largest logit is subtracted, its exp() is exactly 0.
    the_library_s: weights / weights.sum(-1, keepdim=True) => torch.softmax(logits, dim=-1)
        The library's softmax was called, or a function that contains it. Here you write it: exp() and a sum.
    the_library_s_logarithm: weights / weights.sum(-1, keepdim=True) => logits.log_softmax(dim=-1).exp()
        The library's log_softmax was called, which is softmax but for the last step. Here you write it: exp() and a
        sum.
    over_the_first_axis: weights / weights.sum(-1, keepdim=True)
        => (logits - logits.amax(0)).exp() / (logits - logits.amax(0)).exp().sum(0)
        The probabilities add up to 1 down the batch, not along the vocabulary. The vocabulary is the last axis: dim=-1.
    over_the_second_axis: weights / weights.sum(-1, keepdim=True)
        => (logits - logits.amax(1, True)).exp() / (logits - logits.amax(1, True)).exp().sum(1, True)
        dim=1 is the vocabulary only in a tensor [B, V]. It is always the last axis, whatever stands before it: dim=-1.
    one_sum_for_all_rows: weights.sum(-1, keepdim=True) => weights.sum()
        All rows were divided by one sum. Each must add up to 1 on its own: sum over dim=-1 with keepdim=True.
    adds_an_axis: (logits - logits.amax(-1, keepdim=True)) => torch.atleast_2d(logits - logits.amax(-1, keepdim=True))
        A single row [V] came back as [1, V]. The result has the shape of the logits; dim=-1 needs no axis before it.
    in_place: (logits - logits.amax(-1, keepdim=True)) => logits.sub_(logits.amax(-1, keepdim=True))
        The caller's logits were changed: -= and methods ending in an underscore write into them. Make a new tensor.
    fills_the_given_tensor: return weights / weights.sum(-1, keepdim=True)
        => if logits.ndim > 2:
        =>         for place, rows in enumerate(logits):
        =>             logits[place] = reference(rows)
        =>         return logits
        =>     return weights / weights.sum(-1, keepdim=True)
        The probabilities were written into the caller's logits, position by position. dim=-1 with keepdim=True does
        all axes at once and makes a new tensor.
    shares_of_the_logits: (logits - logits.amax(-1, keepdim=True)).exp() => logits
        The logits were divided by their sum, without exp(). Logits may be negative, and so would these shares be.
    powers_of_two: .exp() => .exp2()
        These are powers of 2. Softmax takes powers of e: exp().
    log_probabilities: weights / weights.sum(-1, keepdim=True) => (weights / weights.sum(-1, keepdim=True)).log()
        These are the logarithms of the probabilities. Apply exp() to them.
    hides_nan: weights / weights.sum(-1, keepdim=True)
        => (logits.exp() / logits.exp().sum(-1, keepdim=True)).nan_to_num()
        The nan of an overflow was replaced by a number, so the row looks healthy and is wrong. Avoid the overflow
        instead: subtract the row's largest logit before exp().
    loses_digits: weights / weights.sum(-1, keepdim=True) => (logits - logits.logsumexp(-1, keepdim=True)).exp()
        Right on paper, rounded in float32: logsumexp adds the largest logit back, and next to 10,000 a float32 has
        three decimals left. Subtract the row's largest logit before exp(), and divide by the sum after it.
""")


@exercise.alternative
def with_numpy(logits):
    values = logits.numpy().astype(np.float64)
    weights = np.exp(values - values.max(axis=-1, keepdims=True))
    return torch.from_numpy(weights / weights.sum(axis=-1, keepdims=True)).float()


@exercise.alternative
def in_plain_python(logits):
    def row(values):
        weights = [math.exp(value - max(values)) for value in values]
        return [weight / sum(weights) for weight in weights]

    rows = logits.reshape(-1, logits.shape[-1]).tolist()
    return torch.tensor([row(values) for values in rows]).reshape(logits.shape)


@exercise.alternative
def by_masking(logits):
    """What is forbidden is left out by hand; weights are normalized twice."""
    allowed = logits > -INF
    best = logits.masked_fill(~allowed, -HIGHEST).max(dim=-1, keepdim=True).values
    weights = torch.where(allowed, (logits - best).exp(), 0.0)
    shares = weights / weights.sum(dim=-1, keepdim=True)
    return shares / shares.sum(dim=-1, keepdim=True)
