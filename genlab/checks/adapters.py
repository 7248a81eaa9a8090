"""How a probe's arguments reach the student's code, by name.

``call``: positionally, so that a student may rename parameters. ``keywords``: by name. ``collect``: positionally,
and the chunks of a generator become a list.
"""

from collections.abc import Callable
from typing import Any

ADAPTERS: dict[str, Callable[[Callable, dict[str, Any]], Any]] = {
    "call": lambda function, args: function(*args.values()),
    "keywords": lambda function, args: function(**args),
    "collect": lambda function, args: list(function(*args.values())),
}
