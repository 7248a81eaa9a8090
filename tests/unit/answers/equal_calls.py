"""Answers to ``equal_calls``, written from its card alone, without sight of its probes."""
# Two cells use PAIRS from the given cell "equal-pairs".

# %% wrong seed_lasts: A: one seed is enough for both
def equal_calls(pair):
    return {'A': 'equal', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong second_call_reckons: A: the scores are others
def equal_calls(pair):
    return {'A': 'other scores', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong limit_in_draw: B: another limit, other draws
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'other draws', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong model_plans: B: the model knows how long the text may be
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'other scores', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong rows_seen: C: rows of a batch see each other
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'other scores', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'other scores', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong row_own_seed: D and E: each row has its own numbers
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'equal', 'E': 'equal', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong padding_changes: D: padding changes the probabilities
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other scores', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong cache_approximates: F: the cache is an approximation
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'other scores', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong no_rounding: G: 16 bits are enough
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'equal', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong bits_of_generator: G: random numbers in bfloat16
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other draws', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% wrong cut_uses_fewer: I: fewer numbers are drawn
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'other draws', 'J': 'other scores'}[pair]

# %% wrong top_k_cuts: I: top_k changes the scores
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'other scores', 'J': 'other scores'}[pair]

# %% wrong mask_guessed: J: the library finds the padding by itself
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'equal'}[pair]

# %% wrong capitals: other spelling
def equal_calls(pair):
    answers = {"A": "Other draws", "B": "Equal", "C": "Equal", "D": "Other draws", "E": "Other draws",
               "F": "Equal", "G": "Other scores", "H": "Equal", "I": "Equal", "J": "Other scores"}
    return answers[pair]

# %% wrong all_equal: everything is equal
def equal_calls(pair):
    return 'equal'

# %% wrong same_seed_same_text: compares the settings only: equal if both calls have the same seed
def equal_calls(pair):
    one, two = PAIRS[pair]
    if one.get("seed") == two.get("seed"):
        return "equal"
    return "other draws"

# %% wrong missing_letter: J has no entry
def equal_calls(pair):
    answers = dict(zip("ABCDEFGHI", ["other draws", "equal", "equal", "other draws", "other draws", "equal",
                                     "other scores", "equal", "equal"]))
    return answers.get(pair)

# %% wrong bool: True in place of equal
def equal_calls(pair):
    return True if pair in 'BCFHI' else 'other draws' if pair in 'ADE' else 'other scores'

# %% right table: a dictionary
def equal_calls(pair):
    return {'A': 'other draws', 'B': 'equal', 'C': 'equal', 'D': 'other draws', 'E': 'other draws', 'F': 'equal', 'G': 'other scores', 'H': 'equal', 'I': 'equal', 'J': 'other scores'}[pair]

# %% right match: a match statement
def equal_calls(pair: str) -> str:
    match pair:
        case "A" | "D" | "E":
            return "other draws"
        case "G" | "J":
            return "other scores"
        case _:
            return "equal"

# %% right sets: two strings of letters
def equal_calls(pair):
    if pair in "GJ":
        return "other scores"
    return "other draws" if pair in "ADE" else "equal"

# %% right reasoned: derived from the settings of the given cell PAIRS
def equal_calls(pair):
    one, two = PAIRS[pair]
    if one.get("dtype") != two.get("dtype") or one.get("mask") != two.get("mask"):
        return "other scores"
    draws = one.get("do_sample", False)
    if draws and (one.get("seed") != two.get("seed") or one["rows"] != two["rows"]):
        return "other draws"
    return "equal"
