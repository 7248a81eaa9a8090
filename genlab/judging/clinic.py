"""Watching how a function calls ``model.generate``: what the library says beneath any silencing, what stays changed.

For exercises in which a broken call is mended. Who only hides a message or an error is seen here, because what counts
is noted inside of ``generate``, where nothing is silenced.
"""

import contextlib
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from transformers import GenerationMixin
from transformers.utils import logging as library_logging

DREW = ("nothing", "random numbers", "tokens, one of which was left each time", "tokens")
LOGGERS = ("transformers", "transformers.generation.utils", "transformers.generation.configuration_utils")


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
        self._drew, self._finished = 0, False
        self._models = models

    def __enter__(self) -> "Watch":
        self._log, self._generate, self._stderr = _log_settings(), GenerationMixin.generate, sys.stderr
        self._state, self._heard = self._look(), self._listen()
        generate, watch = self._generate, self

        def watched(model: Any, *args: Any, **kwargs: Any) -> Any:
            return watch._call(generate, model, *args, **kwargs)

        GenerationMixin.generate = watched  # type: ignore[method-assign, assignment]
        torch.manual_seed(1)  # not 0, which a patient may have to set
        return self

    def __exit__(self, *_: Any) -> None:
        GenerationMixin.generate = self._generate  # type: ignore[method-assign]
        _set_log(self._log)

    def manner(self) -> dict[str, Any]:
        """Whether ``generate`` came to an end, whether it drew, what it said, what was hidden, what stays changed."""
        state = self._look()
        left = [f"{name} is {state[name]!r}, was {was!r}" for name, was in self._state.items() if state[name] != was]
        left += [f"{name} stays silenced" for name in self._silenced()]
        done = {"finished": self._finished, "drew": DREW[self._drew], "said": self.said}
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
            self._hidden[f"{type(error).__name__} of generate"] = None  # counts where the caller catches it
            raise
        finally:
            torch.multinomial = multinomial
            self.said += [f"({', '.join(silenced)}: silenced) {line}" if silenced else line for line in said]
            if not torch.equal(random_state, torch.get_rng_state()):
                self._drew = max(self._drew, 1)
        self._finished = True
        return result

    def _drawn(self, probabilities: torch.Tensor, num_samples: int = 1, **_: Any) -> torch.Tensor:
        """In place of ``torch.multinomial``: under one seed the same tokens on every kind of processor."""
        self._drew = max(self._drew, 2 + bool(((probabilities > 0).sum(-1) > 1).any()))
        u = torch.rand(len(probabilities), num_samples, dtype=torch.float64)
        sums = probabilities.double().cumsum(-1)
        return torch.searchsorted(sums, u * sums[:, -1:], right=True).clamp(max=probabilities.shape[-1] - 1)

    def _look(self) -> dict[str, Any]:
        """What of the models a mended call must not change."""
        state: dict[str, Any] = {}
        for model in self._models:
            settings = model.generation_config.to_dict()
            state |= {f"model.generation_config.{name}": settings[name] for name in sorted(settings)}
            state |= {"model.training": model.training}
            state |= {"the number of embeddings": model.get_input_embeddings().num_embeddings}
        return state

    def _listen(self) -> dict[str, bool]:
        """Where a message of the library would be heard just now."""
        heard: list[Any] = []
        with warnings.catch_warnings():  # leaves the filters as they are
            warnings.showwarning = lambda *args, **kwargs: heard.append(args)
            warnings.warn_explicit("?", UserWarning, "utils.py", 1, module=LOGGERS[1], registry={})
        loggers = list(map(logging.getLogger, LOGGERS))
        enabled = all(logger.isEnabledFor(logging.WARNING) and not logger.filters for logger in loggers)
        return {
            "the library's log": enabled and bool(loggers[0].handlers or loggers[0].propagate),
            "Python's warnings": bool(heard),
            "the error stream": sys.stderr is self._stderr,
        }

    def _silenced(self) -> list[str]:
        now = self._listen()
        return [name for name, before in self._heard.items() if before and not now[name]]


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
    loud: tuple[Any, ...] = (logging.WARNING, False, [], [handler], False)
    _set_log([logging.NOTSET, loud, *[(logging.NOTSET, False, [], [], True)] * (len(LOGGERS) - 1)])
    library_logging.warning_once.cache_clear()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        said += [str(warning.message) for warning in caught]
    finally:
        _set_log(before)
