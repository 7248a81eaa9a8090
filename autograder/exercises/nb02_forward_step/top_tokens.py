"""``top_tokens``: a table of the k most likely tokens: id, text, probability."""

import heapq

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER, distinct_logits

# Of the bundled vocabulary:
PLAIN = 94  # so many ids from 0 on are single characters that are stored as they are shown
SPACED = (257, 258, 259, 260, 262, 265, 266, 267, 268, 269)  # " t", " a", " s", ...
NEWLINE, E_ACUTE = 198, (127, 102)  # E_ACUTE: the two bytes of one character
END, SIZE = 2047, 2048  # the special token, and all there are; the tokenizer BEGINS has one more

exercise = Exercise(__name__, points=2)
exercise.rules("""
    order: the k most likely tokens, the most likely first, each with its own id and probability as Python values
    ties: among equal probabilities the lower id comes first, also where k cuts through them (topk promises no order)
    all: where k exceeds the vocabulary, the table holds all there is, each token once
    every_token: no token is left out: special ones and those with probability 0 stand in the table as well
    text: the piece is the text that the given tokenizer decodes that one id to, with its leading space
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, probs, k, hidden=False, tokenizer=TOKENIZER):
        return Probe(name, rule=rule, hidden=hidden, tokenizer=tokenizer, probs=probs, k=k)

    def unsorted(size, spread=6.0):
        return distinct_logits(rng, 1, size, spread)[0].softmax(-1)

    def shuffled(*eighths):
        """Probabilities in eighths, which no rounding to three decimals changes."""
        return torch.tensor(rng.sample(eighths, len(eighths))) / 8

    def among_zeros(*eighths, ids=None, size=SIZE):
        """Probabilities in eighths of some tokens, the other tokens have 0."""
        probs = torch.zeros(size)
        probs[list(ids or rng.sample(range(size), len(eighths)))] = torch.tensor(eighths) / 8
        return probs

    spaced, plain = rng.sample(SPACED, 3), rng.sample(range(PLAIN), 2)
    yield probe("order", "the most likely token", unsorted(40), 1)
    yield probe("order", "five of an unsorted vocabulary", unsorted(80), 5)
    yield probe("order", "probabilities that hardly differ", unsorted(60, spread=0.2), 12, hidden=True)
    yield probe("order", "very small probabilities", unsorted(PLAIN, spread=30.0), PLAIN)
    yield probe("order", "other very small probabilities", unsorted(PLAIN // 2, spread=25.0), PLAIN // 2, hidden=True)
    yield probe("ties", "equal probabilities: the lower id first", shuffled(1.0, 2.0, 1.0, 2.0, 1.0, 1.0), 5)
    yield probe("ties", "k cuts through equal ones", among_zeros(*[1.0] * 8, size=20), rng.randrange(3, 7), hidden=True)
    yield probe("ties", "all are equal", torch.full((8,), 0.125), rng.randrange(4, 8), hidden=True)
    yield probe("every_token", "the special token is the likeliest", among_zeros(4.0, 3.0, 1.0, ids=[END, *plain]), 3)
    yield probe("every_token", "a token with probability 0", shuffled(0.0, 1.0, 2.0, 5.0), 4)
    yield probe("all", "more than there are tokens", shuffled(1.0, 2.0, 5.0), 50)
    yield probe("all", "one more than there are tokens", shuffled(1.0, 3.0, 4.0), 4)
    yield probe("all", "k = 0: nothing", shuffled(1.0, 3.0, 4.0), 0)
    yield probe("all", "a vocabulary of one token", torch.ones(1), 3, hidden=True)
    special = among_zeros(5.0, 2.0, 1.0, ids=[plain[0], END, plain[1]])
    yield probe("every_token", "the special token in the middle", special, 2, hidden=True)
    yield probe("every_token", "one token has it all", shuffled(0.0, 8.0), 2, hidden=True)
    yield probe("text", "pieces with a leading space", among_zeros(5.0, 2.0, 1.0, ids=spaced), 3)
    mixed = [NEWLINE, rng.choice(SPACED), rng.randrange(PLAIN)]
    yield probe("text", "a line break, a space, a letter", among_zeros(4.0, 3.0, 1.0, ids=mixed), 3)
    yield probe("text", "two halves of one character", among_zeros(5.0, 2.0, 1.0, ids=[*E_ACUTE, 220]), 3)
    more = among_zeros(4.0, 3.0, 1.0, ids=[spaced[0], SIZE, plain[1]], size=SIZE + 1)
    yield probe("text", "another tokenizer, which knows one id more", more, 3, tokenizer=BEGINS)
    yield probe("text", "an id that this tokenizer does not know has no text", more, 3)
    halves = [220, NEWLINE, *reversed(E_ACUTE)]
    yield probe("text", "the halves in the other order", among_zeros(4.0, 3.0, 2.0, 1.0, ids=halves), 4, hidden=True)


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
    cuts_before_it_sorts: torch.sort(probs, => torch.sort(probs[:k],
        Only the first k ids were sorted. Sort the whole vocabulary first, and take k of the result.
    one_too_many: best = => k += 1; best =
        The table has k + 1 rows. A slice [:k] leaves out the place k, so it has exactly k.
    k_may_not_exceed_the_vocabulary: best = => probs.topk(k); best =
        k exceeds the vocabulary, which topk refuses. Show what there is: min(k, len(probs)), or sort and slice [:k].
    indexes_past_the_end: best = => [ids[rank] for rank in range(k)]; best =
        A loop over range(k) reaches past the end of the sorted tensor when k exceeds the vocabulary. Show what there
        is: range(min(k, len(probs))), or a slice [:k], which stops at the end by itself.
    indexes_past_the_end_of_a_list: best = => [ids.tolist()[rank] for rank in range(k)]; best =
        A loop over range(k) reaches past the end of the sorted list when k exceeds the vocabulary. Show what there
        is: range(min(k, len(probs))), or a slice [:k], which stops at the end by itself.
    refuses_a_large_k: best =
        => if k > len(probs):
        =>         raise ValueError("k exceeds the vocabulary")
        =>     best =
        k was refused because it exceeds the vocabulary. Nothing is wrong with it: show all there is.
    higher_id_first_among_equals: torch.sort(probs, descending=True, stable=True)
        => (x.flip(0) for x in torch.sort(probs, stable=True))
        Among equal probabilities the lower id comes first, as argmax has it. topk promises no order among equals, and a
        reversed ascending sort turns it round: use torch.sort(probs, descending=True, stable=True).
    leaves_out_special_tokens: for i, p in best] => for i, p in best if i not in tokenizer.all_special_ids]
        A special token was left out. The model may choose it like any other, so it stands in the table.
    special_tokens_without_text: tokenizer.decode([i]) => tokenizer.decode([i], skip_special_tokens=True)
        The special token has no text: decode skipped it. Call tokenizer.decode([id]) without skip_special_tokens.
    leaves_out_probability_zero: for i, p in best] => for i, p in best if p > 0]
        A token with probability 0 was left out. It is one of the vocabulary: the table has min(k, V) rows.
    stored_pieces: tokenizer.decode([i]) => tokenizer.convert_ids_to_tokens(i)
        The pieces are stored forms, with marks for spaces and other bytes. A reader wants text: tokenizer.decode([id]).
    strips_the_space: tokenizer.decode([i]) => tokenizer.decode([i]).strip()
        The leading space belongs to the token: " dog" and "dog" are two different ids. Do not strip.
    softmax_again: tokenizer.decode([i]), p => tokenizer.decode([i]), torch.softmax(probs, dim=-1)[i].item()
        A softmax was applied to probabilities. They have been through one already; a second one flattens them.
    shares_of_the_table: tokenizer.decode([i]), p => tokenizer.decode([i]), p / values[:k].sum().item()
        The probabilities were divided by their sum, so that the table adds up to 1. Leave them as they are: the rest
        of the vocabulary has its share, too.
    rounded: tokenizer.decode([i]), p => tokenizer.decode([i]), round(p, 3)
        The probabilities were rounded. Round where you print, not where you compute.
    percent: tokenizer.decode([i]), p => tokenizer.decode([i]), 100 * p
        These are percent. The table holds probabilities, between 0 and 1: write percent where you print.
    tensors_in_the_table: (i, tokenizer.decode([i]), p) => (torch.tensor(i), tokenizer.decode([i]), probs[i])
        The table holds tensors of one element. Turn them into Python numbers with .item() or .tolist().
    another_order_in_the_row: (i, tokenizer.decode([i]), p) => (tokenizer.decode([i]), i, p)
        Each row is (id, piece, probability), in this order: the id comes before its text.
    zero_is_all: best = => k = k or len(probs); best =
        k = 0 gave the whole table: 0 is false in Python, so `k or ...` passes over it. It asks for no row: an empty
        list.
    keeps_what_ties_with_the_last: best =
        => k = int((values >= values[min(k, len(values)) - 1]).sum()); best =
        All tokens that are as likely as the k-th were kept, so ties make more than k rows. The table has k rows: among
        equals the lower ids.
    a_row_for_each_text: return [(i, tokenizer.decode([i]), p) for i, p in best]
        => return list({tokenizer.decode([i]): (i, tokenizer.decode([i]), p) for i, p in best}.values())
        Tokens with the same text overwrote each other, as in a dictionary with texts for keys. Several ids decode to
        one text, parts of characters above all: each has a row of its own.
""")


@exercise.mistake
def argmax_goes_on(tokenizer, probs, k):
    """When k exceeds the vocabulary, argmax has nothing left to find and names a token again. Stop after len(probs)."""
    left, table = probs.clone(), []
    for _ in range(k):
        best = int(left.argmax())
        table.append((best, tokenizer.decode([best]), float(probs[best])))
        left[best] = -1
    return table


@exercise.alternative
def by_repeated_argmax(tokenizer, probs, k):
    left, table = probs.clone(), []
    for _ in range(min(k, len(probs))):
        best = int(left.argmax())
        table.append([best, tokenizer.batch_decode([[best]])[0], float(probs[best])])
        left[best] = -1
    return table


@exercise.alternative
def in_plain_python(tokenizer, probs, k):
    best = heapq.nsmallest(k, enumerate(probs.tolist()), key=lambda pair: (-pair[1], pair[0]))
    return [(token, tokenizer.decode(token), p) for token, p in best]


@exercise.alternative
def with_numpy(tokenizer, probs, k):
    ids = (-probs.numpy()).argsort(kind="stable")[:k]
    return list(zip(ids.tolist(), map(tokenizer.decode, ids), probs.numpy()[ids].tolist(), strict=True))
