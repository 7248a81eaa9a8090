"""``effective_config``: the settings that a call really has, each with where it came from."""

import functools

import torch
from transformers import GenerationConfig

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.models import probe_model

NAMES = (
    "do_sample", "temperature", "top_k", "top_p", "num_beams", "repetition_penalty", "eos_token_id",
    "max_new_tokens", "max_length",
)  # fmt: skip
_LIBRARY = GenerationConfig._get_default_generation_params()
DEFAULTS = {name: _LIBRARY.get(name) for name in NAMES}

exercise = Exercise(__name__, points=4, adapter=Adapter.PARTS)
exercise.rules("""
    call: what the call says wins over your own configuration, and both win over the repository's
    fills: your own configuration fills in only what it says; every other setting still comes from the repository
    default: what nobody says is the library's default, whatever the other settings are
    falsy: 0 and False are values like any other, and what is said counts even where it equals the default
    unset: a None in your own configuration or the repository's says nothing, and the next in line is asked
    none_in_the_call: a None among the call's arguments is a value: it wins and stands in the result as None
    limits (2): one limit is in the result: max_new_tokens where it has a value, whoever said it, else max_length
    names: only the names of DEFAULTS are in the result, in their order, each with its value as it was said
""")


def qwen(rng, **more):
    """Settings of a repository that samples."""
    return {
        "do_sample": True,
        "temperature": rng.choice((0.55, 0.6, 0.65)),
        "top_k": rng.randrange(15, 26),
        "top_p": rng.choice((0.85, 0.9, 0.95)),
        "eos_token_id": rng.sample(range(5, 30), 2),
    } | more


def settings(rng, **more):
    """The same settings of a repository that does not say do_sample."""
    return {name: value for name, value in qwen(rng, **more).items() if name != "do_sample"}


@exercise.probes
def probes(rng):
    def probe(rule, name, repo=None, own=None, call=None, hidden=False):
        about = "the limits" if rule == "limits" else "all but the limits"
        return Probe(name, rule=rule, hidden=hidden, repo=repo or {}, own=own or {}, call=call or {}, about=about)

    def some(low=5, high=15):
        return rng.randrange(low, high)

    n, k, warm = some(), some(), rng.choice((0.7, 0.8, 1.25))
    yield probe("call", "all three say a temperature", settings(rng), {"temperature": 0.9}, {"temperature": warm})
    yield probe("call", "own and repository say top_p", settings(rng), {"top_p": 0.5, "top_k": k})
    yield probe("call", "call and repository say top_k", qwen(rng), call={"top_k": k, "do_sample": True})
    yield probe("call", "own and call say different things of several",
                settings(rng), {"num_beams": 2, "repetition_penalty": 1.5, "top_k": k}, {"num_beams": 3, "top_p": 0.75},
                hidden=True)  # fmt: skip
    yield probe("call", "two lists of end tokens", qwen(rng), call={"eos_token_id": [k, 30]})
    yield probe("call", "one end token instead of two", settings(rng), {"eos_token_id": k}, hidden=True)

    yield probe("fills", "own says only a limit, the repository samples", qwen(rng), {"max_new_tokens": n})
    yield probe("fills", "own says a temperature, the repository the rest", qwen(rng), {"temperature": warm})
    yield probe("fills", "own says how to search, the repository the penalty",
                {"repetition_penalty": 1.0 + k / 64, "eos_token_id": n}, {"num_beams": k}, hidden=True)  # fmt: skip

    yield probe("default", "nobody says anything but do_sample", call={"do_sample": True})
    yield probe("default", "a repository that knows only its end token", {"eos_token_id": k})
    yield probe("default", "beams in the call, and nothing else", call={"num_beams": some(2, 6)})
    yield probe(
        "default", "own samples with top_p", {"eos_token_id": n}, {"do_sample": True, "top_p": 0.9}, hidden=True
    )
    yield probe("default", "a temperature without do_sample", call={"temperature": warm}, hidden=True)
    yield probe("default", "nobody says anything", hidden=True)

    yield probe("falsy", "own says do_sample=False", qwen(rng), {"do_sample": False})
    yield probe("falsy", "the call says top_k=0", settings(rng), {"top_p": 0.75}, {"top_k": 0})
    yield probe("falsy", "own says what the default is", settings(rng), {"top_k": 50, "temperature": 1.0})
    yield probe("falsy", "the end token is id 0", {"eos_token_id": k}, {"eos_token_id": 0})
    yield probe("falsy", "the call says do_sample=False, own True",
                qwen(rng), {"do_sample": True, "top_k": k}, {"do_sample": False}, hidden=True)  # fmt: skip
    yield probe("falsy", "the repository says top_k=0", qwen(rng, top_k=0))
    yield probe("falsy", "the repository says do_sample=False", settings(rng, do_sample=False), hidden=True)
    yield probe("falsy", "call, own and repository say the same",
                {"top_k": k}, {"top_k": k, "num_beams": 1}, {"top_k": k, "repetition_penalty": 1.0},
                hidden=True)  # fmt: skip

    yield probe("unset", "own says top_k=None, the repository a number", settings(rng), {"top_k": None})
    yield probe("unset", "own says top_k=None, the repository nothing", {"eos_token_id": n}, {"top_k": None})
    yield probe("unset", "the repository says null", qwen(rng, top_p=None, temperature=None))
    yield probe("unset", "own says eos_token_id=None", settings(rng), {"eos_token_id": None}, hidden=True)
    yield probe("unset", "own and repository say None",
                settings(rng, temperature=None), {"temperature": None, "top_p": None}, hidden=True)  # fmt: skip

    yield probe("none_in_the_call", "the call says top_k=None", qwen(rng), call={"top_k": None})
    yield probe("none_in_the_call", "the call says None, own a number",
                settings(rng), {"top_p": 0.75, "top_k": k}, {"top_p": None})  # fmt: skip
    yield probe("none_in_the_call", "no end token for this call", qwen(rng), call={"eos_token_id": None})
    yield probe("none_in_the_call", "the call says None where nobody says anything",
                {"eos_token_id": k}, call={"top_k": None, "temperature": None}, hidden=True)  # fmt: skip
    yield probe("none_in_the_call", "own and call say top_k=None", {"top_k": k}, {"top_k": None}, {"top_k": None},
                hidden=True)  # fmt: skip

    long = some(60, 90)
    yield probe("limits", "max_length in the repository, max_new_tokens in the call",
                {"max_length": long, "eos_token_id": k}, call={"max_new_tokens": n})  # fmt: skip
    yield probe("limits", "max_new_tokens in the repository, max_length in the call",
                {"max_new_tokens": n, "eos_token_id": k}, call={"max_length": long})  # fmt: skip
    yield probe("limits", "max_length in the repository alone", {"max_length": long, "eos_token_id": k})
    yield probe("limits", "two values of max_new_tokens", {"max_new_tokens": n}, {"max_new_tokens": long})
    yield probe("limits", "max_new_tokens in your own, max_length in the call",
                {"max_length": long}, {"max_new_tokens": n}, {"max_length": 40}, hidden=True)  # fmt: skip
    yield probe("limits", "max_length in your own and in the repository",
                {"max_length": long}, {"max_length": 40 + k}, hidden=True)  # fmt: skip
    yield probe("limits", "max_new_tokens in the repository, max_length in your own",
                {"max_new_tokens": long}, {"max_length": 40}, hidden=True)  # fmt: skip
    yield probe("limits", "max_new_tokens=None in the call, a number in the repository",
                {"max_new_tokens": n, "max_length": long}, call={"max_new_tokens": None})  # fmt: skip
    yield probe("limits", "max_new_tokens=None in your own, a number in the repository",
                {"max_new_tokens": n}, {"max_new_tokens": None, "max_length": long}, hidden=True)  # fmt: skip
    yield probe("limits", "nobody says a limit", {"eos_token_id": k})
    yield probe("limits", "the call says both, the repository one",
                {"max_length": 40}, call={"max_new_tokens": n, "max_length": long})  # fmt: skip
    yield probe("limits", "your own says both", own={"max_length": long, "max_new_tokens": n}, hidden=True)
    yield probe("limits", "the call says max_length=None and no other limit", {"max_length": long},
                call={"max_length": None})  # fmt: skip
    yield probe("limits", "the call says max_length=None, the repository max_new_tokens", {"max_new_tokens": n},
                call={"max_length": None}, hidden=True)  # fmt: skip

    yield probe("names", "settings that are not asked for",
                {"pad_token_id": k, "eos_token_id": n}, {"min_p": 0.25}, {"no_repeat_ngram_size": 3})  # fmt: skip
    yield probe("names", "said in another order",
                {"bos_token_id": 3, "top_p": 0.75, "do_sample": True}, call={"max_new_tokens": n, "do_sample": False},
                hidden=True)  # fmt: skip


LEVELS = ("repository", "own", "call")


@functools.cache
def a_model():
    return probe_model()


def merged(*said):
    """The library's own merge of what repository, own configuration and call say, and the limit that it uses."""
    model = a_model()
    model.generation_config = GenerationConfig.from_dict(said[0])
    own = GenerationConfig(**said[1]) if said[1] else None
    config, _ = model._prepare_generation_config(own, **said[2])
    used = []
    if config.max_new_tokens or config.max_length:  # without any limit generate fails
        model.generate(
            torch.zeros(1, 1, dtype=torch.int64),
            generation_config=own,
            custom_generate=lambda *_, generation_config, **__: used.append(generation_config.max_length),
            **said[2],
        )
    limits = {"max_new_tokens", "max_length"}
    counts = "max_new_tokens" if config.max_new_tokens and used == [config.max_new_tokens + 1] else "max_length"
    return {name: getattr(config, name) for name in NAMES if name not in limits - {counts}}


def origins(*said):
    """Who said what comes out of the library's merge: each says a number of his own there, 2, 3 or 4."""
    model = a_model()
    marked = [
        {name: value if value is None else mark for name, value in level.items() if name in NAMES}
        for mark, level in enumerate(said, 2)
    ]
    model.generation_config = GenerationConfig.from_dict(marked[0])
    config, _ = model._prepare_generation_config(GenerationConfig(**marked[1]), **marked[2])
    came = {name: getattr(config, name) for name in NAMES}
    nulled = {name for name, value in said[2].items() if value is None}
    who = {mark: level for mark, level in enumerate(LEVELS, 2)}
    return {name: "call" if name in nulled else who.get(value, "default") for name, value in came.items()}


@exercise.oracle
def oracle(repo, own, call):
    where = origins(repo, own, call)
    return {name: (value, where[name]) for name, value in merged(repo, own, call).items()}


@exercise.reference
def reference(repo, own, call):
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
    if result["max_new_tokens"][0] is None:
        del result["max_new_tokens"]
    else:
        del result["max_length"]
    return result


exercise.slips("""
    do_sample_means_the_whole_vocabulary: if result["max_new_tokens"][0] is None:
        => if result["do_sample"][0] and result["top_k"][1] == "default":
        =>         result["top_k"] = (None, "default")
        =>     if result["max_new_tokens"][0] is None:
        With do_sample=True and no word of top_k the whole vocabulary was taken. The library's default is top_k=50, and
        do_sample does not change it: say top_k=0 for the whole vocabulary.
    ignores_the_defaults: result[name] = (default, "default") => result[name] = (None, "default")
        Settings that nobody says came out as None. The library has a default of its own for most of them, and it
        counts: look it up in DEFAULTS.
    own_replaces_the_repository: elif repo.get(name) is not None: => elif not own and repo.get(name) is not None:
        Where there is a configuration of your own, the repository's was put aside as a whole. Yours fills in only what
        it says: every setting that it does not mention still comes from the repository, do_sample above all.
    own_without_do_sample_is_greedy: if result["max_new_tokens"][0] is None:
        => if own and result["do_sample"][1] == "repository":
        =>         result["do_sample"] = (False, "default")
        =>     if result["max_new_tokens"][0] is None:
        A configuration of your own that does not say do_sample was taken for a greedy one. It says nothing of
        do_sample, so the repository's value stays: where that is True, the call samples.
    the_repository_wins: elif own.get(name) is not None:
        => elif own.get(name) is not None and repo.get(name) is None:
        The repository's value was preferred to that of your own configuration. Yours is asked first; the repository
        fills in what is left.
    own_wins_over_the_call: if name in call: => if name in call and own.get(name) is None:
        Your own configuration was preferred to the call's arguments. The call comes first, then your own.
    the_repository_wins_over_all: if name in call: => if name in call and repo.get(name) is None:
        The repository's value was preferred to the call's. The call is asked first of all.
    joins_the_end_tokens: if result["max_new_tokens"][0] is None:
        => ends = [repo.get("eos_token_id"), result["eos_token_id"][0]]
        =>     if isinstance(ends[0], list) and ends[1] is not None:
        =>         new = ends[1] if isinstance(ends[1], list) else [ends[1]]
        =>         joined = list(dict.fromkeys([*ends[0], *new]))
        =>         result["eos_token_id"] = (joined, result["eos_token_id"][1])
        =>     if result["max_new_tokens"][0] is None:
        The end tokens of repository and caller were joined in one list. A list is one value: the one that wins stands
        alone, and the other is forgotten.
    none_in_own_switches_off: elif own.get(name) is not None: => elif name in own:
        A None in your own configuration was taken for a value. There it says "not set": the repository, then the
        default, is asked. To switch top_k off in a configuration, say top_k=0.
    null_in_the_repository_counts: elif repo.get(name) is not None: => elif name in repo:
        A None in the repository's configuration was taken for a value. There it says "not set", and the default counts.
    none_in_the_call_is_unset: if name in call: => if call.get(name) is not None:
        A None among the call's arguments was taken for "not set". In the call it is a value like any other and is
        written over everything else: top_k=None there switches top_k off. Ask whether the name is in the call.
    none_has_no_origin: result[name] = (call[name], "call")
        => result[name] = (call[name], "default" if call[name] is None and name != "max_length" else "call")
        The value is right, None, but its origin is not the default: the call said it, and so switched the setting off.
    zero_and_false_are_nothing: elif own.get(name) is not None: => elif own.get(name):
        0 and False were taken for "not set", because they are false in Python. They are values: ask `is not None`.
    zero_in_the_call_is_nothing: if name in call: => if name in call and (call[name] or call[name] is None):
        0 or False in the call was taken for "not set", because it is false in Python. It is a value like any other: ask
        whether the name is in the call.
    what_equals_the_default_is_unset: elif own.get(name) is not None:
        => elif own.get(name) is not None and own[name] != default:
        What you said in your own configuration was skipped because it equals the library's default. Said is said: it
        wins over the repository's value, and its origin is "own".
    drops_a_none_limit: if name in call:
        => if name in call and not (name == "max_length" and call[name] is None):
        max_length=None in the call was taken for "not set". In the call None is a value for limits, too: it takes the
        limit away.
    both_limits: del result["max_length"] => pass
        Both limits are in the result. Where max_new_tokens has a value, max_length counts for nothing: leave it out.
    max_length_wins_where_it_is_said: if result["max_new_tokens"][0] is None:
        => if result["max_new_tokens"][0] is None or result["max_length"][1] != "default":
        max_length was preferred because somebody said it. Where max_new_tokens has a value, whoever said it, that wins.
    the_call_s_limit_wins: if result["max_new_tokens"][0] is None:
        => if result["max_new_tokens"][0] is None or (
        =>         result["max_length"][1] in ("call", "own") and result["max_new_tokens"][1] == "repository"):
        The limit of the higher origin was preferred. The two limits are merged each for itself, and then max_new_tokens
        wins wherever it comes from: even the repository's wins over a max_length in the call.
    the_default_limit_stays: del result["max_new_tokens"] => del result["max_length"]
        Without max_new_tokens the result has no limit that counts: then max_length does, the default of 20 if nobody
        says it. (The library adds the prompt's length to that default.) Keep max_length and leave max_new_tokens out.
    everything_that_is_said: for name, default in DEFAULTS.items():
        => for name in dict.fromkeys([*DEFAULTS, *repo, *own, *call]):
        =>         default = DEFAULTS.get(name)
        The result has settings that were not asked for. Go through the names of DEFAULTS, and no others.
    in_the_order_in_which_it_was_said: for name, default in DEFAULTS.items():
        => known = [name for name in [*call, *own, *repo] if name in DEFAULTS and name.startswith(("do", "top"))]
        =>     for name, default in {name: DEFAULTS[name] for name in [*known, *DEFAULTS]}.items():
        The names stand in another order than in DEFAULTS. Go through DEFAULTS, and ask for each name who says it.
""")


@exercise.mistake
def values_alone(repo, own, call):
    """The values stand alone. Give a pair for each name: the value and its origin, one of the card's four words."""
    return {name: value for name, (value, _) in reference(repo, own, call).items()}


@exercise.mistake
def the_first_that_is_true(repo, own, call):
    """A chain of `or` skips 0, False and the call's None, which all are values. Ask whether a name is in the call, and
    for the others whether the value `is not None`."""
    result = {}
    for name, default in DEFAULTS.items():
        value = call.get(name) or own.get(name) or repo.get(name) or default
        said = [origin for origin, level in (("call", call), ("own", own), ("repository", repo)) if level.get(name)]
        result[name] = (value, said[0] if said else "default")
    result.pop("max_length" if result["max_new_tokens"][0] else "max_new_tokens")
    return result


@exercise.mistake
def forgets_the_limits(repo, own, call):
    """Both limits are always in the result. Look both up like any other name, and at the end take out the one that does
    not count: max_length where max_new_tokens has a value, else max_new_tokens."""
    result = {name: (value, "default") for name, value in DEFAULTS.items()}
    for origin, level in (("repository", repo), ("own", own)):
        result |= {key: (value, origin) for key, value in level.items() if key in DEFAULTS and value is not None}
    return result | {key: (value, "call") for key, value in call.items() if key in DEFAULTS}


@exercise.mistake
def one_dictionary_after_the_other(repo, own, call):
    """The dictionaries were laid one over the other, so that a None below the call wipes out what it lies on. Only the
    call's None is a value; leave the others out before you merge."""
    result = {name: (value, "default") for name, value in DEFAULTS.items()}
    for origin, level in (("repository", repo), ("own", own), ("call", call)):
        result |= {name: (value, origin) for name, value in level.items() if name in DEFAULTS}
    result.pop("max_length" if result["max_new_tokens"][0] is not None else "max_new_tokens")
    return result


@exercise.alternative
def layers(repo, own, call):
    """From the bottom up: each layer is written over the one before."""
    result = {name: (value, "default") for name, value in DEFAULTS.items()}
    for origin, level in (("repository", repo), ("own", own)):
        result.update({key: (value, origin) for key, value in level.items() if key in DEFAULTS and value is not None})
    result.update({key: (value, "call") for key, value in call.items() if key in DEFAULTS})
    unused = "max_new_tokens" if result["max_new_tokens"][0] is None else "max_length"
    return {key: pair for key, pair in result.items() if key != unused}


@exercise.alternative
def by_asking_the_library(repo, own, call):
    """The library merges; who said it is looked up."""
    values = merged(repo, own, call)

    def origin(name):
        if name in call:
            return "call"
        return next((who for who, level in (("own", own), ("repository", repo)) if level.get(name) is not None), None)

    return {name: (value, origin(name) or "default") for name, value in values.items()}


@exercise.alternative
def first_of_a_list(repo, own, call):
    """All candidates in a list, the first one wins; lists instead of tuples."""
    without_none = [{key: value for key, value in level.items() if value is not None} for level in (own, repo)]
    order = [("call", call), ("own", without_none[0]), ("repository", without_none[1]), ("default", DEFAULTS)]
    found = {name: next([level[name], who] for who, level in order if name in level) for name in DEFAULTS}
    counts = found["max_new_tokens"][0] is not None
    found.pop("max_length") if counts else found.pop("max_new_tokens")
    return found
