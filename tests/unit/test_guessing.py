"""A guess is kept, shown beside what came out, and shown again at the end."""

import pytest

from genlab import came_out, guess, guesses, guessing


@pytest.fixture(autouse=True)
def no_guesses(monkeypatch):
    monkeypatch.setattr(guessing, "_guesses", {})


def test_a_guess_is_shown_beside_what_came_out(capsys):
    guess("How many tokens are left?", 2048)
    came_out("How many tokens are left?", 50)
    assert capsys.readouterr().out.splitlines()[-1] == "    guessed 2,048, came out 50"


def test_a_right_guess_is_said_to_be_right(capsys):
    guess("The same text?", True)
    came_out("The same text?", True)
    assert "guessed True, came out True, as guessed" in capsys.readouterr().out


def test_dots_are_no_guess_and_say_what_to_do(capsys):
    guess("How many?", ...)
    assert "in place of the dots" in capsys.readouterr().out
    came_out("How many?", 3)
    assert "no guess, came out 3" in capsys.readouterr().out


def test_a_run_without_its_guess_still_shows_what_came_out(capsys):
    came_out("How many?", "none")
    assert "no guess, came out 'none'" in capsys.readouterr().out


def test_the_summary_shows_all_in_their_order_and_the_last_guess_of_each(capsys):
    guess("first?", 1)
    guess("second?", 2.5)
    guess("first?", 3)
    came_out("second?", 2.25)
    capsys.readouterr()
    guesses()
    assert capsys.readouterr().out.splitlines() == [
        "first?",
        "    guessed 3, not run yet",
        "second?",
        "    guessed 2.5, came out 2.25",
    ]


def test_without_guesses_the_summary_says_so(capsys):
    guesses()
    assert capsys.readouterr().out == "There are no guesses yet.\n"
