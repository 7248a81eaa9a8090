"""The student's side when a class is graded: run a function on probes, send out what came of it, judge nothing."""

import json
import time
from collections.abc import Callable
from typing import Any

from genlab.judging.adapters import Adapter
from genlab.judging.outcome import Outcome
from genlab.judging.runner import SECONDS, run
from genlab.judging.values import decode

MIME = "application/vnd.genlab.outcomes+json"


class Answer:
    """Outcomes on their way out: shown as data of type ``MIME``, as nothing else."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME: [outcome.to_json() for outcome in self.outcomes]}


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
