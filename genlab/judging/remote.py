"""The student's side when a class is graded: run a function on probes, send out what came of it, judge nothing."""

import json
import time
from collections.abc import Callable
from typing import Any

from jupyter_client.jsonutil import json_default
from jupyter_client.session import json_packer

from genlab.judging.adapters import Adapter
from genlab.judging.outcome import Outcome
from genlab.judging.runner import SECONDS, run
from genlab.judging.values import Wrong, decode

MIME = "application/vnd.genlab.outcomes+json"


class Answer:
    """Outcomes on their way out: shown as data of type ``MIME``, as nothing else."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The outcomes as JSON in ASCII, which any message can carry, also what a text file could not hold."""
        return {MIME: f"[{', '.join(map(_as_json, self.outcomes))}]"}


def _as_json(outcome: Outcome) -> str:
    """One outcome as JSON; one that cannot be written costs its own probe, not the others."""
    try:
        return json.dumps(outcome.to_json())
    except Exception:  # a text, number or container that is made to fail
        return json.dumps(Outcome(Wrong("something that cannot be sent")).to_json())


def answer(function: Callable, request: str) -> Answer:
    """Run ``function`` on the probes of ``request`` and return the outcomes.

    ``request`` is JSON: ``adapter``, ``forbids`` (names of torch functions), ``seconds`` of processor time for all
    probes together, and ``args``, a list with the encoded arguments of each probe. Expected values are not in it.
    """
    asked = json.loads(request)
    deadline = time.process_time() + asked["seconds"]
    outcomes = []
    for args in asked["args"]:
        seconds = min(SECONDS, max(1.0, deadline - time.process_time()))
        decoded = {name: decode(value) for name, value in args.items()}
        outcomes.append(run(function, decoded, Adapter(asked["adapter"]), seconds, asked["forbids"]))
    return Answer(outcomes)


def pack(message: Any) -> bytes:
    """A message of the kernel as JSON in ASCII: half an emoji that a student prints is a text like others then.

    The library's own packer writes UTF-8, which has no place for it: the output would be lost, and an error shown.
    """
    try:
        return json.dumps(message, default=json_default, allow_nan=False).encode("ascii")
    except (TypeError, ValueError):
        return json_packer(message)
