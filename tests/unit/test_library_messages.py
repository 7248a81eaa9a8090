"""What the library says is collected, and afterwards the world is as it was."""

import logging
import warnings

from transformers.utils import logging as library_logging

from genlab import listening

library = library_logging.get_logger("transformers.generation")


def test_logged_lines_and_warnings_are_collected_and_not_shown(capsys):
    with listening() as said:
        library.warning("a line of the log")
        warnings.warn("a warning", UserWarning, stacklevel=1)
    assert said == ["a line of the log", "a warning"]
    assert capsys.readouterr() == ("", "")


def test_what_is_said_once_is_heard_once_in_each_block():
    for _ in range(2):
        with listening() as said:
            for _ in range(3):
                library.warning_once("only once")
        assert said == ["only once"]


def test_handlers_and_levels_are_put_back_also_after_an_error():
    root = logging.getLogger("transformers")
    before = root.handlers, root.propagate, root.level, logging.Logger.warning_once
    try:
        with listening():
            raise KeyError
    except KeyError:
        pass
    assert (root.handlers, root.propagate, root.level, logging.Logger.warning_once) == before
