"""``bpe``: cut a word into pieces by merging the pair of the lowest rank, again and again."""

from functools import lru_cache
from itertools import pairwise

from tokenizers import models, pre_tokenizers

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.judging.values import Resource
from genlab.models import RESOURCES

exercise = Exercise(__name__, points=4, adapter=Adapter.EACH)
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


@exercise.probes
def probes(rng):
    def table(*pairs):
        """Ranks by position; the dictionary's own order is another one."""
        return {tuple(pairs[rank].split()): rank for rank in reversed(range(len(pairs)))}

    yield Probe("one letter, and none", word=["a", ""], ranks=table("a n"))
    yield Probe("the same pair twice", word=["banana", "nana"], ranks=table("a n"))
    yield Probe("the lowest rank first, wherever it stands", word=["abc", "abcabc"], ranks=table("b c", "a b"))
    yield Probe("merged pieces merge again", word=["banana", "ban"], ranks=table("a n", "an a", "b an"))
    yield Probe("a longer piece can be out of reach", word=["abcd"], ranks=table("c d", "b c", "a bc"))
    yield Probe("a pair is two whole pieces", word=["banan"], ranks=table("b a", "a n"))
    yield Probe("the same letter again and again", word=["aaaaa", "aaaaaaa"], ranks=table("a a", "aa aa"))

    def words(name, word):
        return Probe(name, word=[word() for _ in range(250)], ranks=Resource("ranks"))

    def joined(count):
        return "".join(rng.choice(pieces) for _ in range(count))

    def mistyped():
        letters = list(joined(2))
        letters[rng.randrange(len(letters))] = rng.choice(ALPHABET)
        return "".join(letters)

    # 1,000 words in byte-level characters: a quarter as learned, the rest ever stranger
    pieces = sorted(piece for piece in RESOURCES["tokenizer"]().get_vocab() if piece.isalpha())
    yield words("250 words: two pieces each", lambda: joined(2))
    yield words("250 words: many pieces", lambda: joined(rng.randrange(3, 6)))
    yield words("250 words with a wrong letter", mistyped)
    yield words("250 words of any bytes", lambda: "".join(rng.choices(ALPHABET, k=rng.randrange(1, 9))))


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
    merges_only_once: while known => if known
        It stopped after one merge. Each merge makes new pairs: go on until no pair of neighbors has a rank.
    never_merges_merged_pieces: pieces = merged(pieces, min(known, key=ranks.get))
        => for pair in sorted(known, key=ranks.get):
        =>             pieces = merged(pieces, pair)
        =>         break
        The pairs were looked up only once, so a merged piece never merged again. Look them up anew after each merge.
    highest_rank_first: min(known => max(known
        The pair with the highest rank was merged first. Rank 0 is what was learned first: the lowest rank wins.
    order_of_the_dictionary: min(known, key=ranks.get) => next(pair for pair in ranks if pair in known)
        The merges were taken in the dictionary's own order. What counts is the rank, its value: ranks[pair].
    replaces_in_a_string: pieces = list(word)
        => text = " ".join(word)
        =>     for pair in sorted(ranks, key=ranks.get):
        =>         text = text.replace(" ".join(pair), "".join(pair))
        =>     pieces = text.split()
        The pair was replaced inside one long string, where it also matches the end of one piece and the beginning of
        the next: "ba n" holds "a n", and no piece "a". Keep a list and compare whole pieces.
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


@exercise.alternative
def one_merge_at_a_time(word, ranks):
    pieces = list(word)
    while found := [(ranks[pair], i) for i, pair in enumerate(pairwise(pieces)) if pair in ranks]:
        _, i = min(found)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]
    return pieces
