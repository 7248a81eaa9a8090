"""``surprise``: for each token after the first the entropy before it and its surprise, in bits."""

import math

import torch
import torch.nn.functional as F

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import INF, gaussian_logits
from autograder.exercises.nb02_forward_step._shared import different_rows, gathered

exercise = Exercise(__name__, points=3, tolerance=1e-5)
exercise.rules("""
    pairs: the logits at position t are about the token at t + 1, for t = 0 ... T-2, in each row on its own
    bits: both numbers are in bits, of the probabilities that softmax makes of the logits
    impossible: a logit of -inf adds nothing to the entropy, and if its token comes, the surprise is inf
    unlikely: a token with a finite logit has a finite surprise, however far it lies below the others
    shape: both results are float32 [B, T-1], also for a single row or a single prediction
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, logits, ids, hidden=False):
        """Logits [B, V] hold at every position: who looks at a wrong one breaks the rule ``pairs`` alone."""
        if logits.ndim == 2:
            logits = logits.unsqueeze(1).repeat(1, ids.shape[1], 1)
        return Probe(name, rule=rule, hidden=hidden, logits=logits, input_ids=ids)

    def normalized(*shape, below=()):
        """Logits that are log probabilities: who takes all logits for these breaks the rule ``bits`` alone.

        The last tokens' logits lie so much ``below`` the others.
        """
        logits = gaussian_logits(rng, *shape)
        logits[..., shape[-1] - len(below) :] -= torch.tensor(below)
        return logits.log_softmax(-1)

    def coming(rows, *tokens):
        """Different rows in which all these tokens come after the first position, in any order."""
        ids = torch.tensor([[rng.choice(tokens), *rng.sample(tokens, len(tokens))] for _ in range(rows)])
        return ids if len(ids.unique(dim=0)) == rows else coming(rows, *tokens)

    raw = gaussian_logits(rng, 2, 40)
    certain = torch.zeros(2, 4)
    certain[:, 2] = 1e4 + rng.random()
    one_left = normalized(2, 5, below=[INF] * 4)

    # whoever forgets the base, a factor or a position is right about a certain token: what fails is the shape
    yield probe(
        "shape", "one row of certain tokens", certain[:1].log_softmax(-1), torch.tensor([[rng.randrange(4), 2, 2, 2]])
    )
    yield probe("bits", "eight equal probabilities are 3 bits", torch.full((2, 8), rng.random()), coming(2, 0, 3, 7))
    yield probe("pairs", "two rows", normalized(2, 6, 9), different_rows(rng, 2, 6, 9))
    yield probe("pairs", "many rows", normalized(4, 7, 12), different_rows(rng, 4, 7, 12), hidden=True)
    yield probe("pairs", "as many rows as positions and tokens", normalized(4, 4, 4), coming(4, 1, 0, 3), hidden=True)
    yield probe("bits", "logits of any kind", raw, different_rows(rng, 2, 5, 40))
    yield probe("bits", "a certain token is 0 bits", certain, torch.tensor([[1, 2, 2], [rng.randrange(4), 2, 2]]))
    yield probe("bits", "all logits 64 higher", raw + 64, different_rows(rng, 2, 6, 40), hidden=True)
    yield probe("bits", "two tokens", gaussian_logits(rng, 3, 2), coming(3, 0, 1, 1, 0), hidden=True)
    yield probe("impossible", "a token of probability 0", normalized(2, 7, below=[INF, INF]), coming(2, 1, 5, 6, 3))
    yield probe("impossible", "only one token is possible", one_left, coming(2, 0, 1, 0, 4), hidden=True)
    unseen = normalized(3, 8, below=[INF] * 3)
    yield probe("impossible", "impossible tokens do not come", unseen, coming(3, 0, 1, 2, 4), hidden=True)
    depths = [200 + rng.random(), 1e4 + rng.random()]
    yield probe("unlikely", "tokens far below the others", normalized(2, 6, below=depths), coming(2, 0, 4, 5, 1))
    deeper = [5e4, 120 + rng.random(), 1e6]
    yield probe("unlikely", "tokens very far below", normalized(3, 7, below=deeper), coming(3, 3, 4, 5, 6), hidden=True)
    yield probe("shape", "one row", normalized(1, 7), different_rows(rng, 1, 5, 7))
    yield probe("shape", "two tokens: one prediction", normalized(3, 6), different_rows(rng, 3, 2, 6))
    yield probe("shape", "one row of two tokens", normalized(1, 5), different_rows(rng, 1, 2, 5), hidden=True)


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
    entropy_in_nats: return entropy, bits => return entropy * math.log(2), bits
        The surprise is in bits, the entropy in nats, with the natural logarithm. Divide it by log(2), too.
    surprise_in_nats: return entropy, bits => return entropy, bits * math.log(2)
        The entropy is in bits, the surprise in nats, with the natural logarithm. Divide it by log(2), too.
    summed_over_positions: return entropy, bits => return entropy.sum(-1), bits.sum(-1)
        The positions were added up. The strip needs a number for each token: sum over the vocabulary only, dim=-1.
    averaged_over_positions: return entropy, bits => return entropy.mean(-1), bits.mean(-1)
        The positions were averaged. The strip needs a number for each token: sum over the vocabulary only, dim=-1.
    averaged_over_the_vocabulary: -shares.sum(-1) => -shares.mean(-1)
        The entropy is a sum over the vocabulary: the weights p make it an average already. Do not divide by V.
    zero_times_minus_infinity: .where(logprobs > -INF, 0.0) =>
        A token of probability 0 gives 0 times -inf, which is nan, and the sum with it. Its share of the entropy is 0:
        write 0 there (torch.special.entr does, and so does a where or nan_to_num on the products).
    hides_infinity: return entropy, bits => return entropy, bits.nan_to_num()
        The surprise of an impossible token is inf, and nan_to_num made a number of it. Use it on the products p * log2
        p of the entropy only.
    log_of_softmax: logits[:, :-1].log_softmax(-1) / math.log(2) => logits[:, :-1].softmax(-1).log2()
        softmax rounds a very small probability to 0, and its logarithm is -inf, although the token is possible. Use
        log_softmax, which never leaves the logarithms.
    log_of_softmax_in_float64: logits[:, :-1].log_softmax(-1) / math.log(2)
        => logits[:, :-1].double().softmax(-1).log2().float()
        A float64 also rounds a very small probability to 0, only later, and its logarithm is -inf. Use log_softmax,
        which never leaves the logarithms.
    adds_a_little: -gathered(logprobs, => -gathered((logits[:, :-1].softmax(-1) + 1e-9).log2(),
        A small number added before the logarithm puts every surprise off; impossible tokens have inf: use log_softmax.
    surprise_at_its_own_position: -gathered(logprobs, input_ids[:, 1:])
        => -gathered(logits.log_softmax(-1) / math.log(2), input_ids)[:, 1:]
        Each token was looked up at its own position, where the model has already read it. Position t predicts token t +
        1: pair logits[:, :-1] with input_ids[:, 1:].
    surprise_of_the_token_before: input_ids[:, 1:] => input_ids[:, :-1]
        At position t the token t was looked up, which the model has just read. Position t predicts token t + 1: pair
        logits[:, :-1] with input_ids[:, 1:].
    entropy_of_the_next_position: -shares.sum(-1) => torch.special.entr(logits.softmax(-1)).sum(-1)[:, 1:] / math.log(2)
        The entropies come one late. Token t + 1 is predicted at position t: leave out the last position, not the first.
    all_positions_of_entropy: -shares.sum(-1) => torch.special.entr(logits.softmax(-1)).sum(-1) / math.log(2)
        The last of these T entropies is about no token of the text: leave it out, so that both results are [B, T - 1].
    nothing_is_shifted: return entropy, bits
        => logprobs = logits.log_softmax(-1) / math.log(2)
        =>     return torch.special.entr(logits.softmax(-1)).sum(-1) / math.log(2), -gathered(logprobs, input_ids)
        Both results have T numbers, each token's at its own position. Position t predicts token t + 1, and the last one
        no token of the text: pair logits[:, :-1] with input_ids[:, 1:].
    only_the_first_row: return entropy, bits => return entropy[:1], bits[:1]
        Only the first row was measured. Index [0] and slice [:1] drop the others: keep the whole batch with a colon.
    squeezes_all_axes: input_ids[:, 1:]) => input_ids[:, 1:]).squeeze()
        squeeze() without a dim also drops the axis of a single row or of a single prediction. Name the axis that gather
        needed: squeeze(-1).
    sign_forgotten: return entropy, bits => return -entropy, -bits
        The logarithm of a probability is negative or 0; entropy and surprise are its negative.
    swapped: return entropy, bits => return bits, entropy
        The two results are swapped: the entropies come first.
    over_the_positions: .log_softmax(-1) => .log_softmax(1)
        The softmax ran over the positions. The vocabulary is the last axis: log_softmax(dim=-1).
    logits_as_probabilities: return entropy, bits
        => bits = logits[:, :-1].log2()
        =>     return -(logits[:, :-1] * bits).sum(-1), -gathered(bits, input_ids[:, 1:])
        The logarithm of the logits was taken. Logits are no probabilities: apply softmax or log_softmax first.
    logits_as_log_probabilities: .log_softmax(-1) =>
        The logits were taken for log probabilities. They become these only by log_softmax over the vocabulary.
    weights_that_are_no_probabilities: logprobs.exp2() => logprobs.exp()
        The weights of the entropy are no probabilities: exp undoes natural logarithms. What is in bits is undone by
        exp2, or 2 ** it.
    entropy_without_weights: (logprobs.exp2() * logprobs)
        => (logprobs / (logprobs > -INF).sum(-1, keepdim=True))
        The entropy is a plain average of -log2 p over the tokens. Each must count with its own probability: the sum of
        p times -log2 p.
    entropy_as_a_share: -shares.sum(-1) => -shares.sum(-1) / math.log2(logits.shape[-1])
        The entropy was divided by log2(V), the largest there can be. That is a share of it, and no number of bits.
    leaves_out_the_id_0: return entropy, bits => return entropy, bits.where(input_ids[:, 1:] != 0, 0.0)
        Tokens with the id 0 got no surprise, as if they were padding (ignore_index=0 does that). The rows have none:
        the id 0 is a token like others.
    pairs_the_last_with_the_first: return entropy, bits
        => rolled = -gathered(logits.log_softmax(-1) / math.log(2), input_ids.roll(-1, 1))
        =>     return entropy, rolled[:, 1:]
        roll pairs the last position with the first token, which nothing predicts. Leave out the last column then, not
        the first one; or pair logits[:, :-1] with input_ids[:, 1:].
    entropy_of_ten_tokens: shares.sum(-1) => shares.sort(-1).values[..., :10].sum(-1)
        The entropy was added up over some of the tokens only. The unlikely ones add their share, too: sum over the
        whole vocabulary.
""")


@exercise.alternative
def in_plain_python(logits, input_ids):
    def bits(row, token):
        highest = max(row)
        height = highest + math.log(sum(math.exp(logit - highest) for logit in row))
        logs = [(logit - height) / math.log(2) for logit in row]
        return -sum(2**log * log for log in logs if log > -INF), -logs[token]

    texts = zip(logits[:, :-1].tolist(), input_ids[:, 1:].tolist(), strict=True)
    pairs = torch.tensor([list(map(bits, rows, tokens)) for rows, tokens in texts])
    return pairs.unbind(-1)


@exercise.alternative
def by_distribution(logits, input_ids):
    before = torch.distributions.Categorical(logits=logits[:, :-1].double())
    nats = before.entropy(), -before.log_prob(input_ids[:, 1:])
    return tuple((value / math.log(2)).float() for value in nats)
