"""What the tests of the live widgets share."""

import io
from html.parser import HTMLParser

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

VIEW = "application/vnd.jupyter.widget-view+json"
HTML = "<img src=x onerror=alert(1)>"
LONG = "There was a cat. " * 200
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", " ", "\n\n", "🙂👩‍👩‍👧", "日本語 ж", "<|endoftext|>", "$x$ \\frac", "\x00\ud83d", HTML, LONG, "a" * 5000]
    ),
)


def size(png: bytes) -> tuple[int, int]:
    image = Image.open(io.BytesIO(png))
    image.load()  # raises if the file is damaged
    return image.size


def shown_html(widget) -> str:
    """All markup that a widget holds."""
    parts = [widget.value] if type(widget).__name__ == "HTML" else []
    return "".join(parts + [shown_html(child) for child in getattr(widget, "children", ())])


def bundle(widget) -> dict:
    data, metadata = widget._repr_mimebundle_()
    assert data[VIEW]["model_id"]
    assert metadata["image/png"]["alt"] == widget.alt != ""
    assert size(data["image/png"])[0] > 300
    assert data["text/plain"] == widget.summary()
    return data


class Seen(HTMLParser):
    """What a browser would make of some markup: its tags and its text."""

    def __init__(self, markup: str):
        super().__init__()
        self.tags, self.text = set(), ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data
