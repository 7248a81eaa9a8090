"""The student's side of a check: call a function on a probe's arguments and note all that is judged later."""

import _thread
import contextlib
import copy
import io
import logging
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch

from genlab.judging.adapters import Adapter, call
from genlab.judging.outcome import PRINTED, Call, Error, Outcome, Record
from genlab.judging.values import Resource, decode, encode
from genlab.models import RESOURCES

SECONDS = 20.0  # a probe takes milliseconds; what takes this long is an endless loop
PATIENCE = 3  # times as many seconds may pass by the clock
SHORTEST = 0.05  # seconds between looks at the clocks, at least


def resolve(value: Any) -> Any:
    """A private copy of an argument, with each ``Resource`` made real: no call sees what another did to its model."""
    if isinstance(value, Resource):
        return copy.deepcopy(RESOURCES[value.name](**value.settings))
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item) for key, item in value.items()}
    return value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def run(function: Callable, args: dict[str, Any], adapter: Adapter = Adapter.CALL, seconds: float = SECONDS) -> Outcome:
    """Call ``function`` on one probe and return what came of it. Never raises because of the function."""
    real = {name: resolve(value) for name, value in args.items()}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # for models of this size; on a busy machine a second thread costs up to 25 times the CPU
    before = {name: encode(real[name]) for name in real}
    value, error = None, None
    calls: list[Call] = []
    texts: dict[str, str] = {}
    with _captured(texts), _recorded(real, calls):
        try:
            with _time_limit(seconds):
                value = decode(encode(call(adapter, function, real)))
        except BaseException as raised:  # also SystemExit: a submission must not end the session
            types = tuple(t.__name__ for t in type(raised).__mro__ if issubclass(t, BaseException))
            error = Error(types, str(raised)[:PRINTED])
        finally:
            torch.set_num_threads(threads)
    mutated = tuple(
        name for name in real if not isinstance(args[name], Resource) and encode(real[name]) != before[name]
    )
    return Outcome(value, error, mutated, tuple(calls), **texts)


def outcomes_of(function: Callable, record: Record) -> list[Outcome]:
    """Run ``function`` on every probe of ``record``."""
    return [run(function, probe.args, record.adapter) for probe in record.probes]


class TookTooLong(Exception):
    """A student's function did not return in time."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the main thread when this process has used ``seconds`` of processor time, so that a busy machine costs
    nothing. A function that only waits uses none: it is interrupted after ``PATIENCE`` times as many by the clock.

    Works on every platform, for code that runs in Python.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can be interrupted
        return
    fired, done = threading.Event(), threading.Event()
    used, begun = time.process_time(), time.monotonic()

    def interrupt() -> None:
        left = seconds
        while left > 0:  # what is left is not used up sooner, except by several threads
            if done.wait(max(left, SHORTEST)):
                return
            left = min(seconds - (time.process_time() - used), PATIENCE * seconds - (time.monotonic() - begun))
        fired.set()
        _thread.interrupt_main()

    # Python may have been started with interrupts ignored, as a shell does for what runs in the background.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Thread(target=interrupt, daemon=True)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if not fired.is_set():
            raise
        raise TookTooLong(
            f"still running after {round(time.monotonic() - begun, 1):g} seconds and was stopped: "
            "look for a loop whose condition never becomes false"
        ) from None
    finally:
        done.set()
        timer.join()
        signal.signal(signal.SIGINT, handler)


@contextlib.contextmanager
def _captured(texts: dict[str, str]) -> Iterator[None]:
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
        texts["printed"] = out.getvalue()[:PRINTED]
        texts["warned"] = (err.getvalue() + "".join(lines))[:PRINTED]


@contextlib.contextmanager
def _recorded(args: dict[str, Any], calls: list[Call]) -> Iterator[None]:
    """Note the shape of every forward pass of the models among the arguments."""

    def note(_module: torch.nn.Module, positional: tuple, keyword: dict) -> None:
        ids = keyword.get("input_ids", positional[0] if positional else None)
        if isinstance(ids, torch.Tensor) and len(calls) < 1000:
            calls.append(Call(tuple(ids.shape), torch.is_grad_enabled()))

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
