"""``repetition_penalty``: make the tokens that were said less likely, once for each distinct token."""

import numpy as np
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF
from autograder.exercises.nb03_sampling_loop._shared import refuse

exercise = Exercise(__name__, points=3, tolerance=1e-6)
exercise.rules("""
    signs (2): a positive logit of a token that stands in ids is divided by penalty, a negative one multiplied; tokens
        that do not stand there keep their logits
    once: a token that stands in ids several times is penalized once
    everywhere: every id counts, from the first of the prompt to the newest, however many there are; 0 is an id, too
    rows: row i of the logits is changed by row i of ids only
    reward: a penalty of 1 changes nothing; below 1 the same division and multiplication make tokens likelier
    out: a logit of -inf stays -inf, whether its token stands in ids or not
    bits: logits in 16 or 64 bits give float32, too, with a penalty of 1 as well; they are converted before they change
    refuses: a penalty of 0 or below is refused with a ValueError
""")
exercise.refuses(lambda logits, ids, penalty: "" if penalty > 0 else f"the penalty must be above 0, got {penalty}")


@exercise.probes
def probes(rng):
    """Only ``signs`` has negative logits in ids, only ``rows`` rows with other ids, only ``everywhere`` the id 0."""

    def logits(rows, width, *negative):
        """No two equal and none 0; those of the ids ``negative`` are below 0."""
        made = torch.tensor([rng.sample(range(100, 4000), width) for _ in range(rows)]) / 1000
        made[:, list(negative)] *= -1
        return made

    def some(width, number):
        return rng.sample(range(1, width), number)

    def probe(name, rule, logits, ids, penalty=2.0, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, logits=logits, ids=torch.as_tensor(ids), penalty=penalty)

    def any_penalty():
        return rng.randrange(110, 250) / 100

    first, *others = some(8, 4)
    yield probe("a positive and a negative logit", "signs", logits(1, 8, first, others[0]), [[first, others[1]]])
    zero = logits(1, 8, *others)
    zero[0, first] = 0.0
    yield probe("a logit of 0 and negative ones", "signs", zero, [[first, *others]], any_penalty())
    ids = some(40, 12)
    yield probe("any penalty, 40 tokens", "signs", logits(1, 40, *range(0, 40, 2)), [ids], any_penalty(), hidden=True)
    yield probe("all logits are negative", "signs", logits(2, 9, *range(9)), [some(9, 4)] * 2, 1.5, hidden=True)
    a, b, c = some(10, 3)
    yield probe("a token that occurs often", "once", logits(1, 10), [[a, a, b, a, b, c, a]], 1.5)
    yield probe("one token again and again", "once", logits(1, 6), [[5 - a % 5] * 6], any_penalty(), hidden=True)
    yield probe("80 different ids, 0 the first", "everywhere", logits(1, 100), [[0, *some(100, 79)]], 1.5)
    yield probe("70 ids, 0 the last", "everywhere", logits(1, 128), [[*some(128, 69), 0]], any_penalty(), hidden=True)
    yield probe("three rows with different ids", "rows", logits(3, 12), [[1, 2, 3], [4, 5, 6], [3, 8, 9]], 1.3)
    ids = torch.tensor(some(26, 25)).reshape(5, 5)
    yield probe("five rows, no id in two of them", "rows", logits(5, 26), ids, any_penalty(), hidden=True)
    yield probe("penalty 1 changes nothing", "reward", logits(2, 6, 1, 2), [some(6, 3)] * 2, 1.0)
    yield probe("below 1 it is a reward", "reward", logits(1, 8), [some(8, 4)], 0.5)
    yield probe("any reward", "reward", logits(2, 8), [some(8, 4)] * 2, rng.randrange(30, 90) / 100, hidden=True)
    out = logits(1, 8)
    out[:, [a % 4, 4 + a % 4]] = -INF
    yield probe("-inf in ids and elsewhere", "out", out, [[4 + a % 4, 4 + (a + 1) % 4]])
    out = logits(2, 9)
    out[0, 4], out[1, 1:4] = -INF, -INF
    yield probe("-inf, two rows", "out", out, [some(9, 6)] * 2, any_penalty(), hidden=True)

    def bits(name, dtype, penalty, width, hidden=False):
        return probe(name, "bits", logits(1, width).to(dtype), [some(width, 3)], penalty, hidden)

    yield bits("16-bit logits, a penalty of 1.3", torch.bfloat16, 1.3, 7)
    yield bits("16-bit logits, a penalty of 1", torch.bfloat16, 1.0, 5)
    yield bits("another 16-bit type", torch.float16, 1.6, 6, hidden=True)
    yield bits("64-bit logits", torch.float64, 1.7, 8, hidden=True)
    yield bits("64-bit logits, a penalty of 1", torch.float64, 1, 5, hidden=True)
    yield probe("a penalty of 0 is refused", "refuses", logits(1, 4), [some(4, 2)], 0.0)
    yield probe("a negative penalty is refused", "refuses", logits(1, 4), [some(4, 2)], -1.0)
    yield probe(
        "a penalty of 0 as a whole number is refused", "refuses", logits(2, 5), [some(5, 2)] * 2, 0, hidden=True
    )
    yield probe("a penalty a little below 0 is refused", "refuses", logits(1, 5), [some(5, 2)], -(2**-10), hidden=True)


@exercise.oracle
def oracle(logits, ids, penalty):
    return RepetitionPenaltyLogitsProcessor(float(penalty))(ids, logits.float())


@exercise.reference
def reference(logits, ids, penalty):
    logits = logits.float()
    seen = torch.zeros_like(logits).scatter(1, ids, 1.0)
    factor = torch.where(logits > 0, 1 / penalty, penalty)
    return logits * factor**seen


exercise.slips("""
    always_divides: torch.where(logits > 0, 1 / penalty, penalty) => 1 / penalty
        Every seen logit was divided. That brings negative ones closer to 0 and makes them *likelier*: multiply those.
    always_multiplies: torch.where(logits > 0, 1 / penalty, penalty) => penalty
        Every seen logit was multiplied. That makes positive ones larger and their tokens likelier: divide those.
    spares_negative_logits: torch.where(logits > 0, 1 / penalty, penalty) => torch.where(logits > 0, 1 / penalty, 1.0)
        Negative logits were left as they are. A token that was said must lose whatever its sign: multiply those.
    rewards: logits > 0 => logits < 0
        Positive logits were multiplied, negative ones divided: what was said gets likelier. It is the other way round.
    once_per_occurrence: scatter(1, ids, 1.0) => scatter_add(1, ids, torch.ones(ids.shape))
        A token that occurs three times was penalized three times. Once for each distinct token: read the logits of the
        seen ids first, change them, write them back once.
    only_the_newest_token: scatter(1, ids, => scatter(1, ids[:, -1:],
        Only the last token was penalized. All that stand in `ids` count, those of the prompt included.
    skips_the_first_token: scatter(1, ids, => scatter(1, ids[:, 1:],
        The first token of the sequence was spared. All tokens in `ids` count, from the first one of the prompt on.
    a_window_of_64: scatter(1, ids, => scatter(1, ids[:, -64:],
        Only the newest 64 ids were looked at. Other programs have such a window; here, as in the library, all count.
    zero_is_no_token: .scatter(1, ids, 1.0) => .scatter(1, ids, (ids != 0).float())
        The id 0 was passed over, as if it were padding. It is a token like all others: nothing here says what is a pad.
    ids_of_the_first_row: scatter(1, ids, => scatter(1, ids[:1].expand_as(ids),
        The ids of the first row were used for every row. Row i of `ids` belongs to row i of the logits.
    leaks_between_rows: scatter(1, ids, => scatter(1, ids.reshape(1, -1).expand(len(logits), -1),
        Tokens of one row were penalized in another. Row i of `ids` belongs to row i of the logits.
    subtracts: logits * factor**seen => logits - (penalty - 1) * seen
        The penalty was subtracted. That is another method (a presence penalty); this one divides or multiplies.
    takes_the_smaller: logits * factor**seen
        => torch.where(seen > 0, torch.minimum(logits / penalty, logits * penalty), logits)
        The smaller of quotient and product was taken. That is right above 1 only: a penalty below 1 must make tokens
        likelier. Let the sign of the logit decide, not the result.
    a_reward_is_off: logits * factor**seen => logits * factor**seen if penalty > 1 else logits
        A penalty below 1 had no effect. It is a reward, by the same rule: positive logits are divided, negative ones
        multiplied, whatever the penalty is.
    refuses_a_reward: seen = => refuse("the penalty must be at least 1" if penalty < 1 else ""); seen =
        A penalty below 1 was refused. It is allowed, and makes what was said likelier: refuse only 0 and below.
    mixes_by_multiplying: logits * factor**seen => logits * (1 - seen) + logits * factor * seen
        A logit of -inf became nan: -inf times 0 has no value. Choose with torch.where, or scatter, instead of
        multiplying by a mask of zeros and ones.
    makes_infinity_finite: logits * factor**seen => logits.clamp(min=-1e9) * factor**seen
        A logit of -inf became a finite number. It says that a token is out, and stays -inf when it is multiplied.
    keeps_the_bits_at_one: logits = logits.float()
        => if penalty == 1:
        =>         return logits
        =>     logits = logits.float()
        With a penalty of 1 logits in 16 (or 64) bits came back as they were, not as float32. Convert before you return
        early.
    penalises_in_place: logits * factor**seen => logits.mul_(factor**seen)
        The caller's logits were changed. scatter without an underscore returns a new tensor.
    spares_the_newest_token: scatter(1, ids, 1.0) => scatter(1, ids[:, :-1], 1.0)
        The newest token was spared, as by ids[:, :-1]. All tokens in `ids` count, up to the last one.
    only_what_came_twice: scatter(1, ids, 1.0) => scatter_add(1, ids, torch.ones(ids.shape)).gt(1).float()
        Only tokens that stand in `ids` several times were penalized. Once is enough: what was said is a repetition when
        it comes again.
""")


@exercise.mistake(refuses=False)
def accepts_every_penalty(logits, ids, penalty):
    """A penalty of 0 or less went through: it divides by zero, or turns signs over. Refuse it with a ValueError."""
    logits = logits.float()
    score = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(score < 0, score * penalty, score / penalty))


@exercise.mistake(refuses=False)
def accepts_zero(logits, ids, penalty):
    """A penalty of 0 went through: positive logits become infinite. Refuse 0 as well, not only what is below it."""
    refuse("the penalty is negative" if penalty < 0 else "")
    return accepts_every_penalty(logits, ids, penalty)


@exercise.mistake
def keeps_the_bits(logits, ids, penalty):
    """Logits in 16 (or 64) bits came back as they were, not as float32. Begin with logits.float()."""
    return reference(logits, ids, penalty).to(logits.dtype)


@exercise.mistake
def changes_in_16_bits(logits, ids, penalty):
    """16-bit logits were changed first and converted then, so each changed one lost digits. Convert first."""
    score = logits.gather(1, ids)
    return logits.scatter(1, ids, torch.where(score < 0, score * penalty, score / penalty)).float()


@exercise.alternative
def with_sets(logits, ids, penalty):
    out = logits.float().clone()
    for row, tokens in enumerate(ids.tolist()):
        for token in set(tokens):
            out[row, token] *= penalty if logits[row, token] < 0 else 1 / penalty
    return out


@exercise.alternative
def in_double_precision(logits, ids, penalty):
    wide = logits.double()
    wide = torch.where(wide > 0, wide / penalty, wide * penalty)
    seen = torch.nn.functional.one_hot(ids, logits.shape[1]).any(1)
    return torch.where(seen, wide, logits).float()


@exercise.alternative
def with_numpy(logits, ids, penalty):
    out = logits.float().numpy().copy()
    for row, tokens in zip(out, ids.numpy(), strict=True):
        tokens = np.unique(tokens)
        row[tokens] = np.where(row[tokens] < 0, row[tokens] * penalty, row[tokens] / penalty)
    return torch.from_numpy(out)
