"""``sequence_logprob``: the log probability of each row's tokens given those before them, and the perplexity."""

import torch
import torch.nn.functional as F
from transformers.loss.loss_utils import ForCausalLMLoss

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model
from autograder.exercises.nb02_forward_step._shared import different_rows, gathered

exercise = Exercise(__name__, points=3, tolerance=1e-4, no_grad=True)


@exercise.refuses
def refuses(model, input_ids):
    return "" if input_ids.shape[1] > 1 else "a row needs at least two tokens: the first one is predicted by nothing"


@exercise.probes
def probes(rng):
    def probe(name, rows, width, model=None, add=0):
        model, ids = model or probe_model(rng), add + different_rows(rng, rows, width)
        return Probe(name, model=model, input_ids=ids)

    long = probe_model(rng, n_positions=256)
    yield probe("two tokens: one prediction", 1, 2)
    yield probe("one token: nothing is predicted", 2, 1)
    yield probe("two rows", 2, 7)
    yield probe("the same token again and again", 2, 1, add=torch.full((2, 9), 4))
    yield probe("a long text: the product of its probabilities is 0.0", 2, 240, model=long)


@exercise.oracle
@torch.no_grad()
def oracle(model, input_ids):
    """The library's loss is the mean of the negative log probabilities of a row's tokens but the first."""
    size = model.config.vocab_size
    loss = torch.stack([ForCausalLMLoss(model(row[None]).logits, row[None], size) for row in input_ids])
    return -loss * (input_ids.shape[1] - 1), loss.exp()


@exercise.reference
@torch.no_grad()
def reference(model, input_ids):
    logprobs = gathered(model(input_ids).logits.log_softmax(-1)[:, :-1], input_ids[:, 1:])
    total, predicted = logprobs.sum(dim=-1), logprobs.shape[1]
    return total, torch.exp(-total / predicted)


exercise.slips("""
    keeps_the_graph: input_ids[:, 1:] => input_ids[:, 1:]
        The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`.
    unshifted: [:, :-1], input_ids[:, 1:]) => , input_ids)
        Each token was looked up at its own position, where the model has already read it. Position t predicts token t +
        1: pair logits[:, :-1] with input_ids[:, 1:].
    unshifted_without_the_first: [:, :-1], input_ids[:, 1:]) => , input_ids)[:, 1:]
        The first token was left out, but the rest is not shifted by one: pair logits[:, :-1] with input_ids[:, 1:].
    includes_the_first_token: [:, :-1], input_ids[:, 1:]) => , input_ids.roll(-1, dims=1))
        The first token was counted: roll brings it to the end. Nothing predicts it: T tokens give T - 1 probabilities.
    multiplies_probabilities: logprobs.sum(dim=-1) => logprobs.exp().prod(dim=-1).log()
        A product of many probabilities becomes 0.0, its logarithm -inf. Add up log probabilities from log_softmax.
    raw_logits: .log_softmax(-1) =>
        Logits were added up. They become log probabilities only by log_softmax over the vocabulary.
    mean_instead_of_sum: return total, => return total / predicted,
        The first result is the sum of the log probabilities, not their mean. The perplexity is made of the mean.
    negative_log_likelihood: return total, => return -total,
        The sign is turned round: this is the loss. The logarithm of a probability is at most 0.
    perplexity_divides_by_all_tokens: / predicted => / (predicted + 1)
        The perplexity was averaged over T tokens. Only T - 1 of them are predicted.
    perplexity_of_the_whole: / predicted =>
        The perplexity is exp of the mean negative log probability, not of the sum, which makes a long text look worse.
    one_number_for_the_batch: logprobs.sum(dim=-1), logprobs.shape[1] => logprobs.sum(), logprobs.numel()
        The rows of the batch were added together. Each row is a text of its own: sum over the positions, dim=-1.
    accepts_one_token (refuses nothing)
        A row of one token was accepted. Nothing is predicted, and perplexity is 0 / 0: raise a ValueError that says so.
""")


@exercise.alternative
@torch.no_grad()
def by_cross_entropy(model, input_ids):
    logits = model(input_ids).logits[:, :-1].transpose(1, 2)
    losses = F.cross_entropy(logits, input_ids[:, 1:], reduction="none")
    return -losses.sum(-1), losses.mean(-1).exp()
