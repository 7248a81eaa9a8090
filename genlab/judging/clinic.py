"""Watching how a function calls ``model.generate``: what the library says beneath any silencing, what stays changed.

For exercises in which a broken call is mended. Who only hides a message or an error is seen here, because what counts
is noted inside of ``generate``, where nothing is silenced: the library speaks with the voice that it had at first.
"""

import contextlib
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from transformers import GenerationMixin
from transformers.generation import configuration_utils, stopping_criteria, utils
from transformers.utils import logging as library_logging

DREW = ("nothing", "random numbers", "tokens, one of which was left each time", "tokens")
SPEAKERS = (utils, configuration_utils, stopping_criteria)  # whose ``logger`` says what generate has to say
LOGGERS = ("transformers", *(module.__name__ for module in SPEAKERS))
METHODS = [name for name, value in vars(logging.Logger).items() if callable(value) and not name.startswith("__")]
# what stands between the library and whoever listens, as it was when this was imported
VOICES: dict[tuple[Any, str], Any] = {(module, "logger"): module.logger for module in SPEAKERS}
VOICES |= {(logging.Logger, name): getattr(logging.Logger, name) for name in METHODS}
VOICES |= {(warnings, name): getattr(warnings, name) for name in ("warn", "warn_explicit")}


def treated(function: Callable, args: dict[str, Any]) -> Any:
    """What a student says about a patient, or what becomes of the patient under the mended call.

    ``function(patient)`` gives the key of a cause and the mended function, which is called with the other arguments.
    ``args`` begin with ``patient`` and ``asked``: "cause"; "result", what the mended function returns and what the
    library says meanwhile; or "manner", how it was done.
    """
    patient, asked, *rest = args.values()
    cause, mended = function(patient)
    if asked == "cause":
        return cause
    watch = Watch([value for value in rest if isinstance(value, torch.nn.Module)])
    with watch:
        result = mended(*rest)
        manner = watch.manner()
    return {"result": result, "said": watch.said} if asked == "result" else manner


class Watch:
    """Watches every call of ``generate`` while a block runs, and puts back what silences the library's log."""

    def __init__(self, models: list[Any]) -> None:
        self.said: list[str] = []  # by the library, silenced or not
        self._hidden: dict[str, None] = {}
        self._drew, self._came = 0, "was never called"
        self._models = models

    def __enter__(self) -> "Watch":
        self._log, self._generate, self._stderr = _log_settings(), GenerationMixin.generate, sys.stderr
        self._voices = {place: getattr(*place) for place in VOICES}
        self._state, self._heard = self._look(), self._listen()
        generate, watch = self._generate, self

        def watched(model: Any, *args: Any, **kwargs: Any) -> Any:
            return watch._call(generate, model, *args, **kwargs)

        GenerationMixin.generate = watched  # type: ignore[method-assign, assignment]
        torch.manual_seed(1)  # not 0, which a patient may have to set
        return self

    def __exit__(self, *_: Any) -> None:
        GenerationMixin.generate = self._generate  # type: ignore[method-assign]
        for place, voice in self._voices.items():
            setattr(*place, voice)
        for logger in map(logging.getLogger, LOGGERS):
            _bared(logger)
        _set_log(self._log)

    def manner(self) -> dict[str, Any]:
        """What became of ``generate``, whether it drew, what it said, what was hidden, what stays changed."""
        left = [*_changes(self._state, self._look()), *(f"{name} stays silenced" for name in self._silenced())]
        done = {"generate": self._came, "drew": DREW[self._drew], "said": self.said}
        return done | {"hidden": [*self._hidden], "left": left}

    def _call(self, generate: Callable, *args: Any, **kwargs: Any) -> Any:
        silenced, said = self._silenced(), list[str]()
        self._hidden |= dict.fromkeys(silenced)
        random_state, multinomial = torch.get_rng_state(), torch.multinomial
        torch.multinomial = self._drawn  # type: ignore[assignment]
        try:
            with _all_that_is_said(said):
                result = generate(*args, **kwargs)
        except Exception as error:
            self._came = "raised an error"
            self._hidden[f"{type(error).__name__} of generate"] = None  # counts where the caller catches it
            raise
        finally:
            torch.multinomial = multinomial
            self.said += [f"({', '.join(silenced)}: silenced) {line}" if silenced else line for line in said]
            if not torch.equal(random_state, torch.get_rng_state()):
                self._drew = max(self._drew, 1)
        self._came = "finished"
        return result

    def _drawn(self, probabilities: torch.Tensor, num_samples: int = 1, **_: Any) -> torch.Tensor:
        """In place of ``torch.multinomial``: under one seed the same tokens on every kind of processor."""
        self._drew = max(self._drew, 2 + bool(((probabilities > 0).sum(-1) > 1).any()))
        u = torch.rand(len(probabilities), num_samples, dtype=torch.float64)
        sums = probabilities.double().cumsum(-1)
        return torch.searchsorted(sums, u * sums[:, -1:], right=True).clamp(max=probabilities.shape[-1] - 1)

    def _look(self) -> dict[str, dict[str, Any]]:
        """What a mended call must not change: for each thing that a model has, the value of each of its parts."""
        state: dict[str, dict[str, Any]] = {"torch.is_grad_enabled()": {"": torch.is_grad_enabled()}}
        for model in self._models:
            for name, config in {"generation_config": model.generation_config, "config": model.config}.items():
                settings = config.to_dict()
                state |= {f"model.{name}.{key}": {"": settings[key]} for key in sorted(settings)}
            state |= {"the number of embeddings": {"": model.get_input_embeddings().num_embeddings}}
            for part, module in model.named_modules():
                for key, value in vars(module).items():  # its mode, the p of a dropout
                    if type(value) in (bool, int, float, str) and not key.startswith("_"):
                        state.setdefault(key, {})[part] = value
            weights = dict(model.named_parameters())
            state["requires_grad"] = {part: weight.requires_grad for part, weight in weights.items()}
            state["weights"] = {part: hash(weight.detach().numpy().tobytes()) for part, weight in weights.items()}
        return state

    def _listen(self) -> dict[str, bool]:
        """Where a message of the library would be heard just now."""
        heard: list[Any] = []
        with warnings.catch_warnings():  # leaves the filters as they are
            warnings.showwarning = lambda *args, **kwargs: heard.append(args)
            warnings.warn_explicit("?", UserWarning, "utils.py", 1, module=LOGGERS[1], registry={})
        loggers = list(map(logging.getLogger, LOGGERS))
        enabled = all(logger.isEnabledFor(logging.WARNING) and not logger.filters for logger in loggers)
        enabled = enabled and not any(map(_shadowed, loggers))
        enabled = enabled and all(getattr(*place) is voice for place, voice in VOICES.items())
        return {
            "the library's log": enabled and bool(loggers[0].handlers or loggers[0].propagate),
            "Python's warnings": bool(heard),
            "the error stream": sys.stderr is self._stderr,
        }

    def _silenced(self) -> list[str]:
        now = self._listen()
        return [name for name, before in self._heard.items() if before and not now[name]]


def _changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """What is other than it was, in words: a line for each thing, with the first part of the model that has it."""
    lines = []
    for name, was in before.items():
        now = after.get(name, {})
        changed = [part for part in [*was, *(now.keys() - was.keys())] if now.get(part) != was.get(part)]
        if not changed:
            continue
        part = changed[0]
        if name == "weights":
            lines.append(f"the weights of {', '.join(changed[:2])} are others" + ", and more" * (len(changed) > 2))
        elif "" in was and len(was) == 1:
            lines.append(f"{name} is {now.get(part)!r}, was {was.get(part)!r}")
        else:
            what = f"model.{part + '.' * bool(part)}{name} is {now.get(part)!r}, was {was.get(part)!r}"
            others = len(changed) - 1
            lines.append(what + f", and so in {others} more part" * bool(others) + "s" * (others > 1))
    return lines


def _shadowed(logger: logging.Logger) -> list[str]:
    """The methods that somebody has put over those of this one logger."""
    return [name for name in METHODS if name in vars(logger)]


def _bared(logger: logging.Logger) -> dict[str, Any]:
    """Take these methods off the logger, and return them."""
    return {name: vars(logger).pop(name) for name in _shadowed(logger)}


def _log_settings() -> list[Any]:
    loggers = map(logging.getLogger, LOGGERS)
    return [
        logging.root.manager.disable,
        *((o.level, o.disabled, o.filters[:], o.handlers[:], o.propagate) for o in loggers),
    ]


def _set_log(settings: list[Any]) -> None:
    off, *of_loggers = settings
    for name, (level, disabled, filters, handlers, propagate) in zip(LOGGERS, of_loggers, strict=True):
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.disabled, logger.filters, logger.handlers, logger.propagate = disabled, filters, handlers, propagate
    logging.disable(off)


@contextlib.contextmanager
def _all_that_is_said(said: list[str]) -> Iterator[None]:
    """Collect what the library logs and warns, whoever has silenced it, and also what it says only once."""
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    before = _log_settings()
    loggers = list(map(logging.getLogger, LOGGERS))
    shadows = list(map(_bared, loggers))
    voices = {place: getattr(*place) for place in VOICES}
    for place, voice in VOICES.items():
        setattr(*place, voice)
    loud: tuple[Any, ...] = (logging.WARNING, False, [], [handler], False)
    _set_log([logging.NOTSET, loud, *[(logging.NOTSET, False, [], [], True)] * (len(LOGGERS) - 1)])
    library_logging.warning_once.cache_clear()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        said += [str(warning.message) for warning in caught]
    finally:
        for place, voice in voices.items():
            setattr(*place, voice)
        for logger, shadow in zip(loggers, shadows, strict=True):
            vars(logger).update(shadow)
        _set_log(before)
