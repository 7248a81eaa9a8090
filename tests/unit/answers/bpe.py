"""Answers to ``bpe``, written from its card alone, without sight of its probes."""

# %% accepted one_place_per_round: Joins only the leftmost place per round and then searches anew; where the join creates a pair of lower rank the result differs; breaks 'join it wherever it occurs'. (it differs only for tables that no training makes)
def bpe(word, ranks):
    pieces = list(word)
    while True:
        places = [(ranks[p], i) for i, p in enumerate(zip(pieces, pieces[1:])) if p in ranks]
        if not places:
            return pieces
        _, i = min(places)
        pieces[i:i + 2] = [pieces[i] + pieces[i + 1]]

# %% wrong longest_piece_first: Takes the longest piece known from the left (WordPiece style); breaks 'the lowest goes first'.
def bpe(word, ranks):
    known = {left + right for left, right in ranks}
    pieces, i = [], 0
    while i < len(word):
        j = len(word)
        while j > i + 1 and word[i:j] not in known:
            j -= 1
        pieces.append(word[i:j])
        i = j
    return pieces

# %% accepted one_pass_over_the_table: Goes through the table once in order of rank and never looks again at ranks already passed; a pair of lower rank made by a later join stays apart; breaks 'look again; stop when no pair has a rank'. (it differs only for tables that no training makes)
def bpe(word, ranks):
    pieces = list(word)
    for left, right in sorted(ranks, key=ranks.get):
        joined, i = [], 0
        while i < len(pieces):
            if i + 1 < len(pieces) and pieces[i] == left and pieces[i + 1] == right:
                joined.append(left + right)
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    return pieces

# %% wrong len_ranks_as_infinity: Uses len(ranks) as 'no rank', so in a table with gaps a pair whose rank is at least len(ranks) counts as having none; breaks 'stop when no pair has a rank'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    nothing = len(ranks)
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: ranks.get(pair, nothing))
        if ranks.get(best, nothing) >= nothing:
            break
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    return pieces

# %% wrong whole_word_shortcut: Returns the whole word at once when it is an entry of the vocabulary (like ignore_merges), even if the merges do not lead there; breaks 'the lowest goes first'.
from itertools import pairwise

def bpe(word, ranks):
    if word in {left + right for left, right in ranks}:
        return [word]
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% wrong joins_from_the_right: Walks from right to left when joining, so 'aaa' with a+a becomes a aa; breaks 'at every place from left to right'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        i = len(pieces) - 2
        while i >= 0:
            if (pieces[i], pieces[i + 1]) == best:
                pieces[i:i + 2] = [best[0] + best[1]]
                i -= 1
            i -= 1

# %% wrong rank_zero_is_false: Tests 'if ranks.get(pair)', so the merge of rank 0 is never used; breaks 'the lowest goes first'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if ranks.get(pair)]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% wrong cached_by_word: Caches by word as GPT-2's code does, so another table gets the old answer (state kept between calls); breaks 'Cut word into pieces' by the given ranks.
from itertools import pairwise

_cache = {}

def bpe(word, ranks):
    if word in _cache:
        return list(_cache[word])
    pieces = list(word)
    while pairs := [pair for pair in pairwise(pieces) if pair in ranks]:
        best = min(pairs, key=ranks.get)
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    _cache[word] = tuple(pieces)
    return pieces

# %% wrong setdefault_changes_ranks: Looks ranks up with setdefault(pair, infinity) and so writes unknown pairs into the caller's table; breaks 'It is not changed'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while len(pieces) > 1:
        best = min(pairwise(pieces), key=lambda pair: ranks.setdefault(pair, float("inf")))
        if ranks[best] == float("inf"):
            break
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
    return pieces

# %% wrong empty_word_gives_empty_piece: Returns [word] for words of at most one character, thus [''] for the empty word; breaks 'an empty list for an empty word'.
from itertools import pairwise

def bpe(word, ranks):
    if len(word) < 2:
        return [word]
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% wrong string_replace: Keeps the word as a string with spaces and joins by str.replace without regard to piece borders, so 'xa b' is joined for the pair a+b; breaks 'ranks maps a pair of neighboring pieces' (joins what is no such pair).
def bpe(word, ranks):
    text = " ".join(word)
    while True:
        pieces = text.split()
        pairs = [pair for pair in zip(pieces, pieces[1:]) if pair in ranks]
        if not pairs:
            return pieces
        left, right = min(pairs, key=ranks.get)
        text = text.replace(f"{left} {right}", left + right)

# %% wrong last_pair_never_seen: The search for the best pair ends one place too early (range(len - 2)), so the last two pieces are joined only if their pair occurs earlier too; breaks 'stop when no pair has a rank'.
def bpe(word, ranks):
    pieces = list(word)
    while True:
        best = None
        for i in range(len(pieces) - 2):
            pair = (pieces[i], pieces[i + 1])
            if pair in ranks and (best is None or ranks[pair] < ranks[best]):
                best = pair
        if best is None:
            return pieces
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% wrong order_of_the_dict: Takes the first pair in the dictionary's own order and not by its rank; breaks 'the lowest goes first'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while True:
        here = set(pairwise(pieces))
        best = next((pair for pair in ranks if pair in here), None)
        if best is None:
            return pieces
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% wrong overlapping_joins: Steps by one after a join and drops nothing, so overlapping places are both joined ('aaa' becomes aa aa); breaks 'which joined together are word'.
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        hits = {i for i, pair in enumerate(pairwise(pieces)) if pair == best}
        joined = []
        for i, piece in enumerate(pieces):
            if i in hits:
                joined.append(best[0] + best[1])
            elif i - 1 not in hits:
                joined.append(piece)
        pieces = joined

# %% wrong space_glued_to_first_letter: Starts with the space stand-in already joined to the first letter instead of with single characters; breaks step 1 'begin with a list of single characters' ('one character is one byte'; 'begin with single bytes').
from itertools import pairwise

def bpe(word, ranks):
    pieces = [word[:2], *word[2:]] if word.startswith("\u0120") and len(word) > 1 else list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        best = min(pairs, key=ranks.get)
        joined, i = [], 0
        while i < len(pieces):
            if tuple(pieces[i:i + 2]) == best:
                joined.append(best[0] + best[1])
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined

# %% right plain_loops_in_place
def bpe(word, ranks):
    pieces = [character for character in word]
    while True:
        best, lowest = None, None
        for k in range(1, len(pieces)):
            pair = (pieces[k - 1], pieces[k])
            rank = ranks.get(pair)
            if rank is not None and (lowest is None or rank < lowest):
                best, lowest = pair, rank
        if best is None:
            return pieces
        k = 0
        while k < len(pieces) - 1:
            if pieces[k] == best[0] and pieces[k + 1] == best[1]:
                pieces[k] = pieces[k] + pieces.pop(k + 1)
            k += 1

# %% right cut_positions
class _Cuts:
    """A word and the positions at which it is cut; a merge removes cuts."""

    def __init__(self, word):
        self.word, self.cuts = word, list(range(len(word) + 1))

    def pieces(self):
        return [self.word[a:b] for a, b in zip(self.cuts, self.cuts[1:])]

    def merge(self, left, right):
        pieces, keep, used = self.pieces(), [self.cuts[0]], False
        for n in range(1, len(self.cuts)):
            inner = n < len(pieces)
            if inner and not used and pieces[n - 1] == left and pieces[n] == right:
                used = True
                continue
            used = False
            keep.append(self.cuts[n])
        self.cuts = keep

def bpe(word, ranks):
    state = _Cuts(word)
    while True:
        pieces = state.pieces()
        ranked = sorted((ranks[pair], pair) for pair in set(zip(pieces, pieces[1:])) if pair in ranks)
        if not ranked:
            return pieces
        state.merge(*ranked[0][1])

# %% right stack_and_reduce
from functools import reduce

def bpe(word, ranks):
    pieces = list(word)
    for _ in range(len(word)):
        candidates = {ranks[p]: p for p in zip(pieces, pieces[1:]) if p in ranks}
        if not candidates:
            break
        left, right = candidates[min(candidates)]

        def push(stack, piece):
            top, fresh = stack[-1] if stack else (None, False)
            if stack and not fresh and top == left and piece == right:
                stack[-1] = (left + right, True)
            else:
                stack.append((piece, False))
            return stack

        pieces = [piece for piece, _ in reduce(push, pieces, [])]
    return pieces

# %% right compares_joined_text
from itertools import pairwise

def bpe(word, ranks):
    pieces = list(word)
    while True:
        pairs = [pair for pair in pairwise(pieces) if pair in ranks]
        if not pairs:
            return pieces
        target = "".join(min(pairs, key=ranks.get))
        joined, i = [], 0
        while i < len(pieces):
            if i + 1 < len(pieces) and pieces[i] + pieces[i + 1] == target:
                joined.append(target)
                i += 2
            else:
                joined.append(pieces[i])
                i += 1
        pieces = joined
