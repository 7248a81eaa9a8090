"""Run a function in a child process with limits, where the bytes of a submission are read, judged and cleaned.

Outside of the sandbox there is code that reads what a student's code chose: notebooks, messages, values, HTML. It may
be made to take hours or all of the memory. In a child this costs the submission in its hands, and nothing else.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from autograder.sandbox.limits import MB
from autograder.sandbox.server import end_with_parent

HERE = sys.platform == "linux"  # elsewhere, where there is no sandbox either, the function runs in this process
CPU_SECONDS = 60  # of the child's own; a submission of this course takes one or two
MEMORY = 3072 * MB  # that the child may write to
ANSWER = 200 * MB  # bytes of JSON that come back
REASONS = {
    signal.SIGXCPU: f"reading and judging it took more than {CPU_SECONDS} seconds of processor time",
    signal.SIGKILL: "reading and judging it took more memory or time than is allowed",
    signal.SIGABRT: "reading and judging it took more memory than is allowed",
}
TOO_MUCH = {
    "MemoryError": REASONS[signal.SIGABRT],
    "RecursionError": "something in the notebook, or in what it displays, is nested too deeply",
}


class Contained(RuntimeError):
    """The child came to its end without an answer, because of what it was given to read. The message says why."""


def contained(function: Callable[[], Any], seconds: float, raises: dict[str, type[Exception]]) -> Any:
    """What ``function`` returns, JSON-serializable data, run in a child process with limits.

    ``seconds``: by the clock on the wall. ``raises``: errors, by name, that come through with their message. Raises
    Contained when the child exceeded a limit or ended, and RuntimeError for any other error in it.
    """
    if not HERE:
        return function()
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(readable)
            _limit()
            _answer(function, writable)
        os._exit(0)
    os.close(writable)
    try:
        answer = _read(readable, time.monotonic() + seconds)
    finally:
        os.close(readable)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # after an answer it only has to end
        _, status = os.waitpid(child, 0)
    if not answer:
        code = os.waitstatus_to_exitcode(status)
        ended = next((why for number, why in REASONS.items() if number == -code), "")
        raise Contained(ended or f"reading and judging it ended the grader's child process ({code})")
    done = json.loads(answer)
    if "error" in done:
        kind, message = done["error"]
        raise Contained(TOO_MUCH[kind]) if kind in TOO_MUCH else raises.get(kind, RuntimeError)(message)
    return done["value"]


def _limit() -> None:
    """Bound this process; its death signal is that of its parent's thread."""
    import resource

    end_with_parent()
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(function: Callable[[], Any], descriptor: int) -> None:
    """Write what ``function`` returns, or the error that it raises, as one JSON object."""
    try:
        text = json.dumps({"value": function()})
    except MemoryError:
        text = '{"error": ["MemoryError", ""]}'
    except Exception as error:
        text = json.dumps({"error": [type(error).__name__, f"{str(error).strip() or type(error).__name__}"]})
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(text.encode("ascii") + b"\n")


def _read(descriptor: int, deadline: float) -> bytes:
    """One line, or nothing when it does not come: not in time, too long, or its writer has ended."""
    parts: list[bytes] = []
    size = 0
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        part = os.read(descriptor, 1 << 20)
        parts.append(part)
        size += len(part)
        if part.endswith(b"\n"):
            return b"".join(parts)
        if not part or size > ANSWER:
            break
    return b""
