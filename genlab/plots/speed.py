"""Pictures of ``06_speed_and_memory``: what each pass computes, what is read, bytes, places and their requests."""

from collections.abc import Mapping, Sequence

from matplotlib.patches import Rectangle

from genlab.plots.labels import visible
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, figure, show

COMPUTED = {"facecolor": KEPT, "edgecolor": KEPT}
AGAIN = {"facecolor": CHOSEN, "edgecolor": CHOSEN}
FROM_CACHE = {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH, "linewidth": 0.5}


def passes(pieces: Sequence[str], prompt: int) -> None:
    """Which tokens each forward pass computes, without a cache and with one.

    ``pieces``: the text, ``prompt`` of its tokens are the prompt. The last token is read by no pass.
    """
    count = len(pieces) - prompt
    ways = {"without a cache": False, "with a cache": True}
    with figure(4.0 + 0.36 * len(pieces), 1.3 + 0.32 * count, ncols=2, sharey=True) as (fig, axes):
        words = []
        for ax, (title, cached) in zip(axes, ways.items(), strict=True):
            computed = 0
            for step in range(count):
                for column in range(prompt + step):
                    new = step == 0 or column == prompt + step - 1
                    style = COMPUTED if new else FROM_CACHE if cached else AGAIN
                    computed += new or not cached
                    ax.add_patch(Rectangle((column + 0.06, step - 0.42), 0.88, 0.84, **style))
            ax.set(xlim=(0, len(pieces)), ylim=(count - 0.5, -0.5), title=f"{title}: {computed} tokens")
            names = [visible(piece) for piece in pieces]
            ax.set_xticks([i + 0.5 for i in range(len(pieces))], names, rotation=60, ha="right", fontsize=8)
            ax.set_yticks(range(count), [f"pass {step + 1}" for step in range(count)], fontsize=8)
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            words.append(f"{title}: {computed} tokens in {count} passes")
        fig.legend(
            handles=[
                Rectangle((0, 0), 1, 1, **COMPUTED, label="computed"),
                Rectangle((0, 0), 1, 1, **AGAIN, label="computed again"),
                Rectangle((0, 0), 1, 1, **FROM_CACHE, label="taken from the cache"),
            ],
            loc="outside lower center",
            ncols=3,
            fontsize=9,
        )
        alt = "A row of boxes for each forward pass: which tokens it computes, without a cache and with one."
        show(fig, alt, "\n".join(words))


def growth(lines: Mapping[str, Sequence[int]], x: Sequence[int], label: str) -> None:
    """Lines of tokens read over ``x``, new tokens; the last value of each is written at its end."""
    colors = (CHOSEN, KEPT, CUT)
    with figure(6.6, 2.8) as (fig, ax):
        words = []
        for color, (name, values) in zip(colors, lines.items(), strict=False):
            ax.plot(x, values, color=color, linewidth=2, linestyle="--" if color == CHOSEN else "-")
            ax.annotate(f" {name}: {values[-1]:,}", (x[-1], values[-1]), color=color, va="bottom", fontsize=9)
            words.append(f"{name}: {values[0]:,} for {x[0]}, {values[-1]:,} for {x[-1]}")
        ax.set(xlabel=label, ylabel="tokens read", xlim=(0, x[-1] * 1.45))
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        show(fig, f"Lines: tokens that the model reads, over {label}.", "; ".join(words))


def memory(parts: Mapping[str, Mapping[str, float]], room: float | None = None, unit: str = "GiB") -> None:
    """A bar for each name of ``parts``, made of named pieces; a line marks the ``room`` that there is."""
    styles = [COMPUTED, AGAIN, FROM_CACHE, {"facecolor": "none", "edgecolor": CUT}]
    kinds = list(dict.fromkeys(kind for pieces in parts.values() for kind in pieces))
    with figure(7.4, 0.9 + 0.42 * len(parts)) as (fig, ax):
        words = []
        for y, (name, pieces) in enumerate(parts.items()):
            left = 0.0
            for kind, size in pieces.items():
                ax.barh(y, size, left=left, height=0.62, **styles[kinds.index(kind)])
                left += size
            ax.annotate(f"  {left:,.2f}", (left, y), va="center", color=CUT, fontsize=9)
            words.append(f"{name}: " + ", ".join(f"{kind} {size:,.2f}" for kind, size in pieces.items()) + f" {unit}")
        if room is not None:
            ax.axvline(room, color=CHOSEN, linewidth=1.5)
            ax.annotate(f" room: {room:g} {unit}", (room, -0.6), color=CHOSEN, fontsize=9, va="top")
        ax.set_yticks(range(len(parts)), list(parts))
        ax.set(xlabel=unit, ylim=(len(parts) - 0.4, -0.6))
        ax.margins(x=0.12)
        handles = [Rectangle((0, 0), 1, 1, **styles[i], label=kind) for i, kind in enumerate(kinds)]
        fig.legend(handles=handles, loc="outside lower center", ncols=len(kinds), fontsize=9)
        show(fig, "Bars: what the memory holds, piece by piece.", "\n".join(words))


def timeline(plans: Mapping[str, tuple[Sequence[int], int]], lengths: Sequence[int], slots: int) -> None:
    """For each way of ``plans``, (begins, steps), which request is at which place in each step; idle places hatched."""
    longest = max(steps for _, steps in plans.values())
    with figure(9.0, 0.9 + 0.34 * slots * len(plans) + 0.35 * len(plans), nrows=len(plans), sharex=True) as (fig, axes):
        words = []
        for ax, (name, (begins, steps)) in zip(axes if len(plans) > 1 else [axes], plans.items(), strict=True):
            ax.add_patch(Rectangle((0, -0.45), steps, slots - 0.1, **FROM_CACHE))
            for request, place in enumerate(places(begins, lengths, slots)):
                begin, length = begins[request], lengths[request]
                ax.add_patch(Rectangle((begin, place - 0.45), length, 0.9, facecolor=KEPT, edgecolor="none"))
                ax.add_patch(Rectangle((begin, place - 0.45), 1, 0.9, facecolor=CHOSEN, edgecolor="none"))
                if length > longest / 40:
                    ax.text(
                        begin + length / 2, place, str(request), ha="center", va="center", color="white", fontsize=9
                    )
            work = sum(lengths)
            ax.set(xlim=(0, longest), ylim=(slots - 0.5, -0.5), title=f"{name}: {steps} steps")
            ax.set_yticks(range(slots), [f"place {place}" for place in range(slots)], fontsize=8)
            ax.tick_params(axis="y", length=0)
            ax.spines[:].set_visible(False)
            words.append(f"{name}: {steps} steps, {work} of {steps * slots} places used ({work / (steps * slots):.0%})")
        ax.set_xlabel("step (forward pass); the number is that of the request")
        handles = [
            Rectangle((0, 0), 1, 1, facecolor=CHOSEN, label="reads its prompt"),
            Rectangle((0, 0), 1, 1, facecolor=KEPT, label="reads its newest token"),
            Rectangle((0, 0), 1, 1, **FROM_CACHE, label="a place without work"),
        ]
        fig.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
        alt = "A line for each place: which request it serves in each step, and where it stands idle."
        show(fig, alt, "\n".join(words))


def places(begins: Sequence[int], lengths: Sequence[int], slots: int) -> list[int]:
    """A place for each request: the first one that is free when it begins.

    Raises ValueError where more than ``slots`` requests are there at once.
    """
    free, chosen = [0] * slots, [0] * len(begins)
    for request in sorted(range(len(begins)), key=lambda r: (begins[r], r)):
        place = next((p for p in range(slots) if free[p] <= begins[request]), None)
        if place is None:
            raise ValueError(f"request {request} begins in step {begins[request]}, where all {slots} places are taken")
        chosen[request], free[place] = place, begins[request] + lengths[request]
    return chosen


def guessed(runs: Sequence[tuple[int, int]]) -> None:
    """For each forward pass how many tokens it checked beside its own, and how many of these were right."""
    with figure(8.6, 2.2) as (fig, ax):
        x = range(len(runs))
        ax.bar(x, [tried for tried, _ in runs], width=0.8, **FROM_CACHE, label="guessed, and wrong")
        ax.bar(x, [right for _, right in runs], width=0.8, **COMPUTED, label="guessed, and right")
        ax.set(xlabel="forward pass", ylabel="tokens")
        fig.legend(loc="outside lower center", ncols=2, fontsize=9)
        right, tried = sum(r for _, r in runs), sum(t for t, _ in runs)
        words = f"{len(runs)} passes for {len(runs) + right} tokens: {right} of {tried} guesses were right"
        show(fig, f"Bars: guesses of each pass, and those that were right. {words}", words)


def attempts(sizes: Sequence[tuple[int, int, bool]], rows: int) -> None:
    """Calls in their order, each (first row, rows, worked): which rows they took; empty: memory ran out."""
    with figure(6.6, 0.9 + 0.3 * len(sizes)) as (fig, ax):
        for y, (first, count, worked) in enumerate(sizes):
            style = COMPUTED if worked else {"facecolor": "none", "edgecolor": CHOSEN, "linewidth": 1.5}
            ax.add_patch(Rectangle((first + 0.05, y - 0.4), count - 0.1, 0.8, **style))
            word = "done" if worked else "out of memory"
            color = "white" if worked else CHOSEN
            ax.text(first + count / 2, y, word if count > 1 else "", ha="center", va="center", color=color, fontsize=8)
        ax.set(xlim=(0, rows), ylim=(len(sizes) - 0.5, -0.5), xlabel="rows of the batch")
        ax.set_yticks(range(len(sizes)), [f"call {i + 1}" for i in range(len(sizes))], fontsize=8)
        ax.spines[:].set_visible(False)
        done = [count for _, count, worked in sizes if worked]
        words = f"{len(sizes)} calls; {len(sizes) - len(done)} ran out of memory; rows of the others: {done}"
        show(fig, f"A bar for each call over the rows that it took. {words}", words)
