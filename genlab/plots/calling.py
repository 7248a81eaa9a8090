"""Pictures of ``05_model_generate``: log probabilities of what was written, a tree of options, where settings come
from, conversations."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from matplotlib.patches import Rectangle

from genlab.plots.labels import visible
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, MONOSPACE, figure, show


def token_scores(pieces: Sequence[str], scores: Sequence[float], logits: Sequence[float]) -> None:
    """For each new token its log probability twice: as it was chosen (``scores``) and the model's own (``logits``)."""
    worst = min(range(len(pieces)), key=lambda i: logits[i])
    summary = (
        f"sum under the scores {sum(scores):.2f}, under the logits {sum(logits):.2f}; "
        f"the least likely token is {pieces[worst]!r}, {scores[worst]:.2f} and {logits[worst]:.2f}"
    )
    with figure(7.4, 2.7) as (fig, ax):
        x = range(len(pieces))
        ax.bar([i - 0.2 for i in x], scores, width=0.4, color=KEPT, label="of the scores")
        ax.bar([i + 0.2 for i in x], logits, width=0.4, facecolor="none", edgecolor=CHOSEN, label="of the logits")
        ax.set_xticks(x, [visible(piece) for piece in pieces], rotation=45, ha="right", fontsize=8)
        ax.set_ylabel("log probability")
        ax.axhline(0, color=CUT, linewidth=0.8)
        fig.legend(loc="outside lower center", ncols=2, fontsize=9)
        show(fig, "For each new token two bars that go down: its log probability in scores and in logits.", summary)


def trie(paths: Mapping[tuple[str, ...], Sequence[float]]) -> None:
    """Options as a tree of pieces; beside each piece the probability of going there, which also makes its line wide.

    ``paths``: the pieces of each option, the end among them, and the probability of each step.
    """
    order = sorted(paths)
    places = {path[: n + 1] for path in order for n in range(len(path))}
    height = {node: _middle([y for y, path in enumerate(order) if path[: len(node)] == node]) for node in places}
    steps = {path[: n + 1]: p for path, probs in paths.items() for n, p in enumerate(probs)}
    labels = {node: f"{visible(node[-1])} {steps[node]:.3f}" for node in places}
    depth = max(map(len, order))
    widths = [max(len(labels[node]) for node in places if len(node) == n + 1) for n in range(depth)]
    starts = [sum(widths[:n]) + 5 * (n + 1) for n in range(depth)]
    with figure(min(11.0, 0.105 * (starts[-1] + widths[-1])), 0.5 + 0.42 * len(order)) as (fig, ax):
        for node in places:
            x, y = starts[len(node) - 1], height[node]
            parent = node[:-1]
            left = starts[len(parent) - 1] + len(labels[parent]) if parent else 0
            level = height[parent] if parent else _middle(height.values())
            color = CHOSEN if steps[node] >= 0.5 else KEPT
            ax.plot([left + 0.5, x - 0.5], [level, y], color=color, linewidth=0.7 + 4 * steps[node])
            ax.text(x, y, labels[node], va="center", fontsize=9, family=MONOSPACE)
        ax.set(xlim=(-1, starts[-1] + widths[-1]), ylim=(len(order) - 0.5, -0.5))
        ax.axis("off")
        totals = {"".join(path[:-1]): math.prod(probs) for path, probs in paths.items()}
        ranked = sorted(totals.items(), key=lambda item: -item[1])
        summary = "the whole way: " + ", ".join(f"{text!r} {p:.3f}" for text, p in ranked)
        show(fig, f"A tree of options with the probability of each step. {summary}", summary)


def _middle(heights: Iterable[float]) -> float:
    return (min(heights := [*heights]) + max(heights)) / 2


# Where a setting came from: color, and the word itself in the cell.
_ORIGINS = {
    "call": {"facecolor": CHOSEN, "edgecolor": CHOSEN},
    "own": {"facecolor": KEPT, "edgecolor": KEPT},
    "repository": {"facecolor": "none", "edgecolor": KEPT, "linewidth": 2},
    "default": {"facecolor": "none", "edgecolor": CUT, "linewidth": 0.5},
}


def origins(tables: Mapping[str, Mapping[str, tuple[object, str]]]) -> None:
    """A table with a row for each setting and a column for each of ``tables``: the value, and where it came from."""
    names = list(dict.fromkeys(name for table in tables.values() for name in table))
    words = []
    with figure(2.0 + 2.1 * len(tables), 0.4 + 0.34 * len(names)) as (fig, ax):
        for x, (title, table) in enumerate(tables.items()):
            for name, (value, origin) in table.items():
                y, filled = names.index(name), origin in ("call", "own")
                ax.add_patch(Rectangle((x + 0.03, y - 0.42), 0.94, 0.84, **_ORIGINS[origin]))
                style = {"va": "center", "color": "white" if filled else CUT, "fontsize": 9}
                ax.text(x + 0.08, y, str(value), ha="left", fontweight="bold", **style)
                ax.text(x + 0.92, y, origin, ha="right", **style)
            said = [f"{name} {value} ({origin})" for name, (value, origin) in table.items() if origin != "default"]
            words.append(f"{title}: {', '.join(said)}; the rest are defaults.")
        ax.set(xlim=(0, len(tables)), ylim=(len(names) - 0.5, -0.5))
        ax.set_xticks([x + 0.5 for x in range(len(tables))], list(tables))
        ax.set_yticks(range(len(names)), names)
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        show(fig, "A table of settings: each value with the place that it came from.", "\n".join(words))


def conversation(rows: Mapping[str, Sequence[str]], special: Iterable[str], mask: Iterable[Sequence[int]] = ()) -> None:
    """Each row's pieces in boxes, ``special`` ones filled; where ``mask`` is 0 they are hatched and not written."""
    special, marks = {*special}, [*mask] or [[1] * len(row) for row in rows.values()]
    drawn = [
        ["" if not one else visible(piece) for piece, one in zip(row, ones, strict=True)]
        for row, ones in zip(rows.values(), marks, strict=True)
    ]
    columns = zip_longest(*drawn, fillvalue="")
    widths = [max(max(map(len, column)) * 0.95, 1.6) + 0.9 for column in columns]
    starts = [sum(widths[:i]) for i in range(len(widths) + 1)]
    words = []
    with figure(min(14.0, 1.8 + 0.075 * starts[-1]), 0.5 + 0.42 * len(rows)) as (fig, ax):
        for y, ((name, row), ones, texts) in enumerate(zip(rows.items(), marks, drawn, strict=True)):
            for i, (piece, one, text) in enumerate(zip(row, ones, texts, strict=True)):
                style = {"facecolor": CHOSEN if one and piece in special else "none", "edgecolor": KEPT if one else CUT}
                style |= {} if one else {"hatch": HATCH}
                ax.add_patch(Rectangle((starts[i] + 0.15, y - 0.36), widths[i] - 0.3, 0.72, **style))
                color = "white" if piece in special else CUT
                ax.text(starts[i] + widths[i] / 2, y, text, ha="center", va="center", color=color, fontsize=8)
            filled = sum(not one for one in ones)
            said = "".join(piece for piece, one in zip(row, ones, strict=True) if one)
            words.append(f"{name}: {f'{filled} filled, then ' if filled else ''}{said!r}")
        ax.set(xlim=(0, starts[-1]), ylim=(len(rows) - 0.5, -0.5))
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        hatched = ", filling hatched" if any(0 in ones for ones in marks) else ""
        show(fig, f"Rows of tokens in boxes: special tokens filled{hatched}.", "\n".join(words))


_WHEN = ("before", "after")


def treatment(patients: Mapping[str, tuple[str | Sequence[str], Sequence[str]]]) -> None:
    """For each patient two lines, before and after: an error, or the pieces of the new text, where they part filled."""
    rows = [(name, when, row) for name, pair in patients.items() for when, row in zip(_WHEN, pair, strict=True)]
    widths = _widths([row for _, _, row in rows if not isinstance(row, str)])
    starts = [sum(widths[:i]) for i in range(len(widths) + 1)]
    words = []
    with figure(min(12.0, 2.6 + 0.085 * starts[-1]), 0.6 + 0.36 * len(rows)) as (fig, ax):
        places = [1.25 * (i // 2) * 2 + i % 2 for i in range(len(rows))]
        for y, (name, when, row) in zip(places, rows, strict=True):
            words.append(f"{name}, {when}: {row if isinstance(row, str) else repr(''.join(row))}")
            if isinstance(row, str):
                ax.text(0.3, y, row, va="center", color=CUT, fontsize=9, fontweight="bold")
                continue
            other = patients[name][0]
            for i, piece in enumerate(row):
                new = when == _WHEN[1] and (isinstance(other, str) or i >= len(other) or other[i] != piece)
                style = {"facecolor": KEPT if new else "none", "edgecolor": KEPT if when == _WHEN[1] else CUT}
                ax.add_patch(Rectangle((starts[i] + 0.15, y - 0.38), widths[i] - 0.3, 0.76, **style))
                color = "white" if new else CUT
                ax.text(starts[i] + widths[i] / 2, y, visible(piece), ha="center", va="center", color=color, fontsize=8)
        ax.set(xlim=(0, starts[-1]), ylim=(places[-1] + 0.6, -0.6))
        ax.set_yticks(places, [f"{name}, {when}" for name, when, _ in rows])
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        alt = (
            "For each patient its new tokens before and after, in boxes; filled where the mended call says another one."
        )
        show(fig, alt, "\n".join(words))


def _widths(rows: Iterable[Sequence[str]]) -> list[float]:
    """Of each column of boxes: the longest of its pieces."""
    columns = zip_longest(*[map(visible, row) for row in rows], fillvalue="")
    return [max(max(map(len, column)) * 0.95, 1.6) + 0.9 for column in columns]
