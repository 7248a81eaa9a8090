"""The page of contents is what the notebooks say today."""

import re

import pytest

from autograder.authoring import contents as module
from autograder.authoring.contents import Unknown, contents
from tests.support.course import RELEASES, ROOT


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


def test_a_term_that_nobody_uses_is_an_error(tmp_path, monkeypatch):
    glossary = tmp_path / "glossary.toml"
    glossary.write_text('[quux]\nmeans = "Nothing."\n')
    monkeypatch.setattr(module, "GLOSSARY", glossary)
    with pytest.raises(Unknown, match="quux"):
        contents(RELEASES)
