"""``round_trip``: encode a text, look at its tokens, decode it again."""

import re
from functools import partial

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb01_tokenization._shared import ACCENTS, EMOJI, EOS, SCRIPTS, one_token_words, strange, words

exercise = Exercise(__name__, points=2)
exercise.rules("""
    spaces: spaces come back as they were: in front, at the end, several in a row, before punctuation
    special: a special token in the text is one token with its own offsets, and comes back
    characters: a character of several tokens comes back whole, and the offsets of each of them are that character
    pieces: every line break is kept, and the pieces are the vocabulary's own entries, in which a space is written Ġ and
        a line break Ċ
    given: the tokenizer that is given is asked: what another one puts before each text by itself, a special token, is
        among the ids, the pieces, the offsets and in the decoded text
    offsets: text[start:end] is what a token covers, its space included, also where the same piece comes again
    length: a text longer than the model's context comes back whole, and one token or none gives lists as well
""")


@exercise.probes
def probes(rng):
    """Only where a rule says so, a text has spaces at its ends, line breaks, or a token whose text stands earlier."""

    def probe(rule, name, text, hidden=False, tokenizer=TOKENIZER):
        return Probe(name, rule=rule, hidden=hidden, tokenizer=tokenizer, text=text)

    some = partial(words, rng)

    yield probe("pieces", "a line break between two words", some("{}\n{}"))
    yield probe("offsets", "a sentence", f"Once upon a time, there was a{some(' {} {}')}.")
    yield probe("spaces", "a space in front", some(" {} {} {}"))
    yield probe("spaces", "two spaces in between", some("{}  {}"))
    yield probe("spaces", "a space at the end", some("{} "))
    yield probe("spaces", "a space before punctuation", some("{} , {} {}!"))
    yield probe("spaces", "a space before the last mark", some("{} ?"), hidden=True)
    yield probe("spaces", "a tab at the end", some(" {} {}\t"), hidden=True)

    yield probe("special", "a special token inside", some("{} {}." + EOS + "{}"))
    yield probe("special", "a special token in front", some(EOS + "{} {} {}"), hidden=True)
    yield probe("special", "a special token at the end, behind a space", some("{} " + EOS), hidden=True)

    yield probe("characters", "letters with accents and an emoji", strange(rng, ACCENTS, EMOJI))
    yield probe("characters", "another script", strange(rng, SCRIPTS), hidden=True)
    yield probe("characters", "a letter with a separate accent", strange(rng, ["e\u0301", "n\u0303"]))

    yield probe("pieces", "line breaks and indentation", some("{}({}):\n  {}"))
    yield probe("pieces", "a carriage return and a line break", some("{}\r\n{}"))
    yield probe("offsets", "more tokens than the model's context", some("{}") + " and so" * 150, hidden=True)
    yield probe("pieces", "a line break in front", some("\n{} {}."), hidden=True)
    yield probe("pieces", "a line break at the end", some("{} {}\n"), hidden=True)

    again, letter = some(" {} {}"), rng.choice("qxz")
    yield probe("offsets", "the same words again", f"{some('{}')}{again} and and{again}")
    yield probe("offsets", "one letter again and again", some("{}") + letter * rng.randrange(4, 9), hidden=True)
    yield probe("offsets", "a word that begins like an earlier one", some("{} {} then") + some(" the {}"), hidden=True)

    text = some("{}, {} {}.")
    yield probe("given", "another tokenizer puts a special token before the text", text, tokenizer=BEGINS)
    yield probe("given", "the same text, and the usual tokenizer", text)
    yield probe("given", "another tokenizer, and a text of one word", some("{}"), hidden=True, tokenizer=BEGINS)

    yield probe("length", "one more token than the model's context", "," + one_token_words(rng, 256, apart=True))
    yield probe("length", "300 tokens", "," + one_token_words(rng, 299, apart=True), hidden=True)
    yield probe("length", "one token", rng.choice(["and", "red", "so", "un"]))
    yield probe("length", "no text at all", "")
    yield probe("length", "one letter", rng.choice("bcdfghjklmnpqrstvwxyz"), hidden=True)


@exercise.oracle
@exercise.reference
def reference(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    return ids, pieces, offsets, tokenizer.decode(ids)


@exercise.mistake
def words_are_tokens(tokenizer, text):
    """The text was split into words at its spaces. Tokens are not words: call tokenizer(text), which cuts it."""
    found = list(re.finditer(r"\S+", text))
    pieces = [word.group() for word in found]
    return tokenizer.convert_tokens_to_ids(pieces), pieces, [word.span() for word in found], " ".join(pieces)


@exercise.mistake
def offsets_by_lengths(tokenizer, text):
    """The offsets were added up from the lengths of the pieces, or of what each decodes to alone. The tokens of one
    character all lie on it, so lengths do not add up to places: ask the tokenizer for offset_mapping."""
    ids = tokenizer(text)["input_ids"]
    offsets, end = [], 0
    for i in ids:
        start, end = end, end + len(tokenizer.decode([i]))
        offsets.append((start, end))
    return ids, tokenizer.convert_ids_to_tokens(ids), offsets, tokenizer.decode(ids)


exercise.slips(r"""
    joins_with_spaces: tokenizer.decode(ids) => " ".join(tokenizer.decode([i]) for i in ids)
        The pieces were joined with spaces, but each brings its own (the mark Ġ): let tokenizer.decode join all the ids.
    strips_the_text: tokenizer(text => tokenizer(text.strip()
        Spaces at the ends of the text are gone. They are part of the text and change its tokens: leave out strip().
    strips_the_decoded_text: decode(ids) => decode(ids).strip()
        The ids are right, but the text that came back lost the spaces at its ends: return what decode gives.
    drops_the_first_space: decode(ids) => decode(ids).removeprefix(" ")
        A space in front was taken off the decoded text. This tokenizer adds none: one that stands there was in the
        text. Return what decode gives.
    decodes_token_by_token: tokenizer.decode(ids) => "".join(tokenizer.decode([i]) for i in ids)
        Each token was decoded alone, but a part of a character decodes to a replacement character: decode all at once.
    skips_special_tokens: decode(ids) => decode(ids, skip_special_tokens=True)
        The special token in the text did not come back. skip_special_tokens=True removes it: a round trip keeps it.
    special_tokens_as_text: tokenizer(text, => tokenizer(text, split_special_tokens=True,
        The special token was cut up like ordinary text. The model knows it as a single id: call the tokenizer without
        split_special_tokens.
    adds_no_special_tokens: tokenizer(text, => tokenizer(text, add_special_tokens=False,
        The special token that some tokenizers put before each text is missing. The model is given it, too: call the
        tokenizer without add_special_tokens=False.
    pieces_by_tokenize: tokenizer.convert_ids_to_tokens(ids) => tokenizer.tokenize(text)
        The pieces are those of tokenizer.tokenize, which leaves out the special token that some tokenizers put before
        each text, so ids and pieces do not match. Look up the ids: convert_ids_to_tokens(ids).
    gives_the_text_back: tokenizer.decode(ids) => text
        The text that was given came back, and nothing was decoded. What a tokenizer adds, a special token before each
        text, shows only in what the ids decode to: tokenizer.decode(ids).
    cuts_at_the_context: tokenizer(text, => tokenizer(text, truncation=True,
        A long text was cut at the model's context. Nothing may get lost, and the warning about the length is harmless
        here: leave out truncation.
    marks_as_spaces: tokenizer.convert_ids_to_tokens(ids)
        => [piece.replace("Ġ", " ").replace("Ċ", "\n") for piece in tokenizer.convert_ids_to_tokens(ids)]
        Spaces and line breaks were written into the pieces in place of their marks Ġ and Ċ. The vocabulary's own
        entries hold the marks: return what convert_ids_to_tokens gives.
    decoded_pieces: tokenizer.convert_ids_to_tokens(ids) => [tokenizer.decode([i]) for i in ids]
        The pieces are decoded text, not the vocabulary's entries (where a space is Ġ): use convert_ids_to_tokens.
    pieces_without_the_mark: tokenizer.convert_ids_to_tokens(ids)
        => [piece.lstrip("Ġ") for piece in tokenizer.convert_ids_to_tokens(ids)]
        The mark Ġ was taken off the pieces. It is the piece's own space, and "Ġtime" is another entry than "time":
        return what convert_ids_to_tokens gives.
    line_breaks_in_pieces: tokenizer.convert_ids_to_tokens(ids)
        => [piece.replace("Ċ", "\n") for piece in tokenizer.convert_ids_to_tokens(ids)]
        Line breaks were written into the pieces as such. The vocabulary writes every byte as a visible character, a
        line break as Ċ: return what convert_ids_to_tokens gives.
    replaces_the_mark_by_a_space: tokenizer.decode(ids) => "".join(pieces).replace("Ġ", " ").replace("Ċ", "\n")
        Turning Ġ into a space works for plain English only: each byte has a stand-in character. Use tokenizer.decode.
    searches_each_piece: offsets, tokenizer.decode
        => [(text.index(text[a:b]), text.index(text[a:b]) + b - a) for a, b in offsets], tokenizer.decode
        Each piece was looked for from the beginning of the text, which finds the first one like it. The same letters
        may stand further on: take the tokenizer's offset_mapping.
    offsets_without_the_space: offsets, tokenizer.decode
        => [(a + (b - a > 1 and text[a] == " "), b) for a, b in offsets], tokenizer.decode
        The offsets leave out the space of a piece. It belongs to the piece, so text[start:end] must begin with it:
        take the tokenizer's offset_mapping.
    squeezes: encoded["input_ids"], => (lambda ids: ids[0] if len(ids) == 1 else ids)(encoded["input_ids"]),
        One token came back as a bare number, probably by squeeze(). A text of one token is a list of one id: leave the
        tensors out, or take row [0].
    normalizes: tokenizer(text, => tokenizer(__import__("unicodedata").normalize("NFC", text),
        Characters were replaced by others that look alike (NFC): an accent that stood alone became part of its letter.
        Nothing may get lost: encode the text as it is.
""")


@exercise.mistake
def unzips(tokenizer, text):
    """Nothing can be unpacked from zip(*[]): a text without tokens has no first id. Take the lists as the tokenizer
    gives them, instead of taking triples apart."""
    encoded = tokenizer(text, return_offsets_mapping=True)
    pieces = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    ids, pieces, offsets = map(list, zip(*zip(encoded["input_ids"], pieces, encoded["offset_mapping"])))  # noqa: B905
    return ids, pieces, offsets, tokenizer.decode(ids)


@exercise.alternative
def by_separate_methods(tokenizer, text):
    ids, offsets = tokenizer.encode(text), tokenizer.backend_tokenizer.encode(text).offsets
    return ids, list(map(tokenizer.convert_ids_to_tokens, ids)), offsets, tokenizer.decode(ids)


@exercise.alternative
def by_tensors(tokenizer, text):
    encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
    ids = encoded["input_ids"][0]
    pieces = [tokenizer.convert_ids_to_tokens(int(i)) for i in ids]
    return ids.tolist(), pieces, encoded["offset_mapping"][0].tolist(), tokenizer.decode(ids)


@exercise.alternative
def by_the_pieces(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    pieces = encoded.tokens()
    back = tokenizer.convert_tokens_to_string(pieces)
    return tokenizer.convert_tokens_to_ids(pieces), pieces, encoded["offset_mapping"], back
