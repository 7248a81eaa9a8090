"""``apply_temperature``: new logits, each divided by T."""

import torch
from transformers import TemperatureLogitsWarper

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits
from autograder.exercises.nb03_sampling_loop._shared import refuse  # noqa: F401 - in slips

exercise = Exercise(__name__, points=2, tolerance=1e-6)
exercise.rules("""
    cools: T below 1, however small: every logit is divided by T, which makes all differences larger
    warms: T = 1 changes nothing; T above 1, however large: every logit is divided by T, which makes them smaller
    bits: logits in 16 or 64 bits give float32, too, at T = 1 as well: they are converted before they are divided
    out: a logit of -inf stays -inf, and the others of its row are divided as always
    refuses_zero: T = 0 is refused with a ValueError: nothing can be divided by it
    refuses_negative: a negative T, however close to 0, is refused with a ValueError
""")
exercise.refuses(lambda logits, T: "" if T > 0 else f"the temperature must be above 0, got {T}")


@exercise.probes
def probes(rng):
    def probe(name, rule, rows, width, T, out=(), hidden=False, dtype=torch.float32):
        logits = distinct_logits(rng, rows, width).to(dtype)
        logits[:, list(out)] = -INF
        return Probe(name, rule=rule, hidden=hidden, logits=logits, T=T)

    yield probe("T = 1 changes nothing", "warms", 1, 5, 1.0)
    yield probe("T = 2 halves every difference", "warms", 2, 6, 2.0)
    yield probe("any T above 1, three rows", "warms", 3, 8, rng.randrange(110, 300) / 100)
    yield probe("a very high T", "warms", 1, 12, float(2 ** rng.randrange(4, 9)))
    yield probe("an even higher T", "warms", 1, 50, 1000.0, hidden=True)
    yield probe("T = 0.5 doubles every difference", "cools", 2, 6, 0.5)
    yield probe("a T close to 0", "cools", 1, 7, 2**-8)
    yield probe("any T below 1, four rows", "cools", 4, 9, rng.randrange(10, 90) / 100, hidden=True)
    yield probe("a T even closer to 0", "cools", 2, 5, 2**-14, hidden=True)
    yield probe("16-bit logits, T = 0.7", "bits", 1, 6, 0.7, dtype=torch.bfloat16)
    yield probe("16-bit logits, T = 1", "bits", 2, 5, 1.0, dtype=torch.bfloat16)
    yield probe("another 16-bit type, any T above 1", "bits", 2, 9, 1.7, hidden=True, dtype=torch.float16)
    yield probe("64-bit logits, T = 0.3", "bits", 1, 7, 0.3, hidden=True, dtype=torch.float64)
    yield probe("64-bit logits, T = 1", "bits", 1, 4, 1, hidden=True, dtype=torch.float64)
    yield probe("a token that is out stays out", "out", 1, 4, 0.25, out=[rng.randrange(4)])
    yield probe("three tokens are out, two rows", "out", 2, 7, 0.75, out=rng.sample(range(7), 3), hidden=True)
    yield probe("T = 0 is refused", "refuses_zero", 1, 4, 0.0)
    yield probe("T = 0 as a whole number is refused", "refuses_zero", 2, 5, 0, hidden=True)
    yield probe("a negative T is refused", "refuses_negative", 1, 4, -1.0)
    yield probe("a T a little below 0 is refused", "refuses_negative", 2, 4, -(2**-10), hidden=True)


@exercise.oracle
def oracle(logits, T):
    return TemperatureLogitsWarper(float(T))(None, logits.float())


@exercise.reference
def reference(logits, T):
    logits = logits.float()
    return logits / T


def zero_is_greedy(logits, T):
    return logits / T if T else logits.masked_fill(logits < logits.amax(-1, keepdim=True), -INF)


exercise.slips("""
    multiplies: logits / T => logits * T
        The logits were multiplied by T. A high temperature must bring them closer together, not further apart: divide.
    divides_probabilities: logits / T => logits.softmax(-1) / T
        Probabilities were divided by T. That scales all alike and changes no choice: T acts on logits, before softmax.
    returns_probabilities: logits / T => (logits / T).softmax(-1)
        The result went through softmax already. The next steps expect logits: return logits / T. Softmax comes last.
    returns_log_probabilities: logits / T => (logits / T).log_softmax(-1)
        The result went through log_softmax: its differences are right and its values are not. Divide, and no more.
    shifts_the_best_to_zero: logits / T => (logits - logits.amax(-1, keepdim=True)) / T
        The largest logit was subtracted first. Softmax does that for itself where it must; here divide, and no more.
    divides_in_place: logits / T => logits.div_(T)
        The caller's logits were changed: `/=` writes into the tensor that you were given. Return a new one.
    caps_at_one: logits / T => logits / min(T, 1.0)
        A T above 1 had no effect. A temperature is no probability: above 1 it flattens the distribution, without limit.
    refuses_above_one: logits / T => refuse("T must be at most 1" if T > 1 else "") or logits / T
        A T above 1 was refused. A temperature is no probability: every number above 0 is one. Refuse only T <= 0.
    refuses_above_two: logits / T => refuse("T must be at most 2" if T > 2 else "") or logits / T
        A T above 2 was refused. That is a limit of some services; every number above 0 is a temperature, as the card
        says. Refuse only T <= 0.
    raises_a_small_T: logits / T => logits / max(T, 0.01)
        A small T was replaced by a larger one. Every T above 0 can be divided by: only T <= 0 is refused.
    keeps_the_bits: logits = logits.float() => pass
        Logits in 16 (or 64) bits came back as they were, not as float32. Begin with logits.float(), whatever T is.
    keeps_the_bits_at_one: logits.float() => (logits if T == 1 else logits.float())
        At T = 1 logits in 16 (or 64) bits came back as they were, not as float32. Convert before you return early.
    makes_infinity_finite: logits / T => logits.clamp(min=-1e9) / T
        A logit of -inf became a finite number. It says that a token is out, and stays -inf when it is divided by T.
    treats_zero_as_greedy (refuses nothing): return logits / T
        => refuse("T is negative" if T < 0 else "")
        =>     return zero_is_greedy(logits, T)
        T = 0 must be refused. Dividing by zero has no result; whoever wants the most likely token asks for greedy
        decoding, which is another choice and not a temperature.
    accepts_zero (refuses nothing): logits / T => refuse("T is negative" if T < 0 else "") or logits / T
        T = 0 went through: torch divides by zero without complaint and gives inf and nan. Refuse T <= 0, not only < 0.
    accepts_a_negative_T (refuses nothing): logits / T => refuse("T is 0" if T == 0 else "") or logits / T
        A negative T went through and puts the worst token on top. Refuse T <= 0 with a ValueError, not only T = 0.
    accepts_every_temperature (refuses nothing)
        T = 0 gives infinities, and T < 0 puts the worst token on top. Refuse T <= 0 with a ValueError that says so.
""")


@exercise.mistake
def divides_in_16_bits(logits, T):
    """16-bit logits were divided first and converted then, so each lost digits. Convert first: logits.float() / T."""
    return (logits / T).float()


@exercise.alternative
def multiplies_by_the_inverse(logits, T):
    return logits.float() * (1 / T)


@exercise.alternative
def in_double_precision(logits, T):
    return torch.div(logits.double(), T).float()


@exercise.alternative
def with_numpy(logits, T):
    return torch.from_numpy(logits.float().numpy() / T)
