"""How a probe's arguments reach the student's code, by name.

``call``: positionally, so that a student may rename parameters. ``keywords``: by name. ``collect``: positionally,
and the chunks of a generator become a list.
``each``: the first argument is a list, and the function is called once for each item of it, with the others.
"""

from collections.abc import Callable
from typing import Any

def _each(function: Callable, args: dict[str, Any]) -> list[Any]:
    """The result of ``function(item, *others)`` for each item of the first argument."""
    items, *others = args.values()
    return [function(item, *others) for item in items]


ADAPTERS: dict[str, Callable[[Callable, dict[str, Any]], Any]] = {
    "call": lambda function, args: function(*args.values()),
    "keywords": lambda function, args: function(**args),
    "collect": lambda function, args: list(function(*args.values())),
    "each": _each,
}
