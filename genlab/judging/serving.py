"""A reader for a streaming server of one request: what comes, while which pass runs, and what goes on afterwards.

For exercises in which a generator serves a request from a thread. The model is made to wait, to fail or to hang, and
the reader runs in a thread of its own, so that a server that never answers does not stop the check.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

PATIENCE = 2.0  # seconds beyond a request's own after which a reader has waited long enough
LATE = 1.5  # seconds for which the model waits for text that could be there
CLOSING = 1.0  # seconds in which threads may end, once nobody listens
POLL = 0.002
NEVER = "too late: the reader still waits"


def served(function: Callable, args: dict[str, Any]) -> dict[str, Any]:
    """What a reader of ``function(model, tokenizer, request)`` finds, of the kinds that ``asked`` names.

    ``args``: model, tokenizer, request, asked, and what happens meanwhile: ``pace`` (seconds that a pass takes),
    ``fails`` (the pass that raises), ``hangs`` (the pass that does not end), ``leaves`` (after how many pieces of text
    the reader closes the generator). Kinds: ``text``, ``reason``, ``soon`` (whether text came while the model wrote),
    ``beginning`` (whether the text is a beginning of what the model says), ``raised``, ``afterwards``.
    """
    model, tokenizer, request, asked, *rest = args.values()
    reader = _Reader(model, tokenizer, request, asked, **(rest[0] if rest else {}))
    with reader.listening():
        facts = reader.read(function)
    if reader.error and "raised" not in asked:
        raise reader.error
    return facts


class _Reader:
    """Reads the events of one request, and decides what the model does meanwhile."""

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: Any,
        request: dict[str, Any],
        asked: list[str],
        pace: float = 0.0,
        fails: int = 0,
        hangs: int = 0,
        leaves: int = 0,
    ) -> None:
        self.model, self.tokenizer, self.request, self.asked = model, tokenizer, request, asked
        self.pace, self.fails, self.hangs, self.leaves = pace, fails, hangs, leaves
        self.passes, self.text, self.reasons, self.strange = 0, "", list[Any](), ""
        self.late = self.over = False
        self.error: BaseException | None = None
        self.released = threading.Event()
        self.says = self._what_the_model_says()

    def _what_the_model_says(self) -> list[int]:
        given = self.tokenizer(self.request["prompt"]).input_ids
        lines = getattr(self.model, "_lines", [])
        return next((line[len(given) :] for line in lines if line[: len(given)] == given), [])

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hooks into the model; afterwards no thread that was started meanwhile makes another pass."""
        before = {*threading.enumerate()}
        self._others = lambda: [thread for thread in threading.enumerate() if thread not in before]
        complain, threading.excepthook = threading.excepthook, lambda _: None
        hook = self.model.register_forward_pre_hook(self._before_a_pass)
        try:
            yield
        finally:
            self.over = True
            self.released.set()
            _until(lambda: not self._others(), CLOSING)
            hook.remove()
            threading.excepthook = complain

    def read(self, function: Callable) -> dict[str, Any]:
        """Let a thread read all events, then say what was asked for."""
        thread = threading.Thread(target=self._read, args=(function,), daemon=True)
        thread.start()
        if not _until(lambda: not thread.is_alive(), self.request["seconds"] + PATIENCE):
            return {"ended": NEVER}
        if self.strange:
            return {"an event": self.strange}
        return {kind: self._fact(kind, thread) for kind in self.asked}

    def _fact(self, kind: str, thread: threading.Thread) -> Any:
        if kind == "text":
            return self.text
        if kind == "reason":
            return self.reasons[0] if len(self.reasons) == 1 else self.reasons
        if kind == "soon":
            return "while the model writes" if not self.late else "when all is written"
        if kind == "beginning":
            return self.tokenizer.decode(self.says, skip_special_tokens=True).startswith(self.text)
        if kind == "raised":
            own = str(self.error).startswith("pass ")
            return f"{type(self.error).__name__}{f': {self.error}' if own else ''}" if self.error else "nothing"
        passes = self.passes
        ended = _until(lambda: not [t for t in self._others() if t is not thread], CLOSING)
        if self.passes > passes + 1:
            return "the model goes on writing"
        return "the model stops, no thread is left" if ended else "a thread is left"

    def _read(self, function: Callable) -> None:
        try:
            events = function(self.model, self.tokenizer, self.request)
            pieces = 0
            for event in events:
                if self.reasons:
                    self.strange = "one more behind the reason"
                    return
                self._take(event)
                pieces += bool(isinstance(event, dict) and event.get("text"))
                if self.strange or (self.leaves and pieces == self.leaves):
                    events.close()
                    return
            if not self.reasons:
                self.strange = "the reason did not come"
        except BaseException as error:
            self.error = error

    def _take(self, event: Any) -> None:
        if isinstance(event, dict) and list(event) == ["text"] and isinstance(event["text"], str):
            self.text += event["text"]
        elif isinstance(event, dict) and list(event) == ["reason"]:
            self.reasons.append(event["reason"])
        else:
            self.strange = f"{event!r:.80} is neither a text nor a reason"

    def _before_a_pass(self, *_: Any) -> None:
        if self.over:
            sys.exit()  # ends the thread without a word
        self.passes += 1
        if self.passes == self.fails:
            raise RuntimeError(f"pass {self.passes} failed")
        if self.passes == self.hangs:
            self.released.wait()
            sys.exit()
        time.sleep(self.pace)
        if "soon" in self.asked and not self.late:
            self.late = not _until(lambda: len(self.text) >= self._due(self.passes - 1), LATE)

    def _due(self, tokens: int) -> int:
        """How many characters may be expected when so many tokens are written.

        A word may be held back until the next one begins, and what may be the beginning of a stop string.
        """
        text = self.tokenizer.decode(self.says[:tokens], skip_special_tokens=True)
        return max(0, text.rfind(" ") + 1 - max(map(len, self.request["stop"]), default=0))


def _until(happens: Callable[[], bool], seconds: float) -> bool:
    """Wait until something ``happens``, at most for some seconds; whether it did."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True
