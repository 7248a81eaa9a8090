"""The page of contents is what the notebooks say today."""

import re
import tomllib

from autograder.authoring.contents import GLOSSARY, contents, introduced
from tests.support.course import RELEASES, ROOT, read


def test_the_page_is_up_to_date():
    """``make release`` writes it."""
    assert (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8") == contents(RELEASES)


def test_each_notebook_each_section_and_each_exercise_is_on_it():
    page = contents(RELEASES)
    for path in RELEASES:
        text = path.read_text(encoding="utf-8")
        assert f"({path.parent.name}/{path.name})" in page
        for section in set(re.findall(r'"## (\d+\.\d+ [^"\\]*)', text)):
            assert f"- {section}" in page
        assert page.count("points)") >= text.count('"### Exercise')


def test_every_term_of_the_glossary_is_used():
    terms = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))
    notebooks = [read(path) for path in RELEASES]
    assert [term for term, entry in terms.items() if not introduced(entry.get("said", [term]), notebooks)] == []
    assert introduced(["quux"], notebooks) == ""


def test_each_term_stands_in_the_section_that_the_page_names():
    terms = tomllib.loads(GLOSSARY.read_text(encoding="utf-8"))
    sections: dict[str, str] = {}
    for path in RELEASES:
        text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        for number, section in re.findall(r"^## (\d+\.\d+)(.*?)(?=^## |\Z)", text, re.M | re.S):
            sections[number] = section.lower()
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| (\d+\.\d+) \|$", contents(RELEASES), re.M)
    assert sorted(term for term, _ in rows) == sorted(terms)
    for term, number in rows:
        said = terms[term].get("said", [term])
        assert any(words.lower() in sections[number] for words in said), f"{term}: {number}"
