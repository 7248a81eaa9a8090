"""``bpe``: cut a word into pieces by merging the pair of the lowest rank, again and again."""

import re
import string
from functools import lru_cache
from itertools import pairwise

from tokenizers import models, pre_tokenizers

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.judging.values import Resource
from genlab.models import RESOURCES

exercise = Exercise(__name__, points=4, adapter=Adapter.EACH)
exercise.rules("""
    lowest (2): of all neighbors the pair with the lowest rank in the given table is joined first, wherever it stands in
        the word and in the table; ranks may have gaps, and the table is not changed
    pieces (3): what was joined is one piece from then on, and neighbors are looked up again until no pair has a rank,
        as the library does with real words
    everywhere: a pair is joined wherever it occurs, from left to right, and no piece is used twice
    short: an empty word gives an empty list; a word in which no pair has a rank comes back as its characters
""")
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
GAPS = [9, 10, 200, 3000]  # as text, 10 comes before 9


@exercise.probes
def probes(rng):
    """Only ``pieces`` takes more than one merge, ``lowest`` alone has a table out of order, ``everywhere`` has runs."""

    def some_letters():
        return "".join(rng.sample(string.ascii_letters, 14))

    def probe(rule, name, words, *merges, ranks=range(9), order=1, hidden=False, letters=None):
        """``words`` and ``merges`` with other letters in place of theirs."""
        other = str.maketrans("abcdefghijklmn", letters or some_letters())
        table = {tuple(pair.translate(other).split()): rank for pair, rank in zip(merges, ranks, strict=False)}
        table = dict(list(table.items())[::order])
        return Probe(name, rule=rule, hidden=hidden, word=[word.translate(other) for word in words], ranks=table)

    def lowest(name, words, *merges, **options):
        return probe("lowest", name, words, *merges, order=-1, **options)

    def run(letter="a"):
        return letter * (2 * rng.randrange(2, 5) + 1)

    yield lowest("the lowest rank first, wherever it stands", ["abc", "abcabc"], "b c", "a b")
    same, words, merges = some_letters(), ["abcd", "cabc"], ("b c", "c d", "a b")
    yield lowest("a table of three merges", words, *merges, letters=same)
    yield lowest("the same words, and another order of the merges", words, *merges, ranks=[2, 1, 0], letters=same)
    yield lowest("a longer piece can be out of reach", ["abcd"], "c d", "b c", "a bc")
    yield lowest("ranks with gaps", ["abc", "dabce"], "b c", "a b", ranks=GAPS)
    yield lowest("the lowest rank between two others", ["abcd", "bcda"], "b c", "a b", "c d", hidden=True)
    yield lowest("the lowest rank at the end", ["eabcd"], "c d", "b c", "a b", "e a", ranks=GAPS, hidden=True)

    yield probe("pieces", "merged pieces merge again", ["banana", "ban"], "a n", "an a", "b an")
    yield probe("pieces", "a pair is two whole pieces", ["banan", "ban"], "b a", "a n")
    yield probe("pieces", "a pair has a rank, not the text that it makes", ["abc", "cab", "abcd"], "b c", "a b", "ab c")
    eight = "abcdefgh", "a b", "c d", "e f", "g h", "ab cd", "ef gh", "abcd efgh"
    yield probe("pieces", "a word that becomes one piece", [eight[0], eight[0] * 3], *eight[1:], hidden=True)

    yield probe("everywhere", "the same pair twice", ["banana", "nana"], "a n")
    yield probe("everywhere", "the same letter again and again", ["aaaaa", run()], "a a")
    yield probe("everywhere", "two runs, and a pair at both ends", ["aa" + run("b") + "c" + run()], "a a", hidden=True)
    yield probe("everywhere", "a run of three", ["aaab", "baaa", "aaabaaa"], "a a", hidden=True)

    yield probe("short", "an empty word and single letters", ["", "a", "b"], "a n")
    yield probe("short", "no pair has a rank", ["nab", "na"], "a n", hidden=True)
    yield probe("short", "no merges at all", ["abca", "", "a"], hidden=True)

    def real_words(name, word, hidden=False):
        found = []
        while len(found) < 250:
            if not re.search(r"(.+)\1\1", new := word()):  # see ``everywhere``
                found.append(new)
        return Probe(name, rule="pieces", hidden=hidden, word=found, ranks=Resource("ranks"))

    def joined(count):
        return "".join(rng.choice(pieces) for _ in range(count))

    def mistyped():
        letters = list(joined(2))
        letters[rng.randrange(len(letters))] = rng.choice(ALPHABET)
        return "".join(letters)

    # words in byte-level characters: from nearly as learned to ever stranger
    pieces = sorted(piece for piece in RESOURCES["tokenizer"]().get_vocab() if piece.isalpha())
    yield real_words("250 words: two pieces each", lambda: joined(2))
    yield real_words("250 words of any bytes", lambda: "".join(rng.choices(ALPHABET, k=rng.randrange(1, 9))))
    yield real_words("250 words with a wrong letter", mistyped, hidden=True)
    yield real_words("250 words: many pieces", lambda: joined(rng.randrange(3, 12)), hidden=True)


@lru_cache(maxsize=16)
def library_bpe(merges):
    """The library's own BPE for these merges, over all bytes."""
    vocab = dict.fromkeys([*ALPHABET, *(a + b for a, b in merges)])
    return models.BPE(vocab={piece: i for i, piece in enumerate(vocab)}, merges=list(merges))


@exercise.oracle
def oracle(word, ranks):
    return [token.value for token in library_bpe(tuple(sorted(ranks, key=ranks.get))).tokenize(word)]


def merged(pieces, pair):
    """``pieces`` with every occurrence of ``pair`` joined, from left to right."""
    out, i = [], 0
    while i < len(pieces):
        step = 2 if tuple(pieces[i : i + 2]) == pair else 1
        out.append("".join(pieces[i : i + step]))
        i += step
    return out


@exercise.reference
def reference(word, ranks):
    pieces = list(word)
    while known := [pair for pair in pairwise(pieces) if pair in ranks]:
        pieces = merged(pieces, min(known, key=ranks.get))
    return pieces


exercise.slips("""
    left_to_right_greedy: pieces = merged(pieces, min(known, key=ranks.get))
        => i = list(pairwise(pieces)).index(known[0])
        =>         pieces[i : i + 2] = ["".join(known[0])]
        The leftmost pair was merged. Compare all pairs before each merge: the lowest rank goes first, wherever it is.
    highest_rank_first: min(known => max(known
        The pair with the highest rank was merged first. Rank 0 is what was learned first: the lowest rank wins.
    order_of_the_dictionary: min(known, key=ranks.get) => next(pair for pair in ranks if pair in known)
        The merges were taken in the dictionary's own order. What counts is the rank, its value: ranks[pair].
    order_of_the_alphabet: min(known, key=ranks.get) => min(known)
        min() compared the pairs themselves, so the first in the alphabet won. Give it key=ranks.get to compare ranks.
    ranks_as_text: key=ranks.get => key=lambda pair: str(ranks[pair])
        The ranks were compared as text, where "10" comes before "9". They are numbers: compare them as they are.
    counts_the_ranks_up: if pair in ranks => if ranks.get(pair, len(ranks)) < len(ranks)
        Ranks were counted up from 0 to the number of merges. A table may hold only some of the merges, so its ranks
        have gaps: look up the pairs that are there.
    rank_0_is_none: if pair in ranks => if ranks.get(pair)
        Rank 0 was taken for "no rank", because 0 counts as false. Ask whether the pair is in the table: pair in ranks.
    uses_up_the_ranks: pieces = merged(pieces, min(known, key=ranks.get))
        => best = min(known, key=ranks.get)
        =>         pieces = merged(pieces, best)
        =>         del ranks[best]
        Merges were taken out of the table, so the next word misses them. A pair that is joined everywhere does not come
        up again by itself: leave the table as it is.
    writes_into_the_table: if pair in ranks => if ranks.setdefault(pair, 10**9) < 10**9
        Pairs without a rank were written into the table that was given, as setdefault does. It belongs to the caller:
        ask with `in`, or with get, which writes nothing.
    leaves_out_the_last_pair: in pairwise(pieces) if => in pairwise(pieces[:-1]) if
        The last two pieces were never looked at as a pair. n pieces have n - 1 pairs of neighbors, the last one
        included: pairwise(pieces), or range(len(pieces) - 1).
    whole_word_if_known: pieces = list(word)
        => known = any((word[:i], word[i:]) in ranks for i in range(len(word)))
        =>     pieces = [word] if known else list(word)
        A word that is itself a known piece came back whole. Early merges may put it out of reach: begin with its
        characters, and let the merges decide.
    merges_only_once: while known => if known
        It stopped after one merge. Each merge makes new pairs: go on until no pair of neighbors has a rank.
    never_merges_merged_pieces: pieces = merged(pieces, min(known, key=ranks.get))
        => for pair in sorted(known, key=ranks.get):
        =>             pieces = merged(pieces, pair)
        =>         break
        The pairs were looked up only once, so a merged piece never merged again. Look them up anew after each merge.
    replaces_in_a_string: pieces = list(word)
        => text = " ".join(word)
        =>     for pair in sorted(ranks, key=ranks.get):
        =>         text = text.replace(" ".join(pair), "".join(pair))
        =>     pieces = text.split()
        The pair was replaced inside one long string, where it also matches the end of one piece and the beginning of
        the next: "ba n" holds "a n", and no piece "a". Keep a list and compare whole pieces.
    replaces_in_a_string_each_round: pieces = merged(pieces, min(known, key=ranks.get))
        => best = min(known, key=ranks.get)
        =>         pieces = " ".join(pieces).replace(" ".join(best), "".join(best)).split()
        The best pair was replaced in the pieces joined to a string, where it also matches the end of one piece and the
        beginning of the next: "ba n" holds "a n", and no piece "a". Keep a list and compare whole pieces.
    leaves_out_the_space: pieces = list(word) => pieces = list(word.replace("Ġ", ""))
        The mark Ġ was taken out of the word. It is the word's own space, a byte like the others, and has merges: begin
        with all characters.
    bytes_of_stand_ins: pieces = list(word) => pieces = [chr(byte) for byte in word.encode()]
        The word was encoded into bytes once more. Each of its characters already stands for one byte: begin with
        list(word).
    from_right_to_left: pieces = merged(pieces, min(known, key=ranks.get))
        => best = min(known, key=ranks.get)
        =>         for i in reversed(range(len(pieces) - 1)):
        =>             if tuple(pieces[i : i + 2]) == best:
        =>                 pieces[i : i + 2] = ["".join(best)]
        Where a pair overlaps itself, as in aaa, the right one was joined. Go from left to right.
    uses_a_piece_twice: pieces = merged(pieces, min(known, key=ranks.get))
        => best = min(known, key=ranks.get)
        =>         pieces = ["".join(pair) if pair == best else pair[0] for pair in pairwise([*pieces, ""])]
        The right half of a joined pair was kept, or joined a second time. Both halves are used up: step by two after a
        join.
    an_empty_piece: pieces = list(word) => pieces = list(word) or [word]
        The empty word gave a list with an empty piece. It has no characters, and so no pieces: return an empty list.
    needs_a_pair: pieces = list(word)
        => if len(word) < 2:
        =>         return []
        =>     pieces = list(word)
        A word of one character came back without it. It has no pair, and is a piece by itself: return [word].
    whole_word_without_merges: return pieces => return pieces if len(pieces) < len(word) else [word]
        A word without any merge came back whole. No such piece was ever learned: it stays a list of its characters.
""")


@exercise.mistake
def longest_match(word, ranks):
    """The longest known piece was cut off the front, again and again. BPE never looks for long pieces: it builds them
    from letters, merge by merge, and an early merge can put a long piece out of reach."""
    known, pieces = {a + b for a, b in ranks}, []
    while word:
        end = next(e for e in range(len(word), 0, -1) if e == 1 or word[:e] in known)
        pieces.append(word[:end])
        word = word[end:]
    return pieces


@exercise.mistake
def looks_up_the_joined_text(word, ranks):
    """A pair was joined because the text that it makes is a known piece. A rank belongs to a left and a right piece:
    abc may be made of ab and c, and not of a and bc. Look up the pair itself."""
    known, pieces = {a + b: rank for (a, b), rank in ranks.items()}, list(word)
    while found := [pair for pair in pairwise(pieces) if "".join(pair) in known]:
        pieces = merged(pieces, min(found, key=lambda pair: known["".join(pair)]))
    return pieces


@exercise.alternative
def one_merge_at_a_time(word, ranks):
    pieces = list(word)
    while found := [(ranks[pair], i) for i, pair in enumerate(pairwise(pieces)) if pair in ranks]:
        _, i = min(found)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]
    return pieces


@exercise.alternative
def one_pass_through_the_table(word, ranks):
    """Right for every table that was learned: a merge makes pairs of higher ranks only."""
    pieces = list(word)
    for pair in sorted(ranks, key=ranks.get):
        if pair in pairwise(pieces):
            pieces = merged(pieces, pair)
    return pieces


@exercise.alternative
def by_recursion(word, ranks):
    def cut(pieces):
        pairs = list(pairwise(pieces))
        best = min(pairs, key=lambda pair: ranks.get(pair, float("inf")), default=None)
        return cut(merged(pieces, best)) if best in ranks else pieces

    return cut(list(word))
