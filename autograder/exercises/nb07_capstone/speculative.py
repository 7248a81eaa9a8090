"""``speculative``: when a cheap model's proposal is accepted, and what is drawn from when it is not."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import gaussian_logits

exercise = Exercise(__name__, points=2, tolerance=1e-5)
exercise.rules("""
    accept: a proposed token is accepted with the probability target / draft, and always where the target gives it at
        least as much as the draft, also where the draft never proposes it
    residual: after a refusal the token is drawn from what the target has more than the draft, made to sum to 1
    equal: where the two distributions are the same, nothing is left over, and the residual is the target
    rows: for one distribution [V] and for rows [B, V]; each row is a distribution of its own
""")


@exercise.probes
def probes(rng):
    def one_more(size):
        """A target that gives more than the draft for one token only."""
        draft = gaussian_logits(rng, size, scale=1.0).softmax(-1)
        target = draft * torch.tensor([rng.uniform(0.2, 0.9) for _ in range(size)])
        target[rng.randrange(size)] += 1 - target.sum()
        return target, draft

    def fresh(size):
        """A target that gives more than the draft only for tokens that the draft never proposes."""
        draft, target = (gaussian_logits(rng, size, scale=1.0).softmax(-1) for _ in range(2))
        draft[size // 2 :] = 0
        draft /= draft.sum()
        target[: size // 2] = 0
        return 0.3 * draft + 0.7 * target / target.sum(), draft

    def probe(rule, name, pair, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, target=pair[0], draft=pair[1])

    half = torch.tensor([0.5, 0.5])
    yield probe("accept", "three tokens, in eighths", (torch.tensor([1.0, 2, 5]) / 8, torch.tensor([4.0, 2, 2]) / 8))
    yield probe("accept", "seven tokens", one_more(7))
    yield probe("accept", "one of two tokens is never proposed", (half, torch.tensor([1.0, 0.0])))
    yield probe("accept", "ten tokens", one_more(10), hidden=True)
    yield probe("residual", "what is left over is new to the draft", fresh(8))
    yield probe("residual", "what is left over is new to the draft, ten tokens", fresh(10), hidden=True)
    for size, hidden in ((6, False), (9, True)):
        same = gaussian_logits(rng, size).softmax(-1)
        yield probe("equal", f"twice the same distribution of {size}", (same, same.clone()), hidden=hidden)
    yield probe("rows", "two rows", (torch.stack([half, half]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])))
    three = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    targets = torch.tensor([[0.5, 0.5], [0.25, 0.75], [0.3, 0.7]])
    yield probe("rows", "three rows", (targets, three), hidden=True)


@exercise.oracle
def oracle(target, draft):
    accept = torch.where(draft > target, target / draft.clamp(min=1e-30), 1.0)
    more = (target - draft).clamp(min=0)
    total = more.sum(-1, keepdim=True)
    return [accept, torch.where(total > 0, more / total.clamp(min=1e-30), target)]


@exercise.reference
def reference(target, draft):
    accept = torch.where(draft > 0, target / draft, 1.0).clamp(max=1.0)
    residual = (target - draft).clamp(min=0)
    total = residual.sum(-1, keepdim=True)
    residual = torch.where(total > 0, residual / total, target)
    return accept, residual


exercise.slips("""
    always_accepts: torch.where(draft > 0, target / draft, 1.0).clamp(max=1.0) => torch.ones_like(target)
        Every proposal is accepted, so the draft's distribution comes out, and not the target's. A token that the draft
        likes too much must be refused now and then.
    upside_down: target / draft, 1.0 => draft / target, 1.0
        The ratio is upside down: what the draft proposes too often is accepted, and what it proposes too seldom is
        refused.
    accepts_by_the_target: torch.where(draft > 0, target / draft, 1.0).clamp(max=1.0) => target.clone()
        A proposal is accepted with the target's probability. The draft has already chosen the token with its own:
        divide by that.
    above_one: .clamp(max=1.0)
        =>
        Some of the probabilities are above 1. Where the target gives more than the draft, a token is always accepted.
    resamples_from_the_target: residual / total, target) => target, target)
        After a refusal the token is drawn from the target. Then tokens that the draft proposes too often still come too
        often: only what the target has *more* may be drawn.
    takes_the_distance: (target - draft).clamp(min=0) => (target - draft).abs()
        What the draft has more is drawn from as well. Only the positive part of target - draft counts.
    does_not_sum_to_one: residual / total, target) => residual, target)
        The rest does not sum to 1. Divide it by its sum.
    zero_for_what_is_never_proposed: target / draft, 1.0) => target / draft, 0.0)
        A token that the draft never proposes has a ratio of something to nothing: as large as can be, so 1.
    divides_by_nothing: torch.where(total > 0, residual / total, target) => residual / total
        Where target and draft are equal, nothing is left over, and 0 was divided by 0. Nothing is ever refused there;
        give back the target.
    draws_evenly: residual / total, target) => (residual > 0) / (residual > 0).sum(-1, keepdim=True), target)
        After a refusal all tokens of which the target has more are drawn alike. They are drawn in proportion to how
        much more it has.
    one_sum_for_all: residual.sum(-1, keepdim=True) => residual.sum()
        All rows are divided by one sum. Each row is a distribution of its own: sum over the last dimension.
""")


@exercise.alternative
def by_the_minimum(target, draft):
    both = torch.minimum(target, draft)
    accept = torch.ones_like(target)
    accept[draft > 0] = both[draft > 0] / draft[draft > 0]
    rest, left = target - both, 1 - both.sum(-1, keepdim=True)
    return [accept, torch.where((rest > 0).any(-1, keepdim=True), rest / rest.sum(-1, keepdim=True), target + 0 * left)]
