"""Answers to ``cut_to_budget``, written from its card alone, without sight of its probes."""

# %% wrong truncation: Lets the tokenizer truncate and decodes; breaks 'a character of several tokens comes whole or not at all'.
def cut_to_budget(tokenizer, text, n):
    if n < len(tokenizer("")["input_ids"]):
        raise ValueError("nothing fits")
    return tokenizer.decode(tokenizer(text)["input_ids"][:n], skip_special_tokens=True)

# %% wrong drops_tokens_until_it_decodes: Cuts ids, then drops ids until the decoded text is a beginning of the text; breaks 'a beginning counts as a text of its own'.
def cut_to_budget(tokenizer, text, n):
    if n < len(tokenizer("")["input_ids"]):
        raise ValueError("nothing fits")
    ids = tokenizer(text, add_special_tokens=False)["input_ids"][: n - len(tokenizer("")["input_ids"])]
    while not text.startswith(tokenizer.decode(ids)):
        ids = ids[:-1]
    return tokenizer.decode(ids)

# %% wrong grows_by_words: Adds words while they fit; breaks 'it may end inside a word'.
def cut_to_budget(tokenizer, text, n):
    if n < len(tokenizer("")["input_ids"]):
        raise ValueError("nothing fits")
    result = ""
    for word in text.split(" "):
        longer = word if not result else result + " " + word
        if len(tokenizer(longer)["input_ids"]) > n:
            break
        result = longer
    return result

# %% wrong grows_by_characters: Adds characters while they fit and stops then; breaks 'no longer beginning has at most n tokens'.
def cut_to_budget(tokenizer, text, n):
    if n < len(tokenizer("")["input_ids"]):
        raise ValueError("nothing fits")
    end = 0
    while end < len(text) and len(tokenizer(text[: end + 1])["input_ids"]) <= n:
        end += 1
    return text[:end]

# %% wrong shrinks_then_strips: Takes characters off the end until it fits, then strips; breaks 'with spaces and line breaks at its ends'.
def cut_to_budget(tokenizer, text, n):
    while len(tokenizer(text)["input_ids"]) > n:
        if not text:
            raise ValueError("nothing fits")
        text = text[:-1]
    return text.strip()

# %% wrong empty_for_negative: Returns the empty text for a negative budget; breaks 'a budget into which not even the empty text fits is refused'.
def cut_to_budget(tokenizer, text, n):
    while text and len(tokenizer(text)["input_ids"]) > n:
        text = text[:-1]
    return text

# %% wrong tokenize: Counts with tokenize, which leaves out the special token in front; breaks 'with the special token that it may put before each text'.
def cut_to_budget(tokenizer, text, n):
    if n < 0:
        raise ValueError("n is negative")
    while len(tokenizer.tokenize(text)) > n:
        text = text[:-1]
    return text

# %% wrong bisect: Looks for the place by halving; breaks 'a longer one may again have fewer'.
def cut_to_budget(tokenizer, text, n):
    import bisect

    if n < len(tokenizer("")["input_ids"]):
        raise ValueError("nothing fits")
    ends = range(len(text) + 1)
    return text[: bisect.bisect_right(ends, n, key=lambda end: len(tokenizer(text[:end])["input_ids"])) - 1]

# %% right shrinks: Takes characters off the end until what is left fits.
def cut_to_budget(tokenizer, text, n):
    while len(tokenizer(text)["input_ids"]) > n:
        if not text:
            raise ValueError(f"no text fits into {n} tokens")
        text = text[:-1]
    return text

# %% right all_ends: Collects all beginnings that fit; max of none is a ValueError by itself.
def cut_to_budget(tokenizer, text, n):
    return text[: max(end for end in range(len(text) + 1) if len(tokenizer.encode(text[:end])) <= n)]

# %% right keeps_the_last: Goes through all beginnings and keeps the last that fits.
def cut_to_budget(tokenizer, text, n):
    best = None
    for end in range(len(text) + 1):
        if len(tokenizer(text[:end]).input_ids) <= n:
            best = text[:end]
    if best is None:
        raise ValueError("not even the empty text fits")
    return best
