"""The student's side when a class is graded: run a function on probes, send out what came of it, judge nothing."""

import json
import time
from collections.abc import Callable

from IPython.display import publish_display_data

from genlab.checks.run import SECONDS, run
from genlab.checks.values import decode

MIME = "application/vnd.genlab.outcomes+json"


def answer(function: Callable, request: str) -> None:
    """Run ``function`` on the probes of ``request`` and publish the outcomes as a display of type ``MIME``.

    ``request`` is JSON: ``adapter``, ``seconds`` for all probes together, and ``args``, a list with the encoded
    arguments of each probe. Expected values are not in it.
    """
    asked = json.loads(request)
    deadline = time.monotonic() + asked["seconds"]
    outcomes = []
    for args in asked["args"]:
        seconds = min(SECONDS, max(1.0, deadline - time.monotonic()))
        outcomes.append(run(function, {k: decode(v) for k, v in args.items()}, asked["adapter"], seconds))
    publish_display_data({MIME: outcomes}, metadata={})
