"""``next_turn``: a batch of conversations goes on: ids are appended, the mask grows with them."""

import torch
import transformers

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb05_model_generate._chat import (
    MARKED,
    SPOKEN,
    assistant,
    made,
    tokenizer,
    user,
    user_turn,
)

exercise = Exercise(__name__, points=3)
exercise.rules("""
    ends: an answer keeps its end token; the filling behind it goes, so that nothing stands between two turns
    cut: an answer that the limit cut off, without an end token, is given one
    mask: 1 for every token that was said, whatever its id, 0 for filling alone
    turns: each row goes on with its own text, as user_turn gives it
    left: the rows are filled up on the left, with the pad id, to the length of the longest and no further
    ids: what was said stays as the ids that were said; nothing is decoded and encoded again
""")

WORDS = (" happy", " little", " played", " friends", " garden", " mother", " wanted", " jumped")


def spelled(rng, tok):
    """Ids of a few words, some of them in pieces that ``encode`` would not choose."""
    ids = tok.encode("She")
    for word in rng.sample(WORDS, 4):
        cuts = [tok.encode(word[:i]) + tok.encode(word[i:]) for i in range(2, len(word))]
        ids += rng.choice([pieces for pieces in cuts if pieces != tok.encode(word)])
    return ids


@exercise.probes
def probes(rng):
    def probe(rule, name, prompts, answers, texts, template=MARKED, hidden=False, **tokens):
        """``prompts``: conversations; ``answers``: texts or ids, with or without the end token."""
        chosen = tokenizer(template, shift=rng.randrange(3), **tokens)
        tok = made(chosen)
        tok.padding_side = "left"
        rows = [tok.apply_chat_template(p, add_generation_prompt=True, return_dict=False) for p in prompts]
        given = tok.pad({"input_ids": rows}, return_tensors="pt")
        said = [a(tok) if callable(a) else a for a in answers]
        said = [tok.encode(a, add_special_tokens=False) if isinstance(a, str) else a for a in said]
        longest = max(map(len, said))
        new = torch.tensor([a + [tok.pad_token_id] * (longest - len(a)) for a in said])
        args = {"output": torch.cat([given.input_ids, new], 1), "mask": given.attention_mask, "texts": texts}
        return Probe(name, rule=rule, hidden=hidden, tokenizer=chosen, **args)

    def question():
        return rng.choice(("Why?", "Who was it?", "And then?", "Where was Tom?", "Is that all?", "Was Lily sad?"))

    def ask():
        return [user(question())]

    def longer():
        return [*ask(), assistant(rng.choice(("Yes.", "A cat.", "In the park.", "Sam did."))), *ask()]

    def odd(tok):
        return [*spelled(rng, tok), tok.eos_token_id]

    def of_length(length, end=True):
        text = "".join(rng.choice(WORDS) for _ in range(length))  # a token each
        return lambda tok: tok.encode(text, add_special_tokens=False) + [tok.eos_token_id] * end

    def same(rows):
        return [question()] * rows

    n, pad_is_end = rng.randrange(3, 6), {"pad_token": "<|end|>"}
    a, b = question(), question()
    question_a = [user(a)]
    yield probe("ends", "the first answer is shorter", [question_a] * 2, [of_length(2), of_length(n)], same(2))
    yield probe("ends", "three answers of different lengths", [question_a] * 3,
                [of_length(n), of_length(1), of_length(2)], same(3))  # fmt: skip
    yield probe("ends", "an empty answer", [question_a] * 2, [of_length(0), of_length(n)], same(2), SPOKEN, hidden=True)
    yield probe("ends", "filled with end tokens", [question_a] * 2, [of_length(n), of_length(1)], same(2), **pad_is_end)

    yield probe("cut", "one row, cut off by the limit", [ask()], [of_length(n, end=False)], same(1))
    yield probe("cut", "one of two rows is cut off", [question_a] * 2,
                [of_length(n, end=False), of_length(n - 1)], same(2))  # fmt: skip
    yield probe("cut", "in a later turn", [longer()], [of_length(n, end=False)], same(1), hidden=True)
    yield probe(
        "cut", "both are cut off", [ask(), longer()], [of_length(n, end=False)] * 2, same(2), SPOKEN, hidden=True
    )

    yield probe("mask", "the pad token is the end token", [ask(), longer()], [of_length(n)] * 2, same(2), **pad_is_end)
    yield probe("mask", "one row, the pad token is the end token", [longer()], [of_length(n)], same(1), **pad_is_end)
    one_for_all = {name: "<|end|>" for name in ("bos_token", "eos_token", "pad_token")}
    yield probe("mask", "one token for everything", [ask(), longer()], [of_length(n)] * 2, same(2), **one_for_all)
    quoted = [user("<|endoftext|> " + question())]
    yield probe("mask", "the pad token was said", [quoted], [of_length(n)], same(1), SPOKEN)
    yield probe("mask", "the model said the pad token", [ask()], [" No.<|endoftext|> Yes.<|end|>"], same(1))
    yield probe("mask", "the pad token was said, and is the end token", [longer(), ask(), longer()], [of_length(n)] * 3,
                same(3), SPOKEN, hidden=True, **pad_is_end)  # fmt: skip

    yield probe("turns", "two rows, two texts", [question_a] * 2, [of_length(n)] * 2, [b, "Who ran away?"])
    yield probe("turns", "three rows, three texts", [question_a] * 3, [of_length(n)] * 3, ["Go on.", b, "Who ran?"])
    yield probe("turns", "the texts again, from the last row to the first", [question_a] * 2, [of_length(n)] * 2,
                ["And then?", b + " " + a], SPOKEN, hidden=True)  # fmt: skip

    yield probe("left", "the longest row of the first turn says least",
                [longer(), ask()], [of_length(1), of_length(20)], same(2))  # fmt: skip
    yield probe("left", "the longest is now another one",
                [ask(), ask(), longer()], [of_length(24), of_length(2), of_length(1)], same(3))  # fmt: skip
    yield probe("left", "filling on the left in another order", [longer(), ask(), ask()],
                [of_length(2), of_length(2), of_length(22)], same(3), SPOKEN, hidden=True)  # fmt: skip

    yield probe("ids", "one row, words in unusual pieces", [ask()], [odd], same(1))
    yield probe("ids", "the third turn, words in unusual pieces", [longer()], [odd], same(1), SPOKEN)
    yield probe("ids", "unusual pieces in one row", [ask(), longer()], [of_length(n), odd], same(2), hidden=True)
    yield probe("ids", "a space before the end", [ask()], ["She ran home. <|end|>"], same(1), hidden=True)


@exercise.oracle
def oracle(tokenizer, output, mask, texts):
    width, end = mask.shape[1], tokenizer.eos_token_id
    rows = []
    for ids, real, text in zip(output, mask.bool(), texts, strict=True):
        new = ids[width:]
        stops = (new == end).nonzero()
        said = new[: int(stops[0])] if len(stops) else new
        rows.append([*ids[:width][real].tolist(), *said.tolist(), end, *user_turn(tokenizer, text)])
    tokenizer.padding_side = "left"
    return dict(tokenizer.pad({"input_ids": rows}, return_tensors="pt"))


@exercise.reference
def reference(tokenizer, output, mask, texts):
    width, end = mask.shape[1], tokenizer.eos_token_id
    rows = []
    for ids, real, text in zip(output.tolist(), mask.tolist(), texts, strict=True):
        prompt = [token for token, one in zip(ids, real, strict=False) if one]
        said = ids[width:]
        said = said[: said.index(end) + 1] if end in said else [*said, end]
        rows.append(prompt + said + user_turn(tokenizer, text))
    longest = max(map(len, rows))
    return filled(rows, longest, tokenizer.pad_token_id)


def filled(rows, longest, pad, right=False):
    ids, mask = [], []
    for row in rows:
        gap = longest - len(row)
        ids.append(row + [pad] * gap if right else [pad] * gap + row)
        mask.append([1] * len(row) + [0] * gap if right else [0] * gap + [1] * len(row))
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def plain(tokenizer, ids):
    return tokenizer.encode(tokenizer.decode(ids), add_special_tokens=False)


exercise.slips("""
    encodes_the_text_again: prompt + said + user_turn => plain(tokenizer, prompt + said) + user_turn
        The conversation was decoded and encoded again. A model may say a word in other pieces than the tokenizer would
        choose: the text is the same, the ids are not, and a cache no longer fits. Keep the ids and append to them.
    all_tokens_but_pads: return filled(rows, longest, tokenizer.pad_token_id)
        => out = filled(rows, longest, tokenizer.pad_token_id)
        =>     return out | {"attention_mask": (out["input_ids"] != tokenizer.pad_token_id).long()}
        The mask was made from the ids: everything that looks like a pad got 0. The pad id may have been said, above all
        where it is the end token. Take the first turn's mask for the prompt; all that is new gets 1.
    drops_the_pads_by_their_id: if one] => if token != tokenizer.pad_token_id]
        Everything that looks like a pad was dropped from the prompt. The pad id may have been said, above all where it
        is the end token. The mask says which tokens are real.
    drops_the_pads_of_the_answer: said = ids[width:]
        => said = [token for token in ids[width:] if token != tokenizer.pad_token_id]
        Everything that looks like a pad was dropped from the answer. The model may have said that token itself: only
        what stands behind the answer's end token is filling.
    drops_the_end: said[: said.index(end) + 1] => said[: said.index(end)]
        The answer lost its end token. The model was trained on conversations in which each turn is ended: keep it.
    keeps_the_filling: said[: said.index(end) + 1] if end in said else [*said, end]
        => said if end in said else [*said, end]
        The filling behind the answer's end stands between the turns, as if it had been said. A row that ended early is
        filled up to the longest answer: keep what comes up to the first end token of the answer.
    up_to_the_last_end: said[: said.index(end) + 1] => said[: len(said) - said[::-1].index(end)]
        The answer was kept up to its last end token. Where the pad token is the end token, that is all the filling as
        well. The first end token of the answer ends it.
    leaves_a_cut_answer_open: else [*said, end] => else said
        An answer that the limit cut off has no end token, and the next turn stands in the middle of it. Append one.
    ends_every_answer: said[: said.index(end) + 1] if end in said else [*said, end] => [*said, end]
        Each answer was given an end token, also those that had one. Only an answer that was cut off needs it; behind
        the first end token there is filling, which goes.
    looks_for_the_end_in_the_prompt: said = ids[width:]
        => said = ids[width:]
        =>         prompt, said = [], prompt + said
        The end token was looked for in the whole row, and earlier turns have one as well: everything behind it is gone.
        Look in the new tokens only, output[:, width:], where width is that of the mask.
    everybody_gets_the_first_text: user_turn(tokenizer, text) => user_turn(tokenizer, texts[0])
        All rows go on with the text of the first. Each row has its own.
    texts_from_the_last_row: texts, strict=True => reversed(texts), strict=True
        The texts were given to the rows in the wrong order. Row i goes on with texts[i].
    the_bare_text: user_turn(tokenizer, text) => tokenizer.encode(text, add_special_tokens=False)
        The user's text was appended without the template: no role, no end, no generation prompt. Use user_turn.
    a_bos_in_each_turn: user_turn(tokenizer, text) => [tokenizer.bos_token_id, *user_turn(tokenizer, text)]
        Each turn begins with a bos. A conversation has one, at its very beginning. user_turn gives the ids without it.
    no_generation_prompt: user_turn(tokenizer, text)
        => user_turn(tokenizer, text)[: user_turn(tokenizer, text).index(end) + 1]
        The generation prompt is missing behind the user's text. user_turn has it: append all that it gives.
    fills_on_the_right: return filled(rows, longest, tokenizer.pad_token_id)
        => return filled(rows, longest, tokenizer.pad_token_id, right=True)
        The shorter rows were filled on the right. The next token is chosen behind the last column, so the filling
        belongs on the left.
    fills_with_the_end: return filled(rows, longest, tokenizer.pad_token_id) => return filled(rows, longest, end)
        The rows were filled with the end token. Fill with tokenizer.pad_token_id, whatever that is.
    the_ids_alone: return filled(rows, longest, tokenizer.pad_token_id)
        => return filled(rows, longest, tokenizer.pad_token_id)["input_ids"]
        Only the ids came back. Give a dictionary with input_ids and attention_mask, which generate takes with **.

""")


@exercise.mistake
def a_batch_encoding(tokenizer, output, mask, texts):
    """That is a BatchEncoding, as tokenizer.pad returns it. Asked for is a plain dictionary: dict(...) makes one."""
    return transformers.BatchEncoding(reference(tokenizer, output, mask, texts))


@exercise.mistake
def wider_than_the_longest(tokenizer, output, mask, texts):
    """The rows were filled up further than to the longest, for example to the width of the output and the longest turn.
    A row may have lost its filling: fill up to the longest of the new rows, when all of them are complete."""
    done = reference(tokenizer, output, mask, texts)
    width = output.shape[1] + max(len(user_turn(tokenizer, text)) for text in texts)
    rows = [ids[ones == 1].tolist() for ids, ones in zip(done["input_ids"], done["attention_mask"], strict=True)]
    return filled(rows, width, tokenizer.pad_token_id)


@exercise.mistake
def keeps_the_old_filling(tokenizer, output, mask, texts):
    """The filling of the first turn was kept on the left, and more was put before it: a row may be shorter than that
    now. Take the real tokens only, by the mask, and fill up to the longest row."""
    done = reference(tokenizer, output, mask, texts)
    lengths = done["attention_mask"].sum(1)
    longest = int((lengths + (mask == 0).sum(1)).max())
    rows = [ids[-n:].tolist() for ids, n in zip(done["input_ids"], lengths.tolist(), strict=True)]
    return filled(rows, longest, tokenizer.pad_token_id)


@exercise.mistake
def the_first_turn_s_mask(tokenizer, output, mask, texts):
    """The mask is still that of the first turn, shorter than the ids. It grows with them: 1 for each token that was
    said, in the answer and in the new turn."""
    return {"input_ids": reference(tokenizer, output, mask, texts)["input_ids"], "attention_mask": mask.clone()}


@exercise.mistake
def what_leads_is_filling(tokenizer, output, mask, texts):
    """The mask was made from the ids: pads at the beginning of a row got 0. Where the pad token is also the bos token,
    the bos is taken for filling. Take the first turn's mask for the prompt; all that is new gets 1."""
    ids = reference(tokenizer, output, mask, texts)["input_ids"]
    return {"input_ids": ids, "attention_mask": ((ids != tokenizer.pad_token_id).cumsum(1) > 0).long()}


@exercise.mistake
def all_ones(tokenizer, output, mask, texts):
    """The mask is 1 everywhere, as if the filling on the left had been said. It is 0 there."""
    ids = reference(tokenizer, output, mask, texts)["input_ids"]
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _side_by_side(tokenizer, output, mask, texts, of_filling):
    turns = [user_turn(tokenizer, text) for text in texts]
    turns = filled(turns, max(map(len, turns)), tokenizer.pad_token_id)
    new = output[:, mask.shape[1] :]
    behind = ((new == tokenizer.eos_token_id).cumsum(1) - (new == tokenizer.eos_token_id).long()).clamp(max=1)
    middle = torch.ones_like(new) if of_filling else 1 - behind
    return {
        "input_ids": torch.cat([output, turns["input_ids"]], 1),
        "attention_mask": torch.cat([mask, middle, turns["attention_mask"]], 1),
    }


@exercise.mistake
def pads_between_turns(tokenizer, output, mask, texts):
    """The new turn was put behind the whole output, so that filling stands between the turns of a row that ended early,
    even if the mask says 0 there. Take it out, row by row, and fill up on the left."""
    return _side_by_side(tokenizer, output, mask, texts, of_filling=False)


@exercise.mistake
def pads_between_turns_that_count(tokenizer, output, mask, texts):
    """The new turn was put behind the whole output, and the filling between the turns has mask 1, as if it had been
    said. Take it out, row by row, and fill up on the left."""
    return _side_by_side(tokenizer, output, mask, texts, of_filling=True)


@exercise.alternative
def with_tensors(tokenizer, output, mask, texts):
    """One row after the other as tensors; positions instead of lists."""
    rows = []
    for i, text in enumerate(texts):
        old = output[i, : mask.shape[1]][mask[i] == 1]
        new = output[i, mask.shape[1] :]
        ended = new.eq(tokenizer.eos_token_id)
        keep = ended.cumsum(0) - ended.long() == 0
        close = [] if ended.any() else [tokenizer.eos_token_id]
        rows.append(torch.cat([old, new[keep], torch.tensor(close + user_turn(tokenizer, text), dtype=torch.int64)]))
    length = max(len(row) for row in rows)
    ids = torch.full((len(rows), length), tokenizer.pad_token_id)
    seen = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, length - len(row) :] = row
        seen[i, length - len(row) :] = 1
    return {"input_ids": ids, "attention_mask": seen}


@exercise.alternative
def with_flipped_padding(tokenizer, output, mask, texts):
    """``pad_sequence`` fills on the right: the rows are turned round before and after."""
    rows = []
    for ids, real, text in zip(output, mask, texts, strict=True):
        answer = []
        for token in ids[len(real) :].tolist():
            answer.append(token)
            if token == tokenizer.eos_token_id:
                break
        else:
            answer.append(tokenizer.eos_token_id)
        said = ids[: len(real)].masked_select(real.bool()).tolist() + answer + user_turn(tokenizer, text)
        rows.append(torch.tensor(said[::-1]))
    pad = torch.nn.utils.rnn.pad_sequence
    ids = pad(rows, batch_first=True, padding_value=tokenizer.pad_token_id).flip(1)
    return {"input_ids": ids, "attention_mask": pad([torch.ones_like(row) for row in rows], True).flip(1)}
