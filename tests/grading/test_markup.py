"""What students wrote reaches whoever marks it as it was written, and nothing of it runs."""

from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.returning.markup import Markup

SCRIPT = "<script>alert('RAN')</script><img src=x onerror=\"alert('RAN')\">"


def page(text: str, attachments: dict | None = None) -> str:
    """What nbgrader's pages show of a Markdown cell with ``text``."""
    cell = new_markdown_cell(text, **({"attachments": attachments} if attachments else {}))
    Markup().make_safe(cell)
    return markdown2html_mistune(cell.source)


def display(**data: object) -> str:
    """The page of a notebook whose only cell displayed ``data``."""
    kinds = {kind.replace("_", "/"): content for kind, content in data.items()}
    cell = new_code_cell("pass", outputs=[new_output("display_data", kinds)])
    Markup().make_safe(cell)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.validate(notebook)
    return HTMLExporter(template_name="basic").from_notebook_node(notebook)[0]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("```\nif a < b:\n\n    return a\n```", "<pre><code>if a &lt; b:\n\n    return a\n</code></pre>"),
        ("`p <= 1` and a<b & c", "<code>p &lt;= 1</code> and a&lt;b &amp; c"),
        ("the <eos> token", "the &lt;eos&gt; token"),
        ("see <https://example.org/?a=1&b=2>", '<a href="https://example.org/?a=1&amp;b=2"'),
        ("$x_1 < y_1$ and **bold**", "$x_1 &lt; y_1$ and <strong>bold</strong>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("<b>not</b> &lt;", "&lt;b&gt;not&lt;/b&gt;"),
    ],
)
def test_text_is_shown_as_it_was_written(written, shown):
    assert shown in page(written).replace("&#10;", "\n")


@pytest.mark.parametrize(
    "hostile",
    [
        SCRIPT,
        f"```mermaid\n{SCRIPT}\n```",
        f"$${SCRIPT}$$",
        "[x](javascript:alert('RAN'))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://example.org/tracker.png)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        '<div class="mark-graded" style="position: fixed" id="x">',
        "</div></body><script>alert('RAN')</script>",
        f"text\n\n<div>\n\n{SCRIPT}",
    ],
)
def test_nothing_of_a_text_runs_or_is_loaded(hostile):
    found = Elements()
    found.feed(page(hostile))
    assert found.tags <= {"div", "p", "pre", "code", "a", "img"}
    assert found.attributes <= {("a", "rel", "noopener noreferrer"), ("img", "alt", "x")}


class Elements(HTMLParser):
    """The elements of a page, and their attributes with the values."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name, value) for name, value in attrs}


def test_a_pasted_picture_is_shown_and_a_missing_one_stops_nothing():
    kept = page("![p](attachment:p.png)", {"p.png": {"image/png": "AAAA", "image/svg+xml": "<svg onload=alert(1)>"}})
    assert '<img src="data:image/png;base64,AAAA" alt="p">' in kept
    assert "![p](attachment:gone.png)" in page("![p](attachment:gone.png)")


def test_displays_keep_tables_and_lose_what_is_active():
    shown = display(text_html=f"<table border=1><tr><td onclick='alert(1)'>7</td></tr></table>{SCRIPT}")
    assert "<td>7</td>" in shown and "RAN" not in shown and "onclick" not in shown
    shown = display(text_markdown=f"**bold** {SCRIPT}")
    assert "<strong>bold</strong>" in shown and "<script>alert('RAN')" not in shown
    assert "RAN" not in display(application_javascript="alert('RAN')", text_plain="x")
    assert "<td>7" not in display(text_html="<table><tr><td>7</td></tr></table>", image_png="AAAA")


def test_a_text_that_would_take_long_to_render_is_shown_as_it_is():
    markup = Markup()
    long = new_markdown_cell("\\begin{a}" * 100_000)
    markup.make_safe(long)
    short = new_markdown_cell("**still rendered**")
    markup.make_safe(short)
    assert long.source.startswith("<div><pre>\\begin{a}") and "<strong>" in short.source
