"""Answers to ``count_tokens``, written from its card alone, without sight of its probes."""

# %% wrong tokenize_without_bos: Counts tokenizer.tokenize(text), which leaves out a BOS that the tokenizer adds; breaks 'exactly as the model would be given it'.
def count_tokens(tokenizer, texts):
    return [len(tokenizer.tokenize(text)) for text in texts]

# %% wrong no_special_tokens: Passes add_special_tokens=False; breaks 'exactly as the model would be given it' for a tokenizer that adds special tokens.
def count_tokens(tokenizer, texts):
    return [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts]

# %% wrong truncated: Passes truncation=True, so nothing ever counts more than 256; breaks 'The number of tokens of each text' / '1. encode each text as it is'.
def count_tokens(tokenizer, texts):
    return [len(tokenizer(text, truncation=True)["input_ids"]) for text in texts]

# %% wrong padded_rows_counted: Encodes all texts in one padded batch and counts the columns, filler included; breaks 'The number of tokens of each text'.
import copy

def count_tokens(tokenizer, texts):
    if not texts:
        return []
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.pad_token = tokenizer.eos_token
    return [len(row) for row in tokenizer(texts, padding=True)["input_ids"]]

# %% wrong pad_is_eos_not_counted: Pads the batch with the end-of-text token and counts the ids that differ from it, so a real end-of-text token is not counted; breaks 'exactly as the model would be given it'.
import copy

def count_tokens(tokenizer, texts):
    if not texts:
        return []
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.pad_token = tokenizer.eos_token
    ids = tokenizer(texts, padding=True, return_tensors="pt")["input_ids"]
    return (ids != tokenizer.pad_token_id).sum(dim=1).tolist()

# %% wrong stripped: Strips the text before encoding; breaks 'encode each text as it is'.
def count_tokens(tokenizer, texts):
    return [len(tokenizer(text.strip())["input_ids"]) for text in texts]

# %% wrong empty_texts_dropped: Skips empty texts, so the list is shorter than texts; breaks 'The number of tokens of each text'.
def count_tokens(tokenizer, texts):
    return [len(tokenizer(text)["input_ids"]) for text in texts if text]

# %% wrong duplicates_collapse: Builds a dictionary text -> count and returns its values, so a text that comes twice is answered once; breaks 'of each text'.
def count_tokens(tokenizer, texts):
    counts = {text: len(tokenizer(text)["input_ids"]) for text in texts}
    return list(counts.values())

# %% wrong special_ids_excluded: Leaves special ids out of the count as 'not text'; breaks 'exactly as the model would be given it'.
def count_tokens(tokenizer, texts):
    special = set(tokenizer.all_special_ids)
    return [sum(i not in special for i in tokenizer(text)["input_ids"]) for text in texts]

# %% wrong whitespace_collapsed: Collapses runs of white space to one space first; breaks 'encode each text as it is'.
import re

def count_tokens(tokenizer, texts):
    return [len(tokenizer(re.sub(r"\s+", " ", text))["input_ids"]) for text in texts]

# %% wrong line_by_line: Adds up the counts of the lines without their line breaks; breaks 'encode each text as it is'.
def count_tokens(tokenizer, texts):
    return [sum(len(tokenizer(line)["input_ids"]) for line in text.splitlines()) for text in texts]

# %% wrong numpy_integers: Returns numpy integers from a ragged numpy calculation; breaks the annotation list[int].
import numpy as np

def count_tokens(tokenizer, texts):
    return list(np.array([len(tokenizer(text)["input_ids"]) for text in texts], dtype=np.int64))

# %% wrong cached_by_text: Caches the count by text alone, so another tokenizer gets the first one's counts (state kept between calls); breaks 'count ... tokens' of the given tokenizer ('as the model would be given it').
_counts = {}

def count_tokens(tokenizer, texts):
    for text in texts:
        if text not in _counts:
            _counts[text] = len(tokenizer(text)["input_ids"])
    return [_counts[text] for text in texts]

# %% wrong sorted_for_speed: Sorts the texts by length to batch them well and forgets to restore the order; breaks 'The number of tokens of each text' (counts belong to other texts).
def count_tokens(tokenizer, texts):
    result = []
    ordered = sorted(texts, key=len)
    for start in range(0, len(ordered), 8):
        batch = tokenizer(ordered[start:start + 8])["input_ids"]
        result.extend(len(row) for row in batch)
    return result

# %% wrong empty_list_crashes: Gives the whole list to the tokenizer, which cannot take an empty one; breaks 'an empty list for no texts'.
def count_tokens(tokenizer, texts):
    return [len(row) for row in tokenizer(texts)["input_ids"]]

# %% wrong at_least_one: Counts at least one token for each text, also for the empty one; breaks 'exactly as the model would be given it'.
def count_tokens(tokenizer, texts):
    return [max(1, len(tokenizer(text)["input_ids"])) for text in texts]

# %% accepted backend_keeps_truncation: Calls the backend directly, which still truncates if somebody used truncation=True before, while tokenizer(text) does not; breaks 'exactly as the model would be given it'. (nothing can observe it: no tokenizer arrives with truncation switched on)
def count_tokens(tokenizer, texts):
    return [len(tokenizer.backend_tokenizer.encode(text).ids) for text in texts]

# %% wrong nfc_first: Normalizes to NFC before encoding, so a letter with a combining accent counts differently; breaks 'encode each text as it is'.
import unicodedata

def count_tokens(tokenizer, texts):
    return [len(tokenizer(unicodedata.normalize("NFC", text))["input_ids"]) for text in texts]

# %% wrong last_batch_forgotten: Counts in batches of four and forgets the last, incomplete batch once there are more than four texts; breaks 'of each text'.
def count_tokens(tokenizer, texts):
    size = min(4, len(texts))
    counts = []
    for start in range(0, len(texts) - size + 1, size or 1):
        chunk = texts[start:start + size]
        if chunk:
            counts += [len(ids) for ids in tokenizer(chunk)["input_ids"]]
    return counts

# %% right guarded_batch
def count_tokens(tokenizer, texts):
    if len(texts) == 0:
        return []
    return [len(mask) for mask in tokenizer(list(texts))["attention_mask"]]

# %% right tensor_numel
def count_tokens(tokenizer, texts):
    result = []
    for text in texts:
        encoded = tokenizer(text, return_tensors="pt")
        result.append(int(encoded["attention_mask"].sum()))
    return result

# %% right encode_map
from functools import partial

def count_tokens(tokenizer, texts):
    def lengths():
        encode = partial(tokenizer.encode, add_special_tokens=True)
        yield from map(len, map(encode, texts))
    return list(lengths())

# %% right encoding_offsets
def count_tokens(tokenizer, texts):
    return [sum(1 for _ in tokenizer(text, return_offsets_mapping=True)["offset_mapping"]) for text in texts]
