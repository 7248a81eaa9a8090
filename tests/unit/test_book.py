"""The site for readers: every page is there and complete, tells no answer, and asks nobody for anything."""

import re
from html.parser import HTMLParser

import pytest

from autograder.authoring.book import TO_ANSWER, TO_WRITE, build, page
from tests.support.course import ROOT, SOLUTIONS, names, read

SOLUTION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)


@pytest.mark.parametrize("path", SOLUTIONS, ids=names)
def test_a_page_shows_everything_but_answers(path):
    notebook = read(path)
    shown = page(notebook)
    text = "\n".join(cell.source for cell in shown.cells)
    assert [word for word in ("BEGIN SOLUTION", "BEGIN HIDDEN", "MARK SCHEME", "grade(") if word in text] == []
    given = "\n".join(SOLUTION.sub("", cell.source) for cell in notebook.cells)
    lines = {
        line.strip()
        for cell in notebook.cells
        for solution in SOLUTION.findall(cell.source)
        for line in solution.splitlines()
        if len(line.strip()) > 45 and line.strip() not in given
    }
    assert lines and [line for line in lines if line in text] == []
    assert len(shown.cells) == len(notebook.cells) and TO_WRITE in text
    assert [c.get("outputs") for c in shown.cells] == [c.get("outputs") for c in notebook.cells]
    written = sum(
        c.cell_type == "markdown" and c.metadata.get("nbgrader", {}).get("solution", False) for c in notebook.cells
    )
    assert text.count(TO_ANSWER) == written


class Links(HTMLParser):
    """What a page links to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.to: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and found.get("href"):
            self.to.add(found["href"])
        elif tag in ("script", "img", "link", "iframe") and (found.get("src") or found.get("href")):
            self.loaded.add(found.get("src") or found.get("href"))


@pytest.mark.timeout(300)
def test_the_site_is_whole(tmp_path):
    site = tmp_path / "book"
    build(ROOT, site)
    for path in (site / "index.html", *(site / p.stem / f"{p.stem}.html" for p in SOLUTIONS)):
        links = Links()
        links.feed(path.read_text(encoding="utf-8"))
        here = [url.split("#")[0].split("?")[0] for url in links.to | links.loaded if not re.match(r"\w+:", url)]
        assert [url for url in here if url and not (path.parent / url).resolve().exists()] == []
        assert [url for url in links.loaded if url.startswith("http")] == [], "a page loads from elsewhere"
    assert all(f"{p.stem}/{p.stem}.html" in (site / "index.html").read_text("utf-8") for p in SOLUTIONS)
