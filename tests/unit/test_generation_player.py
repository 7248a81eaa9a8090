"""The generation player of notebook 04 without a browser: it is played, and what it shows is looked at."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genlab.models import load_model
from genlab.plots.labels import Pieces
from genlab.widgets import GenerationPlayer
from tests.support.widget_tools import HTML, LONG, Seen, bundle, quick, size


@pytest.fixture(scope="module")
def storyteller():
    """Tokenizer and model. Nothing changes them, so all tests may share them."""
    return load_model("storyteller")


@pytest.fixture
def player(storyteller):
    prompts = ["Once upon a time", "The end.", "Lily and Ben found a big red ball in the"]
    return GenerationPlayer(*storyteller, prompts, max_new_tokens=12, seed=3, temperature=1.5, top_p=0.8)


def test_the_player_shows_what_generate_did(player, storyteller):
    _, model = storyteller
    rows = [row.prompt for row in player.rows]
    width = max(map(len, rows))
    ids = torch.tensor([[2047] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        out = model.generate(
            ids,
            attention_mask=mask,
            do_sample=True,
            top_k=0,
            temperature=1.5,
            top_p=0.8,
            max_new_tokens=12,
            pad_token_id=2047,
        )
    for row, sequence in zip(player.rows, out[:, width:].tolist(), strict=True):
        taken = [moment.token for moment in row.moments]
        assert taken == sequence[: len(taken)]
        assert set(sequence[len(taken) :]) <= {2047}
        for moment in row.moments:
            assert moment.shown[moment.chosen] == moment.token
            assert moment.bars.final[moment.chosen] > 0
            assert moment.bars.final.sum() == pytest.approx(1, abs=1e-4)
            assert moment.bars.survivors < 2048  # top_p cut something


def test_the_step_slider_and_the_buttons_move_through_the_run(player):
    player.rewind.click()
    first = bundle(player)
    assert player.step.value == 0
    player.back.click()
    assert player.step.value == 0
    player.forward.click()
    assert player.step.value == 1
    player.step.value = player.last
    last = bundle(player)
    assert last["image/png"] != first["image/png"]
    assert last["text/plain"] != first["text/plain"]
    player.forward.click()
    assert player.step.value == player.last


def test_a_run_of_one_step_has_nowhere_to_go(storyteller):
    player = GenerationPlayer(*storyteller, ["Once"], max_new_tokens=1)
    player.forward.click()
    assert player.step.value == player.last == 0


def test_each_row_says_why_it_stopped(storyteller):
    tokenizer, model = storyteller
    call = {"prompts": ["Once upon a time", "She was very"], "max_new_tokens": 8, "do_sample": False, "top_k": None}
    free = GenerationPlayer(tokenizer, model, **call)
    assert [row.reason for row in free.rows] == ["max_new_tokens=8 reached"] * 2
    first, second = ([moment.token for moment in row.moments] for row in free.rows)
    end = next(i for i in first if i not in second[: first.index(i) + 1])  # ends the first row, not yet the second
    stopped = first.index(end)

    ended = GenerationPlayer(tokenizer, model, eos_token_id=[end, 2047], **call)
    assert ended.rows[0].reason == f"end token {Pieces(tokenizer).label(end)}"
    assert [moment.token for moment in ended.rows[0].moments] == first[: stopped + 1]
    assert len(ended.rows[1].moments) > stopped + 1
    ended.step.value = stopped
    assert f"stops: {ended.rows[0].reason}" in ended.summary().splitlines()[1]
    assert "(running)" in ended.summary().splitlines()[2]
    ended.step.value = ended.last
    assert f"padded since step {stopped + 1}; stopped: {ended.rows[0].reason}" in ended.summary()
    assert "needs no distribution" in ended.summary()

    text = tokenizer.decode(first)
    stop = text[3:9]  # it may begin and end inside tokens
    strings = GenerationPlayer(tokenizer, model, stop_strings=stop, **call)
    assert strings.rows[0].reason == f"stop string {stop!r}"
    written = tokenizer.decode([moment.token for moment in strings.rows[0].moments])
    assert stop in written
    assert text.startswith(written)


def test_the_players_run_leaves_the_random_state_alone(player):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    player.generate.click()
    assert torch.equal(torch.rand(3), expected)


def test_another_seed_is_another_run(player):
    tokens = [[m.token for m in row.moments] for row in player.rows]
    player.seed.value = 4
    assert [[m.token for m in row.moments] for row in player.rows] == tokens  # only the button runs the model
    player.generate.click()
    assert [[m.token for m in row.moments] for row in player.rows] != tokens
    assert player.step.value == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompts": []}, "at least one prompt"),
        ({"num_beams": 2}, "beam search"),
        ({"max_new_tokens": 256}, "leaves no room"),
        ({"temperature": 0.0}, "temperature"),
        ({"tempreature": 1.0}, "tempreature"),
    ],
)
def test_runs_that_cannot_be_shown_are_refused(storyteller, change, words):
    with pytest.raises(ValueError, match=words):
        GenerationPlayer(*storyteller, **{"prompts": ["One day"], "max_new_tokens": 2} | change)


def test_empty_and_long_prompts_are_played(storyteller):
    player = GenerationPlayer(*storyteller, ["", LONG, HTML], max_new_tokens=3)
    assert [len(row.prompt) for row in player.rows][:2] == [1, 253]
    assert "1 of 3 prompts lost their beginning" in player.remark.value
    assert Seen(player.table.value).tags <= {"table", "tr", "th", "td", "b"}
    assert "<img" in Seen(player.table.value).text


@quick
@given(step=st.integers(0, 40), row=st.integers(0, 2), key=st.sampled_from(["rewind", "back", "forward"]))
def test_no_step_breaks_the_player(player, step, row, key):
    before = size(player.picture())
    player.step.value = min(step, player.step.max)
    player.row.value = row
    getattr(player, key).click()
    assert size(player.picture()) == before
    assert player.summary().startswith("Step ")


def test_a_recording_opens_where_something_is_to_be_seen(storyteller):
    player = GenerationPlayer(*storyteller, ["Once upon a time"], max_new_tokens=12, step=5)
    assert player.step.value == 5 and player.summary().startswith("Step 5 of")
    player.rewind.click()
    assert player.step.value == 0
    player.generate.click()
    assert player.step.value == 5
    assert GenerationPlayer(*storyteller, ["Once"], max_new_tokens=2, step=5).step.value == 1
