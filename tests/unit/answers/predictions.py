"""Answers to ``predictions``, written from its card alone, without sight of its probes."""

# %% wrong believes_the_quiz_question: believes that two temperatures give two greedy outputs (A) and that temperature 0 makes both calls agree (C: 'same' instead of 'error')
def predictions(pair):
    return {
        "A": "different",
        "B": "same",
        "C": "different",
        "D": "same",
        "E": "different",
        "F": "different",
        "G": "different",
        "H": "same",
    }[pair]

# %% wrong seed_reaches_everything: believes that a seed once set reaches the second call as well (E: 'same')
def predictions(pair):
    return {
        "A": "same",
        "B": "same",
        "C": "error",
        "D": "same",
        "E": "same",
        "F": "different",
        "G": "different",
        "H": "same",
    }[pair]

# %% right chain_of_sets
def predictions(pair):
    same, different = set("ABDH"), set("EFG")
    if pair in same:
        return "same"
    if pair in different:
        return "different"
    if pair == "C":
        return "error"
    raise KeyError(pair)
