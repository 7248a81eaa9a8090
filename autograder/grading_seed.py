"""The grading seed: from it come the probes that no student has seen. The environment carries it to every process."""

import os
import secrets
from pathlib import Path

VARIABLE = "GENLAB_GRADING_SEED"


class NoSeed(RuntimeError):
    """There is no grading seed. The message says what to do."""


def keep(file: Path) -> None:
    """Put the seed that ``file`` holds into the environment, unless a seed is there already; make a missing file."""
    if os.environ.get(VARIABLE):
        return
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(8) + "\n", encoding="utf-8")
        file.chmod(0o600)
    os.environ[VARIABLE] = file.read_text(encoding="utf-8").strip()


def read() -> str:
    """The grading seed. Raises NoSeed when the environment holds none: a seed that is known to all is worth nothing."""
    if seed := os.environ.get(VARIABLE):
        return seed
    raise NoSeed(
        f"There is no grading seed: {VARIABLE} is not set, and nbgrader has not read this course's nbgrader_config.py, "
        f"which makes a seed and keeps it in class/grading_seed.txt.\n"
        f"Grade with `make grade`, or let JUPYTER_CONFIG_PATH name the folder of nbgrader_config.py, or set {VARIABLE}."
    )
