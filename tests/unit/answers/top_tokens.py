"""Answers to ``top_tokens``, written from its card alone, without sight of its probes."""

# %% wrong reverse_tuples: sorted((p, id), reverse=True) puts the HIGHER id first among equals: breaks 'Among equal probabilities the lower id comes first'
def top_tokens(tokenizer, probs, k):
    ranked = sorted(((p, i) for i, p in enumerate(probs.tolist())), reverse=True)
    return [(i, tokenizer.decode([i]), p) for p, i in ranked[:k]]

# %% wrong topk_then_mend: orders ties by id only after topk has chosen; at the border topk may have kept a higher id: breaks 'the lower id comes first'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.topk(probs, min(k, probs.numel()))
    pairs = sorted(zip(ids.tolist(), values.tolist()), key=lambda pair: (-pair[1], pair[0]))
    return [(i, tokenizer.decode([i]), p) for i, p in pairs]

# %% wrong replace_g: takes the vocabulary's string and replaces only the space letter, so newlines and non-ASCII bytes stay encoded: breaks 'piece is the decoded text'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    table = []
    for i, p in zip(ids[:k].tolist(), values[:k].tolist()):
        piece = tokenizer.convert_ids_to_tokens(i).replace(chr(0x120), " ")
        table.append((i, piece, p))
    return table

# %% wrong skip_special: decodes with skip_special_tokens=True, so the end token has an empty piece: breaks 'piece is the decoded text of that one id'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [
        (i, tokenizer.decode([i], skip_special_tokens=True), p)
        for i, p in zip(ids[:k].tolist(), values[:k].tolist())
    ]

# %% wrong incremental_decode: decodes the ids together and cuts the text where it grew; half characters that join give other pieces: breaks 'decoded text of that one id'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    ids, values = ids[:k].tolist(), values[:k].tolist()
    table, before = [], ""
    for n, (i, p) in enumerate(zip(ids, values), start=1):
        text = tokenizer.decode(ids[:n])
        table.append((i, text[len(before):], p))
        before = text
    return table

# %% wrong drops_zero: leaves tokens of probability 0 out: breaks 'Returns min(k, V) tuples'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist()) if p > 0]

# %% wrong argmax_zeroing: picks by argmax and sets the winner to 0 in a copy; once only zeros are left it names id 0 again and again: breaks 'the k most likely tokens' (distinct) / 'return all there is'
import torch

def top_tokens(tokenizer, probs, k):
    left = probs.clone()
    table = []
    for _ in range(min(k, len(probs))):
        i = int(left.argmax())
        table.append((i, tokenizer.decode([i]), float(probs[i])))
        left[i] = 0.0
    return table

# %% wrong rounded_key: sorts by the probability rounded to six digits, so small ones come in the order of ids: breaks 'the most likely first'
def top_tokens(tokenizer, probs, k):
    pairs = sorted(enumerate(probs.tolist()), key=lambda pair: (-round(pair[1], 6), pair[0]))
    return [(i, tokenizer.decode([i]), p) for i, p in pairs[:k]]

# %% wrong rounded_value: rounds the probability to four digits for the table: breaks '(id, piece, probability)', the probability of the token
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]), round(p, 4)) for i, p in zip(ids[:k].tolist(), values[:k].tolist())]

# %% wrong renormalised: divides by the sum of the k kept probabilities: breaks 'their text and probability' (probability under probs)
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    values, ids = values[:k], ids[:k]
    values = values / values.sum()
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids.tolist(), values.tolist())]

# %% wrong numpy_scalars: ids are np.int64 and probabilities np.float32: breaks 'tuples of Python values'
import numpy as np

def top_tokens(tokenizer, probs, k):
    p = probs.numpy()
    order = np.argsort(-p, kind="stable")[:k]
    return [(i, tokenizer.decode([int(i)]), p[i]) for i in order]

# %% wrong threshold_ties: keeps everything that is at least as likely as the k-th, so ties at the border give more than k: breaks 'Returns min(k, V) tuples'
import torch

def top_tokens(tokenizer, probs, k):
    k = min(k, len(probs))
    values, ids = torch.sort(probs, descending=True, stable=True)
    cut = values[k - 1]
    keep = values >= cut
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids[keep].tolist(), values[keep].tolist())]

# %% wrong by_piece: collects the table in a dict by piece, so ids with the same text overwrite each other: breaks 'Returns min(k, V) tuples'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    table = {}
    for i, p in zip(ids[:k].tolist(), values[:k].tolist()):
        table[tokenizer.decode([i])] = (i, p)
    return [(i, piece, p) for piece, (i, p) in table.items()]

# %% wrong no_special: never lists the special tokens such as the end of text: breaks 'the k most likely tokens' and 'return all there is'
import torch

def top_tokens(tokenizer, probs, k):
    special = set(tokenizer.all_special_ids)
    values, ids = torch.sort(probs, descending=True, stable=True)
    table = []
    for i, p in zip(ids.tolist(), values.tolist()):
        if i in special:
            continue
        table.append((i, tokenizer.decode([i]), p))
        if len(table) == k:
            break
    return table

# %% wrong zero_means_all: k or len(probs): k = 0 gives the whole vocabulary: breaks 'Returns min(k, V) tuples'
import torch

def top_tokens(tokenizer, probs, k):
    k = min(k or len(probs), len(probs))
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist())]

# %% wrong stripped: strips the piece: breaks 'with its leading space'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]).strip(), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist())]

# %% wrong strips_newline: strips white space at the right, so a newline token has an empty piece while leading spaces look right: breaks 'piece is the decoded text of that one id'
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    return [(i, tokenizer.decode([i]).rstrip(), p) for i, p in zip(ids[:k].tolist(), values[:k].tolist())]

# %% wrong piece_cache: keeps the pieces by id between calls, so a second tokenizer gets the first one's texts: breaks 'the decoded text of that one id'
import torch

_pieces = {}

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    table = []
    for i, p in zip(ids[:k].tolist(), values[:k].tolist()):
        if i not in _pieces:
            _pieces[i] = tokenizer.decode([i])
        table.append((i, _pieces[i], p))
    return table

# %% accepted list_of_lists: rows are lists: breaks 'a list of (id, piece, probability)' tuples (a list counts as a tuple)
import torch

def top_tokens(tokenizer, probs, k):
    values, ids = torch.sort(probs, descending=True, stable=True)
    table = []
    for i, p in zip(ids[:k].tolist(), values[:k].tolist()):
        table.append([i, tokenizer.decode([i]), p])
    return table

# %% wrong tokenizer_vocab_limit: limits k by the tokenizer's vocabulary instead of the length of probs and uses topk: crashes when probs is shorter: breaks 'When k exceeds the vocabulary, return all there is' / min(k, V)
import torch

def top_tokens(tokenizer, probs, k):
    k = min(k, len(tokenizer))
    order = sorted(range(len(probs)), key=lambda i: (-probs[i].item(), i))
    return [(order[n], tokenizer.decode([order[n]]), probs[order[n]].item()) for n in range(k)]

# %% right heap
import heapq

def top_tokens(tokenizer, probs, k):
    best = heapq.nsmallest(k, ((-p, i) for i, p in enumerate(probs.tolist())))
    return [(i, tokenizer.decode([i]), -p) for p, i in best]

# %% right lexsort_batch_decode
import numpy as np

def top_tokens(tokenizer, probs, k):
    p = probs.detach().cpu().numpy().astype(np.float64)
    order = np.lexsort((np.arange(p.size), -p))[: min(k, p.size)].tolist()
    pieces = [tokenizer.decode(i) for i in order]
    return list(zip(order, pieces, p[order].tolist()))

# %% right argmax_loop
import torch

def _falling(probs):
    left = probs.clone()
    for _ in range(probs.shape[0]):
        i = left.argmax().item()
        yield i, probs[i].item()
        left[i] = -1.0

def top_tokens(tokenizer, probs, k):
    table = []
    for i, p in _falling(probs):
        if len(table) >= k:
            break
        table.append((i, tokenizer.decode([i]), p))
    return table

# %% right class_rank
from dataclasses import dataclass

@dataclass
class _Entry:
    id: int
    p: float

    def __lt__(self, other):
        return self.p > other.p or (self.p == other.p and self.id < other.id)

def top_tokens(tokenizer, probs, k):
    entries = sorted(_Entry(i, float(p)) for i, p in enumerate(probs))
    return [(e.id, tokenizer.decode([e.id]), e.p) for e in entries[:k]]
