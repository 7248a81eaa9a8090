"""``new_text``: decode what ``generate`` added to the prompts."""

from functools import partial

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb01_tokenization._shared import EMOJI, EOS, one_token_words
from genlab.models import RESOURCES

BEGIN = 2048  # the id of the special token of BEGINS
exercise = Exercise(__name__, points=3)
exercise.rules("""
    columns (2): the first prompt_length columns of each row are left out, filler and special tokens included, and no
        other column; output_ids stays as it was
    skips: with skip_special_tokens=True a text has no special token of any kind, and all else stays: what stands behind
        one, and ordinary tokens that spell one
    shows: with skip_special_tokens=False a text has every special token, as often as it stands in the row
    default: skip_special_tokens is True when it is left away
    ids_first: ids are cut, and then decoded all at once: a character may be several of them, and begin in the prompt,
        and the new text may repeat the prompt
    kept: a text stays as it was decoded, with a space in front of it, and spaces and line breaks at its end
    rows: there is a list with one text for each row, in order, also for one row; a text is empty if nothing is new
""")


@exercise.probes
def probes(rng):
    """Only in ``columns`` has a prompt filler or special tokens; only in ``kept`` has a text spaces at its ends."""
    tokenizer = RESOURCES["tokenizer"]()

    def probe(rule, name, rows, hidden=False, of=TOKENIZER, **skip):
        """Rows of prompt and new text, as ``generate`` returns them: prompts padded left, what is new filled right."""
        rows = [[tokenizer.encode(part) if isinstance(part, str) else part for part in row] for row in rows]
        width, room = (max(map(len, column)) for column in zip(*rows, strict=True))
        eos = [tokenizer.eos_token_id]
        output = [eos * (width - len(old)) + old + new + eos * (room - len(new)) for old, new in rows]
        args = {"output_ids": torch.tensor(output), "prompt_length": width}
        if skip:
            args["skip_special_tokens"] = skip["skip"]
        return Probe(name, rule=rule, hidden=hidden, tokenizer=of, **args)

    def some(count):
        """``count`` tokens."""
        return one_token_words(rng, count)

    def going_on(count):
        return "," + some(count - 1)

    def row(new):
        return some(4), new

    def ends(length):
        return row(going_on(length) + EOS)

    def spelled():
        """Ordinary tokens that spell the special one."""
        return row([*tokenizer.encode(going_on(3)), *tokenizer.encode(EOS, split_special_tokens=True)])

    def begins():
        """Two stories, each begun by the special token of ``BEGINS``."""
        return row([BEGIN, *tokenizer.encode(going_on(3) + EOS), BEGIN, *tokenizer.encode("Once" + some(2))])

    def second_story():
        return row(going_on(3) + "." + EOS + "Once" + some(2))

    def within(text, count):
        """A prompt that holds all but the last ``count`` ids of ``text``; they are new."""
        ids = tokenizer.encode(text)
        return ids[:-count], ids[-count:] + tokenizer.encode(going_on(3) + rng.choice(EMOJI))

    left_padded = [(some(length), going_on(5)) for length in (7, rng.randrange(1, 6), 6)]
    yield probe("columns", "a left-padded batch", left_padded, skip=True)
    yield probe("columns", "a left-padded batch, with special tokens", left_padded[::2], skip=False)
    yield probe("columns", "a special token inside the prompt", [(f"The{some(2)}.{EOS}Once", going_on(3))], skip=True)
    yield probe("columns", "the prompt is a special token", [(EOS, going_on(4))], True, skip=False)
    yield probe("columns", "prompt_length is 0", [("", going_on(5)), ("", going_on(5))], True, skip=True)
    endings = [(some(length), ending) for length, ending in zip((1, 8, 3), rng.sample(",.!?", 3), strict=True)]
    yield probe("rows", "a single new column", [row(mark) for mark in rng.sample(",.!?", 3)], skip=True)
    yield probe("columns", "a single new column behind filler", endings, skip=True)

    ended = [ends(5)]
    yield probe("skips", "the story ends", ended, skip=True)
    yield probe("skips", "a second story after the first", [second_story()], skip=True)
    yield probe("skips", "a special token of another tokenizer", [begins()], of=BEGINS, skip=True)
    yield probe("skips", "ordinary tokens that spell the special one", [spelled()], skip=True)
    yield probe(
        "skips", "both tokenizers' special tokens, spelled and real", [spelled(), begins()], True, BEGINS, skip=True
    )
    yield probe("skips", "a new story at once", [row(f"{EOS}Once{some(3)}.")], True, skip=True)
    yield probe("skips", "rows that end at different times", [ends(2), second_story()], True, skip=True)

    yield probe("shows", "the end of the story is wanted", ended, skip=False)
    yield probe("shows", "a special token of another tokenizer is wanted", [begins()], True, BEGINS, skip=False)
    yield probe("shows", "a row was finished first and filled up", [ends(2), row(going_on(6))], skip=False)
    yield probe(
        "shows", "two stories, and a new one at once", [second_story(), row(f"{EOS}Once{some(3)}")], True, skip=False
    )

    yield probe("default", "skip_special_tokens is left away", [ends(4)])
    yield probe("default", "it is left away for a batch", [ends(2), ends(4)], True)

    emoji, letter = some(2) + " " + rng.choice(EMOJI), some(2) + " " + rng.choice("日本語한")
    again, more = some(2), some(2)
    repeated = [again, f",{again},{again}."], [more, f".{more}{more}!"]
    yield probe("ids_first", "an earlier call stopped inside an emoji", [within(emoji, 2)], skip=True)
    yield probe("ids_first", "the new text repeats the prompt", repeated[:1], skip=True)
    yield probe("ids_first", "the prompt ends inside a letter", [within(letter, 2)], True, skip=False)
    yield probe("ids_first", "both rows repeat their prompts", repeated, True, skip=True)

    yield probe("kept", "a space in front, one before a mark, a line break", [row(some(4) + " !\n")], skip=True)
    yield probe("kept", "spaces and line breaks at the end", [row(going_on(3) + ".\n\n  ")], True, skip=True)
    yield probe("kept", "spaces before punctuation", [row(f"{some(2)} ,{some(2)} ! ")], True, skip=False)

    twice = row(going_on(4))
    yield probe("rows", "nothing new", [row("")], skip=True)
    yield probe("rows", "three rows, and two of them alike", [twice, row(going_on(4)), twice], skip=True)
    yield probe("rows", "nothing new in any row", [row("") for _ in range(3)], True, skip=False)
    yield probe("rows", "a row has nothing but its end", [row(EOS), row(going_on(4))], True, skip=True)
    yield probe("rows", "all rows are alike", [twice] * 3, True, skip=False)


@exercise.oracle
@exercise.reference
def reference(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    decode = partial(tokenizer.decode, skip_special_tokens=skip_special_tokens)
    return [decode(row[prompt_length:]) for row in output_ids.tolist()]


def until(ids, end):
    """The ids before the first ``end``."""
    return ids[: ids.index(end)] if end in ids else ids


exercise.slips("""
    slices_the_string: decode(row[prompt_length:]) => decode(row)[len(tokenizer.decode(row[:prompt_length])) :]
        The decoded text was cut by the length of the decoded prompt. Texts do not line up as ids do: special tokens
        appear in only one of them, and a character can begin in the prompt and end after it. Cut the ids, then decode.
    slices_the_string_decoded_alike: decode(row[prompt_length:]) => decode(row)[len(decode(row[:prompt_length])) :]
        The decoded text was cut by the length of the decoded prompt. That works until a character begins in the prompt
        and ends after it, as it does after a call that stopped inside an emoji. Cut the ids, then decode.
    replaces_the_prompt: decode(row[prompt_length:]) => decode(row).replace(decode(row[:prompt_length]), "")
        replace() removed the prompt, and also what the model repeats of it. Cut the ids, then decode.
    removes_the_prefix: decode(row[prompt_length:]) => decode(row).removeprefix(decode(row[:prompt_length]))
        The decoded prompt was taken off the front of the decoded text, which does not begin with it where the prompt
        ends inside a character. Cut the ids, then decode.
    decodes_token_by_token: decode(row[prompt_length:]) => "".join(decode([i]) for i in row[prompt_length:])
        Each token was decoded alone, but a part of a character decodes to a replacement character: decode all at once.
    slices_by_each_rows_own_length: prompt_length: => sum(i != tokenizer.eos_token_id for i in row[:prompt_length]) :
        Each row was cut at its number of real tokens. Left padding counts, too: all prompts end at prompt_length.
    drops_special_ids_before_cutting: decode(row[prompt_length:])
        => decode([i for i in row if i != tokenizer.eos_token_id or not skip_special_tokens][prompt_length:])
        Special tokens were removed before the prompt was cut off, so prompt_length no longer fits a row with filler:
        cut the columns first.
    keeps_the_prompt: row[prompt_length:] => row
        The prompt is still there. What generate returns begins with its ids: drop the first prompt_length columns.
    cuts_one_column_more: row[prompt_length:] => row[prompt_length + 1 :]
        The first new token is missing. Columns are counted from 0, so column prompt_length is the first new one.
    counts_from_the_end: row[prompt_length:] => row[-(len(row) - prompt_length) :]
        The new ids were counted from the end, where -0 means the whole row: nothing new became everything. Count from
        the front, [prompt_length:].
    drops_rows: decode(row[prompt_length:]) for row in output_ids.tolist()
        => decode(row) for row in output_ids[prompt_length:].tolist()
        Rows were dropped instead of columns. The first index of a matrix counts rows: write output_ids[:, ...].
    always_skips: =skip_special_tokens => =True
        Special tokens are missing where they were asked for: pass the argument skip_special_tokens on to the decoder.
    never_skips: =skip_special_tokens => =False
        Special tokens are shown where not wanted: pass skip_special_tokens on to the decoder, whose default is False.
    skips_the_end_of_text_only: decode(row[prompt_length:])
        => tokenizer.decode([i for i in row[prompt_length:] if i != tokenizer.eos_token_id or not skip_special_tokens])
        Only the end-of-text token was skipped. A tokenizer may have other special tokens, one for the beginning, say:
        pass skip_special_tokens on to the decoder, which knows them all.
    removes_special_tokens_at_the_end_only: decode(row[prompt_length:])
        => tokenizer.decode(row[prompt_length : len(row) - next(
        =>         (n for n, i in enumerate(reversed(row)) if i not in tokenizer.all_special_ids), 0)
        =>         if skip_special_tokens else None])
        Special tokens were removed from the end of a row only, and one further in front stayed. Skipping means all of
        them: pass skip_special_tokens on to the decoder.
    does_the_opposite: =skip_special_tokens => =not skip_special_tokens
        Special tokens are shown where they were to be skipped, and the other way round: pass skip_special_tokens on as
        it is.
    shows_by_default: skip_special_tokens=True): => skip_special_tokens=False):
        The parameter's default was changed. Whoever leaves skip_special_tokens away gets texts without special tokens:
        keep the stub's default, True.
    first_row_only: in output_ids => in output_ids[:1]
        Only the first row was decoded. A batch has one text a row, and the result is a list of all of them.
    joins_the_rows: [decode(row[prompt_length:]) for row in output_ids.tolist()]
        => "".join(decode(row[prompt_length:]) for row in output_ids.tolist())
        One text came back. A batch has one text for each row: return a list, even for a single row.
    leaves_out_empty_texts: for row in output_ids.tolist()
        => for row in output_ids.tolist() if decode(row[prompt_length:])
        A row without new text was left out, so texts and prompts no longer stand side by side: its text is empty.
    strips_the_new_text: decode(row[prompt_length:]) => decode(row[prompt_length:]).strip()
        The new text lost the space that its first word begins with, and no longer fits the prompt: leave out strip().
    ends_at_the_first_eos: decode(row[prompt_length:])
        => decode(until(row[prompt_length:], tokenizer.eos_token_id))
        Rows were cut at end-of-text even where special tokens are wanted. The argument decides: decode all the new ids.
    ends_at_the_first_eos_if_it_skips: decode(row[prompt_length:])
        => decode(until(row[prompt_length:], tokenizer.eos_token_id) if skip_special_tokens else row[prompt_length:])
        The text was cut at the first special token. To skip means to leave out such tokens and nothing else: decode all
        the new ids with skip_special_tokens.
""")


@exercise.mistake
def removes_special_tokens_as_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    """Special tokens were removed from the decoded text, where ordinary tokens may spell the same: "<", "|", "end" and
    so on. What is special is an id: pass skip_special_tokens on to the decoder."""
    texts = tokenizer.batch_decode(output_ids[:, prompt_length:])
    for token in tokenizer.all_special_tokens if skip_special_tokens else []:
        texts = [text.replace(token, "") for text in texts]
    return texts


@exercise.alternative
def special_tokens_removed_by_hand(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    hidden = tokenizer.all_special_ids if skip_special_tokens else []
    rows = output_ids[:, prompt_length:].tolist()
    return tokenizer.batch_decode([[i for i in row if i not in hidden] for row in rows])


@exercise.alternative
def by_one_call(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)


@exercise.alternative
def row_by_row(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids:
        texts.append(tokenizer.decode(row[prompt_length:], skip_special_tokens=skip_special_tokens))
    return texts
