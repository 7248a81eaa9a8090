"""``surprise``: for each token after the first the entropy before it and its surprise, in bits."""

import math

import torch
import torch.nn.functional as F

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, gaussian_logits
from autograder.exercises.nb02_forward_step._shared import different_rows, gathered

exercise = Exercise(__name__, points=3, tolerance=1e-5)


@exercise.probes
def probes(rng):
    def probe(name, *shape):
        return Probe(name, logits=gaussian_logits(rng, *shape), input_ids=different_rows(rng, *shape))

    certain = torch.tensor([[[0.0, 0.0, 1e4, 0.0]] * 3])
    hidden = gaussian_logits(rng, 2, 5, 7)
    hidden[..., 3] = -INF  # only token 3 is impossible, and both rows hold it once
    ids = torch.tensor([[0, 6, 3, 1, 5], [2, 4, 6, 0, 3]])
    eight = different_rows(rng, 1, 4, 8)
    yield Probe("eight equal probabilities are 3 bits", logits=torch.ones(1, 4, 8), input_ids=eight)
    yield Probe("a certain token is 0 bits", logits=certain, input_ids=torch.tensor([[1, 2, 2]]))
    yield probe("two rows", 2, 6, 9)
    yield Probe("a token of probability 0", logits=hidden, input_ids=ids)
    yield probe("many rows", 4, 7, 12)


@exercise.oracle
def oracle(logits, input_ids):
    entropy = torch.special.entr(logits[:, :-1].softmax(-1)).sum(-1)
    nats = F.cross_entropy(logits[:, :-1].transpose(1, 2), input_ids[:, 1:], reduction="none")
    return entropy / math.log(2), nats / math.log(2)


@exercise.reference
def reference(logits, input_ids):
    logprobs = logits[:, :-1].log_softmax(-1) / math.log(2)
    shares = (logprobs.exp2() * logprobs).where(logprobs > -INF, 0.0)
    entropy, bits = -shares.sum(-1), -gathered(logprobs, input_ids[:, 1:])
    return entropy, bits


exercise.slips("""
    natural_logarithm: return entropy, bits => return entropy * math.log(2), bits * math.log(2)
        These are nats: log is the natural logarithm. Bits are logarithms to base 2: torch.log2, or divide by log(2).
    summed_over_positions: return entropy, bits => return entropy.sum(-1), bits.sum(-1)
        The positions were added up. The strip needs a number for each token: sum over the vocabulary only, dim=-1.
    averaged_over_positions: return entropy, bits => return entropy.mean(-1), bits.mean(-1)
        The positions were averaged. The strip needs a number for each token: sum over the vocabulary only, dim=-1.
    zero_times_minus_infinity: .where(logprobs > -INF, 0.0) =>
        A token of probability 0 gives 0 times -inf, which is nan, and the sum with it. Its share of the entropy is 0:
        write 0 there (torch.special.entr does, and so does a where or nan_to_num on the products).
    adds_a_little: -gathered(logprobs, => -gathered((logits[:, :-1].softmax(-1) + 1e-9).log2(),
        A small number added before the logarithm puts every surprise off; impossible tokens have inf: use log_softmax.
    surprise_at_its_own_position: -gathered(logprobs, input_ids[:, 1:])
        => -gathered(logits.log_softmax(-1) / math.log(2), input_ids)[:, 1:]
        Each token was looked up at its own position, where the model has already read it. Position t predicts token t +
        1: pair logits[:, :-1] with input_ids[:, 1:].
    entropy_of_the_next_position: -shares.sum(-1) => torch.special.entr(logits.softmax(-1)).sum(-1)[:, 1:] / math.log(2)
        The entropies come one late. Token t + 1 is predicted at position t: leave out the last position, not the first.
    all_positions_of_entropy: -shares.sum(-1) => torch.special.entr(logits.softmax(-1)).sum(-1) / math.log(2)
        The last of these T entropies is about no token of the text: leave it out, so that both results are [B, T - 1].
    sign_forgotten: return entropy, bits => return -entropy, -bits
        The logarithm of a probability is negative or 0; entropy and surprise are its negative.
    swapped: return entropy, bits => return bits, entropy
        The two results are swapped: the entropies come first.
    logits_as_probabilities: return entropy, bits
        => bits = logits[:, :-1].log2()
        =>     return -(logits[:, :-1] * bits).sum(-1), -gathered(bits, input_ids[:, 1:])
        The logarithm of the logits was taken. Logits are no probabilities: apply softmax or log_softmax first.
""")


@exercise.alternative
def in_plain_python(logits, input_ids):
    def bits(row, token):
        probs = torch.softmax(row, dim=0).tolist()
        entropy = -sum(p * math.log2(p) for p in probs if p > 0)
        return entropy, -math.log2(probs[token]) if probs[token] else math.inf

    texts = zip(logits[:, :-1], input_ids[:, 1:].tolist(), strict=True)
    pairs = torch.tensor([list(map(bits, rows, tokens)) for rows, tokens in texts])
    return pairs.unbind(-1)
