"""``last_real_logits``: the next-token logits of each row of a padded batch, in one forward pass."""

import inspect

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model, prompt
from autograder.exercises.nb02_forward_step._shared import different_rows, gradients

LAST = 30  # the last of 31 ids, the probe models' end of text
exercise = Exercise(__name__, points=4, tolerance=1e-4, calls=True, no_grad=True)
exercise.rules("""
    front (2): each row gives what it gives alone: its real tokens count 0, 1, 2, ..., and padding in front of them is
        neither read nor counted
    behind: the logits stand at each row's own last real token, whether it has padding behind it, in front, or both
    any_ids: only the mask tells what is real: padding may hold any ids, and a real token the id of a padding
    lines: each row gives a line, float32 [B, V], also if there is one row; the model is called once, on all of
        input_ids
    gradients: the model runs with gradients off
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, *pads, width=9, hidden=False, **settings):
        """Rows with (left, right) padding of zeros, which no other token is; in ``any_ids`` it is the other way round.

        Only ``any_ids`` has real tokens with the last id, too.

        A rule that is not about padding in front has the same in all rows, and a longest row first: so positions of the
        first row for all break the rule ``front`` alone.
        """
        mask = torch.tensor([[int(left <= t < width - right) for t in range(width)] for left, right in pads])
        ids = (1 + different_rows(rng, len(pads), width, LAST - 1)) * mask
        if rule == "any_ids":
            last = (mask * torch.arange(width)).argmax(-1)
            ids += (1 + prompt(rng, len(pads), width, 30)) * (1 - mask)
            ids[range(len(pads)), last - 1], ids[range(len(pads)), last] = rng.sample([0, LAST], 2)
        model = probe_model(rng, **settings)
        return Probe(name, rule=rule, hidden=hidden, model=model, input_ids=ids, attention_mask=mask)

    yield probe("front", "no padding", (0, 0), (0, 0))
    yield probe("lines", "one row without padding", (0, 0))
    yield probe("lines", "one row of one token", (0, 0), width=1, hidden=True)
    yield probe("behind", "padding on the right", (0, 0), (0, 3), (0, 6))
    yield probe("front", "padding on the left", (4, 0), (0, 0), (7, 0))
    yield probe("behind", "padding on both sides", (2, 1), (2, 4), (2, 3))
    yield probe("lines", "one row, padding on both sides", (3, 2))
    yield probe("lines", "one row, padding on the left", (5, 0), width=8, hidden=True)
    yield probe("lines", "as many rows as columns", *[(0, 0)] * 6, width=6, vocab_size=53, hidden=True)
    yield probe("front", "padding on both sides, in every row another", (1, 4), (3, 2))
    yield probe("front", "every row padded in its own way", (5, 0), (0, 5), (0, 0), (2, 4))
    yield probe("front", "one real token", (6, 0), (3, 3), (0, 0), width=7, hidden=True)
    yield probe("front", "the first row without padding", (0, 0), (2, 1), (0, 4), (6, 0), hidden=True)
    yield probe("front", "as many columns as the model has positions", (20, 0), (0, 0), (7, 9), width=32)
    yield probe("behind", "padding on the right in every row", (0, 2), (0, 5), (0, 3), hidden=True)
    yield probe("behind", "one token, then padding", (0, 0), (0, 7), width=8, hidden=True)
    yield probe("any_ids", "any ids as padding", (2, 0), (2, 3), (2, 1))
    yield probe("any_ids", "any ids as padding, on both sides", (3, 1), (3, 2), hidden=True)
    yield probe("any_ids", "any ids as padding, on the left", (3, 0), (3, 0), hidden=True)
    yield probe("gradients", "gradients are off", (2, 0), (2, 0), gradients=False)
    yield probe("gradients", "gradients are off without padding, too", (0, 0), (0, 0), gradients=False, hidden=True)


@exercise.oracle
def oracle(model, input_ids, attention_mask):
    """The library's own first step: ``generate``, without its ``no_grad``, on the same batch, padded on the left."""
    shifts = [-1 - int(row.nonzero()[-1]) for row in attention_mask]
    ids, mask = (torch.stack(list(map(torch.roll, rows, shifts))) for rows in (input_ids, attention_mask))
    settings = {"max_new_tokens": 1, "pad_token_id": 0, "return_dict_in_generate": True, "output_logits": True}
    with gradients(model):
        generate = inspect.unwrap(type(model).generate)
        return generate(model, ids, attention_mask=mask, do_sample=False, **settings).logits[0]


@exercise.reference
def reference(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    rows, columns = map(torch.arange, attention_mask.shape)
    last = (attention_mask * columns).argmax(-1)
    with gradients(model):
        return model(input_ids, attention_mask=attention_mask, position_ids=positions).logits[rows, last]


exercise.slips("""
    with_gradients: gradients(model) => torch.enable_grad()
        The values are right, but the model ran with gradients on. Put the call into `with torch.no_grad():`.
    last_column: [rows, last] => [:, -1]
        The last column was taken, which is padding in a row padded on the right: find the last one where the mask is 1.
    mask_without_positions: , position_ids=positions =>
        The mask hides the padding, but the positions still count it: in a row padded on the left the first real token
        sits at position 4, say, instead of 0. Pass position_ids = mask.cumsum(-1) - 1, clamped at 0.
    positions_without_mask: attention_mask=attention_mask, =>
        The positions are right, but without the mask real tokens attend to padding in front: pass attention_mask, too.
    neither_mask_nor_positions: , attention_mask=attention_mask, position_ids=positions =>
        The model got only the ids, so it reads the padding as text and counts it. Pass attention_mask and position_ids.
    last_column_of_the_mask_alone: , position_ids=positions).logits[rows, last] => ).logits[:, -1]
        Two things are missing: position_ids, which must not count the padding in front, and the last *real* column of
        each row, which under right padding is not the last column.
    last_column_of_the_ids_alone: , attention_mask=attention_mask, position_ids=positions).logits[rows, last]
        => ).logits[:, -1]
        The mask was not used at all: it must reach the model, give the positions, and tell each row's last real column.
    number_of_tokens_as_column: (attention_mask * columns).argmax(-1) => attention_mask.sum(-1) - 1
        mask.sum(-1) - 1 is the last real column only without padding in front: look for the last 1 of the mask.
    first_real_column: (attention_mask * columns).argmax(-1) => attention_mask.argmax(-1)
        mask.argmax(-1) finds the mask's first 1, so these logits stand at the first real token. Look for the last 1.
    column_of_the_first_row: [rows, last] => [:, last[0]]
        The first row's last real column was taken in all rows. Each row has its own: logits[torch.arange(B), last].
    last_column_of_the_longest: [rows, last] => [:, last.max()]
        The last column in which any row has a real token was taken for all rows. Each row has a last real column of its
        own: logits[torch.arange(B), last].
    every_column_of_every_row: [rows, last] => [:, last]
        The shape is [B, B, V]: logits[:, last] takes all these columns of every row. Index both axes, which pairs each
        row with its column: logits[torch.arange(B), last].
    layout_of_the_first_row: (attention_mask * columns).argmax(-1)
        => (attention_mask.sum(-1) - 1 if attention_mask[0, 0] else columns[-1])
        The first row decided on which side all rows are padded. Each row may have its padding on its own side, or on
        both: look for the last 1 of each row's mask.
    first_column_of_padding: (attention_mask * columns).argmax(-1) => (attention_mask == 0).int().argmax(-1) - 1
        The first 0 of the mask was taken for the end of the row. Where a row has padding on both sides, it stands in
        front: look for the last 1 of each row's mask.
    start_and_length: (attention_mask * columns).argmax(-1)
        => (attention_mask.argmax(-1) + attention_mask.sum(-1)).clamp(max=columns[-1])
        The first real column plus the number of real tokens is the column behind the last one. Subtract 1.
    last_column_of_the_first_row: (attention_mask * columns).argmax(-1)
        => (columns[-1] if attention_mask[0, -1] else attention_mask.sum(-1) - 1)
        The last column of the first row decided on which side all rows are padded. Each row may have its padding on its
        own side, or on both: look for the last 1 of each row's mask.
    either_left_or_right: (attention_mask * columns).argmax(-1)
        => torch.where(attention_mask[:, -1] == 1, columns[-1], attention_mask.sum(-1) - 1)
        A row with padding behind was taken to have none in front, but it may have both: mask.sum(-1) - 1 is then too
        early. Look for the last 1 of each row's mask.
    one_row_has_no_padding: positions =
        => if len(input_ids) == 1:
        =>         attention_mask = torch.ones_like(input_ids)
        =>     positions =
        A batch of one row was run as if it had no padding. It may have some, too: use its mask like any other.
    no_padding_in_front_means_none: with gradients(model):
        => if attention_mask[:, 0].all():
        =>         last = columns[-1]
        =>     with gradients(model):
        Only the first column was looked at to see whether there is padding. Without any in front there may still be
        some behind: look for the last 1 of each row's mask.
    positions_from_one: (attention_mask.cumsum(-1) - 1).clamp(min=0) => attention_mask.cumsum(-1)
        The positions start at 1: cumsum counts the first real token as 1. Subtract 1.
    negative_positions: .clamp(min=0) =>
        Padding in front gets position -1, which does not exist (hence the IndexError): clamp at 0, the mask hides it.
    positions_of_the_first_row: position_ids=positions => position_ids=positions[:1]
        All rows got the positions of the first row. Each has padding of its own: cumsum over the mask of all rows.
    mask_from_the_ids: positions =
        => attention_mask = (input_ids != 0).long()
        =>     positions =
        Zeros among the ids were taken for padding. Padding may hold any id, and 0 may be a real token: use the mask.
    squeezes_the_batch: [rows, last] => [rows, last].squeeze()
        squeeze() without a dim also drops the batch axis of a single row. The result is [B, V], also for B = 1.
    keeps_an_axis_of_one: [rows, last] => [rows, last].unsqueeze(1)
        The shape is [B, 1, V]: the axis of the positions is still there. Drop it: squeeze(1), or index both axes.
    probabilities: [rows, last] => [rows, last].softmax(-1)
        These are probabilities. The exercise asks for the raw logits: leave the softmax to whoever calls this.
    one_call_for_each_row: model(input_ids, attention_mask=attention_mask, position_ids=positions).logits[rows, last]
        => torch.stack([model(row[mask == 1][None]).logits[0, -1] for row, mask in zip(input_ids, attention_mask)])
        The values are right, but each row went through the model alone. With the padding, one call serves all rows.
    shifted_by_all_the_padding: positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
        => columns = torch.arange(attention_mask.shape[1])
        =>     positions = (columns - (1 - attention_mask).sum(-1, keepdim=True)).clamp(min=0)
        The positions were moved by all the padding of a row. Only what stands in front of a token moves it: cumsum over
        the mask counts the real tokens up to there.
    positions_instead_of_the_mask: attention_mask=attention_mask => attention_mask=positions
        The model got positions for its mask, so the first real token of each row was hidden. Methods that end in an
        underscore, as cumsum_, write into the mask itself: make a new tensor.
    a_position_behind_the_last: .clamp(min=0) => .masked_fill(attention_mask == 0, attention_mask.shape[1])
        Padding got a position that the model does not have when the row fills its context (hence the IndexError): any
        valid position will do, 0 for one. The mask hides what stands there.
""")


@exercise.mistake
def one_call_for_each_padded_row(model, input_ids, attention_mask):
    """The values are right, but the rows went through the model one by one. One call takes the whole batch."""
    rows = zip(input_ids.split(1), attention_mask.split(1), strict=True)
    return torch.cat([reference(model, *row) for row in rows])


@exercise.alternative
@torch.no_grad()
def by_flipping(model, input_ids, attention_mask):
    """-1 becomes 1, as the library has it; the last 1 is the first of the flipped mask."""
    positions = (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, 1)
    logits = model(input_ids=input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = attention_mask.shape[1] - 1 - attention_mask.flip(-1).argmax(-1)
    return logits.gather(1, last[:, None, None].expand(-1, 1, logits.shape[-1])).squeeze(1)


@exercise.alternative
def in_loops(model, input_ids, attention_mask):
    """Real tokens count from 0, wherever they begin; the padding counts on."""
    positions, ends = torch.zeros_like(input_ids), []
    for row, mask in enumerate(attention_mask.tolist()):
        ends.append(max(t for t, real in enumerate(mask) if real))
        for count, t in enumerate(range(mask.index(1), len(mask))):
            positions[row, t] = count
    with torch.inference_mode():
        logits = model(input_ids, attention_mask=attention_mask.bool(), position_ids=positions).logits
    return torch.stack([logits[row, end] for row, end in enumerate(ends)])
