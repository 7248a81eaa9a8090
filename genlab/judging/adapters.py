"""How a probe's arguments reach the student's code."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteria
from transformers.generation import GenerateDecoderOnlyOutput

from genlab.judging.clinic import treated
from genlab.judging.memory import rationed
from genlab.judging.rebuilt import looped, rebuilt
from genlab.judging.reproduced import reproduced
from genlab.judging.serving import served


class Adapter(StrEnum):
    """A way to call a student's function with a probe's arguments, which have names and an order."""

    CALL = "call"  # positionally, so that a student may rename parameters
    KEYWORDS = "keywords"  # by name
    COLLECT = "collect"  # positionally; the chunks of a generator become a list
    PARTS = "parts"  # positionally without the last argument, which says what of the dictionary that comes is judged
    EACH = "each"  # once for each item of the first argument, with the others; the results become a list
    STREAM = "stream"  # like COLLECT, each chunk with what held when it came: see ``_stream``
    FEED = "feed"  # an iterator feeds it chunks; what it yields, and when, is compared: see ``_feed``
    CRITERION = "criterion"  # a class of stopping criteria is built and used in ``model.generate``
    CLINIC = "clinic"  # it says why a call is broken and gives the mended one: see ``genlab.judging.clinic``
    PROCESSOR = "processor"  # a class of logits processors is built and asked at each step of a run
    SETTINGS = "settings"  # it finds settings, which are put back into the library: see ``genlab.judging.reproduced``
    EARLIER = "earlier"  # positionally; with ``an_earlier_call``, the same model was asked that before
    SERVER = "server"  # a generator serves a request from a thread, and is read: see ``genlab.judging.serving``
    RATIONED = "rationed"  # it calls ``generate`` on a model with little memory: see ``genlab.judging.memory``
    LOOPED = "looped"  # as the loop inside of ``model.generate``: see ``genlab.judging.rebuilt``
    REBUILT = "rebuilt"  # in place of ``model.generate``, under a seed: see there
    OUTPUT = "output"  # positionally; the first three arguments are what ``model.generate`` returns, as one object


def _stream(function: Callable, args: dict[str, Any]) -> list[list[Any]]:
    """``[[forward passes so far, gradients, chunk], ...]`` of a generator without its empty chunks.

    ``args["model"]`` writes. ``gradients``: "on", or "off" where the generator has switched them off for its caller.
    """
    forwards = 0

    def count(*_: Any) -> None:
        nonlocal forwards
        forwards += 1

    hook = args["model"].register_forward_pre_hook(count)
    try:
        chunks = ([forwards, _gradients(), chunk] for chunk in function(*args.values()))
        return [entry for entry in chunks if entry[-1] != ""]
    finally:
        hook.remove()


def _feed(function: Callable, args: dict[str, Any]) -> Any:
    """What a generator that is fed chunks yields, as far as the last argument, ``compared``, asks for it.

    "the text": all that it yields, joined; "what was out, and when": ``[[chunks read so far, text], ...]``, with
    "the end" instead of a number once it has found that there are no more; "chunks read": how many it has asked for.
    """
    chunks, *others, compared = args.values()
    read: list[str] = []
    ended = False

    def feed() -> Iterator[str]:
        nonlocal ended
        for chunk in chunks:
            read.append(chunk)
            yield chunk
        ended = True

    out: dict[int | str, str] = {}
    for text in function(feed(), *others):
        when = "the end" if ended else len(read)
        out[when] = out.get(when, "") + text
    if compared == "the text":
        return "".join(out.values())
    if compared == "chunks read":
        return len(read)
    return [[when, text] for when, text in out.items() if text]


def _gradients() -> str:
    return "on" if torch.is_grad_enabled() else "off"


def _criterion(make: Callable, args: dict[str, Any]) -> dict[str, Any]:
    """What ``make(tokenizer, prompt_length, limit)`` answers at each step of a run, and the ids that come of it.

    With one more argument that is true, ``"anew"`` holds what the same object then says of the rows' beginnings, as in
    another run, and what another object says that is asked about the whole rows at once.
    """
    model, tokenizer, ids, limit, max_new_tokens, *anew = args.values()
    criterion = make(tokenizer, ids.shape[1], limit)
    answers = []

    def ask(input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> Any:
        answers.append(criterion(input_ids, scores, **kwargs))
        return answers[-1]

    sequences = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=max_new_tokens,
        pad_token_id=tokenizer.eos_token_id,
        stopping_criteria=[ask],
    )
    result = {"is_criterion": isinstance(criterion, StoppingCriteria), "answers": answers, "sequences": sequences}
    if any(anew):
        beginnings = sequences[:, : ids.shape[1] + 1]
        result["anew"] = [criterion(beginnings, None), make(tokenizer, ids.shape[1], limit)(sequences, None)]
    return result


def _processor(make: Callable, args: dict[str, Any]) -> dict[str, Any]:
    """What one object of ``make(options, prompt_length, eos_token_id)`` makes of the scores of each step."""
    options, prompt_length, eos_token_id, steps, scores = args.values()
    processor = make(options, prompt_length, eos_token_id)
    ask = LogitsProcessorList([processor])
    answers = [ask(*step) for step in zip(steps, scores, strict=True)]
    return {"is_processor": isinstance(processor, LogitsProcessor), "answers": answers}


def _output(function: Callable, args: dict[str, Any]) -> Any:
    """The result of ``function(out, *others)``, where ``out`` is made of sequences, scores and logits."""
    sequences, scores, logits, *others = args.values()
    return function(GenerateDecoderOnlyOutput(sequences=sequences, scores=scores, logits=logits), *others)


def _earlier(function: Callable, args: dict[str, Any]) -> Any:
    """The result of ``function(model, *others)``; with an argument ``an_earlier_call``, of the second of two calls."""
    model, *others = (value for name, value in args.items() if name != "an_earlier_call")
    if earlier := args.get("an_earlier_call"):
        function(model, *earlier)
    return function(model, *others)


LIMITS = ("max_new_tokens", "max_length")


def _parts(function: Callable, args: dict[str, Any]) -> Any:
    """The result of ``function``: of a dictionary only the ``LIMITS``, or all but these: each is judged apart."""
    *positional, about = args.values()
    result = function(*positional)
    if type(result) is not dict:
        return result
    return {name: value for name, value in result.items() if (name in LIMITS) == (about == "the limits")}


def _each(function: Callable, args: dict[str, Any]) -> list[Any]:
    """The result of ``function(item, *others)`` for each item of the first argument."""
    items, *others = args.values()
    return [function(item, *others) for item in items]


_CALLS: dict[Adapter, Callable[[Callable, dict[str, Any]], Any]] = {
    Adapter.CALL: lambda function, args: function(*args.values()),
    Adapter.KEYWORDS: lambda function, args: function(**args),
    Adapter.COLLECT: lambda function, args: list(function(*args.values())),
    Adapter.PARTS: _parts,
    Adapter.EACH: _each,
    Adapter.STREAM: _stream,
    Adapter.FEED: _feed,
    Adapter.CRITERION: _criterion,
    Adapter.CLINIC: treated,
    Adapter.PROCESSOR: _processor,
    Adapter.SETTINGS: reproduced,
    Adapter.EARLIER: _earlier,
    Adapter.SERVER: served,
    Adapter.RATIONED: rationed,
    Adapter.LOOPED: looped,
    Adapter.REBUILT: rebuilt,
    Adapter.OUTPUT: _output,
}


def call(adapter: Adapter, function: Callable, args: dict[str, Any]) -> Any:
    """Call ``function`` in the way of ``adapter`` and return its result. Raises what the function raises."""
    return _CALLS[adapter](function, args)
