"""The student's side of a check: call a function on a probe's arguments and note all that is judged later."""

import _thread
import contextlib
import copy
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch

from genlab.checks.adapters import ADAPTERS
from genlab.checks.values import Resource, encode
from genlab.models import RESOURCES

SECONDS = 20.0  # a probe takes milliseconds; what takes this long is an endless loop


def resolve(value: Any) -> Any:
    """A private copy of an argument, with each ``Resource`` made real."""
    if isinstance(value, Resource):
        return RESOURCES[value.name](**value.settings)
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item) for key, item in value.items()}
    return value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def run(function: Callable, args: dict[str, Any], adapter: str = "call", seconds: float = SECONDS) -> dict[str, Any]:
    """Call ``function`` on one probe and return the outcome as JSON-serialisable data.

    Keys: ``value`` (encoded result, None after an error), ``error`` (None, or ``types`` from most to least
    specific and ``message``), ``mutated`` (names of arguments that the call changed), ``calls`` (for each
    forward pass of a model among the arguments its shape and whether gradients were on), ``printed`` and
    ``warned`` (what went to stdout; to stderr, warnings and logs). Never raises because of the function.
    """
    real = {name: resolve(value) for name, value in args.items()}
    before = {name: encode(real[name]) for name in real}
    outcome: dict[str, Any] = {"value": None, "error": None, "mutated": [], "calls": [], "printed": "", "warned": ""}
    with _captured(outcome), _recorded(real, outcome["calls"]):
        try:
            with _time_limit(seconds):
                outcome["value"] = encode(ADAPTERS[adapter](function, real))
        except BaseException as error:  # also SystemExit: a submission must not end the session
            outcome["error"] = {
                "types": [t.__name__ for t in type(error).__mro__ if issubclass(t, BaseException)],
                "message": str(error)[:2000],
            }
    outcome["mutated"] = [
        name for name in real if not isinstance(args[name], Resource) and encode(real[name]) != before[name]
    ]
    return outcome


class TookTooLong(Exception):
    """A student's function did not return in time."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the main thread after ``seconds``; works on every platform, for code that runs in Python."""
    fired = threading.Event()
    done = threading.Event()

    def interrupt() -> None:
        if not done.wait(seconds):
            fired.set()
            _thread.interrupt_main()

    timer = threading.Thread(target=interrupt, daemon=True)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if not fired.is_set():
            raise
        raise TookTooLong(
            f"still running after {seconds:g} seconds and was stopped: "
            "look for a loop whose condition never becomes false"
        ) from None
    finally:
        done.set()
        timer.join()


@contextlib.contextmanager
def _captured(outcome: dict[str, Any]) -> Iterator[None]:
    """Keep stdout and stderr of the student's code out of the notebook: stderr costs points in nbgrader."""
    out, err = io.StringIO(), io.StringIO()
    library = logging.getLogger("transformers")
    handlers, propagate = library.handlers[:], library.propagate
    listener = logging.StreamHandler(err)
    library.handlers, library.propagate = [listener], False
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            yield
    finally:
        library.handlers, library.propagate = handlers, propagate
        lines = [f"{warning.category.__name__}: {warning.message}\n" for warning in caught]
        outcome["printed"], outcome["warned"] = out.getvalue()[:2000], (err.getvalue() + "".join(lines))[:2000]


@contextlib.contextmanager
def _recorded(args: dict[str, Any], calls: list[dict[str, Any]]) -> Iterator[None]:
    """Note the shape of every forward pass of the models among the arguments."""

    def note(_module: torch.nn.Module, positional: tuple, keyword: dict) -> None:
        ids = keyword.get("input_ids", positional[0] if positional else None)
        if isinstance(ids, torch.Tensor) and len(calls) < 1000:
            calls.append({"shape": list(ids.shape), "grad": torch.is_grad_enabled()})

    hooks = [
        model.register_forward_pre_hook(note, with_kwargs=True)
        for model in args.values()
        if isinstance(model, torch.nn.Module)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
