"""Pictures of tokens: a text as a strip of pieces, merges step by step, counts, a padded batch, what may come next."""

from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.patches import Rectangle

from genlab.plots.base import CHOSEN, CUT, HATCH, KEPT, figure, show, visible

_PER_LINE = 76  # characters on a line of boxes, gaps included
_MONO = {"family": "DejaVu Sans Mono", "size": 10, "va": "center", "ha": "center"}


def byte_of_character() -> dict[str, int]:
    """The character that stands for each byte in a byte-level vocabulary, as GPT-2 chose it.

    A byte that is a visible character of Latin-1 stands for itself; the others take the characters from U+0100 on.
    """
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTES = byte_of_character()


def marked(text: str) -> str:
    """``text`` in words: spaces and line breaks as visible marks."""
    return visible(text).replace(r"\$", "$")


def label(piece: str) -> str:
    """A piece of the vocabulary for people: "␣time" for "Ġtime", "C3" for a byte that is not a character by itself."""
    if not all(char in BYTES for char in piece):
        return marked(piece)
    raw = bytes(BYTES[char] for char in piece)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw.hex(" ").upper()
    drawn = marked(text) if text.isprintable() or text.isspace() else ""
    return drawn if drawn and max(text) < "\u0250" else raw.hex(" ").upper()


def token_strip(pieces: Sequence[str], ids: Sequence[int] | None = None, chosen: Collection[int] = ()) -> None:
    """Draw ``pieces`` (entries of the vocabulary) in their order, with ``ids`` under them; mark those at ``chosen``."""
    labels = [label(piece) for piece in pieces]
    below = [str(i) for i in ids] if ids is not None else [""] * len(labels)
    widths = [max(len(text), len(number)) + 1.6 for text, number in zip(labels, below, strict=True)]
    lines = _lines(widths)
    step = 1.9 if ids is not None else 1.3
    with figure(7.2, 0.25 + 0.27 * step * len(lines)) as (fig, ax):
        _canvas(ax, _PER_LINE, step * len(lines))
        for number, line in enumerate(lines):
            x, y = 0.0, 0.6 + step * number
            for i in line:
                _box(ax, x, y, widths[i], labels[i], CHOSEN if i in chosen else KEPT, thick=i in chosen)
                ax.text(x + widths[i] / 2, y + 0.85, below[i], color=CUT, **_MONO | {"size": 8})
                x += widths[i] + 0.4
        words = f"{len(labels)} tokens: {' | '.join(labels)}"
        show(fig, words, words)


def merge_steps(steps: Sequence[Sequence[str]]) -> None:
    """Draw the pieces of one word after each merge, from single bytes (``steps[0]``) down; mark what is new."""
    width = sum(len(label(piece)) + 2.0 for piece in steps[0]) + 9
    with figure(7.2, 0.2 + 0.36 * len(steps)) as (fig, ax):
        _canvas(ax, max(_PER_LINE, width), 1.3 * len(steps))
        before: set[tuple[int, int]] = set()
        for number, pieces in enumerate(steps):
            x, y, start = 9.0, 0.65 + 1.3 * number, 0
            ax.text(0, y, f"merge {number}" if number else "bytes", color=CUT, **_MONO | {"ha": "left"})
            spans = set()
            for piece in pieces:
                span = (start, start + len(piece))
                new = number > 0 and span not in before
                # as wide as its bytes were, so that what belongs together stays in line
                wide = sum(len(label(char)) + 2.0 for char in piece) - 0.4
                _box(ax, x, y, wide, label(piece), CHOSEN if new else KEPT, thick=new)
                x, start = x + wide + 0.4, span[1]
                spans.add(span)
            before = spans
        last = " | ".join(label(piece) for piece in steps[-1])
        words = f"{len(steps[0])} bytes, {len(steps) - 1} merges, {len(steps[-1])} pieces: {last}"
        show(fig, words, words)


def counts(names: Sequence[str], texts: Sequence[str], tokens: Sequence[int]) -> None:
    """Draw the number of tokens of each text, with a mark at a quarter of its characters, the usual rule of thumb."""
    rule = [len(text) / 4 for text in texts]
    with figure(7.0, 0.8 + 0.36 * len(names)) as (fig, ax):
        ax.barh(range(len(names)), tokens, color=KEPT, height=0.62, label="tokens")
        ax.plot(rule, range(len(names)), "|", color=CHOSEN, markersize=17, markeredgewidth=3, label="characters / 4")
        for i, count in enumerate(tokens):
            ax.text(max(count, rule[i]), i, f"  {count}", color=CUT, va="center")
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.set_xlabel("tokens")
        ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.28), ncols=2)
        words = "; ".join(
            f"{name}: {count} tokens, {len(text)} characters"
            for name, text, count in zip(names, texts, tokens, strict=True)
        )
        show(fig, f"Bars of token counts. {words}", words)


def padded_batch(rows: Sequence[Sequence[str]], mask: Sequence[Sequence[int]]) -> None:
    """Draw a batch as a grid of pieces, one line a row; positions whose mask is 0 are hatched."""
    labels = [
        [label(piece) if real else "pad" for piece, real in zip(*row, strict=True)]
        for row in zip(rows, mask, strict=True)
    ]
    widths = [max(map(len, column)) + 1.6 for column in zip(*labels, strict=True)]
    with figure(7.2, 0.3 + 0.38 * len(rows)) as (fig, ax):
        _canvas(ax, max(_PER_LINE, sum(widths) + 0.4 * len(widths)), 1.4 * len(rows))
        for number, row in enumerate(labels):
            x = 0.0
            for text, real, width in zip(row, mask[number], widths, strict=True):
                _box(ax, x, 0.7 + 1.4 * number, width, text if real else "", KEPT if real else CUT, cut=not real)
                x += width + 0.4
        words = "; ".join(f"row {i}: {' | '.join(row)}" for i, row in enumerate(labels))
        show(fig, f"A batch of {len(rows)} rows, padding hatched. {words}", words)


def next_tokens(prompts: Sequence[str], pieces: Sequence[Sequence[str]], probs: Sequence[Sequence[float]]) -> None:
    """Draw, side by side, the likeliest next tokens after each prompt with their probabilities."""
    with figure(7.2, 0.8 + 0.3 * max(map(len, pieces)), ncols=len(prompts), sharex=True, squeeze=False) as (fig, axes):
        told = []
        for ax, prompt, names, values in zip(axes[0], prompts, pieces, probs, strict=True):
            shown = [label(piece) for piece in names]
            ax.barh(range(len(values)), values, color=KEPT, height=0.62)
            ax.set_yticks(range(len(values)), [_escaped(name) for name in shown], family="DejaVu Sans Mono")
            ax.invert_yaxis()
            ax.set_title(f"after {visible(prompt)}", fontsize=10, loc="left")
            ax.set_xlabel("probability")
            top = ", ".join(f"{name} {value:.2f}" for name, value in zip(shown, values, strict=True))
            told.append(f"after {marked(prompt)!r}: {top}")
        show(fig, "Bars of the likeliest next tokens. " + "; ".join(told), "\n".join(told))


def _lines(widths: Sequence[float]) -> list[list[int]]:
    """The numbers 0, 1, ... in lines that are not wider than a strip."""
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, width in enumerate(widths):
        if lines[-1] and used + width > _PER_LINE:
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += width + 0.4
    return lines


def _canvas(ax: Any, width: float, height: float) -> None:
    """No axes; one unit is a character wide; y grows downwards."""
    ax.set_xlim(-0.3, width)
    ax.set_ylim(height, 0)
    ax.axis("off")


def _box(
    ax: Any, x: float, y: float, width: float, text: str, colour: str, *, thick: bool = False, cut: bool = False
) -> None:
    """One piece: a frame around its text, ``y`` its middle; hatched when ``cut``."""
    frame = {"fill": False, "edgecolor": colour, "linewidth": 2.2 if thick else 1.2, "hatch": HATCH if cut else None}
    ax.add_patch(Rectangle((x, y - 0.5), width, 1.0, **frame))
    ax.text(x + width / 2, y, _escaped(text), color=colour, weight="bold" if thick else "normal", **_MONO)


def _escaped(text: str) -> str:
    """``text`` so that matplotlib reads no mathematics into it."""
    return text.replace("$", r"\$")
