"""What students wrote, as it may be shown to others: nothing of it runs when a graded notebook is opened.

nbgrader's pages are made from graded notebooks, by templates that pass HTML through, whatever ``sanitize_html`` says.
So a graded notebook holds no HTML that could run anything, load anything, or leave its cell.
"""

import re
from typing import Any

from bleach import ALLOWED_TAGS, clean
from nbformat.notebooknode import NotebookNode

TAGS = ALLOWED_TAGS.union(
    ("p", "br", "hr", "div", "span", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "sub", "sup", "del", "s", "u", "small"),
    ("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "dl", "dt", "dd", "details", "summary"),
)
ATTRIBUTES = {"*": ["title"], "a": ["href", "title"], "td": ["colspan", "rowspan"], "th": ["colspan", "rowspan"]}
PLAIN = ("text/plain", "application/json")
PICTURES = ("image/png", "image/jpeg")
MARKUP = ("text/html", "text/markdown", "text/latex")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*\Z")


def safe_markup(text: str) -> str:
    """Markdown or HTML with every tag escaped that is not plain formatting."""
    return text if "<" not in text else clean(text, tags=TAGS, attributes=ATTRIBUTES)


def safe_data(data: dict[str, Any]) -> dict[str, Any]:
    """The parts of a display that can be shown: text, pictures, markup without anything active.

    Markup that had to be changed is left out where a picture or plain text says the same.
    """
    kept = {kind: data[kind] for kind in PLAIN if kind in data}
    kept |= {k: data[k] for k in PICTURES if isinstance(data.get(k), str) and BASE64.match(data[k])}
    for kind in MARKUP:
        if isinstance(data.get(kind), str):
            cleaned = safe_markup(data[kind])
            if cleaned == data[kind] or not kept:
                kept[kind] = cleaned
    return kept


def make_safe(cell: NotebookNode) -> None:
    """Clean a cell's text and outputs in place. Code stays: it is shown as text everywhere."""
    if cell.cell_type != "code":
        cell.source = safe_markup(cell.source)
    attachments = cell.get("attachments")
    if attachments is not None:
        cell.attachments = {
            name: kept
            for name, data in attachments.items()
            if isinstance(data, dict) and (kept := {k: v for k, v in safe_data(data).items() if k in PICTURES})
        }
    for output in cell.get("outputs", []):
        if "data" in output:
            output.data = safe_data(output.data)
        if "metadata" in output:
            output.metadata = {}
    if "outputs" in cell:
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]
