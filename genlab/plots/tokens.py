"""Pictures of tokens: a text as a strip of pieces, merges, counts, a padded batch, what may come next, a budget."""

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


def merge_steps(steps: Sequence[Sequence[str]], ranks: Sequence[int]) -> None:
    """Draw the pieces of one word after each merge, from single bytes (``steps[0]``) down; mark what is new.

    ``ranks``: the rank of each merge, one less than there are steps.
    """
    names = ["bytes", *(f"rank {rank:,}" for rank in ranks)]
    first = 1.5 + max(map(len, names))  # the boxes begin to the right of "rank 1,234"

    def width(piece: str) -> float:
        """As wide as the bytes of ``piece`` were, so that what belongs together stays in line."""
        return sum(len(_drawn(byte)) + PADDING + GAP for byte in piece) - GAP

    whole = first + sum(width(piece) + GAP for piece in steps[0])
    with figure(7.2, 0.2 + 0.36 * len(steps)) as (fig, ax):
        _canvas(ax, max(COLUMNS, whole), 1.3 * len(steps))
        before: set[tuple[int, int]] = set()
        for number, (pieces, name) in enumerate(zip(steps, names, strict=True)):
            x, y, start = first, 0.65 + 1.3 * number, 0
            ax.text(first - 1.2, y, name, color=CUT, **MONO | {"ha": "right"})
            spans = set()
            for piece in pieces:
                span = (start, start + len(piece))
                new = number > 0 and span not in before
                _box(ax, x, y, width(piece), _drawn(piece), CHOSEN if new else KEPT, thick=new)
                x, start = x + width(piece) + GAP, span[1]
                spans.add(span)
            before = spans
        last = " | ".join(label(piece) for piece in steps[-1])
        words = f"{len(steps[0])} bytes, {len(ranks)} merges, {len(steps[-1])} pieces: {last}"
        show(fig, f"{words}; the merges in order: {', '.join(names[1:])}", words)


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


def padded_batch(rows: Sequence[Sequence[str]], mask: Sequence[Sequence[int]], following: Sequence[str] = ()) -> None:
    """Draw a batch as a grid of pieces with the mask under each; where it is 0, a box is hatched.

    ``following``: the piece that a model puts after the last column of each row, drawn at the right. That column is
    outlined then: there the model is asked.
    """
    labels = [
        [label(piece) if real else "pad" for piece, real in zip(*row, strict=True)]
        for row in zip(rows, mask, strict=True)
    ]
    columns = zip(*[[drawable(text) for text in row] for row in labels], strict=True)
    widths = [max(map(len, column)) + PADDING for column in columns]
    starts = [sum(widths[:i]) + GAP * i for i in range(len(widths) + 1)]
    step, end = 1.9, starts[-1] - GAP
    with figure(7.2, 0.3 + 0.27 * step * (len(rows) + 0.8)) as (fig, ax):
        _canvas(ax, max(COLUMNS, end + 16), step * (len(rows) + 0.8))
        for number, row in enumerate(labels):
            y = 0.8 + step * number
            for text, real, x, width in zip(row, mask[number], starts, widths, strict=False):
                _box(ax, x, y, width, drawable(text) if real else "", KEPT if real else CUT, cut=not real)
                ax.text(x + width / 2, y + 0.85, str(real), color=CUT, **MONO | {"size": 8})
        last = starts[-2] if following else end
        for number, piece in enumerate(following):
            y, text = 0.8 + step * number, _drawn(piece)
            arrow = {"arrowstyle": "->", "color": CHOSEN, "linewidth": 1.6}
            ax.annotate("", (end + 3.4, y), (end + 0.9, y), arrowprops=arrow)
            _box(ax, end + 3.8, y, len(text) + PADDING, text, CHOSEN, thick=True)
        y = step * len(rows) + 0.75
        parts = [("", CUT, True, "filler, mask 0"), ("", KEPT, False, "real, mask 1")]
        if following:
            outline = {"fill": False, "edgecolor": CHOSEN, "linewidth": 2.2, "linestyle": "--"}
            height = step * len(rows) - 0.1
            ax.add_patch(Rectangle((last - 0.25, 0.1), widths[-1] + 0.5, height, **outline))
            parts.append(("", CHOSEN, False, "last column, and what the model puts after it"))
        x = 0.0
        for text, color, cut, name in parts:
            _box(ax, x, y, 2.4, text, color, cut=cut, thick=color == CHOSEN)
            ax.text(x + 3.2, y, name, color=CUT, va="center", size=9)
            x += 6.5 + len(name) * 0.9
        words = [f"row {i}: {' | '.join(row)}" for i, row in enumerate(labels)]
        if following:
            words = [f"{row} -> {label(piece)}" for row, piece in zip(words, following, strict=True)]
        told = "; ".join(words)
        show(fig, f"A batch of {len(rows)} rows, padding hatched, the mask under each row. {told}", told)


def budget(text: str, counts: Sequence[int], n: int, end: int) -> None:
    """Draw how many tokens each beginning of ``text`` has (``counts``, from the empty one on), and a budget of ``n``.

    The beginning that ends at ``end`` is marked; beginnings with more than ``n`` tokens are gray and hatched.
    """
    with figure(7.2, 2.9) as (fig, ax):
        lengths = range(len(counts))
        fits = [count <= n for count in counts]
        for wanted, color, hatch, name in ((True, KEPT, None, "fits"), (False, CUT, HATCH, "too many")):
            chosen = [(i, counts[i]) for i in lengths if fits[i] is wanted and i != end]
            style = {"edgecolor": color, "color": color} if wanted else {"edgecolor": color, "fill": False}
            if chosen:
                ax.bar(*zip(*chosen, strict=True), width=0.75, hatch=hatch, label=name, linewidth=0.8, **style)
        ax.bar([end], [counts[end]], width=0.75, color=CHOSEN, label="the longest that fits")
        ax.axhline(n, color=CUT, linewidth=1, linestyle="--")
        ax.set_xticks(lengths, ["", *(visible(character) for character in text)], family=MONOSPACE, size=8)
        for name in ax.get_xticklabels():
            name.set_rotation(0 if len(name.get_text()) < 2 else 35)  # the code of a character that cannot be drawn
        ax.set_xlim(-0.6, len(counts) - 0.4)
        ax.set_xlabel("the beginning ends with this character")
        ax.set_ylabel("tokens")
        ax.set_title(f"budget: {n}", loc="left", fontsize=10)
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, fontsize=9, borderaxespad=0.1)
        kept = readable(text[:end])
        words = f"at most {n} tokens: {kept!r}, {counts[end]} tokens; {fits.count(False)} others have more than {n}"
        numbers = ", ".join(str(count) for count in counts)
        show(fig, f"Bars of the tokens of each beginning of {readable(text)!r}: {numbers}. {words}", words)


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
