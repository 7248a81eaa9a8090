"""Pictures of tokens: a text as a strip of pieces, merges step by step, counts, a padded batch, what may come next."""

from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.patches import Rectangle

from genlab.plots.labels import drawable, label, readable, visible, wrap
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, MONOSPACE, figure, show

# Widths are in characters: a picture is COLUMNS wide, a box has PADDING beside its text and GAP after it.
COLUMNS, PADDING, GAP = 76, 1.6, 0.4
MONO = {"family": MONOSPACE, "size": 10, "va": "center", "ha": "center"}


def token_strip(pieces: Sequence[str], ids: Sequence[int] | None = None, chosen: Collection[int] = ()) -> None:
    """Draw ``pieces`` (entries of the vocabulary) in their order, with ``ids`` under them; mark those at ``chosen``."""
    labels = [label(piece) for piece in pieces]
    drawn = [drawable(text) for text in labels]
    below = [str(i) for i in ids] if ids is not None else [""] * len(labels)
    widths = [max(len(text), len(number)) + PADDING for text, number in zip(drawn, below, strict=True)]
    lines = wrap(widths, COLUMNS, GAP)
    step = 1.9 if ids is not None else 1.3
    with figure(7.2, 0.25 + 0.27 * step * len(lines)) as (fig, ax):
        _canvas(ax, COLUMNS, step * len(lines))
        for number, line in enumerate(lines):
            y = 0.6 + step * number
            for i, x in line:
                _box(ax, x, y, widths[i], drawn[i], CHOSEN if i in chosen else KEPT, thick=i in chosen)
                ax.text(x + widths[i] / 2, y + 0.85, below[i], color=CUT, **MONO | {"size": 8})
        words = f"{len(labels)} tokens: {' | '.join(labels)}"
        show(fig, words, words)


def merge_steps(steps: Sequence[Sequence[str]]) -> None:
    """Draw the pieces of one word after each merge, from single bytes (``steps[0]``) down; mark what is new."""
    first = 9.0  # the boxes begin to the right of "merge 12"

    def width(piece: str) -> float:
        """As wide as the bytes of ``piece`` were, so that what belongs together stays in line."""
        return sum(len(_drawn(byte)) + PADDING + GAP for byte in piece) - GAP

    whole = first + sum(width(piece) + GAP for piece in steps[0])
    with figure(7.2, 0.2 + 0.36 * len(steps)) as (fig, ax):
        _canvas(ax, max(COLUMNS, whole), 1.3 * len(steps))
        before: set[tuple[int, int]] = set()
        for number, pieces in enumerate(steps):
            x, y, start = first, 0.65 + 1.3 * number, 0
            ax.text(0, y, f"merge {number}" if number else "bytes", color=CUT, **MONO | {"ha": "left"})
            spans = set()
            for piece in pieces:
                span = (start, start + len(piece))
                new = number > 0 and span not in before
                _box(ax, x, y, width(piece), _drawn(piece), CHOSEN if new else KEPT, thick=new)
                x, start = x + width(piece) + GAP, span[1]
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
    columns = zip(*[[drawable(text) for text in row] for row in labels], strict=True)
    widths = [max(map(len, column)) + PADDING for column in columns]
    starts = [sum(widths[:i]) + GAP * i for i in range(len(widths) + 1)]
    with figure(7.2, 0.3 + 0.38 * len(rows)) as (fig, ax):
        _canvas(ax, max(COLUMNS, starts[-1]), 1.4 * len(rows))
        for number, row in enumerate(labels):
            y = 0.7 + 1.4 * number
            for text, real, x, width in zip(row, mask[number], starts, widths, strict=False):
                if real:
                    _box(ax, x, y, width, drawable(text), KEPT)
                else:
                    _box(ax, x, y, width, "", CUT, cut=True)
        words = "; ".join(f"row {i}: {' | '.join(row)}" for i, row in enumerate(labels))
        show(fig, f"A batch of {len(rows)} rows, padding hatched. {words}", words)


def next_tokens(prompts: Sequence[str], pieces: Sequence[Sequence[str]], probs: Sequence[Sequence[float]]) -> None:
    """Draw, side by side, the likeliest next tokens after each prompt with their probabilities."""
    with figure(7.2, 0.8 + 0.3 * max(map(len, pieces)), ncols=len(prompts), sharex=True, squeeze=False) as (fig, axes):
        told = []
        for ax, prompt, names, values in zip(axes[0], prompts, pieces, probs, strict=True):
            shown = [label(piece) for piece in names]
            ax.barh(range(len(values)), values, color=KEPT, height=0.62)
            ax.set_yticks(range(len(values)), [drawable(name) for name in shown], family=MONOSPACE)
            ax.invert_yaxis()
            ax.set_title(f"after {visible(prompt)}", fontsize=10, loc="left")
            ax.set_xlabel("probability")
            top = ", ".join(f"{name} {value:.2f}" for name, value in zip(shown, values, strict=True))
            told.append(f"after {readable(prompt)!r}: {top}")
        show(fig, "Bars of the likeliest next tokens. " + "; ".join(told), "\n".join(told))


def _drawn(piece: str) -> str:
    return drawable(label(piece))


def _canvas(ax: Any, width: float, height: float) -> None:
    """No axes; one unit is a character wide; y grows downwards."""
    ax.set_xlim(-0.3, width)
    ax.set_ylim(height, 0)
    ax.axis("off")


def _box(
    ax: Any, x: float, y: float, width: float, text: str, color: str, *, thick: bool = False, cut: bool = False
) -> None:
    """One piece: a frame around its text, ``y`` its middle; hatched when ``cut``."""
    frame = {"fill": False, "edgecolor": color, "linewidth": 2.2 if thick else 1.2, "hatch": HATCH if cut else None}
    ax.add_patch(Rectangle((x, y - 0.5), width, 1.0, **frame))
    ax.text(x + width / 2, y, text, color=color, weight="bold" if thick else "normal", **MONO)
