"""``next_token_logits``: one forward pass, and the logits of the last position, [B, V]."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model
from autograder.exercises.nb02_forward_step._shared import different_rows

exercise = Exercise(__name__, points=2, tolerance=1e-5, no_grad=True)


@exercise.probes
def probes(rng):
    def probe(name, rows, width, **settings):
        model, ids = probe_model(rng, **settings), different_rows(rng, rows, width, **settings)
        return Probe(name, model=model, input_ids=ids)

    yield probe("one row of one token", 1, 1)
    yield probe("one row", 1, 6)
    yield probe("as many rows as positions", 3, 3)
    yield probe("two rows", 2, 7)
    yield probe("another vocabulary", 4, 5, vocab_size=53)


@exercise.oracle
@exercise.reference
@torch.no_grad()  # slips leave gradients on: each is recognized whether or not its author turned them off
def reference(model, input_ids):
    return model(input_ids).logits[:, -1]


exercise.slips("""
    leaves_gradients_on: logits[:, -1] => logits[:, -1]
        The values are right, but gradients were on, for a backward pass that never comes: use `with torch.no_grad():`.
    only_row_zero: [:, -1] => [0, -1]
        This is only the first row: [0, -1] picks one row and drops the batch axis. Keep all rows with a colon: [:, -1].
    last_row_instead_of_last_position: [:, -1] => [-1]
        [-1] picks the last row, because the first axis is the batch. The positions are the second axis: [:, -1].
    first_position: [:, -1] => [:, 0]
        These logits stand at the first position and have seen one token only. The last one has seen the whole prompt.
    mean_over_positions: [:, -1] => .mean(dim=1)
        The positions were averaged. Each of them predicts another token: take the last position and leave the rest.
    softmax_over_positions: [:, -1] => .softmax(dim=1)[:, -1]
        A softmax ran over the positions (dim=1). Return the logits; a softmax would run over the vocabulary, dim=-1.
    probabilities: [:, -1] => .softmax(dim=-1)[:, -1]
        These are probabilities. The exercise asks for the raw logits: leave the softmax to exercise 2.
    flattened_argmax: [:, -1] => .argmax()
        argmax without a dim flattens the tensor: this is no token id, and the exercise asks for the logits themselves.
    token_ids: [:, -1] => [:, -1].argmax(dim=-1)
        This is the id of the most likely token of each row. The exercise asks for the logits of all tokens.
    all_positions: [:, -1] =>
        These are the logits of all positions, [B, T, V]. Only the last position predicts the token after the prompt.
    keeps_an_axis_of_one: [:, -1] => [:, -1:]
        The slice -1: keeps an axis of length 1, so the shape is [B, 1, V]. Index with -1 to drop the axis.
    squeezes_the_batch: [:, -1] => [:, -1].squeeze()
        squeeze() without a dim also drops the batch axis of a single row. Index the axis you want to drop: [:, -1].
""")


@exercise.alternative
@torch.inference_mode()
def row_by_row(model, input_ids):
    return torch.cat([model(row[None], logits_to_keep=1).logits[0] for row in input_ids])
