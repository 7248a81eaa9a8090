"""A feedback page in a browser: at any width nothing is cut off, nothing is loaded, and what matters is seen first."""

import pytest
from nbgrader.api import Gradebook

from autograder.returning.feedback import write_pages
from tests.support.classroom import ASSIGNMENT, Classroom
from tests.support.course import need
from tests.support.jupyterlab_page import ARTIFACTS, chromium
from tests.support.returned import record_class

pytestmark = [pytest.mark.xdist_group("feedback"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    need("chromium", "the tests of feedback pages open them in headless Chromium (apt-get install chromium)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENLAB_GRADING_SEED", "SECRET seed of the tests")
        room = Classroom.build(tmp_path_factory.mktemp("feedback") / "room")
        record_class(room)
        with Gradebook(room.course.coursedir.db_url, room.course.coursedir.course_id) as gradebook:
            yield write_pages(room.course, gradebook, ASSIGNMENT, {"joe": "Joe Roe"}).pages


@pytest.fixture(scope="module")
def browser():
    with chromium() as it:
        yield it


@pytest.mark.parametrize("width", [320, 390, 1366])
@pytest.mark.parametrize("student", ["joe", "zoe"])
def test_nothing_is_cut_off_and_nothing_is_loaded(pages, browser, student, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(pages[student].as_uri())
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(element => {
            const box = element.getBoundingClientRect();
            return box.right > innerWidth + 1 || element.scrollWidth > element.clientWidth + 1 && element.clientWidth;
        }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert wide == [] and asked == [pages[student].as_uri()] and problems == []
    if student == "joe":
        heading = page.locator("h3").first.bounding_box()
        number = page.locator("h3 .number").first.bounding_box()
        assert number["x"] + number["width"] <= heading["x"] + heading["width"] + 1
        page.reload()
        assert page.locator("#why_left").is_visible() and not page.locator(".answer").is_visible()
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"feedback-{width}.png", full_page=True)
    page.close()
