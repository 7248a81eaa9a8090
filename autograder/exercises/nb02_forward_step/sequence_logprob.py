"""``sequence_logprob``: the log probability of each row's tokens given those before them, and the perplexity."""

import math

import torch
import torch.nn.functional as F
from transformers.loss.loss_utils import ForCausalLMLoss

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model
from autograder.exercises.nb02_forward_step._shared import different_rows, gathered, gradients
from genlab.models import RESOURCES

LAST = 30  # the last of 31 ids, the probe models' end of text

exercise = Exercise(__name__, points=3, tolerance=1e-4, no_grad=True)
exercise.rules("""
    sums (2): total is the sum of the log probabilities of all tokens but the first, perplexity exp of minus their mean
    rows: each row has a total and a perplexity of its own: float32 [B] twice
    every_token: rows have no padding, so each token counts, whatever its id is and however often it comes
    long: a long text, or one with a very unlikely token, has a finite total and perplexity, although its probability
        is 0.0 in any float
    refuses: a row of fewer than two tokens, of which nothing is predicted, is refused with a ValueError
    gradients: the model runs with gradients off
""")


@exercise.refuses
def refuses(model, input_ids):
    return "" if input_ids.shape[1] > 1 else "a row needs at least two tokens: the first one is predicted by nothing"


@exercise.probes
def probes(rng):
    def probe(rule, name, ids, hidden=False, **settings):
        return Probe(name, rule=rule, hidden=hidden, model=probe_model(rng, **settings), input_ids=ids)

    def rows(number, width, size=31):
        """Different rows without the first and the last id."""
        return 1 + different_rows(rng, number, width, size - 2)

    def with_some(token, *places):
        """A row that holds ``token`` at these places."""
        ids = rows(1, 6)
        ids[:, list(places)] = token
        return ids

    def hardly_possible(name, place, spread, depth, hidden=False):
        """Each token is the likeliest, but the one at ``place`` has a log probability below -``depth``."""
        model, ids = probe_model(rng, initializer_range=spread), rows(1, 1)
        for t in range(1, 24):
            logits = RESOURCES["probe_model"](**model.settings)(ids).logits[0, -1]
            logits[[0, LAST]] = logits.mean()
            best = logits.argmin() if t == place else logits.argmax()
            if t == place and logits.log_softmax(-1)[best] > -depth:
                return hardly_possible(name, place, spread, depth, hidden)
            ids = torch.cat([ids, best.reshape(1, 1)], dim=1)
        return Probe(name, rule="long", hidden=hidden, model=model, input_ids=ids)

    yield probe("sums", "two tokens: one prediction", rows(1, 2))
    yield probe("sums", "one row", rows(1, 5))
    yield probe("sums", "two tokens of another vocabulary", rows(1, 2, 53), vocab_size=53, hidden=True)
    yield probe("sums", "three tokens", rows(1, 3), hidden=True)
    yield probe("rows", "two rows", rows(2, 5))
    yield probe("rows", "as many rows as positions", rows(4, 4), hidden=True)
    yield probe("rows", "three rows of another vocabulary", rows(3, 6, 53), vocab_size=53, hidden=True)
    yield probe("every_token", "the id 0 inside the text", with_some(0, 2, 5))
    yield probe("every_token", "the last id inside the text", with_some(LAST, 0, 3))
    yield probe("every_token", "both ids at the end", with_some(torch.tensor([0, LAST]), 4, 5), hidden=True)
    yield probe("every_token", "the same token again and again", rows(1, 1).repeat(1, 6), hidden=True)
    yield probe("long", "300 tokens", rows(1, 300), n_positions=300)
    yield probe("long", "very unlikely tokens", rows(1, 5), initializer_range=8.0)
    yield hardly_possible("a token whose probability is 0.0 in float32", 9, spread=16.0, depth=150)
    yield hardly_possible("a token whose probability is 0.0 in float64", 20, spread=64.0, depth=800)
    yield hardly_possible("the first prediction is of a very unlikely token", 1, spread=64.0, depth=800, hidden=True)
    yield probe("long", "250 tokens", rows(1, 250, 53), n_positions=256, vocab_size=53, hidden=True)
    yield probe("refuses", "one token: nothing is predicted", rows(2, 1))
    yield probe("refuses", "no token at all", torch.zeros(1, 0, dtype=torch.int64))
    yield probe("refuses", "one row of one token", rows(1, 1), hidden=True)
    yield probe("gradients", "gradients are off", rows(1, 4), gradients=False)
    yield probe("gradients", "gradients are off for a longer row, too", rows(1, 6), gradients=False, hidden=True)


@exercise.oracle
def oracle(model, input_ids):
    """The library's loss is the mean of the negative log probabilities of a row's tokens but the first."""
    size = model.config.vocab_size
    with gradients(model):
        loss = torch.stack([ForCausalLMLoss(model(row[None]).logits, row[None], size) for row in input_ids])
    return -loss * (input_ids.shape[1] - 1), loss.exp()


@exercise.reference
def reference(model, input_ids):
    with gradients(model):
        logits = model(input_ids).logits
    logprobs = gathered(logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])
    total, mean = logprobs.sum(dim=-1), logprobs.mean(dim=-1)
    return total, torch.exp(-mean)


exercise.slips("""
    keeps_the_graph: gradients(model) => torch.enable_grad()
        The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`.
    unshifted: [:, :-1], input_ids[:, 1:]) => , input_ids)
        Each token was looked up at its own position, where the model has already read it. Position t predicts token t +
        1: pair logits[:, :-1] with input_ids[:, 1:].
    unshifted_without_the_first: [:, :-1], input_ids[:, 1:]) => , input_ids)[:, 1:]
        The first token was left out, but the rest is not shifted by one: pair logits[:, :-1] with input_ids[:, 1:].
    unshifted_without_the_last: [:, :-1], input_ids[:, 1:]) => , input_ids)[:, :-1]
        The last token was left out, but the rest is not shifted by one: pair logits[:, :-1] with input_ids[:, 1:].
    includes_the_first_token: [:, :-1], input_ids[:, 1:]) => , input_ids.roll(-1, dims=1))
        The first token was counted: roll brings it to the end. Nothing predicts it: T tokens give T - 1 probabilities.
    leaves_out_the_second_token: [:, :-1], input_ids[:, 1:]) => [:, 1:-1], input_ids[:, 2:])
        The second token is missing. Its prediction stands at position 0: pair logits[:, :-1] with input_ids[:, 1:].
    multiplies_probabilities: total, mean = logprobs.sum(dim=-1), logprobs.mean(dim=-1)
        => total = logprobs.exp().prod(dim=-1).log()
        =>     mean = total / logprobs.shape[1]
        A product of many probabilities becomes 0.0, its logarithm -inf. Add up log probabilities from log_softmax.
    log_of_softmax: logits.log_softmax(-1) => logits.softmax(-1).log()
        softmax rounds a very small probability to 0.0, and its logarithm is -inf. Use log_softmax, which never leaves
        the logarithms.
    log_of_softmax_in_float64: logits.log_softmax(-1) => logits.double().softmax(-1).log().float()
        A float64 also rounds a very small probability to 0.0, only later, and its logarithm is -inf. Use log_softmax,
        which never leaves the logarithms.
    adds_a_little: logits.log_softmax(-1) => (logits.softmax(-1) + 1e-10).log()
        A small number was added before the logarithm, so no token can be less likely than that. Use log_softmax, which
        needs no such help.
    raw_logits: .log_softmax(-1) =>
        Logits were added up. They become log probabilities only by log_softmax over the vocabulary.
    probabilities: .log_softmax(-1) => .softmax(-1)
        Probabilities were added up. Take their logarithms first: log_softmax over the vocabulary.
    over_the_positions: .log_softmax(-1) => .log_softmax(1)
        The softmax ran over the positions. The vocabulary is the last axis: log_softmax(dim=-1).
    base_two: return total, => return total / math.log(2),
        These are logarithms to base 2. The total is made of natural ones, as log_softmax gives them; bits come in 2.6.
    mean_instead_of_sum: return total, => return mean,
        The first result is the sum of the log probabilities, not their mean. The perplexity is made of the mean.
    negative_log_likelihood: return total, => return -total,
        The sign is turned round: this is the loss. The logarithm of a probability is at most 0.
    perplexity_divides_by_all_tokens: exp(-mean) => exp(-total / input_ids.shape[1])
        The perplexity was averaged over T tokens. Only T - 1 of them are predicted.
    perplexity_of_the_whole: exp(-mean) => exp(-total)
        The perplexity is exp of the mean negative log probability, not of the sum, which makes a long text look worse.
    perplexity_without_the_minus: exp(-mean) => exp(mean)
        The minus is missing, so this is 1 / perplexity: it is exp of the *negative* mean log probability, at least 1.
    swapped: return total, torch.exp(-mean) => return torch.exp(-mean), total
        The two results are swapped: the total comes first, then the perplexity.
    one_number_for_the_batch: logprobs.sum(dim=-1), logprobs.mean(dim=-1) => logprobs.sum(), logprobs.mean()
        The rows of the batch were added together. Each row is a text of its own: sum over the positions, dim=-1.
    one_perplexity_for_the_batch: logprobs.mean(dim=-1) => logprobs.mean().repeat(len(logprobs))
        All rows got one perplexity, made of the mean over the batch. Each row is a text of its own: dim=-1.
    only_the_first_row: gathered(logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])
        => gathered(logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])[:1]
        Only the first row was scored. Index [0] and slice [:1] drop the others: keep the whole batch with a colon.
    squeezes_all_axes: input_ids[:, 1:]) => input_ids[:, 1:]).squeeze()
        squeeze() without a dim also drops the axis of a single row or of a single prediction, and the sum runs over the
        axis that is left. Name the axis that gather needed: squeeze(-1).
    leaves_out_the_id_0: total, mean = => logprobs = logprobs * (input_ids[:, 1:] != 0); total, mean =
        Tokens with the id 0 were left out as if they were padding. The rows have none: the id 0 is a token like others.
    leaves_out_the_end_token: total, mean =
        => logprobs = logprobs * (input_ids[:, 1:] != model.config.eos_token_id)
        =>     total, mean =
        The end-of-text token was left out as if it were padding. The rows have none, and this token is predicted, too.
    refuses_two_tokens: with gradients(model):
        => if input_ids.shape[1] <= 2:
        =>         raise ValueError("too short")
        =>     with gradients(model):
        Two tokens were refused. That is enough: the second one is predicted from the first. Refuse T < 2.
    accepts_one_token (refuses nothing)
        A row of one token was accepted. Nothing is predicted, and perplexity is 0 / 0: raise a ValueError that says so.
    accepts_an_empty_row (refuses nothing): with gradients(model):
        => if input_ids.shape[1] == 1:
        =>         raise ValueError("one token")
        =>     with gradients(model):
        A row of one token is refused, but not one of none, in which nothing is predicted, either. Refuse T < 2.
    counts_the_rows (refuses nothing): with gradients(model):
        => if len(input_ids) < 2:
        =>         raise ValueError("one token")
        =>     with gradients(model):
        len() of a tensor [B, T] is B, the number of rows. The number of tokens is input_ids.shape[1]: refuse T < 2.
    asserts (refuses nothing): with gradients(model):
        => assert input_ids.shape[1] > 1, "one token"
        =>     with gradients(model):
        An assert ends in an AssertionError, or in nothing under python -O. Write `if ...: raise ValueError(...)`.
    sees_one_token_only: model(input_ids).logits => model(input_ids.reshape(-1, 1)).logits.reshape(*input_ids.shape, -1)
        Each token was predicted from the one before it alone. All that stands before it counts: give the model the
        whole row.
    scores_the_first_token: gathered(logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])
        => gathered(model(torch.nn.functional.pad(input_ids, (1, 0), value=model.config.bos_token_id or 0)).logits
        =>                         [:, :-1].log_softmax(-1), input_ids)
        Another token was put in front, so that the first one was predicted as well. It does not count: T tokens give
        T - 1 probabilities.
""")


@exercise.alternative
@torch.no_grad()
def by_cross_entropy(model, input_ids):
    logits = model(input_ids).logits[:, :-1].transpose(1, 2)
    losses = F.cross_entropy(logits, input_ids[:, 1:], reduction="none")
    return -losses.sum(-1), losses.mean(-1).exp()


@exercise.alternative
@torch.inference_mode()
def row_by_row_in_float64(model, input_ids):
    totals = []
    for row in input_ids:
        scores = model(row[None]).logits[0].double()
        pairs = zip(scores, row[1:].tolist(), strict=False)
        totals.append(sum(float(line[token] - line.logsumexp(0)) for line, token in pairs))
    means = [total / (len(row) - 1) for total, row in zip(totals, input_ids, strict=True)]
    return torch.tensor(totals), torch.tensor([math.exp(-mean) for mean in means])
