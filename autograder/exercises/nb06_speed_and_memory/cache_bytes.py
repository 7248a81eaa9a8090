"""``cache_bytes``: how many bytes of keys and values a call of ``generate`` holds when it returns."""

import torch
from transformers import AutoModelForCausalLM

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.values import Resource

exercise = Exercise(__name__, points=4)
exercise.rules("""
    size: each layer holds two tensors, keys and values, of shape [rows, heads, tokens, numbers of a head], in the bytes
        of dtype
    heads: the heads are those of the keys and values, of which a model may have fewer than query heads; their numbers
        are config.head_dim where the configuration says one
    beams: each beam of a prompt is a row
    dynamic: a dynamic cache holds the tokens that were read: prompt and new ones, but for the last
    static: a static cache holds what could have been read at most, prompt and limit but for the last, from the
        beginning
    refuses: another kind of cache, numbers below 1 and more new tokens than the limit are refused with a ValueError
""")
KINDS = ("dynamic", "static")


@exercise.refuses
def refuses(config, dtype, rows, beams, prompt, new, limit, kind):
    if kind not in KINDS:
        return f"the kind of cache is dynamic or static, not {kind!r}"
    if min(rows, beams, prompt, new, limit) < 1:
        return "every number must be at least 1"
    return f"{new} new tokens are more than the limit of {limit}" if new > limit else ""


@exercise.probes
def probes(rng):
    few_ids = {"vocab_size": 11, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}

    def gpt2(layers=1, heads=2, width=8):
        return Resource("config", model_type="gpt2", n_layer=layers, n_head=heads, n_embd=heads * width, **few_ids)

    def grouped(heads, keys, model_type="llama", width=4, **settings):
        """A model with fewer heads of keys; qwen2 has no ``head_dim`` in its configuration."""
        sizes = {"hidden_size": heads * width, "intermediate_size": 8, "num_hidden_layers": 1}
        heads = {"num_attention_heads": heads, "num_key_value_heads": keys}
        return Resource("config", model_type=model_type, **few_ids, **sizes, **heads, **settings)

    def probe(
        rule, name, config, prompt, new, limit=None, rows=1, beams=1, dtype="float32", kind="dynamic", hidden=False
    ):
        args = {"config": config, "dtype": dtype, "rows": rows, "beams": beams, "prompt": prompt, "new": new}
        return Probe(name, rule=rule, hidden=hidden, **args, limit=limit or new, kind=kind)

    p, n, q, m = rng.sample(range(3, 13), 4)
    few, many = sorted((n, m))
    yield probe("size", "two layers", gpt2(2), p, n)
    yield probe("size", "three rows, five layers", gpt2(5, 3, 4), q, n, rows=3)
    yield probe("size", "16 bits", gpt2(3), p, m, dtype="bfloat16")
    yield probe("size", "another 16 bits, two rows", gpt2(2), p, n, rows=2, dtype="float16", hidden=True)
    yield probe("size", "four layers of wide heads", gpt2(4, 1, 16), q, m, hidden=True)
    yield probe("heads", "eight query heads, two of keys", grouped(8, 2), p, n)
    yield probe("heads", "one head of keys for all, no head_dim", grouped(4, 1, "qwen2"), q, n, rows=2)
    yield probe("heads", "heads that are wider than their share", grouped(4, 2, head_dim=16), p, m)
    yield probe("heads", "as many as query heads, narrower ones", grouped(2, 2, width=8, head_dim=4), q, m, hidden=True)
    yield probe(
        "heads", "six query heads, three of keys, no head_dim", grouped(6, 3, "qwen2"), q, m, rows=2, hidden=True
    )
    yield probe("beams", "four beams", gpt2(), p, n, beams=4)
    yield probe("beams", "two rows of three beams", gpt2(), q, n, rows=2, beams=3)
    yield probe("beams", "five rows of two beams", gpt2(), p, m, rows=5, beams=2, hidden=True)
    yield probe("dynamic", "it ended early", gpt2(), p, few, many)
    yield probe("dynamic", "it ended after one token", gpt2(), q, 1, many, rows=2)
    yield probe("dynamic", "it ended one token before the limit", gpt2(), q, many - 1, many, hidden=True)
    yield probe("static", "up to the limit", gpt2(), p, n, kind="static")
    yield probe("static", "it ended early, all is held", gpt2(), p, few, many, kind="static")
    yield probe("static", "one of many tokens", gpt2(), q, 1, 40, rows=2, kind="static")
    yield probe("static", "a prompt of one token", gpt2(), 1, few, many, kind="static", hidden=True)
    yield probe("refuses", "a cache of another kind", gpt2(), p, n, kind="sliding")
    yield probe("refuses", "no rows", gpt2(), p, n, rows=0)
    yield probe("refuses", "more new tokens than the limit", gpt2(), p, many, few)
    yield probe("refuses", "more new tokens than the limit of a static cache", gpt2(), p, 20, 19, kind="static")
    yield probe("refuses", "no beams", grouped(4, 2), p, n, beams=0, hidden=True)
    yield probe("refuses", "an empty prompt", gpt2(), 0, n, kind="static", hidden=True)


@exercise.oracle
def oracle(config, dtype, rows, beams, prompt, new, limit, kind):
    """The tensors that ``model.generate`` has at its end, and their bytes."""
    model = AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype)).eval()
    ids = torch.ones(rows, prompt, dtype=torch.long)
    out = model.generate(
        ids,
        attention_mask=ids,
        max_new_tokens=limit,
        num_beams=beams,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
        cache_implementation=None if kind == "dynamic" else kind,
        return_dict_in_generate=True,
        stopping_criteria=[lambda ids, scores: torch.full((len(ids),), ids.shape[1] >= prompt + new)],
    )
    return sum(tensor.nbytes for layer in out.past_key_values.layers for tensor in (layer.keys, layer.values))


@exercise.reference
def reference(config, dtype, rows, beams, prompt, new, limit, kind):
    query_heads = config.num_attention_heads
    heads = getattr(config, "num_key_value_heads", None) or query_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // query_heads
    tokens = prompt + (new if kind == "dynamic" else limit) - 1
    return 2 * config.num_hidden_layers * rows * beams * heads * tokens * width * getattr(torch, dtype).itemsize


@exercise.alternative
def by_a_layer(config, dtype, rows, beams, prompt, new, limit, kind):
    """Make one layer's keys and ask them."""
    settings = config.to_dict()
    query_heads = settings.get("num_attention_heads", settings.get("n_head"))
    heads = settings.get("num_key_value_heads", query_heads)
    width = settings.get("head_dim") or settings.get("hidden_size", settings.get("n_embd")) // query_heads
    length = {"dynamic": prompt - 1 + new, "static": prompt - 1 + limit}[kind]
    keys = torch.empty(rows * beams, heads, length, width, dtype=getattr(torch, dtype), device="meta")
    return 2 * settings.get("num_hidden_layers", settings.get("n_layer")) * keys.nbytes


@exercise.alternative(refuses=False)
def by_a_table(config, dtype, rows, beams, prompt, new, limit, kind):
    """Bytes of a token, times the tokens."""
    if kind not in ("dynamic", "static") or new > limit or not all(x >= 1 for x in (rows, beams, prompt, new, limit)):
        raise ValueError("no such cache")
    size = {"float32": 4, "bfloat16": 2, "float16": 2, "float64": 8}[dtype]
    heads = config.num_key_value_heads if hasattr(config, "num_key_value_heads") else config.num_attention_heads
    each = config.hidden_size // config.num_attention_heads
    if getattr(config, "head_dim", None):
        each = config.head_dim
    a_token = size * each * heads * config.num_hidden_layers * 2
    return a_token * rows * beams * (prompt + (limit if kind == "static" else new) - 1)


exercise.slips("""
    keys_without_values: 2 * config.num_hidden_layers => config.num_hidden_layers
        Half of it was counted. A layer keeps two tensors: the keys, and the values.
    one_layer: 2 * config.num_hidden_layers => 2
        One layer was counted. Each layer has keys and values of its own.
    bits: getattr(torch, dtype).itemsize => getattr(torch, dtype).itemsize * 8
        These are bits. A byte has eight of them.
    four_bytes_always: getattr(torch, dtype).itemsize => 4
        Four bytes were taken for every number. A number of bfloat16 or float16 takes two: getattr(torch,
        dtype).itemsize.
    two_bytes_always: getattr(torch, dtype).itemsize => 2
        Two bytes were taken for every number. float32 takes four: getattr(torch, dtype).itemsize.
    one_row: rows * beams * heads => beams * heads
        The rows were forgotten. Each row of the batch has keys and values of its own.
    query_heads: getattr(config, "num_key_value_heads", None) or query_heads => query_heads
        The query heads were counted. Only keys and values are kept, and several query heads may share those of one
        head: config.num_key_value_heads.
    key_heads_divide_the_width: config.hidden_size // query_heads => config.hidden_size // heads
        The model's width was divided by the heads of the keys. A head is as wide as a query head: the width is divided
        by config.num_attention_heads.
    no_head_dim_of_its_own: getattr(config, "head_dim", None) or config.hidden_size // query_heads
        => config.hidden_size // query_heads
        The numbers of a head were taken to be width by heads. Many models say another one: config.head_dim.
    whole_width_for_each_head: getattr(config, "head_dim", None) or config.hidden_size // query_heads
        => config.hidden_size
        The model's whole width was counted for each head. The heads share it.
    the_model_s_width: * heads * tokens * width => * tokens * config.hidden_size
        The model's width was taken for what is kept of a token. It is heads times numbers of a head, and of keys and
        values a model may have fewer heads.
    forgets_the_beams: rows * beams * heads => rows * heads
        The beams were forgotten. Beam search follows several texts at once, each with a cache of its own.
    one_beam_each: rows * beams * heads => max(rows, beams) * heads
        Rows and beams were not multiplied: each prompt of the batch is followed in as many beams.
    prompt_only: prompt + (new if kind == "dynamic" else limit) - 1 => prompt + (0 if kind == "dynamic" else limit - 1)
        Only the prompt was counted. The keys and values of each new token are kept as soon as it has been read.
    the_last_token_too: (new if kind == "dynamic" else limit) - 1 => (new if kind == "dynamic" else limit)
        One token too many was counted. The last new token is appended and never read, so it has no keys and values.
    new_ones_only: prompt + (new if kind == "dynamic" else limit) - 1 => (new if kind == "dynamic" else limit)
        The prompt was forgotten. Its keys and values are what the prefill is for.
    dynamic_holds_the_limit: (new if kind == "dynamic" else limit) => limit
        A dynamic cache was counted up to the limit. It grows with each token and holds what has been read by then.
    static_grows: (new if kind == "dynamic" else limit) => new
        A static cache was counted up to the tokens that came. Its tensors have their full length from the beginning,
        whatever comes: count up to the limit.
    static_holds_one_more: (new if kind == "dynamic" else limit) - 1 => (new - 1 if kind == "dynamic" else limit)
        A static cache was counted with one token too many: also at the limit, the last token is never read.
    static_starts_at_the_limit: prompt + (new if kind == "dynamic" else limit) - 1
        => prompt + new - 1 if kind == "dynamic" else limit
        The limit was taken for the whole length. It is max_new_tokens: the prompt's tokens come on top.
    kilobytes: return 2 => return 2 / 1024
        The number is one of kilobytes, or no integer. Bytes are asked for: a product of integers.
    any_kind_is_dynamic (refuses nothing): query_heads = config.num_attention_heads
        => if min(rows, beams, prompt, new, limit) < 1 or new > limit:
        =>         raise ValueError("a number is out of its range")
        =>     query_heads = config.num_attention_heads
        A kind of cache that this function does not know was given a size. Raise a ValueError that names it.
    any_numbers (refuses nothing): query_heads = config.num_attention_heads
        => if kind not in KINDS:
        =>         raise ValueError(f"no such cache: {kind}")
        =>     query_heads = config.num_attention_heads
        Numbers below 1, or more new tokens than the limit allows, were accepted: no call of generate has them.
    more_than_the_limit (refuses nothing): query_heads = config.num_attention_heads
        => if kind not in KINDS or min(rows, beams, prompt, new, limit) < 1:
        =>         raise ValueError("out of range")
        =>     query_heads = config.num_attention_heads
        More new tokens than the limit were accepted. generate never gives more than max_new_tokens.
""")
