"""The page on a class, as a browser shows it: from a file, on a screen and on a telephone, light and dark."""

import pytest

from autograder.insight.page import asked, chosen, page
from autograder.insight.statistics import Answer, summary
from tests.support.jupyterlab_page import ARTIFACTS
from tests.support.written_class import RULES, score

HOSTILE = "</code></pre><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
UNREADABLE = """() => {
    const seen = [...document.querySelectorAll('p, dt, dd, li, summary, figcaption, h1, h2, h3')]
        .filter(node => node.offsetParent && node.textContent.trim());
    return seen.filter(node => parseFloat(getComputedStyle(node).fontSize) < 12).map(node => node.textContent);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A class of forty, whose answers are hostile."""
    broken = RULES["test_softmax"]
    answers = []
    for place in range(40):
        cause = "naive_exp" if place < 9 else ""
        softmax = score("test_softmax", broken[: place % 3], cause, got=HOSTILE)
        left_pad = score("test_left_pad", RULES["test_left_pad"][: place % 2], "pads_on_the_right")
        for name, each in {"softmax": softmax, "left_pad": left_pad}.items():
            answers.append(Answer("00_practice", name, f"s{place}", each.points, each.maximum, score=each))
        answers.append(Answer("00_practice", "why_left", f"s{place}", None, 2.0, waiting=True, text=True))
    assignments = summary(answers)
    codes = {one: f"def softmax(logits):\n    return {HOSTILE * 3!r}" for one in asked(assignments)}
    path = tmp_path_factory.mktemp("insight") / "insight.html"
    path.write_text(page(assignments, chosen(assignments, codes), {}), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_it_opens_from_a_file_and_fits(browser, address, width, scheme):
    view = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said, asked_for = [], []
    view.on("console", lambda message: said.append(message.text))
    view.on("request", lambda request: asked_for.append(request.url))
    view.goto(address)
    link = view.locator(".first a", has_text="softmax").first
    link.click()
    opened = view.locator("details.exercise[open]")
    opened.locator("h3", has_text="Misconceptions").wait_for(timeout=10_000)  # a link opens what it leads to
    for fold in opened.locator("details.code > summary").all():
        fold.click()
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    assert view.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 400)")
    assert view.evaluate(UNREADABLE) == []
    background = view.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) > 600) == (scheme == "light")
    assert view.title() == "What the class has understood" and said == []
    assert [url for url in asked_for if not url.startswith(("file:", "data:"))] == []
    ARTIFACTS.mkdir(exist_ok=True)
    view.screenshot(path=ARTIFACTS / f"insight-{width}-{scheme}.png", full_page=True)
    view.close()
