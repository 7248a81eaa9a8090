"""``last_real_logits``: the next-token logits of each row of a padded batch, in one forward pass."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model
from autograder.exercises.nb02_forward_step._shared import different_rows

exercise = Exercise(__name__, points=4, tolerance=1e-4, calls=True, no_grad=True)


@exercise.probes
def probes(rng):
    def probe(name, *pads, width=9):
        """Rows with (left, right) padding; what stands in the padding is random, so only the mask tells."""
        args = {"model": probe_model(rng), "input_ids": different_rows(rng, len(pads), width)}
        mask = torch.tensor([[int(left <= t < width - right) for t in range(width)] for left, right in pads])
        return Probe(name, **args, attention_mask=mask)

    yield probe("no padding", (0, 0), (0, 0))
    yield probe("padding on the left", (4, 0), (0, 0), (7, 0))
    yield probe("padding on the right", (0, 3), (0, 0), (0, 6))
    yield probe("one row, padding on both sides", (3, 2))
    yield probe("every row padded in its own way", (5, 0), (0, 5), (0, 0), (2, 4))


@exercise.oracle
def oracle(model, input_ids, attention_mask):
    """The library's own first step: ``generate`` on the same batch, padded on the left."""
    shifts = [-1 - int(row.nonzero()[-1]) for row in attention_mask]
    ids, mask = (torch.stack(list(map(torch.roll, rows, shifts))) for rows in (input_ids, attention_mask))
    settings = {"max_new_tokens": 1, "pad_token_id": 0, "return_dict_in_generate": True, "output_logits": True}
    return model.generate(ids, attention_mask=mask, do_sample=False, **settings).logits[0]


@exercise.reference
@torch.no_grad()
def reference(model, input_ids, attention_mask):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    rows, columns = map(torch.arange, attention_mask.shape)
    last = (attention_mask * columns).argmax(-1)
    return model(input_ids, attention_mask=attention_mask, position_ids=positions).logits[rows, last]


exercise.slips("""
    with_gradients: , last] => , last]
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
    positions_from_one: (attention_mask.cumsum(-1) - 1).clamp(min=0) => attention_mask.cumsum(-1)
        The positions start at 1: cumsum counts the first real token as 1. Subtract 1.
    negative_positions: .clamp(min=0) =>
        Padding in front gets position -1, which does not exist (hence the IndexError): clamp at 0, the mask hides it.
    one_call_for_each_row: model(input_ids, attention_mask=attention_mask, position_ids=positions).logits[rows, last]
        => torch.stack([model(row[mask == 1][None]).logits[0, -1] for row, mask in zip(input_ids, attention_mask)])
        The values are right, but each row went through the model alone. With the padding, one call serves all rows.
""")


@exercise.alternative
@torch.no_grad()
def by_flipping(model, input_ids, attention_mask):
    """-1 becomes 1, as the library has it; the last 1 is the first of the flipped mask."""
    positions = (attention_mask.cumsum(-1) - 1).masked_fill(attention_mask == 0, 1)
    logits = model(input_ids=input_ids, attention_mask=attention_mask, position_ids=positions).logits
    last = attention_mask.shape[1] - 1 - attention_mask.flip(-1).argmax(-1)
    return logits.gather(1, last[:, None, None].expand(-1, 1, logits.shape[-1])).squeeze(1)
