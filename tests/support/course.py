"""What tests share: where things are, and programs that a user may lack but CI must have."""

import os
import shutil
import socket
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
RELEASES = sorted((ROOT / "notebooks").glob("*/*.ipynb"))


def need(program: str, what_for: str) -> str:
    """The path of ``program``; skips the test where a user lacks it, fails where CI does."""
    path = shutil.which(program)
    if path is None:
        (pytest.fail if os.environ.get("GENLAB_REQUIRE_ALL") else pytest.skip)(f"{program} is not here: {what_for}")
    return path


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def names(path: Path) -> str:
    """A test id for a notebook: its folder's name."""
    return path.stem


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
