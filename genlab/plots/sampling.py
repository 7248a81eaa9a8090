"""Pictures of ``03_sampling_loop``: greedy's choices, what each step does to a distribution, draws, parity, texts."""

import math
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from genlab.plots.labels import readable, visible
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, figure, log_scale, show


def entropy(probs: torch.Tensor) -> float:
    """The entropy of one distribution [V] in bits; tokens with probability 0 add nothing."""
    return abs(float(torch.special.entr(probs).sum())) / math.log(2)


def before_after(
    words: Sequence[str], before: torch.Tensor, after: torch.Tensor, title: str, top: int = 0, log: bool = True
) -> None:
    """One row of logits [V] before a step and after it, as probabilities; a cut token stays visible, hatched.

    ``top``: draw only the tokens that were most likely before, in this order, and with ``log`` on a logarithmic scale;
    0 draws all, in the order of the ids.
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
        if top and log:
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
    with figure(8.2, 2.6, ncols=len(values), sharey=True) as (fig, axes):
        for ax, T, p in zip(axes, values, probs, strict=True):
            ax.bar(range(len(words)), p, color=KEPT)
            ax.set_xticks(range(len(words)), [visible(word) for word in words], rotation=90, fontsize=8)
            ax.set_title(f"T = {T:g}\n{entropy(p):.2f} bits", fontsize=10)
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
        ax.legend(handles=[Patch(color=CHOSEN, label="hit"), _key("not hit", edge=KEPT)], **_BESIDE)
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
        dot = Line2D([], [], marker="o", linestyle="", color=CHOSEN, label=f"share of {len(ids):,} draws")
        handles = [_key("in theory", edge=CUT), dot]
        ax.legend(handles=handles)
        summary = f"{title}: largest difference {float((seen - probs).abs().max()):.1%}"
        show(fig, f"Bars of probabilities with a dot for each observed share: {'; '.join(pairs)}.", summary)


def steps(pieces: Sequence[str], best: Sequence[float], others: Sequence[str], second: Sequence[float]) -> None:
    """For each step of a greedy run the chosen piece and its probability; the runner-up's name stands on its bar."""
    closest = min(range(len(pieces)), key=lambda i: best[i] - second[i])
    summary = (
        f"chosen with {min(best):.0%} to {max(best):.0%}; closest call at step {closest + 1}, {pieces[closest]!r}: "
        f"{best[closest]:.1%} against {second[closest]:.1%} for {others[closest]!r}"
    )
    with figure(8.2, 3.2) as (fig, ax):
        x = torch.arange(len(pieces))
        ax.bar(x - 0.2, best, width=0.4, color=CHOSEN)
        ax.bar(x + 0.2, second, width=0.4, facecolor="none", edgecolor=CUT)
        for place, (other, height) in enumerate(zip(others, second, strict=True)):
            ax.text(place + 0.22, height + 0.02, _quoted(other), rotation=90, ha="center", va="bottom", fontsize=8)
        ax.set_xticks(x, [_quoted(piece) for piece in pieces], rotation=90, fontsize=9)
        ax.set(ylabel="probability", ylim=(0, 1.02))
        handles = [Patch(color=CHOSEN, label="chosen"), _key("runner-up, with its name", edge=CUT)]
        ax.legend(handles=handles, ncols=2, loc="lower right", bbox_to_anchor=(1.0, 1.0))  # above: bars may reach 1
        named = ", ".join(f"{one!r} not {other!r}" for one, other in zip(pieces, others, strict=True))
        show(fig, f"Probability of the chosen token and of the runner-up at each step: {named}. {summary}", summary)


def tree(first: Mapping[str, float], second: Mapping[str, Mapping[str, float]], root: str) -> None:
    """Two steps of choices as a tree: greedy's path and the path with the largest product are marked."""
    products = {(a, b): p * q for a, p in first.items() for b, q in second[a].items()}
    top = max(first, key=lambda a: first[a])
    greedy = top, max(second[top], key=lambda b: second[top][b])
    best = max(products, key=lambda path: products[path])
    lines = [
        f"{name}: {root} {a} {b}, {first[a]:g} x {second[a][b]:g} = {products[a, b]:.2f}"
        for name, (a, b) in {"greedy": greedy, "likeliest": best}.items()
    ]
    looks = {greedy: {"color": CHOSEN, "linewidth": 2.5}, best: {"color": KEPT, "linewidth": 2.5}}
    rows = {path: y for y, path in enumerate(products)}
    height = {a: sum(rows[a, b] for b in second[a]) / len(second[a]) for a in first}
    middle = sum(height.values()) / len(height)
    with figure(7.6, 0.9 + 0.3 * len(products)) as (fig, ax):
        for (a, b), y in rows.items():
            look = looks.get((a, b), {"color": CUT, "linewidth": 1})
            ax.plot([1.35, 2], [height[a], y], **look)
            weight = "bold" if (a, b) in looks else "normal"
            ax.text(2.05, y, b, va="center", color=look["color"], weight=weight)
            ax.text(2.5, y, f"{first[a]:g} x {second[a][b]:g} = {products[a, b]:.2f}", va="center", weight=weight)
        for a, y in height.items():
            look = looks[greedy] if a == greedy[0] else looks[best] if a == best[0] else {"color": CUT, "linewidth": 1}
            ax.plot([0.35, 1], [middle, y], **look)
            ax.text(1.05, y, a, va="center", color=look["color"], weight="bold" if look["linewidth"] > 1 else "normal")
            ax.text(0.72, middle + (y - middle) * 0.57 - 0.22, f"{first[a]:g}", va="bottom", ha="center", fontsize=9)
        ax.text(0.3, middle, root, va="center", ha="right")
        ax.set(xlim=(-0.25, 3.2), ylim=(len(rows) - 0.4, -0.6))
        ax.set_axis_off()
        handles = [
            Line2D([], [], **looks[path], label=name) for name, path in (("greedy", greedy), ("likeliest", best))
        ]
        ax.legend(handles=handles, **_BESIDE)
        show(fig, f"A tree of two steps. {'; '.join(lines)}", "\n".join(lines))


def rounds(means: Sequence[float], sizes: Sequence[int]) -> None:
    """The mean probability of the chosen tokens in each paragraph of a text; ``sizes``: their numbers of tokens."""
    summary = "mean probability of the chosen tokens, by paragraph: " + ", ".join(f"{mean:.2f}" for mean in means)
    with figure(7.0, 2.2) as (fig, ax):
        ax.bar(range(1, len(means) + 1), means, color=CHOSEN, width=0.6)
        ax.set(ylim=(0, 1), ylabel="mean probability", xlabel="paragraph, and its number of tokens")
        ax.set_xticks(range(1, len(means) + 1), [f"{n}\n({size})" for n, size in enumerate(sizes, 1)])
        show(fig, f"Bars: {summary}", summary)


def sorted_cut(before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], p: float | None = None) -> None:
    """Panels beside each other: sorted probabilities, their running sum, and where the cut is.

    ``before[title]`` and ``after[title]``: logits [V] before and after a cut that keeps a number of the best tokens;
    ``p``: a horizontal line for the running sum.
    """
    lines = []
    with figure(8.4, 3.0, ncols=len(before), sharey=True) as (fig, axes):
        for ax, (title, logits) in zip(axes, before.items(), strict=True):
            probs = logits.softmax(-1).sort(descending=True).values
            kept = int(after[title].isfinite().sum())
            mass = float(probs[:kept].sum())
            shown = min(len(probs), max(12, kept + kept // 3))
            _sorted_bars(ax, probs[:shown], kept)
            ax.plot(range(1, shown + 1), probs[:shown].cumsum(-1), color=CUT, linewidth=1.5)
            ax.axvline(kept, color=CHOSEN, linewidth=1.5)
            ax.plot(kept, mass, "o", color=CHOSEN, markersize=6)
            if p is not None:
                ax.axhline(p, color=CUT, linestyle=":", linewidth=1.5)
                ax.text(shown + 0.5, p - 0.02, f"p = {p:g}", ha="right", va="top", fontsize=9)
            ax.set_title(title, fontsize=10)
            ax.set(xlabel="tokens, the most likely first", ylim=(0, 1.05), xlim=(0, shown + 0.7))
            lines.append(f"{title}: {kept:,} of {len(probs):,} tokens stay and hold {mass:.1%}")
        axes[0].set_ylabel("probability")
        handles = [
            Patch(color=KEPT, label="stays"),
            _key("cut", edge=CUT, hatch=HATCH),
            Line2D([], [], color=CUT, label="running sum"),
            Line2D([], [], color=CHOSEN, marker="o", label="last token\nthat stays"),
        ]
        axes[-1].legend(handles=handles, **_BESIDE)
        show(fig, f"Sorted probabilities with their running sum and the cut. {'; '.join(lines)}", "\n".join(lines))


def three_cuts(rows: Mapping[str, torch.Tensor], cuts: Mapping[str, Mapping[str, torch.Tensor]]) -> None:
    """One panel for each row of logits [V], sorted: ``cuts[name][title]`` are its logits after the cut ``name``."""
    looks = dict(zip(cuts, ("-", "--", ":"), strict=False))
    lines = []
    with figure(7.6, 1.9 * len(rows), nrows=len(rows)) as (fig, axes):
        for ax, (title, logits) in zip(axes, rows.items(), strict=True):
            probs = logits.softmax(-1).sort(descending=True).values
            counts = {name: int(after[title].isfinite().sum()) for name, after in cuts.items()}
            shown = min(len(probs), max(12, round(max(counts.values()) * 1.15)))
            _sorted_bars(ax, probs[:shown], shown)
            for name, count in counts.items():
                ax.axvline(count + 0.5, color=CHOSEN, linestyle=looks[name], linewidth=1.8, label=f"{name}: {count:,}")
            ax.legend(**_BESIDE)
            ax.set(ylabel="probability", xlim=(0.4, shown + 0.6))
            ax.set_title(f"{title} ({entropy(logits.softmax(-1)):.1f} bits)", fontsize=10)
            lines.append(f"{title}: " + ", ".join(f"{name} keeps {count:,}" for name, count in counts.items()))
        axes[-1].set_xlabel("tokens, the most likely first; each line stands behind the last token that stays")
        show(fig, f"Sorted probabilities with three cuts. {'; '.join(lines)}", "\n".join(lines))


def bits(texts: Mapping[str, Sequence[float]], bits_of: str) -> None:
    """For each kind of text the mean surprise of its texts, in bits a token: a dot for each text."""
    means = {name: sum(values) / len(values) for name, values in texts.items()}
    summary = "bits a token: " + ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    with figure(7.0, 0.9 + 0.32 * len(texts)) as (fig, ax):
        for y, (name, values) in enumerate(texts.items()):
            color = CHOSEN if name == bits_of else KEPT
            ax.plot([0, means[name]], [y, y], color=color, linewidth=1)
            ax.plot(values, [y] * len(values), "D" if name == bits_of else "o", color=color, alpha=0.8)
        ax.set_yticks(range(len(texts)), list(texts))
        ax.set(xlabel="bits a token", xlim=(0, None), ylim=(len(texts) - 0.5, -0.5))
        show(fig, f"Dots on lines: {summary}", summary)


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
    """For each panel a grid: a row for each setting, a square for each new column of a batch.

    A square is filled where all rows of the batch have the same token.
    """
    counts = {title: [flag for row in grid.values() for flag in row] for title, grid in panels.items()}
    summary = "\n".join(
        f"{title}: {sum(flags)} of {len(flags)} columns equal in all rows" for title, flags in counts.items()
    )
    height = 1.0 + 0.22 * max(len(grid) for grid in panels.values())
    with figure(8.6, height, ncols=len(panels), squeeze=False) as (fig, axes):
        for ax, (title, grid) in zip(axes[0], panels.items(), strict=True):
            first = ax is axes[0][0]
            _grid(ax, list(grid) if first else [""] * len(grid), [list(row) for row in grid.values()], off=CHOSEN)
            ax.set_title(title, fontsize=10)
            ax.set(xlabel="new column", xticks=[])
        handles = [Patch(color=KEPT, label="equal in\nboth rows"), _key("different", edge=CHOSEN, hatch=HATCH)]
        axes[0][-1].legend(handles=handles, **_BESIDE)
        show(fig, "Grids of equal and different columns. " + "; ".join(summary.splitlines()), summary)


_BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}


def _sorted_bars(ax: Axes, probs: torch.Tensor, kept: int) -> None:
    """One bar for each place from 1 on, the first ``kept`` filled; many bars stand without gaps."""
    gap = 0.1 if len(probs) <= 40 else 0.0
    styles = ({"facecolor": KEPT}, {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH, "linewidth": 0.5})
    for style, first, last in ((styles[0], 0, kept), (styles[1], kept, len(probs))):
        if gap:
            ax.bar(range(first + 1, last + 1), probs[first:last], width=1 - 2 * gap, **style)
        elif last > first:
            ax.stairs(probs[first:last].tolist(), [place + 0.5 for place in range(first, last + 1)], fill=True, **style)


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


def _quoted(piece: str) -> str:
    """A piece in quotes, so that a full stop can be seen."""
    return f'"{visible(piece)}"'


def _key(label: str, face: str = "none", edge: str = "none", hatch: str = "") -> Patch:
    return Patch(facecolor=face, edgecolor=edge, hatch=hatch, label=label)
