"""Pictures of ``02_forward_step``: scores, distributions, the running score of a text, padding, surprise."""

from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from genlab.plots.labels import drawable, visible, wrap
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, MONOSPACE, figure, show

Row = tuple[int, str, float]  # id, piece, probability: what ``top_tokens`` returns
CURVES = [(KEPT, "-", "o"), (CHOSEN, "--", "s"), (CUT, ":", "^")]  # color, line and marker of each curve


def score_grid(words: Sequence[str], prompt: Sequence[str], logits: torch.Tensor) -> None:
    """The logits [T, V] of a toy vocabulary as a grid: a line for each position, the last one outlined.

    Each logit has its number and a bar: none for the lowest of the grid, the whole width for the highest.
    """
    with figure(7.0, 0.5 * len(prompt) + 1.0) as (fig, ax):
        low, high = float(logits.min()), float(logits.max())
        for t, row in enumerate(logits.tolist()):
            best = max(row)
            for v, score in enumerate(row):
                color, width = CHOSEN if score == best else KEPT, 0.8 * (score - low) / (high - low)
                ax.add_patch(Rectangle((v - 0.4, t + 0.12), 0.8, 0.2, facecolor="none", edgecolor=CUT, linewidth=0.5))
                ax.add_patch(Rectangle((v - 0.4, t + 0.12), width, 0.2, facecolor=color, linewidth=0))
                weight = "bold" if score == best else "normal"
                ax.text(v, t - 0.12, f"{score:g}", ha="center", va="center", weight=weight)
        last = len(prompt) - 1
        ax.add_patch(
            Rectangle((-0.5, last - 0.42), len(words), 0.86, facecolor="none", edgecolor=CHOSEN, linewidth=2.5)
        )
        ax.set_xlim(-0.52, len(words) - 0.48)
        ax.set_ylim(last + 0.5, -0.5)
        ax.set_xticks(range(len(words)), words)
        ax.xaxis.tick_top()
        ax.set_yticks(range(len(prompt)), [f"after {word!r}" for word in prompt])
        ax.set_xlabel(f"bars: from {low:g} (empty) to {high:g} (full); orange: the highest of its line")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        winner = words[int(logits[-1].argmax())]
        show(
            fig,
            f"Grid of logits: {len(prompt)} positions by {len(words)} words; the last position is outlined.",
            f"The outlined line is the last position: it alone scores the next word, and {winner!r} has the most.",
        )


def scores_and_probabilities(words: Sequence[str], logits: torch.Tensor, probs: torch.Tensor) -> None:
    """Logits [V] on the left, their probabilities [V] on the right; the largest of each is the chosen color."""
    order = list(range(len(words)))
    colors = [CHOSEN if i == int(probs.argmax()) else KEPT for i in order]
    with figure(7.0, 0.32 * len(words) + 0.8, ncols=2, sharey=True) as (fig, (left, right)):
        left.barh(order, logits.tolist(), color=colors, height=0.65)
        left.axvline(0, color=CUT, linewidth=0.8)
        left.set_xlabel("logit: any number")
        right.barh(order, probs.tolist(), color=colors, height=0.65)
        right.set_xlim(0, 1.12)
        right.set_xlabel("probability: they add up to 1")
        for i, p in enumerate(probs.tolist()):
            right.text(p + 0.01, i, f"{p:.3f}", va="center")
        left.set_yticks(order, list(words))
        left.invert_yaxis()
        top = probs.argsort(descending=True)[:5].tolist()
        show(
            fig,
            f"Two bar charts over {len(words)} words: logits, and the probabilities that softmax makes of them.",
            "Most likely: " + ", ".join(f"{words[i]} {probs[i]:.3f}" for i in top),
        )


def sorted_scores(
    names: Sequence[str], logits: torch.Tensor, top: Sequence[str], marked: torch.Tensor | None = None, mark: str = ""
) -> None:
    """Every logit of each row of [B, V], from the highest to the lowest: the first 40, then all.

    ``top``: the piece of each row's highest; ``marked`` [V]: tokens that are marked on the curves, named ``mark``.
    """
    size = logits.shape[1]
    best = min(40, size)
    with figure(8.0, 3.4, ncols=2, sharey=True, width_ratios=[2, 3]) as (fig, (left, right)):
        for row, name, piece, (color, style, marker) in zip(logits, names, top, CURVES, strict=False):
            values, ids = row.sort(descending=True)
            label = f"{drawable(name)}  \N{RIGHTWARDS ARROW} {visible(piece)}"
            left.plot(range(1, best + 1), values[:best].tolist(), color=color, linestyle=style, marker=marker, ms=2.5)
            right.plot(range(1, size + 1), values.tolist(), color=color, linestyle=style, label=label)
            if marked is not None:
                ranks = marked[ids].nonzero()[:, 0]
                right.scatter(ranks + 1, values[ranks], s=20, color=color, marker="|", linewidths=0.7)
        if marked is not None:
            last = size - int(marked.sum())
            right.axvspan(last + 0.5, size + 0.5, facecolor="none", edgecolor=CUT, hatch=HATCH, linewidth=0)
            right.text(last, right.get_ylim()[1], f"{mark}  ", ha="right", va="top")
        left.set_xlabel(f"the {best} highest")
        right.set_xlabel(f"rank of the token among all {size:,}")
        left.set_ylabel("logit")
        fig.legend(*right.get_legend_handles_labels(), loc="outside upper left")
        facts = [f"{name!r}: {piece!r} at {row.max():.1f}" for name, piece, row in zip(names, top, logits, strict=True)]
        words = f" {int(marked.sum())} tokens are marked: {mark}." if marked is not None else ""
        show(
            fig,
            f"{len(names)} falling curves: the logits of all {size:,} tokens, sorted, for each prompt.{words}",
            "Highest logit after " + "; ".join(facts),
        )


def next_token_bars(table: Sequence[Row], vocab_size: int, title: str = "") -> None:
    """The rows of a table of top tokens as bars, and the rest of the vocabulary together as one hatched bar."""
    rest = max(0.0, 1 - sum(p for _, _, p in table))
    labels = [f"{visible(piece)}  ({i})" for i, piece, _ in table]
    probs = [p for _, _, p in table]
    others = vocab_size - len(table)
    with figure(7.0, 0.27 * (len(table) + 1) + 0.9) as (fig, ax):
        ax.barh(range(len(table)), probs, color=[CHOSEN] + [KEPT] * (len(table) - 1), height=0.7)
        ax.barh(len(table), rest, facecolor="none", edgecolor=CUT, hatch=HATCH, height=0.7)
        for i, p in enumerate([*probs, rest]):
            ax.text(p, i, f" {p:.3f}", va="center")
        ax.set_yticks(range(len(table) + 1), [*labels, f"the other {others:,} tokens"])
        ax.set_xlim(0, 1.08 * max([*probs, rest, 0.05]))
        ax.set_xlabel("probability")
        ax.set_title(visible(title, space=" "), loc="left")
        ax.invert_yaxis()
        top = ", ".join(f"{piece!r} {p:.3f}" for _, piece, p in table[:5])
        after = f" after {title!r}" if title else ""
        show(
            fig,
            f"Bars: the {len(table)} most likely next tokens{after}, and all others.",
            f"Top {min(5, len(table))}: {top}; the other {others:,} tokens together {rest:.3f}",
        )


def running_logprob(names: Sequence[str], logprobs: Sequence[torch.Tensor]) -> None:
    """For each text the sum of its log probabilities up to each token; ``logprobs``: one [T-1] a text."""
    with figure(7.0, 3.0) as (fig, ax):
        for name, row, (color, style, marker) in zip(names, logprobs, CURVES, strict=False):
            sums = [0.0, *row.cumsum(0).tolist()]
            ax.plot(range(1, len(sums) + 1), sums, color=color, linestyle=style, marker=marker, label=drawable(name))
        ax.set_xlabel("tokens read")
        ax.set_ylabel("sum of log probabilities")
        ax.legend(loc="lower left")
        facts = [
            f"{name}: {float(row.sum()):.1f} after {len(row) + 1} tokens"
            for name, row in zip(names, logprobs, strict=True)
        ]
        show(fig, f"{len(names)} falling lines: the running log probability of each text.", "; ".join(facts))


def padding_errors(labels: Sequence[str], errors: Sequence[float], limit: float = 1e-3) -> None:
    """How far each way of calling the model is from the truth; what stays below ``limit`` counts as right."""
    with figure(7.0, 0.34 * len(labels) + 0.9) as (fig, ax):
        for i, error in enumerate(errors):
            wrong = error > limit
            ax.barh(i, error, height=0.65, color=CHOSEN if wrong else KEPT)
            ax.text(error, i, f" {error:.4f}  {'wrong' if wrong else 'right'}", va="center")
        ax.set_yticks(range(len(labels)), list(labels))
        ax.set_xlim(0, 1.3 * max([*errors, limit]))
        ax.set_xlabel("largest difference from the logits of the single prompts")
        ax.invert_yaxis()
        show(
            fig,
            f"Bars: the error of {len(labels)} ways to run a padded batch.",
            "; ".join(f"{label}: {error:.4f}" for label, error in zip(labels, errors, strict=True)),
        )


def answer_costs(answers: Sequence[str], pieces: Sequence[Sequence[str]], bits: Sequence[torch.Tensor]) -> None:
    """What each answer costs, token by token: ``bits`` of each of its ``pieces``. The shortest bar is the best sum."""
    totals = [float(costs.sum()) for costs in bits]
    means = [float(costs.mean()) for costs in bits]
    widest = max(totals)
    with figure(8.0, 0.62 * len(answers) + 0.9) as (fig, ax):
        for y, (own, costs, total, mean) in enumerate(zip(pieces, bits, totals, means, strict=True)):
            color, left = CHOSEN if total == min(totals) else KEPT, 0.0
            for piece, cost in zip(own, costs.tolist(), strict=True):
                ax.barh(y, cost, left=left, height=0.5, facecolor="none", edgecolor=color, linewidth=1.5)
                if cost > widest / 30:
                    ax.text(left + cost / 2, y, visible(piece), ha="center", va="center", size=8, clip_on=True)
                left += cost
            lowest = ", the lowest mean" if mean == min(means) else ""
            ax.text(total, y, f"  {total:.1f} bits, {mean:.2f} a token{lowest}", va="center", color=color)
        ax.set_yticks(range(len(answers)), [drawable(visible(answer)) for answer in answers])
        ax.set_xlim(0, 1.45 * widest)
        ax.set_xlabel("surprise in bits, one part for each token; orange: the lowest sum, which is the best score")
        ax.invert_yaxis()
        show(
            fig,
            f"Bars made of parts: what each token of {len(answers)} answers costs, in bits.",
            "; ".join(
                f"{answer!r} {total:.1f} bits, {mean:.2f} a token"
                for answer, total, mean in zip(answers, totals, means, strict=True)
            ),
        )


def surprise_strip(pieces: Sequence[str], entropy: torch.Tensor, surprise: torch.Tensor, columns: int = 84) -> None:
    """Text with two heat strips under it: how uncertain the model was about each token, how surprised it then was.

    ``pieces``: T tokens; ``entropy`` and ``surprise``: bits, [T-1], about every token but the first.
    """
    cells = [visible(piece) for piece in pieces]
    widths = [max(len(cell), len("99.9")) + 1 for cell in cells]  # each has its token, and a number under it
    lines = wrap(widths, columns)
    finite = surprise[surprise.isfinite()]
    top = max(float(torch.cat([finite, entropy]).max()), 1.0)
    with figure(0.1 * columns + 0.4, 1.05 * len(lines) + 0.1) as (fig, ax):
        for y, line in enumerate(lines):
            for name, dy in (("expected", 0.38), ("surprise", 0.68)):
                ax.text(-0.8, y + dy, name, ha="right", va="center", size=8)
            for i, x in line:
                width = widths[i]
                ax.text(x + width / 2, y + 0.13, cells[i], ha="center", va="center", family=MONOSPACE, size=9)
                for bits, dy, color in ((entropy, 0.26, KEPT), (surprise, 0.56, CHOSEN)):
                    _heat_cell(ax, x, y + dy, width, None if i == 0 else float(bits[i - 1]), top, color)
        ax.set_xlim(-8, columns)
        ax.set_ylim(len(lines), 0)
        ax.axis("off")
        most = [f"{pieces[i + 1]!r} {surprise[i]:.1f}" for i in surprise.argsort(descending=True)[:3].tolist()]
        show(
            fig,
            f"A text of {len(pieces)} tokens with two heat strips: expected surprise and surprise, in bits.",
            f"Most surprising: {', '.join(most)} bits. "
            f"On average {surprise.mean():.2f} bits a token, expected {entropy.mean():.2f}.",
        )


def _heat_cell(ax: Axes, x: float, y: float, width: float, bits: float | None, top: float, color: str) -> None:
    """One token's cell of a strip: the stronger its color, the more bits; the number under it says it as well."""
    if bits is None:
        ax.add_patch(Rectangle((x, y), width - 0.3, 0.1, facecolor="none", edgecolor=CUT, hatch=HATCH, linewidth=0))
        return
    shade = 0.06 + 0.94 * min(bits / top, 1)
    ax.add_patch(Rectangle((x, y), width - 0.3, 0.1, facecolor=color, alpha=shade, linewidth=0))
    ax.text(x + width / 2 - 0.15, y + 0.17, f"{bits:.1f}", ha="center", va="center", size=8)
