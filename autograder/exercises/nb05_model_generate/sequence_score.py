"""``sequence_score``: the log probability of what each row of a call wrote, from its scores or from its logits."""

import functools
import math

import torch
import torch.nn.functional as F
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper
from transformers.generation import GenerateDecoderOnlyOutput

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.adapters import Adapter
from genlab.models import probe_model

exercise = Exercise(__name__, points=4, tolerance=1e-4, adapter=Adapter.OUTPUT)
exercise.rules("""
    logits: of="logits", which is the default, takes the model's own log probabilities: the log softmax of out.logits;
        out.scores is not needed then
    scores: of="scores" takes the log probabilities with which the tokens were chosen: the log softmax of out.scores
    prompt: the prompt does not count, and an end token in it ends nothing: step j belongs to the new token j
    ended (2): the end token counts; what stands behind it does not count, whatever its id and its score are
    several_ends: eos_token_id may be a list: each of its ids ends a row
    rows: a float32 tensor [B]: one sum for each row, also where there is one row, or one step
    refuses: another word in `of`, an output without what it names, and another number of steps than of new tokens are
        refused with a ValueError that says so
""")


@exercise.refuses
def refuses(out, prompt_length, eos_token_id, of="logits"):
    if of not in ("scores", "logits"):
        return f"of must be 'scores' or 'logits', not {of!r}"
    steps, new = out.get(of), out.sequences.shape[1] - prompt_length
    if steps is None:
        return f"the output has no {of}: call generate with output_{of}=True"
    return "" if len(steps) == new else f"{len(steps)} steps do not belong to {new} new tokens"


def output(
    rng, *ends, new=5, size=13, prompt=3, eos=None, pad=None, warp=True, closed=False, ended_prompt=False,
    mean=0.0, spread=2.0, unlikely=False, cut=None,
):  # fmt: skip
    """The parts of an output of ``generate``, with a number of its own in each place, and its end tokens.

    ``ends``: for each row which of its new tokens is an end token; 0 for a row that does not end. ``eos``: how many end
    tokens there are, None for one that is not in a list. ``pad``: what fills ended rows. ``closed``: behind an end
    only the end token has a score. Without ``warp``, scores and logits are equal elsewhere. ``mean``, ``spread``: of
    the logits; ``unlikely``: of each step the least likely token was written; ``cut``: the step whose token, in the
    first row, has the score -inf.
    """
    tokens = rng.sample(range(1, size), size - 1)  # 0 is a token like others, and never an end
    stops, others = tokens[: eos or 1], [0, *tokens[eos or 1 :]]
    pad = {None: others[1], "eos": stops[0], "last": stops[-1]}.get(pad, pad)
    sequences = [[rng.choice(others) for _ in range(prompt)] for _ in ends]
    if ended_prompt:
        for row in sequences:
            row[1] = stops[0]
    warpers = LogitsProcessorList([TemperatureLogitsWarper(0.5), TopKLogitsWarper(6)] if warp else [])
    scores, logits = [], []
    for step in range(1, new + 1):
        drawn = torch.tensor([[rng.gauss(mean, spread) for _ in range(size)] for _ in ends])
        for row, end, line in zip(sequences, ends, drawn, strict=True):
            behind = 0 < end < step
            token = pad if behind else stops[-1 - step % len(stops)] if end == step else rng.choice(others)
            place = (
                line.argmin().item() if unlikely or (behind and warp) else line.topk(2).indices[rng.randrange(2)].item()
            )
            line[[token, place]] = line[[place, token]]  # what is written is likely; what fills is cut by top-k
            row.append(token)
        processed = warpers(None, drawn)
        if closed:
            for end, line in zip(ends, processed, strict=True):
                line[[t for t in range(size) if t != stops[0] and 0 < end < step]] = -math.inf
        if step == cut:
            processed[0, sequences[0][-1]] = -math.inf
        scores.append(processed.clone())
        logits.append(drawn)
    ids = {"sequences": torch.tensor(sequences), "scores": tuple(scores), "logits": tuple(logits)}
    return ids | {"prompt_length": prompt, "eos_token_id": stops[0] if eos is None else stops}


@exercise.probes
def probes(rng):
    def probe(rule, name, parts, of=None, hidden=False, **changes):
        return Probe(name, rule=rule, hidden=hidden, **parts | changes | ({"of": of} if of else {}))

    made, own, drawn = functools.partial(output, rng), "logits", "scores"
    yield probe("logits", "of the logits", made(0, 0), own)
    yield probe("logits", "of left away", made(0, 0))
    yield probe("logits", "the call returned no scores", made(0, 0), own, scores=None)
    yield probe("logits", "of left away, a row that ends", made(3, 0, 5), hidden=True)
    far = {"spread": 60.0, "warp": False, "unlikely": True}
    yield probe("logits", "large logits", made(0, 2, mean=150.0, warp=False))
    yield probe("logits", "tokens that were hardly possible", made(0, 0, **far))
    yield probe("logits", "tokens that were hardly possible, three rows", made(0, 0, 0, **far), own, hidden=True)
    yield probe("logits", "a long row", made(0, 0, new=60, spread=0.25, warp=False), own)
    yield probe("scores", "of the scores", made(0, 0), drawn)
    yield probe("scores", "the call returned no logits", made(0, 0), drawn, logits=None)
    yield probe("scores", "a token that could not be drawn", made(0, 0, warp=False, cut=2), drawn)
    yield probe("scores", "a token that had been cut, three rows", made(0, 0, 0, warp=False, cut=3), drawn, hidden=True)
    yield probe("scores", "three rows of a larger vocabulary", made(0, 0, 0, size=23), drawn, hidden=True)
    yield probe("prompt", "a long prompt", made(0, 0, prompt=7, new=4), own)
    yield probe("prompt", "an end token in the prompt", made(0, 0, ended_prompt=True), own)
    yield probe("prompt", "a prompt of one token", made(0, 0, prompt=1, new=4), own, hidden=True)
    yield probe("prompt", "an end token in the prompt, and one new", made(3, 0, ended_prompt=True), own, hidden=True)
    yield probe("ended", "one row ends early", made(2, 0), own)
    yield probe("ended", "filled with the end token", made(2, 0, 3, pad="eos"), own)
    yield probe("ended", "the first and the last new token", made(1, 5, pad=0), own)
    closed = {"warp": False, "closed": True}
    yield probe("ended", "what fills a row has the score -inf", made(2, 0, 4, **closed), drawn)
    yield probe("ended", "the id 0 fills, and is said", made(2, 0, 0, pad=0, size=3, new=6), own, hidden=True)
    yield probe("ended", "all rows have ended", made(4, 2, 5, pad="eos"), own, hidden=True)
    yield probe("ended", "-inf behind the first token", made(1, 1, 0, **closed), drawn, hidden=True)
    yield probe("several_ends", "two end tokens", made(2, 3, 0, eos=2, pad="last"), own)
    yield probe("several_ends", "two end tokens, filled with the first", made(2, 3, 0, eos=2, pad="eos"), own)
    yield probe("several_ends", "a list of one", made(2, 0, eos=1), own)
    yield probe("several_ends", "three end tokens", made(1, 2, 3, 0, eos=3, pad="eos"), own, hidden=True)
    yield probe("rows", "one row", made(0), own)
    yield probe("rows", "one step", made(0, 0, new=1), own)
    yield probe("rows", "as many rows as steps", made(0, 0, 0, new=3), own)
    yield probe("rows", "one row, one step", made(0, new=1), own, hidden=True)
    yield probe("rows", "many rows of a larger vocabulary", made(*[0] * 7, size=23), own, hidden=True)
    yield probe("refuses", "of the probabilities", made(0, 0), "probabilities")
    yield probe("refuses", "of the sequences", made(0, 0, 0, new=3), "sequences")
    yield probe("refuses", "scores that were not returned", made(0, 0), drawn, scores=None)
    yield probe("refuses", "a prompt length that is too small", made(0, 0), own, prompt_length=2)
    yield probe("refuses", "logits that were not returned", made(0, 0), own, logits=None, hidden=True)
    yield probe("refuses", "a prompt length that is too large", made(0, 2), own, prompt_length=4)


@exercise.oracle
def oracle(out, prompt_length, eos_token_id, of="logits"):
    """The library's log probability of each token; the tokens behind an end are left out one by one."""
    model = probe_model(vocab_size=out[of][0].shape[1])
    each = model.compute_transition_scores(out.sequences, out[of], normalize_logits=True)
    ends = eos_token_id if isinstance(eos_token_id, list) else [eos_token_id]
    totals = []
    for row, values in zip(out.sequences[:, prompt_length:].tolist(), each, strict=True):
        length = next((i + 1 for i, token in enumerate(row) if token in ends), len(row))
        totals.append(values[:length].sum())
    return torch.stack(totals)


@exercise.reference
def reference(out, prompt_length, eos_token_id, of="logits"):
    new = out.sequences[:, prompt_length:]
    logprobs = torch.stack(out[of], dim=1).log_softmax(-1)
    each = logprobs.gather(-1, new[:, :, None])[:, :, 0]
    ended = torch.isin(new, torch.tensor(eos_token_id))
    behind = ended.cumsum(1) - ended.long() > 0
    return each.masked_fill(behind, 0.0).sum(-1)


exercise.slips("""
    the_default_is_scores: of="logits" => of="scores"
        Where `of` is left away, the scores were taken. The default is of="logits", the model's own opinion.
    always_logits: torch.stack(out[of], dim=1) => torch.stack(out.logits, dim=1)
        The logits were taken where the scores were asked for. out.scores has temperature and cuts in it, and says how
        likely the tokens were when they were chosen: getattr(out, of).
    always_scores: torch.stack(out[of], dim=1) => torch.stack(out.scores if out.scores else out.logits, dim=1)
        The scores were taken where the logits were asked for. out.scores is what the processors made of the logits: for
        the model's own opinion take out.logits.
    mixes_scores_and_logits: log_softmax(-1)
        => log_softmax(-1)
        =>     if out.scores and out.logits:
        =>         raw = torch.stack(out.logits, dim=1)
        =>         logprobs = raw - torch.stack(out.scores, dim=1).logsumexp(-1, keepdim=True)
        Logits were normalized with the sum of the scores, or the other way round. Take one of the two, and the log
        softmax of that one.
    not_normalized: .log_softmax(-1) =>
        Raw values were added up. Neither logits nor scores are log probabilities, although both look like them: take
        log_softmax over the vocabulary first.
    scores_are_taken_for_log_probabilities: .log_softmax(-1)
        =>
        =>     logprobs = logprobs.log_softmax(-1) if of == "logits" else logprobs
        The scores were added up as they are. They are processed logits, no log probabilities: take log_softmax of
        either kind.
    probabilities: .log_softmax(-1) => .softmax(-1)
        Probabilities were added up. Add up their logarithms: log_softmax over the vocabulary.
    base_two: .log_softmax(-1) => .log_softmax(-1) / math.log(2)
        These are logarithms to base 2. log_softmax gives natural ones: leave them as they are.
    softmax_and_then_log: .log_softmax(-1) => .softmax(-1).log()
        The logarithm was taken after the softmax. A token that is unlikely enough has the probability 0 there, and the
        logarithm of 0 is -inf: log_softmax in one step keeps it.
    overflows: logprobs = torch.stack(out[of], dim=1).log_softmax(-1)
        => logprobs = torch.stack(out[of], dim=1)
        =>     logprobs = logprobs - logprobs.exp().sum(-1, keepdim=True).log()
        exp() of a large logit is inf. Take log_softmax, which takes the largest value off first.
    over_the_steps: .log_softmax(-1) => .log_softmax(1)
        The softmax ran over the steps. The vocabulary is the last axis: log_softmax(-1).
    a_product: .sum(-1) => .exp().prod(-1)
        This is the probability of the row. Its logarithm was asked for, which does not become 0 for long rows: the sum.
    log_of_a_product: .sum(-1) => .exp().prod(-1).log()
        The probabilities were multiplied, and the logarithm taken at the end. The product of a long row is 0 in
        float32: add up the logarithms.
    a_mean: .sum(-1) => .sum(-1) / (~behind).sum(-1)
        The sum was divided by the number of tokens. The log probability of the row is the sum.
    negative: return each => return -each
        The sign is turned round. The logarithm of a probability is at most 0.
    an_end_token_in_the_prompt: behind = ended.cumsum(1) - ended.long() > 0
        => everything = torch.isin(out.sequences, torch.tensor(eos_token_id))
        =>     behind = (everything.cumsum(1) - everything.long() > 0)[:, prompt_length:]
        An end token of the prompt ended the row before it began. Look for end tokens in the new ids only.
    counts_the_prompt: new = out.sequences[:, prompt_length:] => new = out.sequences[:, : len(out[of])]
        The steps were paired with the first tokens of the sequences, which are the prompt. There is one step for each
        *new* token: sequences[:, prompt_length:].
    one_token_late: new = out.sequences[:, prompt_length:] => new = out.sequences[:, prompt_length:].roll(-1, 1)
        Each step was paired with the token after its own. A forward pass predicts the next position, but here each
        step already stands beside the token that it chose: do not shift.
    one_token_early: new = out.sequences[:, prompt_length:] => new = out.sequences[:, prompt_length - 1 : -1]
        Each step was paired with the token before its own. Step 0 chose the first new token: sequences[:,
        prompt_length:].
    counts_pads: behind = ended.cumsum(1) - ended.long() > 0 => behind = ended & False
        What fills a row behind its end was counted. The model did not write it: leave out all that stands behind the
        first end token.
    drops_the_end_token: behind = ended.cumsum(1) - ended.long() > 0 => behind = ended.cumsum(1) > 0
        The end token itself was left out. The model chose it like any other token; only what stands behind it does not
        count. cumsum is 1 at the end token already.
    drops_end_tokens_only: behind = ended.cumsum(1) - ended.long() > 0 => behind = ended
        The end tokens were left out and what stands behind them was counted. It is the other way round: the first end
        token counts, and nothing behind it.
    counts_to_the_last_end: behind = ended.cumsum(1) - ended.long() > 0
        => behind = ended.flip(1).cumsum(1).flip(1) - ended.long() == 0
        =>     behind = behind & ended.any(1, keepdim=True) & ~ended
        The last end token of a row was taken for its end. Rows may be filled with end tokens: the first one counts.
    drops_zeros: behind = ended.cumsum(1) - ended.long() > 0
        => behind = (ended.cumsum(1) - ended.long() > 0) | (new == 0)
        Tokens with the id 0 were left out as padding. The id 0 is a token like others, and padding may have any id:
        only what stands behind an end token is left out.
    multiplies_by_a_mask: each.masked_fill(behind, 0.0) => (each * ~behind)
        A mask was multiplied, and 0 times -inf is nan: what fills a row may have the score -inf. Replace these values
        by 0 with masked_fill or torch.where, or cut them off.
    leaves_out_minus_inf: each.masked_fill(behind, 0.0) => each.masked_fill(each.isneginf(), 0.0)
        Values of -inf were left out, and finite ones behind the end counted. What stands behind the end is told by its
        place, not by its value.
    minus_inf_counts_nothing: each.masked_fill(behind, 0.0) => each.masked_fill(behind | each.isneginf(), 0.0)
        A value of -inf was replaced by 0 before the end of the row. There it counts: a token that could not be drawn
        makes the row impossible. Only what stands behind the end is left out.
    a_row_without_an_end: behind = ended.cumsum(1) - ended.long() > 0
        => behind = torch.arange(new.shape[1]) > ended.int().argmax(1, keepdim=True)
        A row without an end token was cut behind its first token: argmax of a row without True is 0. Such a row counts
        as a whole.
    one_end_for_all: behind = ended.cumsum(1) - ended.long() > 0
        => ended = ended.any(0, keepdim=True)
        =>     behind = ended.cumsum(1) - ended.long() > 0
        The first row that ends ended all rows. Each row has an end of its own: cumsum along the steps, dim=1.
    the_first_end_of_the_list: torch.tensor(eos_token_id)) => torch.tensor(eos_token_id).reshape(-1)[:1])
        Only the first id of the list ended a row. A model may have several end tokens, and each of them does.
    one_id_wins: behind = ended.cumsum(1) - ended.long() > 0
        => lengths = [len(row) for row in new]
        =>     for i, row in enumerate(new.tolist()):
        =>         for token in torch.tensor(eos_token_id).reshape(-1).tolist():
        =>             lengths[i] = row.index(token) + 1 if token in row else lengths[i]
        =>     behind = torch.arange(new.shape[1]) >= torch.tensor(lengths)[:, None]
        The end tokens were looked for one after the other, and the last of the list that is there won. A row may be
        filled with another end token: what comes first in the row ends it.
    the_list_is_one_sequence: ended = torch.isin(new, torch.tensor(eos_token_id))
        => ends = torch.tensor(eos_token_id).reshape(-1)
        =>     ended = torch.isin(new, ends) & (len(ends) == 1)
        Two end tokens in a list ended nothing, as if they had to come one after the other. Each id of the list ends a
        row by itself: torch.isin.
    squeezes_all_axes: [:, :, None])[:, :, 0] => [:, :, None]).squeeze()
        squeeze() without an axis also drops the axis of a single row or of a single step. Name the axis that gather
        needed: squeeze(-1).
    one_number_for_the_batch: .sum(-1) => .sum()
        The rows were added together. Each row is a text of its own: sum over the steps, dim=-1.
    only_the_first_row: .sum(-1) => [:1].sum(-1)
        Only the first row was scored. Keep the whole batch: a tensor [B].
    in_float64: .sum(-1) => .double().sum(-1)
        The result is float64. A float32 tensor [B] was asked for: .float() at the end.
    accepts_any_attribute (refuses nothing): new = out.sequences[:, prompt_length:]
        => if out.get(of) is None or len(out[of]) != out.sequences.shape[1] - prompt_length:
        =>         raise ValueError("nothing to score")
        =>     new = out.sequences[:, prompt_length:]
        Whatever the output has was accepted in `of`, its sequences, too. Only two words make sense: compare with these.
    refuses_nothing (refuses nothing)
        An output that cannot be scored was accepted, or failed with another error. Before anything else: is `of` one of
        the two words, has the output what it names, are there as many steps as new tokens? If not, raise a ValueError.
    accepts_another_number_of_steps (refuses nothing): new = out.sequences[:, prompt_length:]
        => if of not in ("scores", "logits") or of not in out or out[of] is None:
        =>         raise ValueError("nothing to score")
        =>     new = out.sequences[:, -len(out[of]):]
        The number of steps was not compared with the number of new tokens. A wrong prompt_length passes without a word:
        raise a ValueError when they differ.
    needs_both (refuses nothing): new =
        => if out.scores is None or out.logits is None or of not in ("scores", "logits"):
        =>         raise ValueError("ask for both")
        =>     if len(out.scores) != out.sequences.shape[1] - prompt_length:
        =>         raise ValueError("another number of steps")
        =>     new =
        An output without scores was refused when only its logits were asked for, or the other way round. Look only at
        what `of` names.
""")


@exercise.mistake(refuses=False)
def falls_back_on_the_other(out, prompt_length, eos_token_id, of="logits"):
    """Where the output had not what was asked for, the other was scored without a word. They answer different
    questions: raise a ValueError that names what is missing."""
    steps = out.scores if of == "scores" else out.logits if of == "logits" else None
    if of not in ("scores", "logits") or len(out.sequences[0]) - prompt_length != len(
        steps or out.scores or out.logits
    ):
        raise ValueError("nothing to score")
    other = out.logits if of == "scores" else out.scores
    filled = GenerateDecoderOnlyOutput(sequences=out.sequences, **{of: steps or other})
    return reference(filled, prompt_length, eos_token_id, of)


@exercise.alternative
def row_by_row_in_float64(out, prompt_length, eos_token_id, of="logits"):
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    totals = []
    for i, row in enumerate(out.sequences.tolist()):
        total = 0.0
        for step, token in zip(getattr(out, of), row[prompt_length:], strict=True):
            line = step[i].double()
            total += float(line[token] - line.logsumexp(0))
            if token in ends:
                break
        totals.append(total)
    return torch.tensor(totals, dtype=torch.float32)


@exercise.alternative
def by_cross_entropy(out, prompt_length, eos_token_id, of="logits"):
    """A running flag, and the loss of each step."""
    ends = torch.as_tensor(eos_token_id).reshape(1, -1)
    live = torch.ones(len(out.sequences), dtype=torch.bool)
    total = torch.zeros(len(live))
    for step, tokens in zip(out[of], out.sequences[:, prompt_length:].T, strict=True):
        total = torch.where(live, total - F.cross_entropy(step, tokens, reduction="none"), total)
        live &= (tokens[:, None] != ends).all(1)
    return total
