"""Run a command as an unprivileged user."""

import os
from pathlib import Path

from autograder.sandbox import bubblewrap
from tests.support.course import ROOT


def as_unprivileged_user(user: int, *more: str) -> list[str]:
    """The prefix that makes a command run as ``user``, who may read the course and its Python, no more.

    ``more``: further arguments of bwrap. Returns an empty prefix unless root asks: everybody else is such a user.
    """
    if os.geteuid() != 0:
        return []
    shown = [ROOT, *bubblewrap.python_folders()]
    arguments = bubblewrap.Arguments(["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"])
    for folder in sorted({Path("/", path.parts[1]) for path in shown}):
        arguments.tmpfs(folder)
    for folder in shown:
        arguments.ro_bind(folder)
    return [*arguments, *more, "--", "setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"]
