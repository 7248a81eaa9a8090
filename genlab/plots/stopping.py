"""Pictures of ``04_stopping``: lengths against a limit, rows of tokens and their ends, borders, what is out when."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from genlab.plots.labels import visible
from genlab.plots.style import CHOSEN, CUT, HATCH, KEPT, figure, show

# What a token is to its row. Each differs from the others in more than color.
_ROLES = {
    "prompt": {"facecolor": "none", "edgecolor": CUT},
    "new": {"facecolor": "none", "edgecolor": KEPT, "linewidth": 2},
    "end": {"facecolor": CHOSEN, "edgecolor": CHOSEN},
    "pad": {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH},
    "dropped": {"facecolor": "none", "edgecolor": CUT, "hatch": HATCH},
}
_NEVER = {"facecolor": "none", "edgecolor": CUT, "linestyle": ":"}


def spans(rows: Mapping[str, Mapping[str, int]], limit: int | None = None, name: str = "") -> None:
    """One bar a row, made of parts such as ``{"dropped": 3, "prompt": 9, "new": 4}``, with a line at ``limit``.

    ``limit`` counts from the first token that is not dropped, where all bars are aligned; ``name`` is its label.
    """
    words = []
    with figure(7.4, 0.9 + 0.36 * len(rows)) as (fig, ax):
        for y, (label, parts) in enumerate(rows.items()):
            x = -parts.get("dropped", 0)
            for role, length in parts.items():
                _bar(ax, x, y, length, role)
                x += length
            words.append(f"{label}: " + ", ".join(f"{length} {role}" for role, length in parts.items() if length))
        if limit is not None:
            ax.axvline(limit, color=CHOSEN, linestyle="--", label=name)
        ax.set_yticks(range(len(rows)), list(rows))
        ax.invert_yaxis()
        ax.set_xlabel("tokens")
        ax.autoscale_view()
        ax.set_xticks([tick for tick in ax.get_xticks() if 0 <= tick <= ax.get_xlim()[1]])  # no tokens below 0
        used = [role for role in _ROLES if any(parts.get(role) for parts in rows.values())]
        lines = [ax.lines[0]] if limit is not None else []
        _legend(fig, used, lines)
        show(fig, "Bars of tokens, one a row, divided into their parts.", "; ".join(words) + ".")


def _bar(ax: Axes, x: float, y: float, length: int, role: str) -> None:
    if length:
        ax.add_patch(Rectangle((x, y - 0.32), length, 0.64, **_ROLES[role]))
        style = {"va": "center", "color": CUT, "fontsize": 9, "fontweight": "bold"}
        if role == "dropped":  # no digits on hatching
            ax.text(x, y, f"{length} ", ha="right", **style)
        elif length < 2:  # no room for digits inside
            ax.text(x + length, y, f" {length}", ha="left", **style)
        else:
            ax.text(x + length / 2, y, str(length), ha="center", **style)


def token_rows(
    rows: Sequence[Sequence[str]],
    prompt_length: int,
    ends: Sequence[int | None],
    labels: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> None:
    """Each row's pieces in boxes: prompt gray, new tokens outlined, the one that ended the row filled, pads hatched.

    ``ends``: index of each row's last token, None for a row without an end. ``labels`` stand before the rows,
    ``notes`` behind them.
    """
    said = [row if end is None else row[: end + 1] for row, end in zip(rows, ends, strict=True)]
    columns = zip_longest(*[[visible(piece) for piece in row] for row in said], fillvalue="")
    widths = [max(max(map(len, column)) * 0.95, 1.6) + 0.9 for column in columns]
    widths += [2.5] * (max(map(len, rows)) - len(widths))
    starts = [sum(widths[:i]) for i in range(len(widths) + 1)]
    words = []
    with figure(min(12.0, 1.8 + 0.082 * starts[-1]), 0.75 + 0.42 * len(rows)) as (fig, ax):
        used = set()
        for y, (row, end) in enumerate(zip(rows, ends, strict=True)):
            for i, piece in enumerate(row):
                role = _role(i, prompt_length, end)
                used.add(role)
                ax.add_patch(Rectangle((starts[i] + 0.15, y - 0.36), widths[i] - 0.3, 0.72, **_ROLES[role]))
                if role != "pad":
                    color = "white" if role == "end" else CUT
                    center = starts[i] + widths[i] / 2
                    ax.text(center, y, visible(piece), ha="center", va="center", color=color, fontsize=8.5)
            if notes:
                ax.text(starts[len(row)] + 1, y, notes[y], va="center", fontsize=9, fontweight="bold")
            last = len(row) if end is None else end + 1
            text = "".join(row[prompt_length:last])
            words.append(f"{labels[y] if labels else f'row {y}'}: {text!r}{f', {notes[y]}' if notes else ''}")
        ax.set_xlim(0, starts[-1] + (max(map(len, notes)) * 1.05 + 1 if notes else 0))
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_yticks(range(len(rows)), labels or [f"row {y}" for y in range(len(rows))])
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        _legend(fig, [role for role in _ROLES if role in used])
        show(
            fig,
            "The tokens of each row in boxes: prompt, new tokens, the one that ended it, padding.",
            "; ".join(words),
        )


def _role(index: int, prompt_length: int, end: int | None) -> str:
    if index < prompt_length:
        return "prompt"
    if end is None or index < end:
        return "new"
    return "end" if index == end else "pad"


def borders(pieces: Sequence[str], stop: str, keep: int) -> None:
    """The characters of ``pieces`` in the boxes of their tokens; where ``stop`` stands is filled.

    ``keep``: how many tokens are generated before the run stops; the others are dotted.
    """
    text = "".join(pieces)
    start = text.find(stop)
    with figure(min(12.0, 0.9 + 0.17 * len(text)), 1.25) as (fig, ax):
        for x, character in enumerate(text):
            inside = 0 <= start <= x < start + len(stop)
            if inside:
                ax.add_patch(Rectangle((x, 0.18), 1, 0.64, facecolor=CHOSEN, edgecolor="none"))
            ax.text(x + 0.5, 0.5, visible(character), ha="center", va="center", color="white" if inside else CUT)
        x = 0
        for number, piece in enumerate(pieces):
            style = _ROLES["new"] if number < keep else _NEVER
            ax.add_patch(Rectangle((x + 0.06, 0.02), len(piece) - 0.12, 0.96, **style))
            x += len(piece)
        ax.set_xlim(0, len(text))
        ax.set_ylim(0, 1)
        ax.axis("off")
        boxes = {"a token": _ROLES["new"], "never generated": _NEVER, "the stop string": _ROLES["end"]}
        _handles(fig, [Patch(label=label, **style) for label, style in boxes.items()])
        summary = (
            f"{stop!r} is spread over the tokens of {''.join(pieces[:keep])!r}: {', '.join(map(repr, pieces[:keep]))}."
        )
        show(fig, "Characters in the boxes of their tokens; the stop string lies across the borders.", summary)


def arrivals(streams: Mapping[str, Sequence[tuple[int, str]]]) -> None:
    """Characters that a reader has seen after each forward pass; ``streams``: ``[(forward passes, chunk), ...]``."""
    lines, markers = ["-", "--", ":"], ["o", "s", "^"]
    colors = [CHOSEN, KEPT, CUT]
    words = []
    with figure(7.4, 2.8) as (fig, ax):
        last = max(step for chunks in streams.values() for step, _ in chunks)
        for (name, chunks), line, marker, color in zip(streams.items(), lines, markers, colors, strict=False):
            steps, seen = [0], [0]
            for step, chunk in chunks:
                steps.append(step)
                seen.append(seen[-1] + len(chunk))
            steps, seen = [*steps, last], [*seen, seen[-1]]
            ax.step(steps, seen, where="post", linestyle=line, color=color, label=name)
            ax.plot(steps[1:-1], seen[1:-1], marker, color=color, markersize=4)
            words.append(f"{name}: {len(chunks)} chunks, the first after {chunks[0][0]} forward passes")
        ax.set_xlabel("forward passes")
        ax.set_ylabel("characters shown")
        ax.legend(loc="upper left")
        show(fig, "Steps: how many characters have been shown after each forward pass.", "; ".join(words) + ".")


def held_back(chunks: Sequence[str], out: Sequence[str], stop: str) -> None:
    """For each chunk all the text that has come: what is out, what is held back, and the stop string, if it is there.

    ``out[n]``: what has been yielded when chunk n has been read. Behind the stop string, what has come is hatched.
    """
    text = "".join(chunks)
    styles = {"out": _ROLES["new"], "held back": _NEVER, "the stop string": _ROLES["end"], "not shown": _ROLES["pad"]}
    words = []
    with figure(min(12.0, 1.3 + 0.17 * len(text)), 0.8 + 0.36 * len(chunks)) as (fig, ax):
        used = set()
        for y in range(len(chunks)):
            came, shown = "".join(chunks[: y + 1]), len(out[y])
            start = came.find(stop)
            for x, character in enumerate(came):
                inside = 0 <= start <= x < start + len(stop)
                role = (
                    "the stop string" if inside else "out" if x < shown else "not shown" if start >= 0 else "held back"
                )
                used.add(role)
                ax.add_patch(Rectangle((x + 0.04, y - 0.36), 0.92, 0.72, **styles[role] | {"linewidth": 1.2}))
                if role != "not shown":
                    ax.text(x + 0.5, y, visible(character), ha="center", va="center", color=_ink(role), fontsize=9)
            words.append(f"after chunk {y + 1} ({chunks[y]!r}) {out[y]!r} is out")
        ax.set_xlim(0, len(text) + 0.5)
        ax.set_ylim(len(chunks) - 0.5, -0.5)
        ax.set_yticks(range(len(chunks)), [f"chunk {y + 1}" for y in range(len(chunks))])
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        _handles(fig, [Patch(label=role, **style) for role, style in styles.items() if role in used])
        alt = "All characters that have come, a row for each chunk: out, held back, or part of the stop string."
        show(fig, alt, "; ".join(words) + ".")


def _ink(role: str) -> str:
    return "white" if role == "the stop string" else CUT


def _legend(fig, roles: Sequence[str], lines: Sequence = ()) -> None:
    names = {"end": "ended the row", "pad": "padding"}
    _handles(fig, [*[Patch(label=names.get(role, role), **_ROLES[role]) for role in roles], *lines])


def _handles(fig, handles: list) -> None:
    fig.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=9)
