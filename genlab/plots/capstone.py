"""Pictures of ``07_capstone``: a tree of beginnings with what a beam search keeps and cuts."""

from collections.abc import Mapping

from genlab.plots.style import CHOSEN, CUT, KEPT, MONOSPACE, figure, show

Toy = Mapping[str, Mapping[str, float]]


def beam_tree(toy: Toy, beams: int, depth: int) -> None:
    """All beginnings that a beam search looks at, with their probabilities; cut ones dashed."""
    layers, finished = [{"": 1.0}], dict[str, float]()
    kept = {"": 1.0}
    for _ in range(depth):
        seen = {text + t: p * share for text, p in kept.items() for t, share in toy[text].items() if share}
        best = dict(sorted(seen.items(), key=lambda item: -item[1])[:beams])
        finished |= {text: p for text, p in best.items() if text.endswith(".")}
        kept = {text: p for text, p in best.items() if not text.endswith(".")}
        layers.append(seen)
    carried = {text for layer in layers for text in layer} & (_beginnings(finished) | _beginnings(kept))
    winner = max((finished | kept).items(), key=lambda item: item[1])[0]
    places: dict[str, tuple[int, float]] = {"": (0, 0.0)}
    for column, layer in enumerate(layers[1:], 1):
        order = sorted(layer)
        for row, text in enumerate(order):
            places[text] = (column, (len(order) - 1) / 2 - row)
    with figure(7.4, 0.5 * max(map(len, layers)) + 0.8) as (fig, ax):
        for text, (x, y) in places.items():
            best = winner.startswith(text)
            color = CHOSEN if best else KEPT if text in carried else CUT
            if text:
                left, level = places[text[:-1]]
                ax.plot(
                    [left + (0.36 if text[:-1] else 0.0), x - 0.02], [level, y], color=color,
                    linewidth=2.2 if best else 1.2, linestyle="-" if text in carried or best else "--",
                )  # fmt: skip
            label = f"{text or 'start'}  {layers[x][text]:.3f}" if text else "start"
            ax.text(
                x,
                y,
                label,
                color=color,
                ha="left" if text else "right",
                va="center",
                fontsize=9,
                family=MONOSPACE,
                weight="bold" if best else None,
            )
        ax.set(xlim=(-0.25, depth + 0.5))
        ax.axis("off")
        cut = sum(text not in carried for layer in layers for text in layer)
        summary = (
            f"{beams} beams: {winner!r} with {(finished | kept)[winner]:.3f} is the best; "
            f"{cut} beginnings were cut (dashed)"
        )
        show(fig, f"A tree of beginnings with their probabilities. {summary}", summary)


def _beginnings(texts: Mapping[str, float]) -> set[str]:
    return {text[:n] for text in texts for n in range(len(text) + 1)}
