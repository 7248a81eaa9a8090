"""``softmax``: logits to probabilities along the last axis, safe for logits of any size."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, gaussian_logits

exercise = Exercise(__name__, points=3, tolerance=1e-6)


@exercise.probes
def probes(rng):
    plain = gaussian_logits(rng, 5)
    hidden = gaussian_logits(rng, 2, 6)
    hidden[0, 1] = hidden[0, 4] = hidden[1, 0] = -INF
    uneven = torch.tensor([[1e4, 9999.0, 1e4], [0.0, 1.0, -2.0]])
    yield Probe("one row of logits", logits=plain)
    yield Probe("the same logits, all 1,000 higher", logits=plain + 1000)
    yield Probe("logits of 10,000", logits=torch.tensor([1e4, 0.0, 1e4, 9999.0]))
    yield Probe("logits of -10,000", logits=torch.tensor([-1e4, -1e4, -9998.0]))
    yield Probe("a logit of -inf is a probability of 0", logits=hidden)
    yield Probe("two rows of very different height", logits=uneven)
    yield Probe("rows and positions", logits=gaussian_logits(rng, 2, 3, 4))


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
    subtracts_the_largest_of_all: logits.amax(-1, keepdim=True) => logits.max()
        The maximum of the whole tensor makes a row far below it 0 / 0. Take each row's own: dim=-1, keepdim=True.
    over_the_first_axis: return weights / weights.sum(-1, keepdim=True) => return torch.softmax(logits, dim=0)
        The probabilities add up to 1 down the batch, not along the vocabulary. The vocabulary is the last axis: dim=-1.
    one_sum_for_all_rows: weights.sum(-1, keepdim=True) => weights.sum()
        All rows were divided by one sum. Each must add up to 1 on its own: sum over dim=-1 with keepdim=True.
    in_place: (logits - logits.amax(-1, keepdim=True)) => logits.sub_(logits.amax(-1, keepdim=True))
        The caller's logits were changed: -= and methods ending in an underscore write into them. Make a new tensor.
    shares_of_the_logits: (logits - logits.amax(-1, keepdim=True)).exp() => logits
        The logits were divided by their sum, without exp(). Logits may be negative, and so would these shares be.
    log_probabilities: return weights / weights.sum(-1, keepdim=True) => return torch.log_softmax(logits, dim=-1)
        These are the logarithms of the probabilities. Apply exp() to them.
    hides_nan: weights / weights.sum(-1, keepdim=True)
        => (logits.exp() / logits.exp().sum(-1, keepdim=True)).nan_to_num()
        The nan of an overflow was replaced by a number, so the row looks healthy and is wrong. Avoid the overflow
        instead: subtract the row's largest logit before exp().
    loses_digits: weights / weights.sum(-1, keepdim=True) => (logits - logits.logsumexp(-1, keepdim=True)).exp()
        Right on paper, rounded in float32: logsumexp adds the largest logit back, and next to 10,000 a float32 has
        three decimals left. Subtract the row's largest logit before exp(), or use log_softmax(...).exp().
""")


@exercise.alternative
def by_log_softmax(logits):
    return torch.log_softmax(logits, dim=-1).exp()
