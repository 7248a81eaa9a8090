"""``top_tokens``: a table of the k most likely tokens: id, text, probability."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER, gaussian_logits

exercise = Exercise(__name__, points=2)


@exercise.probes
def probes(rng):
    def probe(name, size, k):
        return Probe(name, tokenizer=TOKENIZER, probs=gaussian_logits(rng, size).softmax(-1), k=k)

    ties = torch.tensor([0.0625, 0.25, 0.0625, 0.25, 0.125, 0.25])
    yield probe("the most likely token", 40, 1)
    yield probe("five of an unsorted vocabulary", 400, 5)
    yield probe("more than there are tokens", 6, 50)
    yield Probe("equal probabilities: the lower id first", tokenizer=TOKENIZER, probs=ties, k=4)
    yield probe("the whole bundled vocabulary", 2048, 12)


@exercise.oracle
@exercise.reference
def reference(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    best = zip(ids[:k].tolist(), values[:k].tolist(), strict=True)
    return [(i, tokenizer.decode([i]), p) for i, p in best]


exercise.slips("""
    rank_as_id: ids[:k].tolist() => range(len(ids[:k]))
        The ids 0, 1, 2, ... are places in the sorted list. sort and topk return two tensors; the second holds the ids.
    ascending: descending=True => descending=False
        The least likely tokens come first. sort is ascending unless you say descending=True.
    least_likely_of_the_top_first: for i, p in best] => for i, p in best][::-1]
        The right tokens in the wrong order: the most likely one must come first.
    order_of_the_vocabulary: in best => in sorted(best)
        The right tokens in the order of their ids: sort the table by probability.
    k_may_not_exceed_the_vocabulary: ids[:k] => ids.narrow(0, 0, k)
        k exceeds the vocabulary, which topk and indexing past the end refuse. Show what there is: min(k, len(probs)).
    higher_id_first_among_equals: torch.sort(probs, descending=True, stable=True)
        => (x.flip(0) for x in torch.sort(probs, stable=True))
        Among equal probabilities the lower id comes first, as argmax has it. topk promises no order among equals, and a
        reversed ascending sort turns it round: use torch.sort(probs, descending=True, stable=True).
    stored_pieces: tokenizer.decode([i]) => tokenizer.convert_ids_to_tokens(i)
        The pieces are stored forms, with marks for spaces and other bytes. A reader wants text: tokenizer.decode([id]).
    strips_the_space: tokenizer.decode([i]) => tokenizer.decode([i]).strip()
        The leading space belongs to the token: " dog" and "dog" are two different ids. Do not strip.
    softmax_again: tokenizer.decode([i]), p => tokenizer.decode([i]), torch.softmax(probs, dim=-1)[i].item()
        A softmax was applied to probabilities. They have been through one already; a second one flattens them.
    rounded: tokenizer.decode([i]), p => tokenizer.decode([i]), round(p, 3)
        The probabilities were rounded. Round where you print, not where you compute.
    tensors_in_the_table: (i, tokenizer.decode([i]), p) => (torch.tensor(i), tokenizer.decode([i]), probs[i])
        The table holds tensors of one element. Turn them into Python numbers with .item() or .tolist().
""")


@exercise.alternative
def by_repeated_argmax(tokenizer, probs, k):
    left, table = probs.clone(), []
    for _ in range(min(k, len(probs))):
        best = int(left.argmax())
        table.append([best, tokenizer.batch_decode([[best]])[0], float(probs[best])])
        left[best] = -1
    return table
