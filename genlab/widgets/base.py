"""What every live widget of the course is made of: a box with a picture and words, and a line to type a prompt."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets

READABLE = "color: var(--jp-content-font-color1, inherit)"  # follows JupyterLab's light or dark theme
WIDE = {"width": "100%", "max_width": "680px"}
AS_DRAWN = {"align_self": "flex-start", "max_width": "100%"}  # a stretched picture would be blurred


class LiveBox(ipywidgets.VBox):
    """A box of controls that can also be shown where no widget runs: on GitHub, in an export, in a test.

    Beside the live view its output carries ``image/png`` and ``text/plain``. A subclass says what these are:
    ``alt`` (what kind of picture it is), ``picture()`` (PNG bytes) and ``summary()`` (the same facts in words),
    both for the present positions of its controls. ``image`` is the live picture, of a subclass that has one.
    """

    alt = ""
    image: ipywidgets.Image

    def picture(self) -> bytes:
        """A PNG of the present state, readable on light and dark backgrounds."""
        return bytes(self.image.value)

    def summary(self) -> str:
        """The present state in a few lines of words and numbers."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = super()._repr_mimebundle_(**kwargs) | {"text/plain": self.summary(), "image/png": self.picture()}
        return data, {"image/png": {"alt": self.alt}}


class Prompt(ipywidgets.VBox):
    """A text box with a button: ``run(text)`` is called for each new text, on the button and on Enter.

    It is for text that a model must read, which is too slow for every key press. What ``run`` returns is shown
    below the box (a remark, or nothing); so is the message of a ValueError, RuntimeError or IndexError, in place of
    a traceback that nobody would see. The value of the box is ``text.value``.
    """

    def __init__(self, text: str, run: Callable[[str], str | None], description: str = "Prompt", button: str = "Run"):
        self.text = ipywidgets.Text(
            value=text,
            description=description,
            continuous_update=False,
            tooltip=f"{description}: type text, then press Enter or the button {button}",
            layout={"flex": "1 1 auto"},
        )
        self.button = ipywidgets.Button(description=button, tooltip=f"{button} the model on this text", icon="play")
        self.remark = ipywidgets.HTML()
        self._run, self._done = run, None
        line = ipywidgets.HBox([self.text, self.button], layout=WIDE)
        super().__init__([line, self.remark], layout=WIDE)
        self.text.observe(lambda _: self.run(), "value")
        self.button.on_click(lambda _: self.run())

    def run(self, again: bool = False) -> None:
        """Call ``run`` if the text is not the one that it was called with last, or ``again`` in any case."""
        text = clean(self.text.value)
        if text == self._done and not again:
            return
        try:
            remark = self._run(text) or ""
            self._done = text
        except (ValueError, RuntimeError, IndexError) as error:
            remark = f"This text could not be read. {type(error).__name__}: {error}"
        self.remark.value = paragraph(remark)


def clean(text: str) -> str:
    """``text`` without lone surrogates: a browser can send these, and no tokenizer takes them."""
    return text.encode("utf-8", "replace").decode("utf-8")


def paragraph(text: str) -> str:
    """Plain text as HTML that reads on both themes; nothing in ``text`` but its line breaks is read as markup."""
    lines = "<br>".join(html.escape(line) for line in text.splitlines())
    return f'<div style="{READABLE}; line-height: 1.5">{lines}</div>' if lines else ""


def percent(probability: float) -> str:
    """``0.1234`` as ``12.3 %``, less than one in a hundred with a digit more, and what is not zero never as zero."""
    if 0 < probability < 0.0001:
        return "<0.01 %"
    digits = 2 if 0 < probability < 0.00995 else 1  # from there on, two digits would round to 1.00
    return f"{100 * probability:.{digits}f} %"


def picture_of(png: bytes = b"") -> ipywidgets.Image:
    """A picture that is shown as large as it was drawn."""
    return ipywidgets.Image(value=png, format="png", layout=AS_DRAWN)


def seed_box(seed: int, most: int, told: str) -> ipywidgets.BoundedIntText:
    """A box for a seed from 0 to ``most``."""
    return ipywidgets.BoundedIntText(
        value=seed,
        min=0,
        max=most,
        description="Seed",
        tooltip=told,
        style={"description_width": "40px"},
        layout={"width": "110px"},
    )
