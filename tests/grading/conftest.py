"""Fixtures for the grading tests. They need Linux and bubblewrap; where they are missing, see ``course.need``."""

import pytest

from tests.support.classroom import Classroom
from tests.support.course import need


@pytest.fixture(scope="session")
def bubblewrap():
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
