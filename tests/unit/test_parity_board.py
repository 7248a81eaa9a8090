"""The parity board of notebook 07: what its squares, its runs and its sentences say is what happens."""

import itertools
import time

import pytest
import torch

from autograder.exercises import exercise
from genlab import parity_grid
from genlab.parity import bases, compare
from genlab.parity_causes import why
from genlab.parity_grid import COLUMNS, KINDS, MOST_STOPPED, State, asked, beside, cells
from genlab.plots.style import CHOSEN, KEPT
from genlab.widgets import ParityBoard
from genlab.widgets.parity_board import HEIGHT, SIGNS, WIDTH
from tests.support.widget_tools import amount, bundle, shown_html, size

EXERCISE = exercise("my_generate")
RIGHT = EXERCISE.alternatives[0]
MISTAKES = {mistake.name: mistake.function for mistake in EXERCISE.mistakes}
ONE = "GPT-2, cache"

# What the board says of a mistake, at the first call that shows it in this column; None: no call can show it.
TOLD = {
    "takes_the_best": ("temperature", "Yours is the best token; this call draws."),
    "draws_row_by_row": ("temperature", "the library calls torch.multinomial once a step, for all rows."),
    "cuts_greedy_runs": ("cuts in a greedy call", "A call that samples would have these scores"),
    "cuts_before_the_temperature": ("all four cuts", "The order top_k, top_p, temperature, min_p would give that"),
    "drops_the_crossing_token": ("top_p", "You cut token "),
    "always_divides": ("penalty", "if the penalty always divided."),
    "penalty_sees_new_tokens_only": ("penalty", "if the penalty saw the new tokens only."),
    "penalizes_pads": ("pads and a penalty", "if the penalty saw the left pads, too."),
    "penalty_after_the_cuts": ("penalty, then top_k", "The order top_k, repetition_penalty would give that"),
    "forgets_the_positions": ("left pads", "but with positions that do not count its ones."),
    "forgets_the_mask": ("left pads", "but without the mask."),
    "keeps_talking": ("end in the last step", "the best token, so it talks on."),
    "one_end_stops_all": ("end in the last step", "has not ended yet"),
    "pads_over_the_end": ("end in the last step", "is an end token: it stays"),
    "goes_to_the_limit": ("list of end tokens", "For the library all rows have ended by then."),
    "knows_the_first_end_only": ("list of end tokens", "From the step after its end on the library fills a row"),
    "the_prompt_ends_rows": ("list of end tokens", "Yours is the pad; for the library row 0 has not ended."),
    "ignores_the_minimum": ("minimum", "So they would be without min_new_tokens."),
    "minimum_is_one_more": ("minimum", "You cut token "),
    "any_place_counts": ("stop in the prompt", "Yours is the pad; for the library row 1 has not ended."),
    "fills_without_end_tokens": ("stop, no end token", "No end token is set in this call"),
    "ignores_the_repository": ("repository", "if the repository said nothing."),
    "none_says_nothing": ("None in the call", "which the library keeps."),
    "no_hidden_top_k": (None, ""),  # 31 tokens
    "keeps_gradients": (None, ""),  # no number is another one
}


@pytest.fixture(scope="module")
def right():
    return ParityBoard(RIGHT)


@pytest.fixture(scope="module")
def wrong():
    return ParityBoard(MISTAKES["keeps_talking"])


def unwritten(model, input_ids, attention_mask, **settings):
    raise NotImplementedError


def test_every_right_answer_is_equal_everywhere():
    for answer in EXERCISE.alternatives:
        for seed in (0, 1):
            assert {cell.state for _, _, cell in cells(answer, seed)} == {State.EQUAL}


def test_each_call_is_compared_as_its_settings_say():
    """The kinds hold what their names say, and the library's result is that of ``model.generate``."""
    for kind, column in itertools.product(KINDS, COLUMNS):
        case, theirs = asked(kind, column)
        assert case.settings.get("use_cache", True) == ("no cache" not in column)
        assert case.model["rotary"] == column.startswith("Llama")
        assert bool(case.attention_mask.all()) == (kind in parity_grid.PLAIN)
        assert compare(case, theirs, theirs) is None
    assert len(KINDS) * len(COLUMNS) == 80


@pytest.mark.parametrize("name", TOLD)
def test_the_first_difference_of_a_mistake_is_explained(name):
    kind, words = TOLD[name]
    found = {k: beside(MISTAKES[name], *asked(k, ONE)) for k in ([kind] if kind else KINDS)}
    if kind is None:
        assert {cell.state for cell in found.values()} == {State.EQUAL}
        return
    assert found[kind].state == State.DIFFERS
    assert words in why(found[kind])
    found = found[kind].difference
    assert found is not None and found.words


def test_scores_of_another_shape_or_kind_are_told():
    def changed(change):
        def function(*args, **settings):
            out = RIGHT(*args, **settings)
            return change(out)

        return beside(function, *asked("greedy", ONE))

    for change, words in {
        lambda out: None: "nothing came back: None",
        lambda out: out["sequences"]: "no dictionary",
        lambda out: {"sequences": out["sequences"]}: "the keys are ['sequences']",
        lambda out: out | {"scores": list(out["scores"])}: "scores are list",
        lambda out: out | {"scores": out["scores"][:, 0]}: "scores are torch.float32 [6, 31]",
        lambda out: out | {"scores": out["scores"].double()}: "scores are torch.float64",
        lambda out: out | {"sequences": out["sequences"][:, 5:]}: "where the sequences ask for",
        lambda out: {
            "sequences": out["sequences"][:1],
            "scores": out["scores"][:, :1],
        }: "do not begin with the prompts",
        lambda out: out | {"sequences": object()}: "sequences are not int64 ids",
    }.items():
        cell = changed(change)
        assert cell.state == State.DIFFERS and cell.mine is None and words in cell.difference.words
        assert why(cell) == "The result has another form, so nothing of it can be compared."
    for change, words in {
        lambda out: out | {"scores": out["scores"] + 2.5}: "All scores are +2.500 off",
        lambda out: out | {"scores": out["scores"].log_softmax(-1)}: "a log_softmax does that",
        lambda out: out | {"scores": out["scores"].softmax(-1)}: "a softmax too many",
        lambda out: out | {"scores": out["scores"] * torch.nan}: "You cut tokens 0, 1, 2 and 28 more",
        lambda out: out | {"scores": out["scores"] ** 2}: "No other call of the library was found",
        lambda out: out | {"sequences": torch.full_like(out["sequences"], 999)}: "do not begin with",
    }.items():
        cell = changed(change)
        assert cell.state == State.DIFFERS and words in why(cell) + cell.difference.words
        ParityBoard._draw(board_of(cell))


def board_of(cell):
    """A board whose calls all came out as ``cell``."""
    board = ParityBoard(unwritten)
    board.cells = dict.fromkeys(board.cells, cell)
    board._reasons = {}
    return board


def test_tokens_that_do_not_exist_are_drawn_and_told():
    def function(*args, **settings):
        out = RIGHT(*args, **settings)
        ids = out["sequences"].clone()
        ids[:, 6:] = torch.tensor([[-7], [999]])
        return out | {"sequences": ids, "scores": out["scores"] * 1.5}

    board = board_of(beside(function, *asked("left pads", ONE)))
    for board.row.value, board.step.value in itertools.product((0, 1), range(6)):
        assert size(board.picture()) == (WIDTH, HEIGHT) and "first difference in step 0" in board.summary()


def test_a_run_that_is_longer_than_all_boxes_is_drawn():
    long = exercise("my_generate")._reference

    def function(*args, **settings):
        return long(*args, **settings | {"max_new_tokens": 20})

    board = board_of(beside(function, *asked("greedy", ONE)))
    board._go()
    assert board.step.max == 19 and "yours has 14 more tokens" in board.summary()
    assert "The library stops after max_new_tokens=6." in board.summary()
    for board.step.value in range(20):
        assert size(board.picture()) == (WIDTH, HEIGHT)


def test_what_raises_shows_its_error_and_its_line():
    board = ParityBoard(MISTAKES["k_beyond_the_vocabulary"])
    assert board.counts() == {"equal": 76, "raises": 4}
    assert (board.kind.value, board.column.value) == ("temperature", ONE)
    assert "RuntimeError: selected index k out of range" in board.summary() and "4 raise." in board.summary()


def test_what_leaves_the_loop_to_the_library_is_refused():
    def function(model, input_ids, attention_mask, **settings):
        return model.generate(input_ids, attention_mask=attention_mask, **settings)

    assert ParityBoard(function).counts() == {"raises": 80}


def test_what_is_not_written_yet_says_so():
    board = ParityBoard(unwritten)
    assert board.counts() == {"not written yet": 80}
    assert "Write the function and run this cell again." in board.summary() and "Error" not in shown_html(board)


def test_an_endless_function_is_stopped_and_not_asked_for_ever():
    ran = []

    def endless(*_, **__):
        ran.append("endless")
        while True:
            pass

    def waits(*_, **__):
        ran.append("waits")
        while True:
            time.sleep(0.01)

    for function in (endless, waits):
        board = ParityBoard(function, seconds=0.2)
        assert board.counts() == {"stopped": MOST_STOPPED, "not run": 80 - MOST_STOPPED}
        assert ran.count(function.__name__) == MOST_STOPPED and "still running" in board.summary()


def test_an_interrupt_ends_the_whole_run():
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    assert ParityBoard(interrupted).counts() == {"stopped": 1, "not run": 79}


def test_calls_of_another_function_are_not_those_of_one_before():
    """What the library gives is remembered. A function that changes what it is handed changes nothing of it."""

    def spoils(model, input_ids, attention_mask, **settings):
        out = RIGHT(model, input_ids, attention_mask, **settings)
        input_ids.zero_()
        attention_mask.zero_()
        model.generation_config.do_sample = True
        for weights in model.parameters():
            weights.data.zero_()
        return out

    ParityBoard(spoils)
    assert ParityBoard(RIGHT).counts() == {"equal": 80}


def test_a_move_runs_no_function_and_takes_milliseconds():
    ran = []

    def counted(*args, **settings):
        ran.append(1)
        return MISTAKES["keeps_talking"](*args, **settings)

    board = ParityBoard(counted)
    assert len(ran) == 80
    moves = list(board.kind.options) * 2
    spent = time.process_time()
    for board.kind.value in moves:
        assert board.image.value
    spent = time.process_time() - spent
    assert len(ran) == 80
    assert spent / len(moves) < 0.1, f"{1000 * spent / len(moves):.0f} ms a move"


def test_the_button_runs_the_calls_of_another_seed():
    board = ParityBoard(MISTAKES["keeps_talking"])
    before = board.chosen.case.input_ids
    board.seed.value = 3
    assert torch.equal(board.chosen.case.input_ids, before), "nothing runs before the button"
    board.again.click()
    assert not torch.equal(board.chosen.case.input_ids, before)


def test_it_opens_at_the_first_difference_and_goes_from_one_to_the_next(wrong):
    wrong.run()
    unequal = [place for place, cell in wrong.cells.items() if cell.state != State.EQUAL]
    assert unequal and len(unequal) < 80
    seen = []
    for _ in range(len(unequal) + 1):
        found = wrong.chosen.difference
        assert (wrong.row.value, wrong.step.value) == (found.row, found.step)
        seen.append((wrong.kind.value, wrong.column.value))
        wrong.next_one.click()
    assert seen == [*unequal, unequal[0]]


def test_the_button_stays_where_all_is_equal(right):
    right.kind.value = "top_p"
    right.next_one.click()
    assert right.kind.value == "top_p"


def test_every_control_changes_the_picture(wrong):
    wrong.run()
    seen = {wrong.picture()}
    for name, value in {"row": 0, "step": 3, "kind": "top_p", "column": "Llama, no cache"}.items():
        getattr(wrong, name).value = value
        seen.add(wrong.picture())
    assert len(seen) == 5


def test_squares_are_told_apart_by_sign_and_ink(right, wrong):
    assert len(set(SIGNS.values())) == len(State)
    right.run(), wrong.run()
    for board in (right, wrong):  # at a call that is equal, of the same probabilities
        board.kind.value, board.column.value, board.row.value, board.step.value = "greedy", ONE, 0, 0
    assert amount(wrong.picture(), CHOSEN) > amount(right.picture(), CHOSEN), "frames of squares that differ"
    assert amount(right.picture(), KEPT) > amount(wrong.picture(), KEPT), "signs of squares that are equal"


def test_where_no_widget_runs_its_picture_and_words_stand(right, wrong):
    right.run(), wrong.run()
    data = bundle(wrong)
    assert size(data["image/png"]) == (WIDTH, HEIGHT) and len(data["image/png"]) < 20_000
    assert data["text/plain"].startswith(
        "80 calls: 62 equal, 18 differ.\nNot equal: end in the last step, GPT-2, cache"
    )
    assert "first difference in step 1, row 1: in a row that has ended you take token" in data["text/plain"]
    assert (
        bundle(right)["text/plain"] == "80 calls: 80 equal.\ngreedy, GPT-2, cache: equal in 12 tokens and all scores."
    )


def test_markup_in_an_error_is_text():
    def function(*_, **__):
        raise ValueError("<b>bold</b>")

    assert "<b>" not in shown_html(ParityBoard(function))


def test_designs_are_found_for_other_seeds():
    for seed in (0, 1, 7, 999):
        for kind, rotary in itertools.product(parity_grid.DESIGNED, (False, True)):
            assert parity_grid._case(kind, rotary, seed).model["rotary"] == rotary
    assert next(bases(False, 3000)).seed == 3000
