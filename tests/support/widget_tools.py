"""What the tests of pictures and live widgets share."""

import io
from html.parser import HTMLParser

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image
from transformers import PreTrainedModel

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


def pixels(png: bytes) -> np.ndarray:
    """RGBA ``[H, W, 4]``. Raises if the file is damaged."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def size(png: bytes) -> tuple[int, int]:
    """Width and height."""
    height, width, _ = pixels(png).shape
    return width, height


def amount(png: bytes, color: str) -> int:
    """How many pixels are of exactly this color, without any transparency."""
    return int((pixels(png) == [*bytes.fromhex(color[1:]), 255]).all(-1).sum())


def shown_html(widget) -> str:
    """All markup that a widget holds."""
    parts = [widget.value] if type(widget).__name__ == "HTML" else []
    return "".join(parts + [shown_html(child) for child in getattr(widget, "children", ())])


def bundle(widget) -> dict:
    """What a notebook keeps of a widget: looked through, and returned."""
    data, metadata = widget._repr_mimebundle_()
    assert data[VIEW]["model_id"]
    assert metadata["image/png"]["alt"] == widget.alt != ""
    assert size(data["image/png"])[0] > 300
    assert data["image/png"] == widget.picture()
    assert data["text/plain"] == widget.summary()
    return data


class Watched(torch.nn.Module):
    """A model that counts its calls. It raises ``fault`` or answers ``logits`` where one of these has been set."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.inner, self.config, self.device, self.name_or_path = model, model.config, model.device, "watched"
        self.calls = 0
        self.fault: Exception | None = None
        self.logits: torch.Tensor | None = None

    def forward(self, ids: torch.Tensor):
        self.calls += 1
        if self.fault:
            raise self.fault
        output = self.inner(ids)
        if self.logits is not None:
            output.logits = self.logits.expand_as(output.logits)
        return output


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
