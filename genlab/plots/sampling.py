"""Pictures of ``03_sampling_loop``: what each step does to a distribution, what was drawn, and parity."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from genlab.plots.labels import readable, visible
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, figure, log_scale, show


def entropy(probs: torch.Tensor) -> float:
    """The entropy of one distribution [V] in bits; tokens with probability 0 add nothing."""
    return abs(float(torch.special.entr(probs).sum())) / math.log(2)


def before_after(words: Sequence[str], before: torch.Tensor, after: torch.Tensor, title: str, top: int = 0) -> None:
    """One row of logits [V] before a step and after it, as probabilities; a cut token stays visible, hatched.

    ``top``: draw only the tokens that were most likely before, in this order and on a logarithmic scale; 0 draws all,
    in the order of the ids.
    """
    base, final, cut = before.softmax(-1), after.softmax(-1), after.isneginf() & ~before.isneginf()
    kept = ~after.isneginf()
    drawn = base.argsort(descending=True)[:top].tolist() if top else range(len(base))
    best = [f"{readable(words[i])} {final[i]:.0%}" for i in final.argsort(descending=True)[:5].tolist() if kept[i]]
    summary = (
        f"{title}: {int(kept.sum()):,} of {len(base):,} tokens kept, with {float(base[kept].sum()):.0%} of the "
        f"probability; entropy {entropy(base):.2f} -> {entropy(final):.2f} bits; now {', '.join(best)}"
    )
    with figure(8.2 if top > 30 else 7.0, 2.9 if top else 2.7) as (fig, ax):
        _bars(ax, [visible(words[i]) for i in drawn], [base[i] for i in drawn], [final[i] for i in drawn])
        for x, i in enumerate(drawn):
            if cut[i]:
                ax.bar(x, base[i], width=0.8, facecolor="none", edgecolor=CUT, hatch=HATCH, linewidth=1)
        ax.set_title(title, fontsize=10)
        if top:
            log_scale(ax.yaxis)
            ax.set(ylim=(float(base[drawn].min()) / 2, 1.5), ylabel="probability, log scale")
        handles = [_key("before", edge=CUT), _key("after", face=KEPT)]
        ax.legend(handles=[*handles, *([_key("cut", edge=CUT, hatch=HATCH)] if cut.any() else [])], ncols=3)
        show(fig, f"Bar chart of probabilities before and after. {summary}", summary)


def temperatures(words: Sequence[str], logits: torch.Tensor, values: Sequence[float]) -> None:
    """One row of logits [V] at several temperatures, side by side on one scale."""
    probs = [(logits / T).softmax(-1) for T in values]
    entropies = [f"{entropy(p):.2f} at T = {T:g}" for T, p in zip(values, probs, strict=True)]
    summary = f"entropy in bits: {', '.join(entropies)}"
    with figure(8.2, 2.4, ncols=len(values), sharey=True) as (fig, axes):
        for ax, T, p in zip(axes, values, probs, strict=True):
            ax.bar(range(len(words)), p, color=KEPT)
            ax.set_xticks(range(len(words)), [visible(word) for word in words], rotation=90, fontsize=8)
            ax.set_title(f"T = {T:g}", fontsize=10)
        axes[0].set_ylabel("probability")
        show(fig, f"The same distribution at {len(values)} temperatures, from peaked to flat. {summary}", summary)


def shares(words: Sequence[str], probs: torch.Tensor, points: Mapping[float, str]) -> None:
    """The line from 0 to 1, cut into shares as wide as the probabilities; ``points``: u and the word it falls on."""
    summary = ", ".join(f"u = {u:g} falls on {word!r}" for u, word in points.items())
    with figure(7.2, 1.7) as (fig, ax):
        left = 0.0
        for i, (word, p) in enumerate(zip(words, probs.tolist(), strict=True)):
            style = {"facecolor": CHOSEN} if word in points.values() else {"facecolor": "none", "edgecolor": KEPT}
            gap = min(0.002, p / 4)
            ax.add_patch(Rectangle((left + gap, 0), max(p - 2 * gap, 0), 1, **style))
            lower = 0 if p > 0.08 else 1 + i % 2
            ax.text(left + p / 2, -0.3 - 0.42 * lower, visible(word), ha="center", va="center", fontsize=9)
            left += p
        for u in points:
            ax.plot(u, 1.18, "v", color=CUT, markersize=6)
            ax.text(u, 1.6, f"u = {u:g}", ha="center", va="center", fontsize=9)
        ax.set(xlim=(-0.01, 1.01), ylim=(-1.5, 1.9), yticks=[], xlabel="cumulative probability")
        ax.spines[["left"]].set_visible(False)
        show(fig, f"A line from 0 to 1 cut into one share for each word: {summary}.", summary)


def frequencies(words: Sequence[str], probs: torch.Tensor, ids: torch.Tensor, title: str) -> None:
    """How often each token was drawn (``ids`` [N]) over its probability in theory."""
    seen = torch.bincount(ids, minlength=len(words)) / len(ids)
    pairs = [f"{w} {p:.1%} in theory, {s:.1%} drawn" for w, p, s in zip(words, probs, seen, strict=True)]
    with figure(7.0, 2.6) as (fig, ax):
        _bars(ax, [visible(word) for word in words], probs, None)
        ax.plot(range(len(words)), seen, "o", color=CHOSEN, markersize=7)
        ax.set_title(title, fontsize=10)
        handles = [_key("in theory", edge=CUT), Patch(color=CHOSEN, label=f"drawn {len(ids):,} times")]
        ax.legend(handles=handles)
        summary = f"{title}: largest difference {float((seen - probs).abs().max()):.1%}"
        show(fig, f"Bars of probabilities with a dot for each observed share: {'; '.join(pairs)}.", summary)


def steps(pieces: Sequence[str], best: Sequence[float], second: Sequence[float]) -> None:
    """For each step of a greedy run the chosen piece, its probability, and the runner-up's."""
    closest = min(range(len(pieces)), key=lambda i: best[i] - second[i])
    summary = (
        f"chosen with {min(best):.0%} to {max(best):.0%}; closest call at step {closest + 1}, {pieces[closest]!r}: "
        f"{best[closest]:.1%} against {second[closest]:.1%}"
    )
    with figure(7.2, 2.6) as (fig, ax):
        x = torch.arange(len(pieces))
        ax.bar(x - 0.2, best, width=0.4, color=CHOSEN)
        ax.bar(x + 0.2, second, width=0.4, facecolor="none", edgecolor=CUT)
        ax.set_xticks(x, [visible(piece) for piece in pieces], rotation=45, ha="right", fontsize=8)
        ax.set(ylabel="probability", ylim=(0, 1))
        handles = [Patch(color=CHOSEN, label="chosen"), _key("runner-up", edge=CUT)]
        ax.legend(handles=handles, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))  # above: bars may reach 1
        show(fig, f"Probability of the chosen token and of the runner-up at {len(pieces)} steps. {summary}", summary)


def survivors(words: Sequence[str], kept: Mapping[str, torch.Tensor]) -> None:
    """Which tokens several orders of the same steps keep: a row for each order, ``kept[order]`` is bool [V]."""
    lines = {name: ", ".join(w for w, k in zip(words, row, strict=True) if k) for name, row in kept.items()}
    summary = "\n".join(f"{name}: {line}" for name, line in lines.items())
    with figure(7.2, 0.9 + 0.32 * len(kept)) as (fig, ax):
        _grid(ax, list(kept), [row.tolist() for row in kept.values()], off=CUT)
        ax.set_xticks([x + 0.5 for x in range(len(words))], [visible(word) for word in words])
        ax.legend(handles=[Patch(color=KEPT, label="kept"), _key("cut", edge=CUT, hatch=HATCH)], **_BESIDE)
        show(fig, f"A grid of kept tokens, one row for each order of steps. {'; '.join(summary.splitlines())}", summary)


def parity(panels: Mapping[str, Mapping[str, Sequence[bool]]]) -> None:
    """For each panel a grid: a row for each setting, a column for each new token, filled where the tokens agree."""
    counts = {title: [flag for row in grid.values() for flag in row] for title, grid in panels.items()}
    summary = "\n".join(f"{title}: {sum(flags)} of {len(flags)} tokens equal" for title, flags in counts.items())
    height = 1.0 + 0.22 * max(len(grid) for grid in panels.values())
    with figure(8.6, height, ncols=len(panels), squeeze=False) as (fig, axes):
        for ax, (title, grid) in zip(axes[0], panels.items(), strict=True):
            first = ax is axes[0][0]
            _grid(ax, list(grid) if first else [""] * len(grid), [list(row) for row in grid.values()], off=CHOSEN)
            ax.set_title(title, fontsize=10)
            ax.set(xlabel="new token", xticks=[])
        handles = [Patch(color=KEPT, label="equal"), _key("different", edge=CHOSEN, hatch=HATCH)]
        axes[0][-1].legend(handles=handles, **_BESIDE)
        show(fig, "Grids of equal and different tokens. " + "; ".join(summary.splitlines()), summary)


_BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}


def _bars(ax: Axes, labels: Sequence[str], outline: Sequence[float], filled: Sequence[float] | None) -> None:
    x = range(len(labels))
    if filled is not None:
        ax.bar(x, filled, width=0.55, color=KEPT)
    ax.bar(x, outline, width=0.8, facecolor="none", edgecolor=CUT, linewidth=1)
    size = 10 if len(labels) <= 12 else 8 if len(labels) <= 45 else 7
    ax.set_xticks(x, labels, rotation=0 if size == 10 else 90, fontsize=size)
    ax.margins(x=0.01)
    ax.set_ylabel("probability")


def _grid(ax: Axes, names: list[str], rows: list[list[bool]], off: str) -> None:
    """Squares, the first row on top: filled where true, outlined and hatched in the color ``off`` where not."""
    for y, row in enumerate(rows):
        for x, on in enumerate(row):
            style = {"facecolor": KEPT} if on else {"facecolor": "none", "edgecolor": off, "hatch": HATCH}
            ax.add_patch(Rectangle((x + 0.06, y + 0.1), 0.88, 0.8, linewidth=0.8, **style))
    ax.set(xlim=(0, max(map(len, rows))), ylim=(len(rows), 0))
    ax.set_yticks([y + 0.5 for y in range(len(rows))], names, fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _key(label: str, face: str = "none", edge: str = "none", hatch: str = "") -> Patch:
    return Patch(facecolor=face, edgecolor=edge, hatch=hatch, label=label)
