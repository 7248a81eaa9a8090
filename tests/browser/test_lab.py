"""What a student sees and does: widgets that answer, both themes, checks that speak, the Validate button.

Each test leaves screenshots in ``tests/artifacts``.
"""

import re

import nbformat
import pytest
from playwright.sync_api import expect

from tests.support.submissions import perfect

EXPLORER, PICKER, PHONE = "token-explorer", "position-picker", "phone-keyboard"


def widget(lab, cell_id):
    """The live output of a cell, in view."""
    lab.go_to(cell_id)
    output = lab.page.locator(".jp-Notebook .jp-mod-active .jp-OutputArea-output").first
    output.locator(".jupyter-widgets").first.wait_for(timeout=60_000)
    lab.idle()  # the cells below it may still be running, and a kernel answers one thing after the other
    return output


def picture(output):
    """The address of the picture that a live widget shows; it changes when the picture does."""
    return output.locator("img").first.get_attribute("src")


def changes(lab, look, before):
    """Wait until ``look()`` is no longer ``before``."""
    for _ in range(120):
        if look() != before:
            return
        lab.page.wait_for_timeout(250)
    pytest.fail("nothing changed")


def on(notebook):
    """The test gets ``ran``: this released notebook, run once for all that look at it (in one worker)."""

    def decorate(test):
        test = pytest.mark.parametrize("ran", [notebook], indirect=True, ids=[notebook[:2]])(test)
        return pytest.mark.xdist_group(notebook)(test)

    return decorate


def test_make_lab_opens_the_first_notebook_in_the_course(lab):
    lab.go("/")
    # each is waited for: the page goes on settling after the notebook is there, and its address may end in a "?"
    expect(lab.page).to_have_url(re.compile(r"/lab/tree/notebooks/01_tokenization/01_tokenization\.ipynb\??$"))
    expect(lab.page.locator(".jp-NotebookPanel h1").first).to_have_text(re.compile(r"^1 "))
    folders = lab.page.locator(".jp-BreadCrumbs-item")
    expect(folders.filter(has_text="notebooks"), "the other notebooks are within reach").to_have_count(1)
    expect(lab.page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate")).to_have_count(1)
    expect(lab.page.get_by_text("Create Assignment"), "marking cells is for instructors").to_have_count(0)
    lab.screenshot("make-lab")


@on("01_tokenization")
def test_the_token_explorer_answers_to_typing_in_both_themes(ran):
    lab = ran
    output = widget(lab, EXPLORER)
    before = output.inner_text()
    box = output.locator("textarea, input[type=text]").first
    box.fill("Unbelievable! <b>caf\u00e9</b> \U0001f600")
    changes(lab, output.inner_text, before)
    assert output.locator("b:has-text('caf')").count() == 0, "typed text is never read as markup"
    lab.both_themes("01-token-explorer")


@on("02_forward_step")
def test_the_position_picker_moves_by_keyboard(ran):
    lab = ran
    output = widget(lab, PICKER)
    before, words = picture(output), output.inner_text()
    output.locator("[role=slider], .noUi-handle").first.focus()
    lab.page.keyboard.press("ArrowLeft")
    changes(lab, lambda: picture(output), before)
    assert output.inner_text() != words
    lab.both_themes("02-position-picker")


@on("02_forward_step")
def test_the_phone_keyboard_writes_and_goes_back(ran):
    lab = ran
    output = widget(lab, PHONE)
    first = output.inner_text()
    output.locator("button[title^='Append'], button[title^='Suggestion']").first.click()
    changes(lab, output.inner_text, first)
    lab.screenshot("02-phone-keyboard")
    longer = output.inner_text()
    output.get_by_role("button", name="Rewind").click()
    changes(lab, output.inner_text, longer)


@on("03_sampling_loop")
def test_the_temperature_slider_moves_picture_and_numbers(ran):
    lab = ran
    output = widget(lab, "sampling-sliders")
    before, words = picture(output), output.inner_text()
    output.locator("[role=slider], .noUi-handle").first.focus()
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    changes(lab, lambda: picture(output), before)
    assert output.inner_text() != words, "the numbers move with the picture"
    assert output.locator(".jupyter-widgets").first.bounding_box()["height"] < 640, "it fits a screen of 1366 x 768"
    lab.both_themes("03-sampling-sliders")


@on("04_stopping")
def test_the_player_steps_through_a_batch(ran):
    lab = ran
    output = widget(lab, "generation-player")
    before = output.inner_text()
    output.locator("button[title='Go one step on']").first.click()
    changes(lab, output.inner_text, before)
    lab.screenshot("04-generation-player")


@on("05_model_generate")
def test_the_settings_answer_to_a_preset_a_slider_and_a_repository(ran):
    lab = ran
    output = widget(lab, "generation-settings")
    before, words = picture(output), output.inner_text()
    output.get_by_role("button", name="temperature=0", exact=True).click()
    changes(lab, lambda: picture(output), before)
    assert "ValueError" in output.inner_text(), "the library's own message"
    lab.screenshot("05-generation-settings-error")
    refused = picture(output)
    output.get_by_role("button", name="usual call").click()
    changes(lab, lambda: picture(output), refused)
    lab.idle()
    assert output.inner_text() == words, "as it was at first"
    output.get_by_role("button", name="hidden top_k").click()
    expect(output.get_by_text("TopKLogitsWarper(top_k=50)")).to_have_count(1)
    before = picture(output)
    handle = output.locator("[aria-label='top_k'] .noUi-handle, .widget-hslider:has-text('top_k') .noUi-handle").first
    handle.focus()
    for _ in ("None", "-1, which is refused", "0"):
        lab.page.keyboard.press("ArrowRight")
    changes(lab, lambda: picture(output), before)
    expect(output.get_by_text("drawn from 2,048 of 2,048 tokens")).to_have_count(1)
    output.locator("select").first.select_option("Qwen3-like")
    expect(output.get_by_text("TemperatureLogitsWarper(temperature=0.6)")).to_have_count(1)
    lab.both_themes("05-generation-settings")


@on("06_speed_and_memory")
def test_the_serving_costs_answer_to_a_slider_and_a_model(ran):
    lab = ran
    output = widget(lab, "serving-costs")
    before, words = picture(output), output.inner_text()
    output.locator("[aria-label='rows'] .noUi-handle, .widget-hslider:has-text('rows') .noUi-handle").first.focus()
    lab.page.keyboard.press("ArrowRight")
    changes(lab, lambda: picture(output), before)
    assert output.inner_text() != words, "the numbers move with the picture"
    output.locator("select").first.select_option("Llama-3.1-8B")
    expect(output.get_by_text("Llama-3.1-8B, float32")).to_have_count(1)
    lab.both_themes("06-serving-costs")


def test_the_parity_board_goes_from_one_difference_to_the_next(lab):
    """In a notebook whose my_generate keeps talking: chosen by a button, by keyboard, and told in words."""
    name, right = "07_capstone", "new = torch.where(live, new, pad)"
    notebook = perfect(name)
    stub = next(cell for cell in notebook.cells if cell.id == "my-generate")
    assert stub.source.count(right) == 1
    stub.source = stub.source.replace(right, "pass")
    nbformat.write(notebook, lab.folder / name / "talking.ipynb")
    lab.page.set_viewport_size({"width": 1366, "height": 768})
    lab.open(f"{name}/talking.ipynb")
    lab.run_all()
    output = widget(lab, "parity-board-mine")
    expect(output.get_by_text("80 calls: 62 equal, 18 differ.")).to_have_count(1)
    assert "in a row that has ended you take token" in output.inner_text()
    assert "so it talks on" in output.inner_text(), "why it differs"
    assert output.locator(".jupyter-widgets").first.bounding_box()["height"] < 640, "it fits a screen of 1366 x 768"
    before, words = picture(output), output.inner_text()
    output.get_by_role("button", name="Next that is not equal").click()
    changes(lab, lambda: picture(output), before)
    assert output.inner_text() != words, "the words move with the picture"
    before = picture(output)
    output.locator("[aria-label='step'] .noUi-handle, .widget-hslider:has-text('step') .noUi-handle").first.focus()
    lab.page.keyboard.press("ArrowRight")
    changes(lab, lambda: picture(output), before)
    output.evaluate("it => it.scrollIntoView({block: 'start'})")
    lab.both_themes("07-parity-board")


@on("07_capstone")
def test_the_parity_board_says_that_nothing_is_written_yet(ran):
    lab = ran
    output = widget(lab, "parity-board-mine")
    expect(output.get_by_text("80 calls: 80 not written yet.")).to_have_count(1)
    lab.screenshot("07-parity-board-unwritten")


@on("01_tokenization")
def test_an_unwritten_exercise_says_so_and_stops_nothing(ran):
    lab = ran
    lab.go_to("test-left-pad")
    report = lab.page.locator(".jp-Notebook .jp-mod-active .jp-OutputArea-output").first.inner_text()
    assert "left_pad: not written yet" in report
    assert "Traceback" not in report and "NotImplementedError" in report
    lab.screenshot("01-not-written-yet")


def test_a_known_mistake_gets_its_hint(lab):
    """A notebook in which left_pad pads on the right: what failed, what came, and why."""
    name = "01_tokenization"
    notebook = perfect(name)
    stub = next(cell for cell in notebook.cells if cell.id == "left-pad")
    for left, right in {
        "[pad_id] * (width - len(row)) + row": "row + [pad_id] * (width - len(row))",
        "[0] * (width - len(row)) + [1] * len(row)": "[1] * len(row) + [0] * (width - len(row))",
    }.items():
        assert left in stub.source
        stub.source = stub.source.replace(left, right)
    nbformat.write(notebook, lab.folder / name / "mistaken.ipynb")
    lab.open(f"{name}/mistaken.ipynb")
    lab.run_all()
    lab.go_to("test-left-pad")
    report = lab.page.locator(".jp-Notebook .jp-mod-active .jp-OutputArea-output").first.inner_text()
    for words in ("FAIL", "input:", "expected:", "got:", "Likely cause:"):
        assert words in report
    assert "Traceback" not in report
    lab.screenshot("01-known-mistake")


@pytest.mark.parametrize("solved", [False, True], ids=["unsolved", "solved"])
def test_the_validate_button_tells_solved_from_unsolved(lab, solved):
    name = "01_tokenization"
    if solved:
        notebook = perfect(name)
        path = lab.folder / name / "solved.ipynb"
        nbformat.write(notebook, path)
    else:
        path = lab.folder / name / f"{name}.ipynb"
    lab.open(f"{name}/{path.name}")
    lab.page.locator("button:has-text('Validate'), jp-button:has-text('Validate')").first.click()
    dialog = lab.page.locator(".jp-Dialog .jp-Dialog-content").first
    dialog.wait_for(timeout=300_000)
    text = dialog.inner_text()
    lab.screenshot(f"01-validate-{'solved' if solved else 'unsolved'}")
    if solved:
        assert "Success" in text or "passed" in text.lower()
    else:
        assert "failed" in text.lower()
