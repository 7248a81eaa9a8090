"""``repetition_penalty``: make the tokens that were said less likely, once for each distinct token."""

import torch
from transformers import RepetitionPenaltyLogitsProcessor

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, distinct_logits, prompt

exercise = Exercise(__name__, points=3, tolerance=1e-6)
exercise.refuses(lambda logits, ids, penalty: "" if penalty > 0 else f"the penalty must be above 0, got {penalty}")


@exercise.probes
def probes(rng):
    def probe(name, logits, ids, penalty):
        return Probe(name, logits=logits, ids=torch.as_tensor(ids), penalty=penalty)

    signs = torch.tensor([[2.0, -1.0, 0.0, 3.0, -2.0, 1.0]])
    many = [[5, 5, 5, 2, 2, 7, 5], [1, 1, 0, 9, 9, 9, 9]]
    yield probe("penalty 1 changes nothing", distinct_logits(rng, 2, 6), prompt(rng, 2, 3, 6), 1.0)
    yield probe("a positive and a negative logit", signs, [[0, 1]], 2.0)
    yield probe("the first token of the prompt counts too", signs, [[4, 2, 5]], 1.5)
    yield probe("a token that occurs often", distinct_logits(rng, 2, 10), many, 1.5)
    yield probe("rows with different tokens", distinct_logits(rng, 3, 12), prompt(rng, 3, 5, 12), 1.3)
    yield probe("below 1 it is a reward", distinct_logits(rng, 2, 8), prompt(rng, 2, 4, 8), 0.5)
    yield probe("-inf stays -inf", torch.tensor([[1.0, -INF, -2.0]]), [[1, 2]], 2.0)
    logits, ids = distinct_logits(rng, 4, 15), prompt(rng, 4, 12, 15)
    yield probe("any penalty, four rows", logits, ids, rng.randrange(105, 250) / 100)
    yield probe("a penalty of 0 is refused", distinct_logits(rng, 1, 4), prompt(rng, 1, 2, 4), 0.0)


@exercise.oracle
def oracle(logits, ids, penalty):
    return RepetitionPenaltyLogitsProcessor(float(penalty))(ids, logits)


@exercise.reference
def reference(logits, ids, penalty):
    seen = torch.zeros_like(logits).scatter(1, ids, 1.0)
    factor = torch.where(logits > 0, 1 / penalty, penalty)
    return logits * factor**seen


exercise.slips("""
    always_divides: torch.where(logits > 0, 1 / penalty, penalty) => 1 / penalty
        Every seen logit was divided. That brings negative ones closer to 0 and makes them *likelier*: multiply those.
    always_multiplies: torch.where(logits > 0, 1 / penalty, penalty) => penalty
        Every seen logit was multiplied. That makes positive ones larger and their tokens likelier: divide those.
    rewards: logits > 0 => logits < 0
        Positive logits were multiplied, negative ones divided: what was said gets likelier. It is the other way round.
    once_per_occurrence: scatter(1, ids, 1.0) => scatter_add(1, ids, torch.ones(ids.shape))
        A token that occurs three times was penalized three times. Once for each distinct token: read the logits of the
        seen ids first, change them, write them back once.
    only_the_newest_token: scatter(1, ids, => scatter(1, ids[:, -1:],
        Only the last token was penalized. All that stand in `ids` count, those of the prompt included.
    skips_the_first_token: scatter(1, ids, => scatter(1, ids[:, 1:],
        The first token of the sequence was spared. All tokens in `ids` count, from the first one of the prompt on.
    leaks_between_rows: scatter(1, ids, => scatter(1, ids.reshape(1, -1).expand(len(logits), -1),
        Tokens of one row were penalized in another. Row i of `ids` belongs to row i of the logits.
    subtracts: logits * factor**seen => logits - (penalty - 1) * seen
        The penalty was subtracted. That is another method (a presence penalty); this one divides or multiplies.
    penalises_in_place: logits * factor**seen => logits.mul_(factor**seen)
        The caller's logits were changed. scatter without an underscore returns a new tensor.
""")


@exercise.mistake(refuses=False)
def accepts_every_penalty(logits, ids, penalty):
    """A penalty of 0 or less went through: it divides by zero, or turns signs over. Refuse it with a ValueError."""
    score = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(score < 0, score * penalty, score / penalty))


@exercise.alternative
def with_sets(logits, ids, penalty):
    out = logits.clone()
    for row, tokens in enumerate(ids.tolist()):
        for token in set(tokens):
            out[row, token] *= penalty if logits[row, token] < 0 else 1 / penalty
    return out
