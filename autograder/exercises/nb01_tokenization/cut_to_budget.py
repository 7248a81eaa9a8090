"""``cut_to_budget``: the longest beginning of a text that has at most n tokens."""

import inspect
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb01_tokenization._shared import COMMON, EMOJI, EOS, WORDS
from genlab.judging.runner import resolve

exercise = Exercise(__name__, points=4)
exercise.rules("""
    longest (2): no longer beginning has at most n tokens: where some beginnings have too many, a longer one may again
        have fewer
    own (2): a beginning counts as a text of its own: it may end inside a word, and inside what is one token of the
        whole text
    characters: a character of several tokens comes whole or not at all, and all its tokens count
    kept: the beginning stays as it stands in the text, with spaces and line breaks at its ends
    extremes: a text that has no more than n tokens comes back whole, and with n = 0 the answer is the empty text
    special: a special token that stands in the text is one token, and comes back
    given: the tokenizer that is given counts, with the special token that it may put before each text by itself
    refuses: a budget into which not even the empty text fits is refused with a ValueError, such as any negative n
""")


@lru_cache(100_000)  # answers ask for the same beginnings again and again
def size(tokenizer, text):
    """How many tokens a text has."""
    return len(tokenizer(text)["input_ids"])


@exercise.refuses
def refuses(tokenizer, text, n):
    least = size(tokenizer, "")
    return "" if n >= least else f"every text has at least {least} tokens, and n is {n}"


# Answers that are wrong in one respect; a probe is one that only a certain respect decides.


def until_too_long(tokenizer, text, n, patience=1):
    """Where the last beginning that fits ends, before ``patience`` of them in a row do not fit."""
    fits, too_long = 0, 0
    for end in range(len(text) + 1):
        if size(tokenizer, text[:end]) <= n:
            fits, too_long = end, 0
        else:
            too_long += 1
        if too_long == patience:
            break
    return fits


def at_token_borders(tokenizer, text, n):
    """Where the last of the first n tokens of the whole text ends that ends where the next begins."""
    spans = [*tokenizer(text, return_offsets_mapping=True)["offset_mapping"], (len(text), 0)]
    return max((end for (_, end), (start, _) in list(pairwise(spans))[:n] if end == start), default=0)


def at_words(tokenizer, text, n):
    """Where the longest beginning of whole words, spaces and marks ends."""
    ends = [0, *(found.end() for found in re.finditer(r"\w+|\W", text))]
    return max(end for end in ends if size(tokenizer, text[:end]) <= n)


def by_halving(tokenizer, text, n):
    """Where a search ends that takes it for granted that numbers of tokens only grow."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if size(tokenizer, text[:middle]) <= n:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass
class Cut:
    """A text with a budget, and where it is cut: rightly, and by the answers above."""

    text: str
    n: int
    tokenizer: object

    def __post_init__(self):
        asked = self.tokenizer, self.text, self.n
        self.right = max(end for end in range(len(self.text) + 1) if size(self.tokenizer, self.text[:end]) <= self.n)
        self.kept = self.text[: self.right]
        self.first, self.borders, self.words = until_too_long(*asked), at_token_borders(*asked), at_words(*asked)

    @property
    def plain(self):
        """Where all of them agree, and nothing is at the end that could be stripped."""
        return {self.first, self.borders, self.words} == {self.right} and self.kept == self.kept.strip() != ""


# " search" is one token, and " searched" begins with " sear"
SPLIT = "searched talking believed working sailed slides missed cooled safely brown mouth stretched queens bake island"
# one token, and many of its beginnings are several
LATE = "together suddenly daughter everything treasure another finished exploring special grateful sister"
SYMBOLS = ["→", "★", "€", "…", "°", "—"]


@exercise.probes
def probes(rng):
    tokenizers = {of: resolve(of) for of in (TOKENIZER, BEGINS)}

    def probe(rule, name, holds, text, hidden=False, of=TOKENIZER):
        """A text and a budget of which ``holds`` is true."""
        while True:
            made = text()
            cut = Cut(made, rng.randrange(1, size(tokenizers[of], made)), tokenizers[of])
            if holds(cut):
                return Probe(name, rule=rule, hidden=hidden, tokenizer=of, text=cut.text, n=cut.n)

    def some(form, *more):
        def text():
            return form.format(*rng.sample([*WORDS, *more], form.count("{}")))

        return text

    def among(words, count=5):
        """A few common words with one of ``words`` among them."""

        def text():
            made = [*rng.sample(COMMON.split(), count), rng.choice(words.split())]
            rng.shuffle(made)
            return " ".join(made)

        return text

    def unlike_halving(cut):
        return again(cut) and by_halving(cut.tokenizer, cut.text, cut.n) not in (cut.first, cut.right)

    def again(cut):
        return cut.first < cut.right == cut.borders == cut.words and cut.kept == cut.kept.strip()

    def much_later(cut):
        return again(cut) and until_too_long(cut.tokenizer, cut.text, cut.n, 4) < cut.right

    def inside(cut):
        return cut.words < cut.right == cut.first == cut.borders and cut.kept == cut.kept.strip() != ""

    def cut_otherwise(cut):
        return cut.borders < cut.right == cut.first and cut.kept == cut.kept.strip() != "" != cut.text[: cut.borders]

    def within(cut):
        """The budget ends inside a character of several tokens, and plain otherwise."""
        spans = cut.tokenizer(cut.text, return_offsets_mapping=True)["offset_mapping"]
        return cut.plain and spans[cut.n - 1] == spans[cut.n]

    def behind(cut):
        return cut.plain and not all(character.isascii() for character in cut.kept)

    def open_end(cut):
        return {cut.first, cut.borders} == {cut.right} and cut.kept != cut.kept.rstrip() and cut.kept.strip() != ""

    def open_front(cut):
        return {cut.first, cut.borders, cut.words} == {cut.right} and cut.kept == cut.kept.rstrip() != cut.kept.strip()

    def holds_special(cut):
        return cut.plain and EOS in cut.kept != cut.text

    def plain(cut):
        return cut.plain

    yield probe("longest", "a longer beginning has fewer tokens", unlike_halving, some("{} {} {} {} {}"))
    yield probe("longest", "the first word has more tokens before it is complete", again, some("{} {}", *SPLIT.split()))
    yield probe("longest", "several beginnings in a row have too many", much_later, among(LATE, 2))
    yield probe("longest", "a longer beginning has fewer tokens, nine words", again, some("{} " * 8 + "{}"), True)
    yield probe("longest", "many beginnings in a row have too many", much_later, among(LATE, 6), True)

    def glued(characters, count=1):
        """Characters that stand right behind a word."""

        def text():
            return (
                f"{rng.choice(WORDS)} {rng.choice(WORDS)}{''.join(rng.sample(characters, count))} {rng.choice(WORDS)}"
            )

        return text

    yield probe("characters", "the budget ends inside an emoji", within, glued(EMOJI))
    yield probe("characters", "the budget ends inside the second of three emoji", within, glued(EMOJI, 3))
    yield probe("characters", "an emoji, then plain words", behind, glued(EMOJI))
    yield probe("characters", "the budget ends inside a symbol", within, glued(SYMBOLS), True)
    yield probe("characters", "several symbols and emoji", behind, glued([*SYMBOLS, *EMOJI], 3), True)
    own_mark = rng.choice(WORDS) + "\ufffd" + rng.choice(WORDS)
    n = size(tokenizers[TOKENIZER], own_mark[:-1].partition("\ufffd")[0] + "\ufffd")
    yield Probe("a replacement character of its own", rule="characters", tokenizer=TOKENIZER, text=own_mark, n=n)

    yield probe("own", "the end lies inside a word", inside, some("{} {} {} {}"))
    yield probe("own", "the word at the end is cut otherwise in the whole text", cut_otherwise, among(SPLIT))
    yield probe("own", "another word is cut otherwise in the whole text", cut_otherwise, among(SPLIT, 3))
    yield probe("own", "the end lies inside a word, seven words", inside, some("{} {} {} {} {} {} {}"), True)
    yield probe("own", "a word is cut otherwise, ten words", cut_otherwise, among(SPLIT, 9), True)

    yield probe("kept", "a space at the end", open_end, some("{} {}  {} {}  {}"))
    yield probe("kept", "a line break at the end", open_end, some("{}\n\n{} {}\n{}"))
    yield probe("kept", "spaces in front", open_front, some("  {} {} {} {}"))
    yield probe("kept", "a line break in front", open_front, some("\n{} {} {}"), True)
    yield probe("kept", "spaces and line breaks at the end", open_end, some("{} \n  {}\n  {} {}"), True)

    whole = some("{} {} {}.")()
    enough = size(tokenizers[TOKENIZER], whole)
    yield Probe("exactly as many tokens as the budget", rule="extremes", tokenizer=TOKENIZER, text=whole, n=enough)
    yield Probe("far fewer tokens than the budget", rule="extremes", tokenizer=TOKENIZER, text=whole, n=enough + 99)
    yield Probe("no room at all", rule="extremes", tokenizer=TOKENIZER, text=some("{} {}")(), n=0)
    yield Probe("an empty text", rule="extremes", tokenizer=TOKENIZER, text="", n=rng.randrange(1, 9))
    yield Probe("no text and no room", rule="extremes", hidden=True, tokenizer=TOKENIZER, text="", n=0)
    begun = some("{} {}")()
    enough = size(tokenizers[BEGINS], begun)
    yield Probe(
        "as many as the budget, another tokenizer", rule="extremes", hidden=True, tokenizer=BEGINS, text=begun, n=enough
    )

    story = EOS + "{} {} {} {} {} {} {} {} {} {} {} {}"
    yield probe("special", "a special token in front", holds_special, some(story))
    yield probe("special", "a special token behind a sentence", holds_special, some("{}." + story), True)

    yield probe(
        "given", "another tokenizer puts a special token before each text", plain, some("{} {} {} {}"), of=BEGINS
    )
    begun = some("{} {}")()
    yield Probe("room for that special token alone", rule="given", tokenizer=BEGINS, text=begun, n=1)
    yield probe("given", "another tokenizer, and more words", plain, some("{} {} {} {} {} {}"), True, of=BEGINS)

    yield Probe("n = -1", rule="refuses", tokenizer=TOKENIZER, text=some("{} {}")(), n=-1)
    yield Probe("n = 0, and every text begins with a special token", rule="refuses", tokenizer=BEGINS, text=begun, n=0)
    yield Probe("a negative n for an empty text", rule="refuses", tokenizer=TOKENIZER, text="", n=-rng.randrange(2, 9))
    yield Probe("n = -1, another tokenizer", rule="refuses", hidden=True, tokenizer=BEGINS, text=begun, n=-1)
    yield Probe("n far below 0", rule="refuses", hidden=True, tokenizer=TOKENIZER, text=some("{}")(), n=-100)


@exercise.oracle
@exercise.reference
def reference(tokenizer, text, n):
    for end in range(len(text), -1, -1):
        if len(tokenizer(text[:end])["input_ids"]) <= n:
            return text[:end]


exercise.slips("""
    leaves_one_token_free: <= n => < max(n, 1)
        One token less than allowed was used. At most n means that n tokens are fine: compare with <=.
    uses_one_token_more: <= n => <= n + (n > 0)
        The beginning has one token more than allowed. At most n means that n + 1 tokens are too many.
    never_the_whole_text: range(len(text), -1, -1) => range(max(len(text) - 1, 0), -1, -1)
        A text that fits lost its last character. The whole text is a beginning of itself: try its full length, too.
    refuses_no_room: for end in range(len(text), -1, -1):
        => if n < 1:
        =>         raise ValueError("no room")
        =>     for end in range(len(text), -1, -1):
        n = 0 was refused. The empty text has no tokens here and so fits into no room: it is the answer.
    at_least_one_character: range(len(text), -1, -1) => range(len(text), min(len(text), 1) - 1, -1)
        With no room for a single character nothing was returned (None). The empty text is a beginning as well, and it
        is the answer when no longer one fits.
    strips_the_result: return text[:end] => return text[:end].rstrip()
        White space at the end of the beginning is gone. It has its tokens, they fit, and what comes next may need it:
        return the beginning as it stands in the text.
    strips_both_ends: return text[:end] => return text[:end].strip()
        White space at the ends of the beginning is gone. It is part of the text, and its tokens fit: leave out strip().
    counts_without_white_space: tokenizer(text[:end])
        => tokenizer(text[:end].rstrip())
        White space at the end was left out of the count. It has tokens, too: count the beginning as it stands.
    counts_no_special_token_in_front: tokenizer(text[:end]) => tokenizer(text[:end], add_special_tokens=False)
        The special token that the tokenizer puts before each text was not counted, as by add_special_tokens=False, or
        by tokenize. The model is given it, too: count the input_ids of tokenizer(text).
    counts_no_special_tokens: len(tokenizer(text[:end])["input_ids"])
        => sum(i not in tokenizer.all_special_ids for i in tokenizer(text[:end])["input_ids"])
        Special tokens were left out of the count, but they take up room like all others: count all input_ids.
    special_tokens_as_text: tokenizer(text[:end]) => tokenizer(text[:end], split_special_tokens=True)
        A special token in the text was counted as the ordinary text that spells it. The model is given one id for it:
        call the tokenizer without split_special_tokens.
    drops_special_tokens: return text[:end] => return text[:end].replace("<|endoftext|>", "")
        The special token is gone from the result, as by skip_special_tokens=True. It is part of the text: a beginning
        of the text is a slice of it.
    drops_what_is_not_ascii: return text[:end]
        => return text[:end].encode("ascii", "ignore").decode()
        Characters beyond ASCII are gone. One of several tokens stays whole if all its tokens fit: return a slice of the
        text.
    drops_replacement_characters: return text[:end] => return text[:end].rstrip(chr(0xFFFD))
        A replacement character that the text itself holds was taken for damage and removed. Nothing has to be
        repaired if ids are never cut: look for the place to cut in the text.
    counts_one_token_for_each_strange_character: tokenizer(text[:end])["input_ids"]
        => {(i, span) if span[1] - span[0] != 1 else span for i, span in zip(*map(tokenizer(
        =>         text[:end], return_offsets_mapping=True).get, ("input_ids", "offset_mapping")), strict=True)}
        A character of several tokens was counted as one. All its tokens take up room: count input_ids.
    returns_where_it_ends: return text[:end] => return end
        A number came back: where the beginning ends. Return the beginning itself, text[:end].
    returns_what_is_left: return text[:end] => return text[end:]
        The rest of the text came back. Wanted is what fits, the part in front of the cut.
    returns_the_ids: return text[:end] => return tokenizer(text[:end])["input_ids"]
        The ids of the beginning came back. Return its text.
""")


@exercise.mistake
def cuts_ids_and_decodes(tokenizer, text, n):
    """The ids were cut and decoded. Where the cut goes through a character this leaves replacement characters, and what
    is decoded need not be the longest beginning: a word that is cut short may have fewer tokens of its own. Look for
    the place to cut in the text, and count again."""
    return tokenizer.decode(tokenizer(text)["input_ids"][:n])


@exercise.mistake
def cuts_ids_and_repairs(tokenizer, text, n):
    """The ids were cut and decoded, and replacement characters removed. What is left fits, but it need not be the
    longest beginning: the last word, cut short, may be one token though its beginning in the whole text is several.
    Count beginnings as texts of their own."""
    begins = len(tokenizer("")["input_ids"])
    return tokenizer.decode(tokenizer(text)["input_ids"][begins:n]).rstrip("\ufffd")


@exercise.mistake
def cuts_at_offsets(tokenizer, text, n):
    """The text was cut where its n-th token ends. The tokens of one character all end where it ends, so a cut among
    them takes in a character that does not fit; and a beginning counted by itself may have fewer tokens than it has in
    the whole text. Count each beginning as a text of its own."""
    return text[: ([(0, 0)] + tokenizer(text, return_offsets_mapping=True)["offset_mapping"])[: n + 1][-1][1]]


@exercise.mistake
def cuts_at_token_borders(tokenizer, text, n):
    """The text was cut at a border of the whole text's tokens. A longer beginning may fit, because it is cut otherwise
    when it stands alone: where a word goes on differently, its beginning may be a single token. Count each beginning as
    a text of its own."""
    return text[: at_token_borders(tokenizer, text, n)]


@exercise.mistake
def cuts_at_words_only(tokenizer, text, n):
    """The beginning ends at the end of a word, though a part of the next one fits, too. The end may lie inside a word:
    try every character."""
    return text[: at_words(tokenizer, text, n)]


@exercise.mistake
def joins_whole_words(tokenizer, text, n):
    """The text was split into words and joined again with single spaces: the beginning ends at a word, and double
    spaces and line breaks are lost. Cut the text itself, and try every character."""
    words = text.split()
    fitting = [" ".join(words[:count]) for count in range(len(words) + 1)]
    return max((beginning for beginning in fitting if size(tokenizer, beginning) <= n), key=len)


@exercise.mistake
def four_characters_each(tokenizer, text, n):
    """The text was cut after 4n characters, a rule of thumb. How many characters fit depends on the text: count its
    tokens."""
    return text[: 4 * n]


@exercise.mistake
def one_character_each(tokenizer, text, n):
    """The text was cut after n characters. Most tokens hold several: count tokens, not characters."""
    return text[:n]


@exercise.mistake
def counts_words(tokenizer, text, n):
    """Words were counted. A rare word is several tokens, and spaces, marks and line breaks count as well: count
    input_ids."""
    return re.match(rf"\s*(?:\S+\s*){{0,{n}}}", text).group().rstrip()


@exercise.mistake
def stops_at_the_first_that_is_too_long(tokenizer, text, n):
    """The search ended at the first beginning with too many tokens. A longer one may fit again: "tim" is two tokens and
    "time" after a space is one. Try all lengths and take the longest that fits, or begin at the end."""
    return text[: until_too_long(tokenizer, text, n)]


@exercise.mistake
def gives_up_after_three(tokenizer, text, n):
    """The search ended after a few beginnings in a row that have too many tokens. In a long word many in a row may
    have too many before a longer one fits again: try all lengths."""
    return text[: until_too_long(tokenizer, text, n, patience=3)]


@exercise.mistake
def halves(tokenizer, text, n):
    """The place was found by halving, which needs numbers of tokens that only grow. They do not: a longer beginning may
    have fewer. Try all lengths, or at least all behind the place that was found."""
    return text[: by_halving(tokenizer, text, n)]


@exercise.mistake
def adds_up_the_words(tokenizer, text, n):
    """Words and spaces were tokenized one by one and their tokens added up. A space belongs to the word behind it, and
    both together have other tokens: count the whole beginning in one call."""
    ends = [0, *(found.end() for found in re.finditer(r"\S+|\s+", text))]
    pieces = [text[a:b] for a, b in pairwise(ends)]
    kept = [sum(size(tokenizer, piece) for piece in pieces[:count]) <= n for count in range(len(ends))]
    return text[: max((end for end, fits in zip(ends, kept, strict=True) if fits), default=0)]


@exercise.mistake
def keeps_the_end(tokenizer, text, n):
    """The end of the text was kept. Wanted is its beginning: text[:end]."""
    return next(text[start:] for start in range(len(text) + 1) if size(tokenizer, text[start:]) <= n)


@exercise.mistake(refuses=False)
def negative_is_empty(tokenizer, text, n):
    """A budget that nothing fits into was accepted, and the empty text came back, though it has more tokens than n.
    Refuse it with a ValueError."""
    return next((text[:end] for end in range(len(text), -1, -1) if size(tokenizer, text[:end]) <= n), "")


@exercise.mistake(refuses=False)
def negative_only(tokenizer, text, n):
    """Only a negative n was refused. A tokenizer may put a special token before each text: then n = 0 has no room for
    the empty text either. Refuse whatever nothing fits into."""
    if n < 0:
        raise ValueError(f"n must not be negative, got {n}")
    return negative_is_empty(tokenizer, text, n)


@exercise.mistake(refuses=False)
def negative_is_no_limit(tokenizer, text, n):
    """A negative n was taken for no limit, and the whole text came back. It has more than n tokens: refuse such an n
    with a ValueError."""
    return text if n < 0 else negative_is_empty(tokenizer, text, n)


@exercise.mistake(refuses=False)
def returns_nothing(tokenizer, text, n):
    """None came back where no beginning fits, which says nothing to whoever called. Refuse such a budget with a
    ValueError."""
    return inspect.unwrap(reference)(tokenizer, text, n)


@exercise.alternative
def the_longest_of_all(tokenizer, text, n):
    beginnings = [text[:end] for end in range(len(text) + 1)]
    return max((beginning for beginning in beginnings if size(tokenizer, beginning) <= n), key=len)


@exercise.alternative
def by_one_call(tokenizer, text, n):
    beginnings = [text[:end] for end in range(len(text) + 1)]
    counts = [len(ids) for ids in tokenizer(beginnings)["input_ids"]]
    return beginnings[max(end for end, count in enumerate(counts) if count <= n)]


@exercise.alternative(refuses=False)
def from_an_upper_bound(tokenizer, text, n):
    """No token holds more characters than the longest entry of the vocabulary."""
    longest = max(map(len, tokenizer.get_vocab()))
    end = min(len(text), max(n, 0) * longest)
    while end >= 0 and len(tokenizer.encode(text[:end])) > n:
        end -= 1
    if end < 0:
        raise ValueError(f"not even an empty text fits into {n} tokens")
    return text[:end]


@exercise.alternative
def by_borders_and_the_rest(tokenizer, text, n):
    """Below a border of the whole text's tokens nothing has to be tried: up to there it fits."""
    best = at_token_borders(tokenizer, text, n)
    for end in range(best, len(text) + 1):
        if len(tokenizer.backend_tokenizer.encode(text[:end]).ids) <= n:
            best = end
    return text[:best]
