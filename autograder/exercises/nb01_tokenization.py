"""Exercises of ``01_tokenization``."""

import random
import re
from functools import lru_cache
from itertools import pairwise

import torch
from tokenizers import models, pre_tokenizers

from autograder.exercises.base import Exercise, Probe
from genlab.checks.values import Resource
from genlab.models import RESOURCES

TOKENIZER = Resource("tokenizer")
TEXT = "the dog ran home and Lily was so happy she gave him a big red ball unbelievable café 🙂 2024 Hello"
WORDS = TEXT.split()


def sentence(rng: random.Random, length: int) -> str:
    """Words in random order, common and rare ones."""
    return " ".join(rng.choice(WORDS) for _ in range(length))


# --- round_trip -------------------------------------------------------------------------------------------------------

round_trip = Exercise("round_trip", points=2)


@round_trip.probes
def _(rng: random.Random) -> list[Probe]:
    texts = {
        "a sentence": "Once upon a time, there was a little dog.",
        "a space in front": " Hello",
        "two spaces, and one at the end": "one  two ",
        "letters with accents and an emoji": "café 🙂 naïve",
        "a special token inside": "The end.<|endoftext|>Once",
        "line breaks and indentation": "def f(x):\n    return x\n",
        "no text at all": "",
        "words in random order": sentence(rng, 8),
    }
    return [Probe(name, tokenizer=TOKENIZER, text=text) for name, text in texts.items()]


@round_trip.oracle
def oracle_round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids)


@round_trip.misconception
def words_are_tokens(tokenizer, text):
    """The text was split into words at its spaces. Tokens are not words: call tokenizer(text), which cuts it."""
    words = list(re.finditer(r"\S+", text))
    pieces = [word.group() for word in words]
    ids = tokenizer.convert_tokens_to_ids(pieces)
    return ids, pieces, [word.span() for word in words], " ".join(pieces)


@round_trip.misconception
def joins_with_spaces(tokenizer, text):
    """The pieces were joined with spaces. A piece brings its own space with it (the mark Ġ), so none may be added:
    let tokenizer.decode put the whole list of ids together."""
    ids, pieces, offsets, _ = oracle_round_trip(tokenizer, text)
    return ids, pieces, offsets, " ".join(tokenizer.decode([i]) for i in ids)


@round_trip.misconception
def strips_the_text(tokenizer, text):
    """Spaces at the ends of the text are gone. They are part of the text and change its tokens: leave out strip()."""
    return oracle_round_trip(tokenizer, text.strip())


@round_trip.misconception
def strips_the_decoded_text(tokenizer, text):
    """The ids are right, but the text that came back lost the spaces at its ends: return what decode gives."""
    ids, pieces, offsets, back = oracle_round_trip(tokenizer, text)
    return ids, pieces, offsets, back.strip()


@round_trip.misconception
def decodes_token_by_token(tokenizer, text):
    """Each token was decoded on its own. A character may be spread over several tokens, and a part of it decodes to
    the replacement character: decode the whole list at once."""
    ids, pieces, offsets, _ = oracle_round_trip(tokenizer, text)
    return ids, pieces, offsets, "".join(tokenizer.decode([i]) for i in ids)


@round_trip.misconception
def skips_special_tokens(tokenizer, text):
    """The special token in the text did not come back. skip_special_tokens=True removes it: a round trip keeps it."""
    ids, pieces, offsets, _ = oracle_round_trip(tokenizer, text)
    return ids, pieces, offsets, tokenizer.decode(ids, skip_special_tokens=True)


@round_trip.misconception
def decoded_pieces(tokenizer, text):
    """The pieces are decoded text instead of the vocabulary's own entries. Ask the tokenizer with
    convert_ids_to_tokens: there, a space is written Ġ."""
    ids, _, offsets, back = oracle_round_trip(tokenizer, text)
    return ids, [tokenizer.decode([i]) for i in ids], offsets, back


@round_trip.misconception
def replaces_the_mark_by_a_space(tokenizer, text):
    """The text was put together from the pieces by turning Ġ into a space. That works for plain English only: each
    byte has a stand-in character, not just the space. Let tokenizer.decode do it."""
    ids, pieces, offsets, _ = oracle_round_trip(tokenizer, text)
    return ids, pieces, offsets, "".join(pieces).replace("Ġ", " ").replace("Ċ", "\n")


@round_trip.alternative
def by_separate_methods(tokenizer, text):
    """One method for each of the four."""
    ids = tokenizer.encode(text)
    offsets = [tuple(span) for span in tokenizer.backend_tokenizer.encode(text).offsets]
    return ids, tokenizer.tokenize(text), offsets, tokenizer.decode(ids)


@round_trip.alternative
def by_tensors(tokenizer, text):
    """A tensor's row, and the encoding's own list of pieces."""
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = list(encoded.input_ids)
    return ids, encoded.tokens(), encoded.offset_mapping, tokenizer.decode(torch.tensor(ids, dtype=torch.int64))


# --- bpe --------------------------------------------------------------------------------------------------------------

bpe = Exercise("bpe", points=4, adapter="each")
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


@bpe.probes
def _(rng: random.Random) -> list[Probe]:
    def table(*pairs: str) -> dict[tuple[str, str], int]:
        """Ranks by position; the dictionary's own order is another one."""
        ranks = [(tuple(pair.split()), rank) for rank, pair in enumerate(pairs)]
        return dict(ranks[::-1])

    # 1,000 words in byte-level characters: a quarter as learned, the rest ever stranger
    pieces = sorted(piece for piece in RESOURCES["tokenizer"]().get_vocab() if piece.isalpha())

    def joined(count: int) -> str:
        return "".join(rng.choice(pieces) for _ in range(count))

    def mistyped() -> str:
        letters = list(joined(2))
        letters[rng.randrange(len(letters))] = rng.choice(ALPHABET)
        return "".join(letters)

    def noise() -> str:
        return "".join(rng.choices(ALPHABET, k=rng.randrange(1, 9)))

    ranks = Resource("ranks")
    return [
        Probe("one letter, and none", word=["a", ""], ranks=table("a n")),
        Probe("the same pair twice", word=["banana", "nana"], ranks=table("a n")),
        Probe("the lowest rank first, wherever it stands", word=["abc", "abcabc"], ranks=table("b c", "a b")),
        Probe("merged pieces merge again", word=["banana", "ban"], ranks=table("a n", "an a", "b an")),
        Probe("a longer piece can be out of reach", word=["abcd"], ranks=table("c d", "b c", "a bc")),
        Probe("a pair is two whole pieces", word=["banan"], ranks=table("b a", "a n")),
        Probe("the same letter again and again", word=["aaaaa", "aaaaaaa"], ranks=table("a a", "aa aa")),
        Probe("250 words: two pieces each", weight=2, word=[joined(2) for _ in range(250)], ranks=ranks),
        Probe("250 words: many pieces", weight=2, word=[joined(rng.randrange(3, 6)) for _ in range(250)], ranks=ranks),
        Probe("250 words with a wrong letter", weight=2, word=[mistyped() for _ in range(250)], ranks=ranks),
        Probe("250 words of any bytes", weight=2, word=[noise() for _ in range(250)], ranks=ranks),
    ]


@lru_cache(maxsize=16)
def library_bpe(merges: tuple[tuple[str, str], ...]) -> models.BPE:
    """The library's own BPE for these merges, over all bytes."""
    vocab = dict.fromkeys([*ALPHABET, *(a + b for a, b in merges)])
    return models.BPE(vocab={piece: i for i, piece in enumerate(vocab)}, merges=list(merges))


@bpe.oracle
def oracle_bpe(word, ranks):
    return [token.value for token in library_bpe(tuple(sorted(ranks, key=ranks.get))).tokenize(word)]


def merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    """``pieces`` with every occurrence of ``pair`` joined, from left to right."""
    out, i = [], 0
    while i < len(pieces):
        step = 2 if tuple(pieces[i : i + 2]) == pair else 1
        out.append("".join(pieces[i : i + step]))
        i += step
    return out


def neighbours(pieces: list[str]) -> list[tuple[str, str]]:
    return list(pairwise(pieces))


@bpe.misconception
def left_to_right_greedy(word, ranks):
    """The first pair from the left that can be merged was merged. The pair with the lowest rank goes first, wherever
    in the word it stands: compare all pairs before each merge."""
    pieces = list(word)
    while True:
        known = [i for i, pair in enumerate(neighbours(pieces)) if pair in ranks]
        if not known:
            return pieces
        i = known[0]
        pieces[i : i + 2] = ["".join(pieces[i : i + 2])]


@bpe.misconception
def longest_match(word, ranks):
    """The longest known piece was cut off the front, again and again. BPE never looks for long pieces: it builds them
    from letters, merge by merge, and an early merge can put a long piece out of reach."""
    known, pieces, start = {a + b for a, b in ranks}, [], 0
    while start < len(word):
        end = next(e for e in range(len(word), start, -1) if e == start + 1 or word[start:e] in known)
        pieces.append(word[start:end])
        start = end
    return pieces


@bpe.misconception
def merges_only_once(word, ranks):
    """It stopped after one merge. Each merge makes new pairs: go on until no pair of neighbours has a rank."""
    pieces = list(word)
    known = [pair for pair in neighbours(pieces) if pair in ranks]
    return merged(pieces, min(known, key=ranks.get)) if known else pieces


@bpe.misconception
def never_merges_merged_pieces(word, ranks):
    """The pairs were looked up once, at the beginning, so a merged piece never merged again. Look at the pairs of
    neighbours anew after each merge."""
    pieces = list(word)
    for pair in sorted({pair for pair in neighbours(pieces) if pair in ranks}, key=ranks.get):
        pieces = merged(pieces, pair)
    return pieces


@bpe.misconception
def highest_rank_first(word, ranks):
    """The pair with the highest rank was merged first. Rank 0 is what was learned first: the lowest rank wins."""
    pieces = list(word)
    while known := [pair for pair in neighbours(pieces) if pair in ranks]:
        pieces = merged(pieces, max(known, key=ranks.get))
    return pieces


@bpe.misconception
def order_of_the_dictionary(word, ranks):
    """The merges were taken in the order in which the dictionary happens to hold them. What counts is the rank, its
    value: ranks[pair]."""
    pieces = list(word)
    while True:
        near = set(neighbours(pieces))
        known = next((pair for pair in ranks if pair in near), None)
        if known is None:
            return pieces
        pieces = merged(pieces, known)


@bpe.misconception
def replaces_in_a_string(word, ranks):
    """The pair was replaced inside one long string, where it also matches the end of one piece and the beginning of
    the next: "ba n" holds "a n", and no piece "a". Keep a list and compare whole pieces."""
    text = " ".join(word)
    for pair in sorted(ranks, key=ranks.get):
        text = text.replace(" ".join(pair), "".join(pair))
    return text.split()


@bpe.alternative
def one_merge_at_a_time(word, ranks):
    """Lowest rank first, and of equal ones the leftmost; a list changed in place."""
    pieces = list(word)
    while True:
        found = [(ranks[pair], i) for i, pair in enumerate(neighbours(pieces)) if pair in ranks]
        if not found:
            return pieces
        _, i = min(found)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]


@bpe.alternative
def recursively(word, ranks):
    """Merge the best pair everywhere, then begin again with the shorter list."""

    def go(pieces):
        best = min(neighbours(pieces), key=lambda pair: ranks.get(pair, float("inf")), default=None)
        return pieces if best not in ranks else go(merged(pieces, best))

    return go(list(word))


@bpe.alternative
def down_the_table(word, ranks):
    """All merges in the order of their ranks, whether they occur or not: right, and slow."""
    pieces = list(word)
    for pair in sorted(ranks, key=ranks.get):
        if len(pieces) > 1 and "".join(pair) in word:
            pieces = merged(pieces, pair)
    return pieces


# --- count_tokens -----------------------------------------------------------------------------------------------------

count_tokens = Exercise("count_tokens", points=2)


@count_tokens.probes
def _(rng: random.Random) -> list[Probe]:
    lists = {
        "stories": ["Once upon a time, there was a little dog.", "She was so happy to see the big red ball."],
        "accents, an emoji, another script": ["café", "naïve", "🙂", "日本語"],
        "code": ["def f(x):\n    return x\n", "x = [i ** 2 for i in range(10)]"],
        "a space in front, at the end, in between": ["time", " time", "time ", "once  upon"],
        "a special token is one token": ["<|endoftext|>", "The end.<|endoftext|>"],
        "an empty text, and the same word often": ["", "dog dog dog dog"],
        "no texts at all": [],
        "words in random order": [sentence(rng, rng.randrange(1, 9)) for _ in range(5)],
    }
    return [Probe(name, tokenizer=TOKENIZER, texts=texts) for name, texts in lists.items()]


@count_tokens.oracle
def oracle_count_tokens(tokenizer, texts):
    return [len(tokenizer(text)["input_ids"]) for text in texts]


@count_tokens.misconception
def four_characters_each(tokenizer, texts):
    """The number of characters was divided by 4. That is a rule of thumb for English prose and a large tokenizer; the
    number for this text comes from this tokenizer alone: count its input_ids."""
    return [len(text) // 4 for text in texts]


@count_tokens.misconception
def counts_words(tokenizer, texts):
    """Words were counted. A rare word is several tokens, and punctuation and line breaks are tokens, too: count
    input_ids."""
    return [len(text.split()) for text in texts]


@count_tokens.misconception
def counts_bytes(tokenizer, texts):
    """Bytes were counted. They are where BPE begins, before any merge: count input_ids."""
    return [len(text.encode()) for text in texts]


@count_tokens.misconception
def counts_words_one_by_one(tokenizer, texts):
    """The text was split at its spaces and each word counted on its own. The split throws the spaces away, and a word
    with its space has other tokens than without: give the tokenizer the whole text."""
    return [sum(len(tokenizer(word)["input_ids"]) for word in text.split()) for text in texts]


@count_tokens.misconception
def strips_before_counting(tokenizer, texts):
    """The text was stripped first. A space at the end is a token that the model sees: count the text as it is."""
    return [len(tokenizer(text.strip())["input_ids"]) for text in texts]


@count_tokens.misconception
def counts_distinct_tokens(tokenizer, texts):
    """Each token was counted once, however often it occurs. The model reads every occurrence: no set()."""
    return [len(set(tokenizer(text)["input_ids"])) for text in texts]


@count_tokens.misconception
def counts_the_keys(tokenizer, texts):
    """This is the number of entries of what the tokenizer returns (input_ids, attention_mask), not of the ids in it:
    take ["input_ids"] first."""
    return [len(tokenizer(text)) for text in texts]


@count_tokens.misconception
def one_call_for_an_empty_list(tokenizer, texts):
    """The tokenizer itself stumbles over an empty list of texts with an IndexError. Go through the texts one by one,
    or treat the empty list before the call."""
    return [len(ids) for ids in tokenizer(texts)["input_ids"]]


@count_tokens.alternative
def by_tokenize(tokenizer, texts):
    """Pieces instead of ids."""
    return [len(tokenizer.tokenize(text)) for text in texts]


@count_tokens.alternative
def by_one_call(tokenizer, texts):
    """All texts in one call, which is faster."""
    return [sum(mask) for mask in tokenizer(texts)["attention_mask"]] if texts else []


# --- left_pad ---------------------------------------------------------------------------------------------------------

left_pad = Exercise("left_pad", points=3)


@left_pad.probes
def _(rng: random.Random) -> list[Probe]:
    def row(length: int) -> list[int]:
        return [rng.randrange(1, 40) for _ in range(length)]

    return [
        Probe("one row needs no padding", rows=[row(4)], pad_id=0),
        Probe("two rows of different lengths", rows=[row(5), row(2)], pad_id=99),
        Probe("the pad id also occurs in a prompt", rows=[[7, 3, 7], [5], [7, 7, 7, 1]], pad_id=7, weight=2),
        Probe("the longest row is not the first", rows=[[4, 9], [8, 6, 5, 3], [2]], pad_id=0),
        Probe("many rows", rows=[row(rng.randrange(1, 9)) for _ in range(6)], pad_id=rng.randrange(40)),
    ]


@left_pad.oracle
def oracle_left_pad(rows: list[list[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad_id)
    mask = torch.zeros(len(rows), width, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    return ids, mask


@left_pad.misconception
def pads_on_the_right(rows, pad_id):
    """The padding stands on the right. Generation continues after the last column, so the last column of every
    row must be a real token: put the padding in front."""
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad_id] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


@left_pad.misconception
def masks_ids_equal_to_pad(rows, pad_id):
    """The mask was computed by comparing ids with pad_id, so real tokens that happen to have that id are hidden.
    Only you know where you put padding: build the mask from the lengths."""
    ids, _ = oracle_left_pad(rows, pad_id)
    return ids, (ids != pad_id).long()


@left_pad.misconception
def mask_of_padding_is_one(rows, pad_id):
    """The mask is upside down: 1 marks a real token, which may be attended to, and 0 padding, which may not."""
    ids, mask = oracle_left_pad(rows, pad_id)
    return ids, 1 - mask


@left_pad.misconception
def mask_of_ones(rows, pad_id):
    """The mask is 1 everywhere, so the model would read the padding as if it were text: padding gets 0."""
    ids, _ = oracle_left_pad(rows, pad_id)
    return ids, torch.ones_like(ids)


@left_pad.misconception
def cuts_to_the_shortest(rows, pad_id):
    """The rows were cut to the length of the shortest one. Nothing of a prompt may be lost: the longest row sets the
    width, and shorter ones are filled up."""
    width = min(map(len, rows))
    ids = torch.tensor([row[-width:] for row in rows])
    return ids, torch.ones_like(ids)


@left_pad.misconception
def width_of_the_first_row(rows, pad_id):
    """The width was taken from the first row. Any row can be the longest: take the maximum of all lengths."""
    width = len(rows[0])
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


@left_pad.misconception
def fills_the_callers_rows(rows, pad_id):
    """The rows themselves were filled up, so the caller's prompts are changed afterwards: build new lists instead of
    using insert on the given ones."""
    _, mask = oracle_left_pad(rows, pad_id)
    for row in rows:
        while len(row) < mask.shape[1]:
            row.insert(0, pad_id)
    return torch.tensor(rows), mask


@left_pad.alternative
def from_lists(rows, pad_id):
    """Nested lists first, one tensor at the end."""
    width = max(len(row) for row in rows)
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)


@left_pad.alternative
def by_pad_sequence(rows, pad_id):
    """torch's own function, once for the ids and once for ones."""
    pad = torch.nn.utils.rnn.pad_sequence
    tensors = [torch.tensor(row) for row in rows]
    ids = pad(tensors, batch_first=True, padding_value=pad_id, padding_side="left")
    return ids, pad([torch.ones_like(t) for t in tensors], batch_first=True, padding_side="left")


# --- new_text ---------------------------------------------------------------------------------------------------------

new_text = Exercise("new_text", points=3)


@new_text.probes
def _(rng: random.Random) -> list[Probe]:
    tokenizer = RESOURCES["tokenizer"]()
    eos = tokenizer.eos_token_id

    def probe(name: str, rows: list[tuple[str, str]], skip: bool, weight: float = 1.0) -> Probe:
        """Rows of prompt and new text, as ``generate`` returns them: prompts padded left, what is new filled right."""
        before = [tokenizer(prompt)["input_ids"] for prompt, _ in rows]
        after = [tokenizer(new)["input_ids"] if new else [] for _, new in rows]
        width, room = max(map(len, before)), max(map(len, after))
        ids = [[eos] * (width - len(b)) + b + a + [eos] * (room - len(a)) for b, a in zip(before, after, strict=True)]
        return Probe(
            name,
            tokenizer=TOKENIZER,
            output_ids=torch.tensor(ids),
            prompt_length=width,
            skip_special_tokens=skip,
            weight=weight,
        )

    story = ("Once upon a time", ", there was a little dog.<|endoftext|>")
    other = ("Lily and Ben found a big red ball in the park", " and played.<|endoftext|>")
    emoji = tokenizer("She smiled 🙂 and ran.")["input_ids"]
    return [
        probe("one prompt, without special tokens", [story], True),
        probe("one prompt, with special tokens", [story], False),
        probe("a left-padded batch, without special tokens", [story, other], True, 2),
        probe("a left-padded batch, with special tokens", [other, story], False, 2),
        probe("a special token inside the prompt", [("The end.<|endoftext|>Once", " upon a time")], True),
        probe("the new text repeats the prompt", [("the dog", " and the dog and the dog")], True),
        probe("a second story after the first", [("the end", " of it.<|endoftext|>Once upon a time")], True),
        probe("nothing new", [("Once upon a time", "")], True),
        Probe(
            "an earlier call stopped inside an emoji",
            tokenizer=TOKENIZER,
            output_ids=torch.tensor([emoji]),
            prompt_length=len(tokenizer("She smiled 🙂")["input_ids"]) - 2,
            skip_special_tokens=True,
        ),
        probe(
            "three rows in random order",
            [(sentence(rng, rng.randrange(1, 7)), " " + sentence(rng, rng.randrange(1, 6))) for _ in range(3)],
            rng.random() < 0.5,
        ),
    ]


@new_text.oracle
def oracle_new_text(tokenizer, output_ids, prompt_length, skip_special_tokens):
    return tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)


@new_text.misconception
def slices_the_string(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The decoded text was cut by the length of the decoded prompt. Texts do not line up the way ids do: special
    tokens appear in one and not in the other, and a character can begin in the prompt and end after it. Cut the ids,
    then decode."""
    prompts = tokenizer.batch_decode(output_ids[:, :prompt_length])
    texts = tokenizer.batch_decode(output_ids, skip_special_tokens=skip_special_tokens)
    return [text[len(prompt) :] for prompt, text in zip(prompts, texts, strict=True)]


@new_text.misconception
def slices_the_string_decoded_alike(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The decoded text was cut by the length of the decoded prompt. That works until a character begins in the prompt
    and ends after it, as it does after a call that stopped inside an emoji. Cut the ids, then decode."""
    prompts = tokenizer.batch_decode(output_ids[:, :prompt_length], skip_special_tokens=skip_special_tokens)
    texts = tokenizer.batch_decode(output_ids, skip_special_tokens=skip_special_tokens)
    return [text[len(prompt) :] for prompt, text in zip(prompts, texts, strict=True)]


@new_text.misconception
def replaces_the_prompt(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The prompt was removed with replace(), which also removes what the model repeats of it. Cut the ids, then
    decode."""
    prompts = tokenizer.batch_decode(output_ids[:, :prompt_length], skip_special_tokens=skip_special_tokens)
    texts = tokenizer.batch_decode(output_ids, skip_special_tokens=skip_special_tokens)
    return [text.replace(prompt, "") for prompt, text in zip(prompts, texts, strict=True)]


@new_text.misconception
def slices_by_each_rows_own_length(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """Each row was cut at the number of its real tokens. The padding in front counts as well: in a left-padded batch
    all prompts end at the same column, prompt_length."""
    eos, texts = tokenizer.eos_token_id, []
    for row in output_ids:
        real = int((row[:prompt_length] != eos).sum())
        texts.append(tokenizer.decode(row[real:], skip_special_tokens=skip_special_tokens))
    return texts


@new_text.misconception
def keeps_the_prompt(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The prompt is still there. What generate returns begins with the prompt's ids: drop the first prompt_length
    columns."""
    return tokenizer.batch_decode(output_ids, skip_special_tokens=skip_special_tokens)


@new_text.misconception
def always_skips(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """Special tokens are missing where they were asked for: pass the argument skip_special_tokens on to the decoder."""
    return oracle_new_text(tokenizer, output_ids, prompt_length, True)


@new_text.misconception
def never_skips(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """Special tokens are shown where they were not wanted: pass the argument skip_special_tokens on to the decoder,
    whose own default is False."""
    return oracle_new_text(tokenizer, output_ids, prompt_length, False)


@new_text.misconception
def first_row_only(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """Only the first row was decoded. A batch has one text a row, and the result is a list of all of them."""
    return oracle_new_text(tokenizer, output_ids, prompt_length, skip_special_tokens)[:1]


@new_text.misconception
def strips_the_new_text(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The new text lost the space that it begins with. It belongs to the first new word, and without it prompt and new
    text no longer fit together: leave out strip()."""
    return [text.strip() for text in oracle_new_text(tokenizer, output_ids, prompt_length, skip_special_tokens)]


@new_text.misconception
def ends_at_the_first_eos(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The rows were cut at the end-of-text token even where special tokens are wanted. Here the argument alone
    decides: decode all the new ids."""
    texts = oracle_new_text(tokenizer, output_ids, prompt_length, False)
    return [text.split(tokenizer.eos_token)[0] for text in texts]


@new_text.alternative
def row_by_row(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """Lists instead of tensors."""
    return [
        tokenizer.decode(row[prompt_length:], skip_special_tokens=skip_special_tokens) for row in output_ids.tolist()
    ]


@new_text.alternative
def special_tokens_removed_by_hand(tokenizer, output_ids, prompt_length, skip_special_tokens):
    """The special ids are dropped before decoding."""
    texts = []
    for row in output_ids[:, prompt_length:].tolist():
        kept = [i for i in row if not (skip_special_tokens and i in tokenizer.all_special_ids)]
        texts.append(tokenizer.decode(kept))
    return texts
