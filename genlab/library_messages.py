"""Hear what the library says: its log and Python's warnings, collected instead of shown in red."""

import contextlib
import functools
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """Something that the library said: ``kind`` is ``logged`` or the name of a warning or an error."""

    kind: str
    text: str
    is_error: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@contextlib.contextmanager
def heard() -> Iterator[list[Message]]:
    """Collect what the library logs and warns while the block runs; none of it is shown.

    What the library says only once is heard once in each block, and is still to be said elsewhere.
    """
    messages: list[Message] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(Message("logged", record.getMessage()))
    library, once = logging.getLogger("transformers"), logging.Logger.warning_once
    before = library.handlers, library.propagate, library.level
    library.handlers, library.propagate = [handler], False
    library.setLevel(logging.WARNING)
    logging.Logger.warning_once = functools.lru_cache(None)(once.__wrapped__)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield messages
        messages += [Message(warning.category.__name__, str(warning.message)) for warning in caught]
    finally:
        library.handlers, library.propagate = before[:2]
        library.setLevel(before[2])
        logging.Logger.warning_once = once


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    """``with listening() as said``: what the library logs and warns while the block runs, one text a message.

    ``said`` is complete when the block has ended.
    """
    said: list[str] = []
    with heard() as messages:
        yield said
    said += [message.text for message in messages]
