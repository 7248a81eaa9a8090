"""What students wrote and displayed, as it may be shown to others: nothing of it runs when a graded notebook is opened.

nbgrader's pages are made from graded notebooks by templates that pass HTML through, whatever ``sanitize_html`` says,
and each program renders Markdown in its own way. So a graded notebook holds, in place of a student's Markdown, what it
is rendered to: HTML that has been cleaned.
"""

import html
import re
from typing import Any

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.notebooknode import NotebookNode
from nh3 import Cleaner

PLAIN = ("text/plain", "text/latex")  # shown as text by every program; application/json may be nested without end
PICTURES = ("image/png", "image/jpeg")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*\Z")
PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*\Z")
TAGS = {
    *("p", "br", "hr", "div", "span", "pre", "code", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "a", "img"),
    *(
        "b",
        "strong",
        "i",
        "em",
        "u",
        "s",
        "del",
        "small",
        "sub",
        "sup",
        "abbr",
        "kbd",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
    ),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "details", "summary"),
}
SPANS = {"colspan", "rowspan"}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "td": SPANS, "th": SPANS}


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """``value``, or None where a picture is not in the page itself or a link leads to ``data:``."""
    if (tag, attribute) == ("img", "src"):
        return value if PICTURE.match(value) else None
    return None if value.strip().lower().startswith("data:") else value


CLEANER = Cleaner(
    tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_allowed, url_schemes={"http", "https", "mailto", "data"}
)


class Markup:
    """Makes the text and the displays of one notebook safe.

    Rendering hostile text takes time that grows with the square of its length. So only so many characters of a notebook
    are rendered: of Markdown ``MARKDOWN`` (some seconds at worst), of HTML ``HTML``.
    """

    MARKDOWN = 30_000
    HTML = 200_000

    def __init__(self) -> None:
        self._markdown_left, self._html_left = self.MARKDOWN, self.HTML

    def make_safe(self, cell: NotebookNode) -> None:
        """Make a cell's text and outputs safe, in place. Code stays: it is shown as text everywhere."""
        pictures = cell.pop("attachments", {})
        if cell.cell_type == "markdown":
            page = self.rendered(cell.source, pictures).strip()
            # One block of HTML, without the empty line that would end it: no program looks for Markdown in it.
            cell.source = f"<div>{page}</div>".replace("\n", "&#10;")
        elif cell.cell_type == "raw":  # pages pass it through
            cell.cell_type, cell.metadata = "markdown", NotebookNode()
            cell.source = f"<div><pre>{html.escape(cell.source)}</pre></div>".replace("\n", "&#10;")
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = self.display(output.data)
            if "metadata" in output:
                output.metadata = {}
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]

    def rendered(self, text: str, pictures: Any = None) -> str:
        """Markdown as nbgrader's pages render it, cleaned; HTML in it, and what cannot be rendered, as it was written.

        ``pictures``: attachments of the cell, as the student's notebook has them.
        """
        if len(text) > self._markdown_left:
            return f"<pre>{html.escape(text)}</pre>"
        self._markdown_left -= len(text)
        known = pictures if isinstance(pictures, dict) else {}
        attachments = {
            name: kept for name, data in known.items() if isinstance(data, dict) and (kept := _pictures(data))
        }
        try:
            renderer = IPythonRenderer(escape=True, attachments=attachments, exclude_anchor_links=True)
            return CLEANER.clean(MarkdownWithMath(renderer=renderer).render(text))
        except Exception:  # an attachment that is missing, or something that the renderer does not stand
            return f"<pre>{html.escape(text)}</pre>"

    def cleaned(self, markup: str) -> str:
        """HTML without anything that runs, is loaded from elsewhere, or imitates the page around it."""
        if len(markup) > self._html_left:
            return ""
        self._html_left -= len(markup)
        return CLEANER.clean(markup)

    def display(self, data: dict[str, Any]) -> dict[str, Any]:
        """The parts of a display that can be shown. HTML and Markdown are left out where a picture says the same."""
        kept = {kind: data[kind] for kind in PLAIN if kind in data} | _pictures(data)
        if not any(kind in kept for kind in PICTURES):
            markdown, markup = data.get("text/markdown"), data.get("text/html")
            page = self.rendered(markdown) if isinstance(markdown, str) else ""
            page = (isinstance(markup, str) and self.cleaned(markup)) or page
            kept |= {"text/html": page} if page.strip() else {}
        return kept


def _pictures(data: dict[str, Any]) -> dict[str, str]:
    """The pictures of a display that are what they say, by kind."""
    return {k: data[k] for k in PICTURES if isinstance(data.get(k), str) and BASE64.match(data[k])}
