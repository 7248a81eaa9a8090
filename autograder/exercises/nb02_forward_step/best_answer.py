"""``best_answer``: multiple choice by the log probability of each answer given the question, in one batch."""

import torch
from transformers.loss.loss_utils import ForCausalLMLoss

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER, probe_model
from autograder.exercises.nb02_forward_step._shared import gathered, gradients
from genlab.judging.runner import resolve

TOKENS = 2049  # those of the storyteller's tokenizer, and the one that ``BEGINS`` puts before a text
NOUNS = ["cat", "ball", "tree", "boy", "girl", "box", "car"]  # one token each after a space, two without one
exercise = Exercise(__name__, points=4, tolerance=1e-4, calls=True, no_grad=True, runs="once")
exercise.rules("""
    scores (2): an answer's score is the sum of the natural log probabilities of its tokens, each predicted from the
        question and the answer's tokens before it; it is finite, however unlikely the answer is
    lengths (2): answers may have different lengths, and the score of each is what it has without the others
    border: question and answer are encoded each on its own, and their ids are joined, also where the text as a whole
        would have other tokens
    special: a special token that the tokenizer puts before a text stands before the question, and not before the answer
    any_ids: only what was filled up is padding: question and answers may hold any token, also the end-of-text token
    best: the index is that of the highest score, a Python int; among equal scores the first one wins
    once: the model is called once, on one batch of all answers, as wide as the longest row, with gradients off
    refuses: no answers, an answer without tokens, and a question without tokens are refused with a ValueError
""")


@exercise.refuses
def refuses(model, tokenizer, question, answers):
    if not answers:
        return "there are no answers to choose from"
    if not tokenizer.encode(question):
        return "the question has no tokens: nothing predicts the first token of an answer"
    if not all(tokenizer.encode(answer, add_special_tokens=False) for answer in answers):
        return "an answer has no tokens: its sum would be 0, higher than all others"
    return ""


@exercise.probes
def probes(rng):
    """Only ``lengths`` has answers of different lengths, but for ``best``, whose model finds all tokens equally likely.

    So padding that is read or counted breaks the rule ``lengths`` alone. The questions have several tokens.
    """
    (a, b, c, d), (name, other) = rng.sample(NOUNS, 4), rng.sample(["Tom", "Lily", "Ben", "Anna"], 2)

    def probe(rule, title, question, *answers, tokenizer=TOKENIZER, hidden=False, **settings):
        """The best answer is best by far: no rounding decides. Without a spread all tokens are equally likely."""
        while True:
            model = probe_model(rng, vocab_size=TOKENS, **settings)
            args = {"model": model, "tokenizer": tokenizer, "question": question, "answers": list(answers)}
            if len(answers) < 2 or rule in ("best", "refuses"):
                break
            scores = reference(*map(resolve, args.values()))[1].sort(descending=True).values
            if scores[0] - scores[1] > 0.1:
                break
        return Probe(title, rule=rule, hidden=hidden, **args)

    def equal(title, *answers, hidden=False):
        return probe("best", title, f"{name} saw", *answers, hidden=hidden, initializer_range=1e-30)

    yield probe("scores", "answers of one token each", f"{name} saw a big", f" {a}", f" {b}", f" {c}")
    yield probe("scores", "answers of three tokens each", f"{name} saw", f" a {a}.", f" the {b}.", f" a {c}!")
    yield probe("scores", "one answer", f"{name} has a {a}. {other} has", f" a {b}")
    yield probe("scores", "very unlikely answers", f"{name} saw", f" a {a}", f" the {b}", initializer_range=16.0)
    yield probe("scores", "four answers", f"{other} likes the", *(f" {n}." for n in (d, c, b, a)), hidden=True)
    four = [f" a {noun}" for noun in (a, b, c, d)]
    yield probe("scores", "four very unlikely answers", f"{name} saw", *four, hidden=True, initializer_range=16.0)
    yield probe("lengths", "a short and a long one", f"{name} saw", f" a {a}", f" a {a} and the {b} of {other}")
    yield probe("lengths", "the shortest comes first", f"{name} saw", f" {a}", f" the {b}.", f" a {c} and a {d}.")
    yield probe(
        "lengths", "the longest comes first", f"The {a} is", f" a {b} and a {c}", " big", f" the {d}", hidden=True
    )
    long = f" the {a}, the {b}, the {c}, the {d}, {name}, {other} and a very big {a}"
    yield probe("lengths", "one token beside many", f"{name} saw", " it", long, hidden=True, n_positions=64)
    yield probe("border", "the answers go on with a word", f"{name} likes to play", "ing", "ed", "er")
    yield probe("border", "the question ends in a space", f"{name} saw a ", a, b, c)
    yield probe("border", "the answers go on with another word", f"{other} saw two bird", "s", "ie", hidden=True)
    yield probe("border", "one answer goes on with a word", f"{name} and the {b} play", "ed", hidden=True)
    yield probe("special", "a tokenizer that begins each text", f"{name} saw", f" a {a}", f" the {b}", tokenizer=BEGINS)
    yield probe("special", "nothing but the special token before the answers", "", f" {a}", f" {b}", tokenizer=BEGINS)
    three = [f" a {noun}" for noun in (b, c, d)]
    yield probe("special", "it begins each text, three answers", f"{other} is", *three, tokenizer=BEGINS, hidden=True)
    ends = "<|endoftext|>"
    yield probe("any_ids", "a question with the id 0", f"Hello! {name} saw", f" a {a}", f" the {b}")
    yield probe("any_ids", "a question with the end of a text", f"The end.{ends}{name} saw", f" a {a}", f" the {b}")
    yield probe("any_ids", "answers that end the text", f"{name} saw a {a}", f".{ends}", f"!{ends}", f" {b}.")
    yield probe("any_ids", "the end in question and answers", f"{ends}A {a}", f"{ends}The", f" {b}{ends}", hidden=True)
    yield equal("equal scores: the first of them", f" a {a}", f" a {b}", f" a {c}")
    yield equal("all tokens are equally likely", f" a {a} and a {b}", f" a {c}", f" a {d}", f" the {a}.")
    yield equal("the shortest answer wins", f" the {a}.", f" a {b}", f" {c}", f" a {d}.")
    yield equal("the first of two short ones", f" the {a}.", f" {b}", f" {c}", f" a {d}.", hidden=True)
    yield equal("two equal scores, the others are lower", f" a {b}.", f" a {b} {c}.", f" the {d}.", hidden=True)
    yield probe("once", "one forward pass, gradients off", f"{name} saw", f" a {a}", f" the {b}", gradients=False)
    yield probe("once", "one forward pass for one answer", f"{name} is", f" a {a}", gradients=False)
    yield probe("once", "one pass for four answers", f"{other} saw", *four, gradients=False, hidden=True)
    yield probe("refuses", "no answers", f"{name} saw")
    yield probe("refuses", "an answer without tokens", f"{name} saw", f" a {a}", "")
    yield probe("refuses", "a question without tokens", "", f" {a}", f" {b}")
    yield probe("refuses", "the first answer is empty", f"{other} saw", "", f" {a}", hidden=True)
    yield probe("refuses", "an empty answer, and a tokenizer that begins each text", name, "", f" {b}",
                tokenizer=BEGINS, hidden=True)  # fmt: skip


@exercise.oracle
def oracle(model, tokenizer, question, answers):
    """The library's loss of each answer, without labels for the question; filled up behind, where it does no harm."""
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    width = len(asked) + max(map(len, said))
    rows = [asked + ids + [0] * (width - len(asked) - len(ids)) for ids in said]
    with gradients(model):
        logits = model(torch.tensor(rows)).logits
    scores = []
    for line, row, ids in zip(logits, rows, said, strict=True):
        end = len(asked) + len(ids)
        labels = torch.tensor([-100] * len(asked) + row[len(asked) : end] + [-100] * (width - end))
        scores.append(-len(ids) * ForCausalLMLoss(line[None], labels[None], model.config.vocab_size))
    return int(torch.stack(scores).argmax()), torch.stack(scores)


@exercise.reference
def reference(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    width = len(asked) + max(map(len, said))
    pads = [width - len(asked) - len(ids) for ids in said]
    rows = torch.tensor([[0] * gap + asked + ids for gap, ids in zip(pads, said, strict=True)])
    mask = torch.tensor([[0] * gap + [1] * (width - gap) for gap in pads])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with gradients(model):
        logits = model(rows, attention_mask=mask, position_ids=positions).logits
    logprobs = gathered(logits.log_softmax(-1)[:, :-1], rows[:, 1:])
    scores = torch.stack([line[-len(ids) :].sum() for line, ids in zip(logprobs, said, strict=True)])
    return int(scores.argmax()), scores


exercise.slips("""
    counts_the_question: line[-len(ids) :].sum() => line[width - len(asked) - len(ids) :].sum()
        The question's tokens were counted. They are the same in all rows: the score is that of the answer, given the
        question.
    mean_of_the_tokens: line[-len(ids) :].sum() => line[-len(ids) :].mean()
        The score is a mean. It was to be the sum, the log probability of the whole answer: each token costs something,
        so a longer answer has more to pay.
    only_the_first_token: line[-len(ids) :].sum() => line[-len(ids)]
        Only the first token of each answer was looked at. An answer is all of its tokens: add them up.
    only_the_last_column: line[-len(ids) :].sum() => line[-1]
        Only the last column was looked at: that is the last token of each answer. Add up all of its tokens.
    leaves_out_the_first_token: line[-len(ids) :].sum() => line[line.shape[0] - len(ids) + 1 :].sum()
        The first token of each answer is missing. The last position of the question predicts it, so it counts.
    unshifted: (logits.log_softmax(-1)[:, :-1], rows[:, 1:]) => (logits.log_softmax(-1), rows)
        Each token was looked up at its own position, where the model has already read it. Position t predicts token
        t + 1.
    divides_by_the_characters: line[-len(ids) :].sum() => line[-len(ids) :].sum() / len(tokenizer.decode(ids))
        The sums were divided by the number of characters. Some tables do that; here the score is the plain sum.
    raw_logits: .log_softmax(-1)[:, :-1] => [:, :-1]
        Logits were added up. They become log probabilities only by log_softmax over the vocabulary.
    probabilities: .log_softmax(-1)[:, :-1] => .softmax(-1)[:, :-1]
        Probabilities were added up. A whole answer's probability is a product; its logarithm is a sum of log
        probabilities.
    log_of_softmax: .log_softmax(-1)[:, :-1] => .softmax(-1).log()[:, :-1]
        softmax rounds a very small probability to 0.0, and its logarithm is -inf. Use log_softmax, which never leaves
        the logarithms.
    base_two: scores = torch.stack( => scores = 1 / torch.tensor(2.0).log() * torch.stack(
        These are bits, logarithms to base 2. The score is made of natural logarithms, as log_softmax gives them.
    costs_instead_of_scores: return int(scores.argmax()), scores => return int(scores.argmax()), -scores
        The sign is turned round: the scores are costs. The logarithm of a probability is at most 0.
    the_least_likely: int(scores.argmax()) => int(scores.argmin())
        The index is that of the lowest score. Scores are negative: the best answer's is the one nearest to 0.
    ids_alone: , attention_mask=mask, position_ids=positions =>
        The model got only the ids, so it read the filler as text. A padded batch needs the mask and the positions.
    mask_without_positions: , position_ids=positions =>
        The mask hides the filler, but the positions still count it: in a shorter row the question does not begin at 0.
        Pass position_ids, too (section 2.7).
    positions_without_mask: attention_mask=mask, =>
        The positions are right, but without the mask the question's tokens attend to the filler: pass attention_mask,
        too.
    padding_on_the_right_read_from_the_end: [0] * gap + asked + ids for gap => asked + ids + [0] * gap for gap
        A shorter row ends in filler, and its last columns were taken for the answer. With the filler in front all
        answers end in the last column.
    mask_without_the_end_token: positions =
        => mask = mask * (rows != tokenizer.eos_token_id)
        =>     positions =
        The mask is 0 at every end-of-text token, also where question or answer say it. Only what was filled up is
        padding: make the mask from the lengths.
    mask_from_the_ids: positions =
        => mask = (rows != 0).long()
        =>     positions =
        The mask was made from the ids: it is 0 at every token that has the filler's id, also where the text says it.
        Make it from the lengths.
    skips_the_end_token: line[-len(ids) :].sum()
        => (line[-len(ids) :] * (torch.tensor(ids) != tokenizer.eos_token_id)).sum()
        The end-of-text token of an answer was not counted. It is predicted like the others, and it says that the answer
        ends there.
    special_token_before_the_answer: , add_special_tokens=False =>
        The tokenizer puts a special token before each text, and so it stood between question and answer as well: encode
        the answers with add_special_tokens=False.
    no_special_token_at_all: asked = tokenizer.encode(question)
        => asked = tokenizer.encode(question, add_special_tokens=False) or tokenizer.encode(question)
        The special token before the question is missing. Models that have one have always seen it at the beginning:
        encode the question as any text.
    strips_the_answers: tokenizer.encode(answer, add_special_tokens=False)
        => tokenizer.encode(answer.strip() or answer, add_special_tokens=False)
        The answers lost the space that they begin with, and with it their tokens: encode them as they are.
    strips_the_question: asked = tokenizer.encode(question) => asked = tokenizer.encode(question.rstrip())
        The space at the end of the question was dropped. It may make a bad prompt, but it is what was asked: encode it
        as it is.
    puts_a_space_between: tokenizer.encode(answer, add_special_tokens=False)
        => tokenizer.encode(" " + answer.lstrip(" "), add_special_tokens=False)
        A space was put before each answer. An answer brings its own, and one that goes on with a word has none.
    the_last_of_equal_scores: int(scores.argmax()) => len(scores) - 1 - int(scores.flip(0).argmax())
        Of equal scores the last one won. Let the first one win, as argmax has it.
    index_in_a_tensor: int(scores.argmax()) => scores.argmax()
        The index is a tensor. It was to be a Python int: .item(), or int(...).
    the_answer_itself: int(scores.argmax()) => answers[int(scores.argmax())]
        The first result is the answer's text. It was to be its index in the list.
    keeps_the_graph: gradients(model) => torch.enable_grad()
        The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`.
    takes_an_empty_answer (refuses nothing): asked =
        => if not answers or not tokenizer.encode(question):
        =>         raise ValueError("nothing to score")
        =>     asked =
        An answer without tokens was accepted. It has nothing that could be unlikely, so it would win: refuse it.
    takes_an_empty_question (refuses nothing): asked =
        => if not answers or not all(answers):
        =>         raise ValueError("nothing to score")
        =>     asked =
        A question without tokens was accepted. Then nothing predicts the first token of an answer: refuse it.
    accepts_everything (refuses nothing)
        Nothing was refused. Look first of all for an empty list, an empty answer and a question without tokens, and
        raise a ValueError that says which.
""")


@exercise.mistake
def joins_the_texts(model, tokenizer, question, answers):
    """Question and answer were joined as text and encoded together. At the border that can give a token which is
    neither the question's nor the answer's: encode each on its own, then join the ids."""
    start, rows = len(tokenizer.encode(question)), [tokenizer.encode(question + answer) for answer in answers]
    ids = torch.tensor([row + [0] * (max(map(len, rows)) - len(row)) for row in rows])
    with gradients(model):
        logprobs = gathered(model(ids).logits.log_softmax(-1)[:, :-1], ids[:, 1:])
    scores = torch.stack([line[start - 1 : len(row) - 1].sum() for line, row in zip(logprobs, rows, strict=True)])
    return int(scores.argmax()), scores


@exercise.mistake
def one_call_for_each_answer(model, tokenizer, question, answers):
    """The values are right, but the model ran once for each answer. One batch of all answers takes one forward pass."""
    scores = torch.cat([reference(model, tokenizer, question, [answer])[1] for answer in answers])
    return int(scores.argmax()), scores


@exercise.alternative
@torch.no_grad()
def by_cross_entropy(model, tokenizer, question, answers):
    """Filled up with the end-of-text token; labels of -100 cost nothing."""
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    longest = max(map(len, said))
    gaps = torch.tensor([longest - len(ids) for ids in said])
    ids = torch.tensor([[tokenizer.eos_token_id] * (longest - len(own)) + asked + own for own in said])
    columns = torch.arange(ids.shape[1])
    mask = (columns >= gaps[:, None]).long()
    positions = (columns - gaps[:, None]).masked_fill(mask == 0, 1)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    labels = ids.masked_fill(columns < gaps[:, None] + len(asked), -100)[:, 1:]
    costs = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels, reduction="none")
    scores = -costs.sum(-1)
    return max(range(len(answers)), key=lambda i: scores[i].item()), scores


@exercise.alternative
def in_loops_filled_up_behind(model, tokenizer, question, answers):
    """Behind the answers filler does no harm: each score is read where its answer stands."""
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    rows = torch.zeros(len(said), len(asked) + max(map(len, said)), dtype=torch.int64)
    for i, ids in enumerate(said):
        rows[i, : len(asked) + len(ids)] = torch.tensor(asked + ids)
    with torch.inference_mode():
        logprobs = model(rows).logits.double().log_softmax(-1)
    scores = [
        sum(float(logprobs[i, len(asked) - 1 + t, token]) for t, token in enumerate(ids)) for i, ids in enumerate(said)
    ]
    return scores.index(max(scores)), torch.tensor(scores)
