"""``apply_temperature``: new logits, each divided by T."""

import torch
from transformers import TemperatureLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits

exercise = Exercise(__name__, points=2, tolerance=1e-6)
exercise.refuses(lambda logits, T: "" if T > 0 else f"the temperature must be above 0, got {T}")
exercise.oracle(lambda logits, T: TemperatureLogitsWarper(float(T))(None, logits))


@exercise.probes
def probes(rng):
    yield Probe("T = 1 changes nothing", logits=distinct_logits(rng, 1, 5), T=1.0)
    yield Probe("T = 2 halves every difference", logits=distinct_logits(rng, 2, 6), T=2.0)
    yield Probe("T = 0.5 doubles every difference", logits=distinct_logits(rng, 2, 6), T=0.5)
    yield Probe("a token that is out stays out", logits=torch.tensor([[1.5, -INF, 0.0, -2.0]]), T=0.25)
    yield Probe("any T, three rows", logits=distinct_logits(rng, 3, 8), T=rng.randrange(20, 300) / 100)
    yield Probe("T = 0 is refused", logits=distinct_logits(rng, 1, 4), T=0.0)
    yield Probe("a negative T is refused", logits=distinct_logits(rng, 1, 4), T=-1.0)


@exercise.reference
def reference(logits, T):
    return logits / T


exercise.slips("""
    multiplies: logits / T => logits * T
        The logits were multiplied by T. A high temperature must bring them closer together, not further apart: divide.
    divides_probabilities: logits / T => logits.softmax(-1) / T
        Probabilities were divided by T. That scales all alike and changes no choice: T acts on logits, before softmax.
    returns_probabilities: logits / T => (logits / T).softmax(-1)
        The result went through softmax already. The next steps expect logits: return logits / T. Softmax comes last.
    divides_in_place: logits / T => logits.div_(T)
        The caller's logits were changed: `/=` writes into the tensor that you were given. Return a new one.
    treats_zero_as_greedy (refuses nothing): logits / T
        => reference(logits, T) if T else logits.masked_fill(logits < logits.amax(-1, keepdim=True), -INF)
        T = 0 must be refused. Dividing by zero has no result; whoever wants the most likely token asks for greedy
        decoding, which is another choice and not a temperature.
    accepts_every_temperature (refuses nothing)
        T = 0 gives infinities, and T < 0 puts the worst token on top. Refuse T <= 0 with a ValueError that says so.
""")


@exercise.alternative
def multiplies_by_the_inverse(logits, T):
    return logits * (1 / T)
