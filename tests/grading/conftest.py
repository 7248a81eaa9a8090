"""Fixtures for the grading tests. They need Linux and bubblewrap; where they are missing, see ``conftest.need``."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from classroom import Classroom


@pytest.fixture(scope="session")
def bubblewrap():
    from conftest import need

    return need("bwrap", "the sandbox for grading; on Debian: apt install bubblewrap")


@pytest.fixture(scope="session", autouse=True)
def seed():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENLAB_GRADING_SEED", "SECRET seed of the tests")
        yield


@pytest.fixture(scope="session")
def empty_room(tmp_path_factory, seed):
    """The course, released, nothing handed in. Do not change it: ``copy`` it."""
    return Classroom.build(tmp_path_factory.mktemp("course") / "room")
