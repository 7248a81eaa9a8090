"""Answers to ``effective_config``, written from its card alone, without sight of its probes."""
# All cells use DEFAULTS from the given cell "repositories-defaults".

# %% wrong get_with_default: None in the call is taken as not said (call.get(name) is not None)
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        for source, origin in ((call, "call"), (own, "own"), (repo, "repository")):
            if source.get(name) is not None:
                result[name] = (source[name], origin)
                break
        else:
            result[name] = (default, "default")
    if result["max_new_tokens"][0] is not None:
        del result["max_length"]
    else:
        del result["max_new_tokens"]
    return result

# %% wrong merged_in_order: merges dicts, so that None in own and repo overwrites
def effective_config(repo, own, call):
    result = {name: (value, "default") for name, value in DEFAULTS.items()}
    for source, origin in ((repo, "repository"), (own, "own"), (call, "call")):
        for name, value in source.items():
            if name in result:
                result[name] = (value, origin)
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong own_beats_call: the order of the first two is exchanged
def effective_config(repo, own, call):
    result = {}
    for name in DEFAULTS:
        if own.get(name) is not None:
            result[name] = (own[name], "own")
        elif name in call:
            result[name] = (call[name], "call")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (DEFAULTS[name], "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong own_replaces_repo: when there is an own configuration the repository is not asked
def effective_config(repo, own, call):
    below = (own, "own") if own else (repo, "repository")
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif below[0].get(name) is not None:
            result[name] = (below[0][name], below[1])
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong limit_by_origin: the limit that was said nearest to the call wins
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    ranks = ["call", "own", "repository", "default"]
    new, whole = result["max_new_tokens"], result["max_length"]
    if new[0] is not None and ranks.index(new[1]) <= ranks.index(whole[1]):
        del result["max_length"]
    else:
        del result["max_new_tokens"]
    return result

# %% accepted limit_truthy: max_new_tokens=0 does not count; the library refuses this value
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] else "max_new_tokens")
    return result

# %% wrong equal_to_default: a value equal to the default is given the origin default
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        pair = (default, "default")
        for source, origin in ((repo, "repository"), (own, "own")):
            if source.get(name) is not None and source[name] != default:
                pair = (source[name], origin)
        if name in call and call[name] != default:
            pair = (call[name], "call")
        result[name] = pair
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong extra_names: names outside DEFAULTS are in the result
def effective_config(repo, own, call):
    result = {}
    for name in list(DEFAULTS) + [n for n in call if n not in DEFAULTS]:
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (DEFAULTS[name], "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong joins_ends: lists of end tokens are joined
def effective_config(repo, own, call):
    def as_list(x):
        return x if isinstance(x, list) else [x]

    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            value = own[name]
            if name == "eos_token_id" and repo.get(name) is not None:
                value = sorted({*as_list(value), *as_list(repo[name])})
            result[name] = (value, "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong order_of_sources: right pairs, in the order in which the sources say them
def effective_config(repo, own, call):
    pairs = {name: (value, "call") for name, value in call.items() if name in DEFAULTS}
    pairs |= {n: (v, "own") for n, v in own.items() if v is not None and n in DEFAULTS and n not in pairs}
    pairs |= {n: (v, "repository") for n, v in repo.items() if v is not None and n in DEFAULTS and n not in pairs}
    pairs |= {n: (v, "default") for n, v in DEFAULTS.items() if n not in pairs}
    pairs.pop("max_length" if pairs["max_new_tokens"][0] is not None else "max_new_tokens")
    return pairs

# %% wrong limits_by_default: max_new_tokens is kept only where it did not come from the default
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    if result["max_new_tokens"][1] != "default":
        del result["max_length"]
    else:
        del result["max_new_tokens"]
    return result

# %% wrong writes_into_call: deletes the unused limit from the call's own dictionary
def effective_config(repo, own, call):
    if call.get("max_new_tokens") is not None:
        call.pop("max_length", None)
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% accepted lists_not_tuples: gives lists of two instead of tuples
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = [call[name], "call"]
        elif own.get(name) is not None:
            result[name] = [own[name], "own"]
        elif repo.get(name) is not None:
            result[name] = [repo[name], "repository"]
        else:
            result[name] = [default, "default"]
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong none_in_repo_counts: a null of the repository is a value
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif name in repo:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong first_max_length_call: a max_length of the call removes the max_new_tokens of the others
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    if "max_length" in call and "max_new_tokens" not in call:
        del result["max_new_tokens"]
    else:
        result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong call_limit_none: max_new_tokens=None in the call lets the repository's stand
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call and not (name == "max_new_tokens" and call[name] is None):
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong own_limit_none_off: max_length=None in the call is dropped, the default 20 stands
def effective_config(repo, own, call):
    call = {n: v for n, v in call.items() if not (n == "max_length" and v is None)}
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong hard_copy_of_defaults: the defaults typed in from the printed table, max_length plus prompt guess
def effective_config(repo, own, call):
    mine = {"do_sample": False, "temperature": 1.0, "top_k": 50, "top_p": 1.0, "num_beams": 1,
            "repetition_penalty": 1.0, "eos_token_id": 2047, "max_new_tokens": None, "max_length": 20}
    result = {}
    for name, default in mine.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong inherited_state: keeps what an earlier call found, by a default argument
def effective_config(repo, own, call, result={}):
    for name in DEFAULTS:
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result.setdefault(name, (DEFAULTS[name], "default"))
    drop = "max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens"
    return {n: result[n] for n in DEFAULTS if n != drop}

# %% right layered_merge: lower places first, each filtered by its own rule
def effective_config(repo, own, call):
    layers = [
        ("default", DEFAULTS),
        ("repository", {k: v for k, v in repo.items() if v is not None}),
        ("own", {k: v for k, v in own.items() if v is not None}),
        ("call", call),
    ]
    merged = {}
    for origin, layer in layers:
        merged.update({k: (v, origin) for k, v in layer.items() if k in DEFAULTS})
    unused = "max_new_tokens" if merged["max_new_tokens"][0] is None else "max_length"
    return {name: merged[name] for name in DEFAULTS if name != unused}

# %% right candidates_next: a generator of candidates and next()
def effective_config(repo, own, call):
    def found(name):
        candidates = []
        if name in call:
            candidates.append((call[name], "call"))
        candidates += [(p[name], o) for p, o in ((own, "own"), (repo, "repository")) if p.get(name) is not None]
        return next(iter(candidates), (DEFAULTS[name], "default"))

    table = {name: found(name) for name in DEFAULTS}
    counts = table["max_new_tokens"][0] is not None
    return {n: p for n, p in table.items() if n != ("max_length" if counts else "max_new_tokens")}

# %% right sentinel_match: a sentinel for "says nothing" and a while loop
def effective_config(repo, own, call):
    NOTHING = object()

    def ask(place, name, none_is_value):
        value = place.get(name, NOTHING)
        return NOTHING if value is None and not none_is_value else value

    out = {}
    for name in DEFAULTS:
        answers = [(ask(call, name, True), "call"), (ask(own, name, False), "own"),
                   (ask(repo, name, False), "repository"), (DEFAULTS[name], "default")]
        while answers[0][0] is NOTHING:
            answers.pop(0)
        out[name] = answers[0]
    if out["max_new_tokens"][0] is None:
        out.pop("max_new_tokens")
    else:
        out.pop("max_length")
    return out

# %% right chainmap: ChainMap over the cleaned dictionaries, origin by membership
from collections import ChainMap


def effective_config(repo, own, call):
    def clean(d):
        return {k: v for k, v in d.items() if v is not None}

    places = {"call": call, "own": clean(own), "repository": clean(repo), "default": DEFAULTS}
    values = ChainMap(*places.values())
    result = {}
    for name in DEFAULTS:
        origin = [o for o, p in places.items() if name in p][0]
        result[name] = (values[name], origin)
    del result["max_length" if values["max_new_tokens"] is not None else "max_new_tokens"]
    return result

# %% wrong eats_repo: merges into the repository's own dictionary
def effective_config(repo, own, call):
    origin = {name: "default" for name in DEFAULTS}
    for name, value in list(repo.items()):
        if value is None:
            del repo[name]
        elif name in DEFAULTS:
            origin[name] = "repository"
    for name, value in own.items():
        if value is not None:
            repo[name] = value
            origin[name] = "own"
    for name, value in call.items():
        repo[name] = value
        origin[name] = "call"
    result = {name: (repo.get(name, DEFAULTS[name]), origin[name]) for name in DEFAULTS}
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong origin_from_repo_name: the word "repo" instead of "repository"
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repo")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong length_prompt_default: the default max_length does not count when nobody says a limit, so both are left out
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    if result["max_new_tokens"][0] is not None or result["max_length"][1] == "default":
        del result["max_length"]
    if result["max_new_tokens"][0] is None:
        del result["max_new_tokens"]
    return result

# %% wrong sorted_names: right pairs in alphabetical order
def effective_config(repo, own, call):
    result = {}
    for name in sorted(DEFAULTS):
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (DEFAULTS[name], "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong own_zero_nothing: 0 in one's own configuration says nothing
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif name in own and (own[name] or own[name] is False):
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong repo_falsy: the repository is asked with or, so that its 0 and False are lost
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call:
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name):
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result

# %% wrong call_falsy: the call is asked for None and truth: 0 and False of the call are lost
def effective_config(repo, own, call):
    result = {}
    for name, default in DEFAULTS.items():
        if name in call and (call[name] or call[name] is None):
            result[name] = (call[name], "call")
        elif own.get(name) is not None:
            result[name] = (own[name], "own")
        elif repo.get(name) is not None:
            result[name] = (repo[name], "repository")
        else:
            result[name] = (default, "default")
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result
