"""``count_tokens``: the number of tokens of each text."""

import unicodedata
from functools import partial

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb01_tokenization._shared import ACCENTS, EMOJI, EOS, SCRIPTS, one_token_words, strange, words

exercise = Exercise(__name__, points=2)
exercise.rules("""
    list: the result is a list of int, one number for each text, in order: 0 for an empty text, an empty list for none
    as_it_is (2): a text is counted as it stands: with its capital letters and with every space and line break, also
        those at its ends
    characters: an accent, an emoji or a letter of another script counts with all its tokens
    special: a special token in a text is one token, and counts like any other
    given: the tokenizer that is given counts, with the special token that it may put before each text by itself
    occurrences: a token counts as often as it occurs in a text
    whole: a text is counted to its end, even if it is longer than the model's context
""")


@exercise.probes
def probes(rng):
    """Only where a rule says so, a text has capital letters, spaces at its ends or a token that occurs twice."""

    def probe(rule, name, texts, hidden=False, tokenizer=TOKENIZER):
        return Probe(name, rule=rule, hidden=hidden, tokenizer=tokenizer, texts=texts)

    some = partial(words, rng)

    def long(count):
        return "," + one_token_words(rng, count - 1)

    def several(count):
        """Texts of all lengths."""
        return [some(rng.choice(["{}", "{} {}", "{} {} {}"])) for _ in range(count)]

    twice = [some("{} {}"), some("{} {} {} {} {}")]
    yield probe("list", "no texts at all", [])
    yield probe("list", "an empty text among others, and a text twice", [twice[0], "", *twice])
    yield probe("list", "eleven texts", several(11))
    yield probe("list", "only empty texts", [""] * rng.randrange(2, 5), hidden=True)
    yield probe("list", "the same texts again", [*twice, some("{}"), *twice], hidden=True)
    yield probe("list", "many texts", several(37), hidden=True)

    spaces = [some("{}"), some(" {}"), some("{} "), some("{}  {}")]
    capitals = [some("{} {} {}.", str.capitalize), some("{} {}", str.title), some("{}", str.upper)]
    lines = [some("\n{} {}\t"), some("{} {}\n"), "\n"]
    punctuation = [some("{} , {} {}."), some("{}? "), " "]
    yield probe("as_it_is", "a space in front, at the end, in between", spaces)
    yield probe("as_it_is", "capital letters", capitals)
    yield probe("as_it_is", "line breaks and tabs at the ends", lines)
    yield probe("as_it_is", "spaces before and behind punctuation", punctuation, hidden=True)

    usual = [strange(rng, characters) for characters in (ACCENTS, EMOJI, SCRIPTS)]
    replaced = [strange(rng, [c]) for c in ("\u212b", "ﬁ", "\u200b")]  # Ångström, a ligature, a space of no width
    others = [strange(rng, [c]) for c in ("²", "\u00a0", "\u2060")]
    yield probe("characters", "accents, an emoji, another script", usual)
    yield probe("characters", "what some programs replace or leave out", replaced)
    yield probe("characters", "more of what some programs replace or leave out", others, hidden=True)
    yield probe("characters", "scripts and emoji in one text", [strange(rng, SCRIPTS, EMOJI)], hidden=True)

    special = [EOS, some("{} {} {}." + EOS), some("{}" + EOS + "{} {}")]
    spaced = [some(EOS + "{} {} {}"), some("{} " + EOS + " {}")]
    yield probe("special", "a special token alone, at the end, in between", special)
    yield probe("special", "a special token in front, and between spaces", spaced, hidden=True)

    texts = several(3)
    yield probe("given", "another tokenizer puts a special token before each text", texts, tokenizer=BEGINS)
    yield probe("given", "the same texts, and the usual tokenizer", texts)
    yield probe("given", "another tokenizer, and a text twice", [*several(2), twice[1]] * 2, True, tokenizer=BEGINS)

    often = [" ".join([some("{}")] * times) for times in (rng.randrange(4, 9), 3)]
    code = f"def {some('{}')}:\n        {some('{}')}\n        return {some('{}')}"
    letter = rng.choice("qxz") * rng.randrange(9, 30)
    yield probe("occurrences", "the same word often", often)
    yield probe("occurrences", "indented code", [code], hidden=True)
    yield probe("occurrences", "one letter again and again", [letter], hidden=True)

    borders = [long(256), long(257), long(rng.randrange(300, 500))]
    yield probe("whole", "a text longer than the model's context", [long(rng.randrange(520, 600))])
    yield probe("whole", "as long as the context, one more, many more", borders, hidden=True)


@exercise.oracle
@exercise.reference
def reference(tokenizer, texts):
    return [len(tokenizer(text)["input_ids"]) for text in texts]


exercise.slips("""
    four_characters_each: len(tokenizer(text)["input_ids"]) => len(text) // 4
        Characters were divided by 4, a rule of thumb for English and large tokenizers: count this one's input_ids.
    counts_words: tokenizer(text)["input_ids"] => text.split()
        Words were counted. A rare word is several tokens; punctuation and line breaks are tokens, too: count input_ids.
    counts_characters: tokenizer(text)["input_ids"] => text
        Characters were counted. A token holds several of them, and some are several tokens: count input_ids.
    counts_bytes: tokenizer(text)["input_ids"] => text.encode()
        Bytes were counted. They are where BPE begins, before any merge: count input_ids.
    counts_words_one_by_one: len(tokenizer(text)["input_ids"])
        => sum(len(tokenizer(word)["input_ids"]) for word in text.split())
        Splitting at spaces throws them away, and a word without its space has other tokens: tokenize the whole text.
    strips_before_counting: tokenizer(text) => tokenizer(text.strip())
        The text was stripped first. A space at the end is a token that the model sees: count the text as it is.
    joins_runs_of_spaces: tokenizer(text) => tokenizer(" ".join(text.split()))
        Runs of spaces and line breaks were made one space, and those at the ends left out. The model sees every one of
        them: count the text as it is.
    lowers_before_counting: tokenizer(text) => tokenizer(text.lower())
        The text was put into lower case first. A capital letter makes other pieces: count the text as it is.
    drops_what_is_not_ascii: tokenizer(text) => tokenizer(text.encode("ascii", "ignore").decode())
        Characters beyond ASCII were left out. They are made of bytes, and every byte is in the vocabulary: give the
        tokenizer the whole text.
    one_token_for_each_strange_character: tokenizer(text)["input_ids"]
        => set(tokenizer(text, return_offsets_mapping=True)["offset_mapping"])
        A character that is several tokens was counted once, probably by its place in the text. The model is given all
        its tokens: count input_ids.
    leaves_out_special_tokens: tokenizer(text)["input_ids"]
        => [i for i in tokenizer(text)["input_ids"] if i not in tokenizer.all_special_ids]
        Special tokens were left out of the count. The model is given them, and they take up room: count all input_ids.
    special_tokens_as_text: tokenizer(text) => tokenizer(text, split_special_tokens=True)
        The special token was cut up like ordinary text. The model knows it as a single id: call the tokenizer without
        split_special_tokens.
    adds_no_special_tokens: tokenizer(text) => tokenizer(text, add_special_tokens=False)
        The special token that some tokenizers put before each text was left out, as tokenize does, or
        add_special_tokens=False. The model is given it, too: count the input_ids of tokenizer(text).
    counts_distinct_tokens: tokenizer(text)["input_ids"] => set(tokenizer(text)["input_ids"])
        Each token was counted once, however often it occurs. The model reads every occurrence: no set().
    cuts_at_the_context: tokenizer(text) => tokenizer(text, truncation=True)
        The text was cut at the model's context before counting. Whoever counts wants to know whether it fits: leave out
        truncation.
    counts_the_keys: ["input_ids"] =>
        The entries of what the tokenizer returns (input_ids, attention_mask) were counted: take ["input_ids"] first.
    one_call_for_an_empty_list: len(tokenizer(text)["input_ids"]) for text in texts
        => len(ids) for ids in tokenizer(texts)["input_ids"]
        The tokenizer raises an IndexError for an empty list. Take the texts one by one, or handle that case first.
    counts_at_least_one: len(tokenizer(text)["input_ids"]) => max(1, len(tokenizer(text)["input_ids"]))
        An empty text was counted as one token. It has none, and the model would be given none: no lower limit.
    orders_by_length: for text in texts => for text in sorted(texts, key=len)
        The numbers stand in another order than the texts, as after sorting them by length. Count them in the order in
        which they came.
    each_text_once: for text in texts => for text in dict.fromkeys(texts)
        A text that comes twice was answered once, as by a dictionary with texts for keys. Each text has its number: go
        through the list itself.
    forgets_the_last_batch: for text in texts => for text in texts[: len(texts) // min(4, len(texts) or 1) * 4]
        The last texts are missing, as where texts are taken in batches and the last batch is not full. Take what is
        left over, too, or the texts one by one.
    leaves_out_empty_texts: for text in texts => for text in texts if text
        Empty texts were left out, so the numbers no longer stand beside their texts: an empty text has 0 tokens.
    one_number_for_all: [len(tokenizer(text)["input_ids"]) for text in texts]
        => sum(len(tokenizer(text)["input_ids"]) for text in texts)
        One number came for all texts together. Each text has its own: return a list, in the order of the texts.
""")


@exercise.mistake
def counts_the_padding(tokenizer, texts):
    """The texts were padded to the longest one, and the filler was counted. Filler is no part of a text: call the
    tokenizer without padding, or add up the attention mask."""
    tokenizer.pad_token = tokenizer.eos_token
    return [len(ids) for ids in tokenizer(texts, padding=True)["input_ids"]] if texts else []


@exercise.mistake
def normalizes(tokenizer, texts):
    """Characters were replaced by others that look alike (NFC): an accent that stood alone became part of its letter.
    They are other bytes, and so other tokens: count the text as it is."""
    return [len(tokenizer(unicodedata.normalize("NFC", text))["input_ids"]) for text in texts]


@exercise.alternative
def by_one_call(tokenizer, texts):
    return [sum(mask) for mask in tokenizer(texts)["attention_mask"]] if texts else []


@exercise.alternative
def by_ids(tokenizer, texts):
    return list(map(len, map(tokenizer.encode, texts)))


@exercise.alternative
def by_tensors(tokenizer, texts):
    counts = []
    for text in texts:
        counts.append(tokenizer(text, return_tensors="pt")["input_ids"].shape[1])
    return counts
