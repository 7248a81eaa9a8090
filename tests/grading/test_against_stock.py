"""The attacks are real: what some of them get from stock nbgrader."""

import pytest

from tests.support import stock
from tests.support.attacks import ATTACKS, FULL
from tests.support.classroom import ASSIGNMENT, POINTS

# what stock nbgrader gives to submissions in which both functions are wrong, and what it loses
FOOLED = ("displayhook-score", "ast-transformer")
DROPPED = ("os-exit", "segmentation-fault")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FOOLED)
def test_stock_nbgrader_is_fooled(name, empty_room, tmp_path):
    """Both functions are wrong, and it gives full marks."""
    room = empty_room.copy(tmp_path / "room")
    room.hand_in(name, ATTACKS[name].make(room.release))
    assert stock.grade(room.course, ASSIGNMENT, name).status != "failed"
    scores = room.scores(name)
    assert tuple(scores[test] for test in POINTS) == FULL != ATTACKS[name].points


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", DROPPED)
def test_stock_nbgrader_loses_the_submission(name, empty_room, tmp_path):
    room = empty_room.copy(tmp_path / "room")
    room.hand_in(name, ATTACKS[name].make(room.release))
    assert stock.grade(room.course, ASSIGNMENT, name).status == "failed"
