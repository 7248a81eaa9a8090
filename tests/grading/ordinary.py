"""A command run by somebody who is nobody special."""

import os
from pathlib import Path

from course import ROOT

from autograder.sandbox import bubblewrap


def as_an_ordinary_user(user: int, *more: str) -> list[str]:
    """The words before a command that root wants run by ``user``, who may read the course and its Python, no more.

    ``more``: further arguments of bwrap. Whoever is not root already is such a user: then there are no words.
    """
    if os.geteuid() != 0:
        return []
    shown = [ROOT, *bubblewrap.python_folders()]
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    for folder in sorted({Path("/", path.parts[1]) for path in shown}):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for folder in bubblewrap.parents(shown):
        words += ["--perms", "0755", "--dir", str(folder)]
    for folder in shown:
        words += ["--ro-bind", str(folder), str(folder)]
    return [*words, *more, "--", "setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"]
