"""The student's side of a check: call a function on a probe's arguments and note all that is judged later."""

import _thread
import contextlib
import copy
import dis
import functools
import io
import linecache
import logging
import random
import signal
import sysconfig
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from genlab.judging.adapters import Adapter, call
from genlab.judging.alone import NotAllowed
from genlab.judging.outcome import PRINTED, Call, Error, Outcome, ProbeRecord, Record
from genlab.judging.rebuilt import of_the_library
from genlab.judging.values import Resource, decode, encode
from genlab.models import RESOURCES

SECONDS = 20.0  # a probe takes milliseconds; what takes this long is an endless loop
PATIENCE = 3  # times as many seconds may pass by the clock
SEED = 20_000_003  # of the random numbers that a call finds: none that a student or a probe sets
SHORTEST = 0.05  # seconds between looks at the clocks, at least
LIBRARIES = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), str(Path(__file__).resolve().parents[1]))

# What a call finds and leaves: how to read and to set each. On a busy machine a second thread costs up to 25 times the
# CPU, for models of this size.
SETTINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "gradients": (torch.is_grad_enabled, torch.set_grad_enabled),
    "the number of threads": (torch.get_num_threads, torch.set_num_threads),
    "the default dtype": (torch.get_default_dtype, torch.set_default_dtype),
}
FRESH = {"gradients": True, "the number of threads": 1, "the default dtype": torch.float32}


def resolve(value: Any) -> Any:
    """A private copy of an argument, with each ``Resource`` made real: no call sees what another did to its model."""
    if isinstance(value, Resource):
        return copy.deepcopy(RESOURCES[value.name](**value.settings))
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item) for key, item in value.items()}
    return value.clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def run(
    function: Callable,
    args: dict[str, Any],
    adapter: Adapter = Adapter.CALL,
    seconds: float = SECONDS,
    forbids: Sequence[str] = (),
) -> Outcome:
    """Call ``function`` on one probe and return what came of it. Never raises because of the function.

    ``forbids``: names of torch functions that it may not call.
    """
    real = {name: resolve(value) for name, value in args.items()}
    before = {name: encode(real[name]) for name in real}
    value, error = None, None
    calls: list[Call] = []
    texts: dict[str, str] = {}
    left: list[str] = []
    with own_world(real, left), _captured(texts), _recorded(real, calls):
        try:
            with _time_limit(seconds), _Forbidden(forbids) if forbids else contextlib.nullcontext():
                value = decode(encode(call(adapter, function, real)))
        except BaseException as raised:  # also SystemExit: a submission must not end the session
            types = tuple(t.__name__ for t in type(raised).__mro__ if issubclass(t, BaseException))
            error = Error(types, (_unwritten(raised, function) or str(raised))[:PRINTED], *_place(raised))
    mutated = tuple(
        name for name in real if not isinstance(args[name], Resource) and encode(real[name]) != before[name]
    )
    return Outcome(value, error, mutated, tuple(calls), left=tuple(left), **texts)


def _unwritten(raised: BaseException, function: Callable) -> str:
    """That another function of the student's, which ``function`` called, is not written yet; else an empty text."""
    trace = raised.__traceback__ if isinstance(raised, NotImplementedError) else None
    codes = []
    while trace is not None:
        codes.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    others = {getattr(other, "__code__", None): name for name, other in getattr(function, "__globals__", {}).items()}
    name = others.get(codes[-1]) if codes and codes[-1] is not getattr(function, "__code__", None) else None
    return f"{name} is not written yet" if name else ""


def _place(raised: BaseException) -> tuple[bool, str]:
    """Whether a ``raise`` of the function's own code raised this; the last line of its own code that was running."""
    own, line, trace = False, "", raised.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if own := not code.co_filename.startswith(LIBRARIES):
            where = code.co_qualname.rpartition("<locals>.")[2]
            line = f"line {trace.tb_lineno} of {where}: {linecache.getline(code.co_filename, trace.tb_lineno).strip()}"
            own = code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"]
        trace = trace.tb_next
    return own, line[:300]


def outcomes_of(function: Callable, record: Record) -> list[Outcome]:
    """Run ``function`` on every probe of ``record``."""
    return [run(function, probe.args, record.adapter, forbids=record.forbids) for probe in record.probes]


def generated(probe: ProbeRecord) -> ProbeRecord:
    """``probe`` with what ``model.generate`` gives for it today, on this computer, if the library is what is right.

    Random numbers differ between processors and versions, so what was drawn elsewhere is not what must be drawn here.
    How often the model runs depends on them, too: where the probe expects forward passes, the library's take their
    place. It runs without a cache, on everything so far; for ``{"library": adapter}`` as the probe's settings say.
    """
    if probe.generate is None:
        return probe
    if kind := probe.generate.get("library"):
        today = run(functools.partial(of_the_library, kind), probe.args)
        if today.error:
            raise RuntimeError(f"the library itself fails on the probe {probe.name!r}: {today.error.message}")
        calls = today.calls if probe.expected.calls else ()
        return replace(probe, expected=replace(probe.expected, value=today.value, calls=calls))

    def ask(model: Any, ids: Any, settings: dict[str, Any]) -> torch.Tensor:
        prompt, seed = torch.as_tensor(ids), settings.pop("seed")
        torch.manual_seed(seed)
        return model.generate(prompt, attention_mask=torch.ones_like(prompt), use_cache=False, **settings)

    args = {"model": probe.args["model"], "ids": probe.args["ids"], "settings": probe.generate}
    today = run(ask, args)
    calls = today.calls if probe.expected.calls else ()
    return replace(probe, expected=replace(probe.expected, value=today.value, calls=calls))


@contextlib.contextmanager
def own_world(args: dict[str, Any], left: list[str]) -> Iterator[None]:
    """Give a call the same surroundings as every other, and put back what it changes; note in ``left`` what that was.

    One thread, gradients on, float32, the same random numbers. ``args``: the models and tokenizers among them are
    looked at, too.
    """
    random_states = torch.get_rng_state(), random.getstate(), np.random.get_state()
    before = {name: get() for name, (get, _) in SETTINGS.items()}
    for name, value in FRESH.items():
        SETTINGS[name][1](value)
    torch.manual_seed(SEED)
    random.seed(0)
    np.random.seed(0)
    objects = {name: _state(value) for name, value in args.items()}
    try:
        yield
    finally:
        for name, (get, put) in SETTINGS.items():
            if get() != FRESH[name]:
                left.append(f"it left {name} changed for everything that runs later ({get()}, before: {FRESH[name]})")
            put(before[name])
        for name, state in objects.items():
            now = _state(args[name])
            left += [
                f"it left {name}.{key} = {now[key]!r} (before: {state[key]!r})"
                for key in state
                if now[key] != state[key]
            ]
        torch.set_rng_state(random_states[0])
        random.setstate(random_states[1])
        np.random.set_state(random_states[2])


def _state(value: Any) -> dict[str, Any]:
    """What of a model or a tokenizer a function may set and forget."""
    names = ("training",) if isinstance(value, torch.nn.Module) else ("padding_side", "truncation_side", "pad_token")
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


class _Forbidden(TorchFunctionMode):
    """Refuses torch functions of certain names, as functions, methods and inside of others."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name in self.names:
            raise NotAllowed(f"{name} of torch is not allowed here: write it yourself")
        return func(*args, **kwargs or {})


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
