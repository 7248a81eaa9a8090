"""Answers to ``round_trip``, written from its card alone, without sight of its probes."""

# %% wrong pieces_from_tokenize: Pieces come from tokenizer.tokenize(text), which adds no special tokens, so with a BOS-adding tokenizer there is one piece too few; breaks 'for each id the vocabulary's own entry'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    pieces = tokenizer.tokenize(text)
    return ids, pieces, encoded["offset_mapping"], tokenizer.decode(ids)

# %% wrong skip_special_in_decode: Decodes with skip_special_tokens=True; breaks 'Nothing may get lost: ... special tokens included'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    back = tokenizer.decode(ids, skip_special_tokens=True)
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], back

# %% wrong split_special_tokens: Encodes with split_special_tokens=True, so '<|endoftext|>' becomes a row of ordinary pieces (the decoded text still matches); breaks 'Nothing may get lost: ... special tokens included'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True, split_special_tokens=True)
    ids = encoded["input_ids"]
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids)

# %% wrong truncates: Passes truncation=True (to silence the length warning), so a text beyond 256 tokens is cut; breaks 'Nothing may get lost'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True, truncation=True)
    ids = encoded["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    offsets = encoded["offset_mapping"]
    return ids, pieces, offsets, tokenizer.decode(ids)

# %% wrong nfc_normalized: Normalizes the text to NFC before encoding, so 'e' + combining accent comes back as another string and offsets shift; breaks 'Nothing may get lost' and 'text[start:end] is what it covers'.
import unicodedata

def round_trip(tokenizer, text):
    text = unicodedata.normalize("NFC", text)
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids)

# %% wrong decode_one_by_one: Decodes every id by itself and joins, so characters of several bytes become replacement characters; breaks 'the text that the ids decode to' / 'Nothing may get lost'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    back = "".join(tokenizer.decode([i]) for i in ids)
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], back

# %% wrong offsets_by_piece_length: Offsets are summed up from the lengths of the pieces, which count bytes and not characters, so all go wrong after the first non-ASCII character; breaks 'so that text[start:end] is what it covers'.
def round_trip(tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    offsets, position = [], 0
    for piece in pieces:
        offsets.append((position, position + len(piece)))
        position += len(piece)
    return ids, pieces, offsets, tokenizer.decode(ids)

# %% wrong offsets_by_find: Offsets come from text.find(decoded piece) without a start position, so a token that occurs twice always gets the first place; breaks 'for each id (start, end), so that text[start:end] is what it covers' (which characters this token covers).
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    offsets = []
    for i, (start, end) in zip(ids, encoded["offset_mapping"]):
        found = text.find(text[start:end])
        offsets.append((found, found + end - start))
    return ids, tokenizer.convert_ids_to_tokens(ids), offsets, tokenizer.decode(ids)

# %% wrong offsets_without_space: Moves the start of each offset behind the leading space ('trimmed' offsets), although the space belongs to the piece; breaks 'text[start:end] is what it covers'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    offsets = [(s + 1, e) if e - s > 1 and text[s] == " " else (s, e) for s, e in encoded["offset_mapping"]]
    return ids, tokenizer.convert_ids_to_tokens(ids), offsets, tokenizer.decode(ids)

# %% wrong empty_offsets_for_inner_bytes: Gives an empty range to the second and later tokens of one character, to keep offsets from overlapping; breaks 'so that text[start:end] is what it covers'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    offsets, last = [], 0
    for start, end in encoded["offset_mapping"]:
        offsets.append((max(start, last), end))
        last = max(last, end)
    return ids, tokenizer.convert_ids_to_tokens(ids), offsets, tokenizer.decode(ids)

# %% wrong returns_the_input_text: Returns the input itself as 'back' without decoding, so a tokenizer that adds BOS seems to lose nothing and add nothing; breaks 'the text that the ids decode to' / 'the decoded text'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    return ids, pieces, encoded["offset_mapping"], text

# %% wrong cached_by_text_only: Remembers results by text alone, so a second tokenizer gets the first one's ids (state kept between calls); breaks 'Encode text ... ids / vocabulary's own entry' of the given tokenizer.
_seen = {}

def round_trip(tokenizer, text):
    if text not in _seen:
        encoded = tokenizer(text, return_offsets_mapping=True)
        ids = encoded["input_ids"]
        _seen[text] = (ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids))
    return _seen[text]

# %% accepted offsets_are_lists: Goes through a tensor and tolist(), so each offset is a list [start, end] and not a tuple; breaks 'for each id (start, end)' and the annotation list[tuple[int, int]]. (a list counts as a tuple)
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
    ids = encoded["input_ids"][0].tolist()
    offsets = encoded["offset_mapping"][0].tolist()
    return ids, tokenizer.convert_ids_to_tokens(ids), offsets, tokenizer.decode(ids)

# %% wrong ids_are_tensors: Makes a list of 0-dimensional tensors; breaks 'the ids as a list of int'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
    row = encoded["input_ids"][0]
    offsets = [(int(s), int(e)) for s, e in encoded["offset_mapping"][0]]
    return list(row), tokenizer.convert_ids_to_tokens(row.tolist()), offsets, tokenizer.decode(row)

# %% wrong pieces_readable: Writes the pieces with a real space and line break in place of the vocabulary's stand-in characters; breaks 'for each id the vocabulary's own entry, such as Ġtime'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    pieces = [piece.replace("\u0120", " ").replace("\u010a", "\n") for piece in tokenizer.convert_ids_to_tokens(ids)]
    return ids, pieces, encoded["offset_mapping"], tokenizer.decode(ids)

# %% wrong windows_newlines: Replaces \\r\\n by \\n before encoding, so carriage returns are lost; breaks 'Nothing may get lost'.
def round_trip(tokenizer, text):
    text = text.replace("\r\n", "\n")
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids)

# %% wrong trailing_space_stripped: Strips white space at the end of the text before encoding, as one does with prompts; breaks 'spaces at the ends ... included'.
def round_trip(tokenizer, text):
    encoded = tokenizer(text.rstrip(), return_offsets_mapping=True)
    ids = encoded["input_ids"]
    return ids, tokenizer.convert_ids_to_tokens(ids), encoded["offset_mapping"], tokenizer.decode(ids)

# %% right encoding_object
def round_trip(tokenizer, text):
    batch = tokenizer([text], return_offsets_mapping=True)
    encoding = batch.encodings[0]
    back = tokenizer.batch_decode([encoding.ids], skip_special_tokens=False)
    return list(encoding.ids), list(encoding.tokens), [tuple(pair) for pair in encoding.offsets], back[0]

# %% right inverted_vocabulary_numpy
import numpy as np

def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_tensors="np", return_offsets_mapping=True)
    ids = [int(i) for i in encoded["input_ids"].reshape(-1)]
    entry = {i: piece for piece, i in tokenizer.get_vocab().items()}
    offsets = [(int(s), int(e)) for s, e in np.asarray(encoded["offset_mapping"]).reshape(-1, 2)]
    return ids, [entry[i] for i in ids], offsets, tokenizer.backend_tokenizer.decode(ids, skip_special_tokens=False)

# %% right bytes_by_hand
def _byte_table():
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(b): b for b in visible}
    hidden = [b for b in range(256) if b not in visible]
    table.update({chr(0x100 + n): b for n, b in enumerate(hidden)})
    return table

def round_trip(tokenizer, text):
    encoded = tokenizer(text, return_offsets_mapping=True)
    table, added = _byte_table(), tokenizer.get_added_vocab()
    ids, pieces, offsets, raw = [], [], [], b""
    for i, (start, end) in zip(encoded["input_ids"], encoded["offset_mapping"]):
        piece = tokenizer.convert_ids_to_tokens(i)
        ids.append(int(i))
        pieces.append(piece)
        offsets.append((start, end))
        raw += piece.encode() if piece in added else bytes(table[c] for c in piece)
    return ids, pieces, offsets, raw.decode("utf-8", errors="replace")
