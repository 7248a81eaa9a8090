"""``next_token_logits``: one forward pass, and the logits of the last position, [B, V]."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import probe_model
from autograder.exercises.nb02_forward_step._shared import different_rows, gradients

exercise = Exercise(__name__, points=2, tolerance=1e-5, calls=True, no_grad=True)
exercise.rules("""
    logits (2): the raw logits of the given model at the last position, which has read the whole row, whatever ids it
        holds: float32 [1, V] for one row
    rows: several rows go through the model together, in one call, and each gives a line of its own, [B, V]
    gradients: the model runs with gradients off
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, rows, width, size=31, hidden=False, **settings):
        """Only the rows of ``rows`` are several: a model that takes them one by one breaks no other rule."""
        model, ids = probe_model(rng, vocab_size=size, **settings), different_rows(rng, rows, width, size)
        return Probe(name, rule=rule, hidden=hidden, model=model, input_ids=ids)

    def same_row_twice(name, row, hidden=False):
        """One row for two models: no id is padding, and nothing may be kept from one model to the next."""
        for which in ("", ", and another model"):
            model = probe_model(rng)
            yield Probe(name + which, rule="logits", hidden=hidden, model=model, input_ids=torch.tensor([row]))

    yield probe("logits", "one row of one token", 1, 1)
    yield probe("logits", "one row", 1, 6)
    yield from same_row_twice("a row that begins and ends with the id 0", [0, *rng.sample(range(1, 30), 3), 0])
    yield probe("logits", "a long row", 1, 24)
    yield probe("logits", "as many tokens as the model has positions", 1, 32, hidden=True)
    yield probe("logits", "one row of another vocabulary", 1, 5, size=53, hidden=True)
    ends = [*rng.sample(range(30), 3), 30, 30]
    yield from same_row_twice("a row that ends with the last id twice", ends, hidden=True)
    yield probe("rows", "as many rows as positions", 3, 3)
    yield probe("rows", "two rows", 2, 7)
    yield probe("rows", "four rows of one token", 4, 1, hidden=True)
    yield probe("rows", "more rows than positions, another vocabulary", 5, 4, size=53, hidden=True)
    yield probe("gradients", "gradients are off", 1, 5, gradients=False)
    yield probe("gradients", "gradients are off, also for one token", 1, 1, gradients=False, hidden=True)


@exercise.oracle
@exercise.reference
def reference(model, input_ids):
    with gradients(model):
        return model(input_ids).logits[:, -1]


exercise.slips("""
    leaves_gradients_on: gradients(model) => torch.enable_grad()
        The values are right, but gradients were on, for a backward pass that never comes: use `with torch.no_grad():`.
    runs_twice: return model => model(input_ids); return model
        The values are right, but the model ran twice, which takes twice the time. Keep what the first call returned.
    row_by_row: model(input_ids).logits[:, -1]
        => torch.cat([model(row[None]).logits[:, -1] for row in input_ids])
        The values are right, but each row went through the model alone. One call takes all rows: model(input_ids).
    only_row_zero: [:, -1] => [0, -1]
        This is only the first row: [0, -1] picks one row and drops the batch axis. Keep all rows with a colon: [:, -1].
    a_batch_of_the_first_row: [:, -1] => [:1, -1]
        Only the first row's line is there: a slice [:1] keeps the batch axis and one row of it. Keep all: [:, -1].
    last_row_instead_of_last_position: [:, -1] => [-1]
        [-1] picks the last row, because the first axis is the batch. The positions are the second axis: [:, -1].
    first_position: [:, -1] => [:, 0]
        These logits stand at the first position and have seen one token only. The last one has seen the whole prompt.
    number_of_rows_as_length: [:, -1] => [:, len(input_ids) - 1]
        len() of a tensor [B, T] is B, the number of rows, so this is the wrong position. The last one is -1: [:, -1].
    only_the_last_token_is_read: model(input_ids) => model(input_ids[:, -1:])
        The model got the last token alone and knows nothing of those before it. Give it the whole row.
    only_the_end_is_read: model(input_ids) => model(input_ids[:, -16:])
        A long row was cut before the model saw it, so its beginning is forgotten. Give the model the whole row.
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
def keeps_one_position(model, input_ids):
    return model(input_ids=input_ids, logits_to_keep=1).logits.squeeze(1)


@exercise.alternative
@torch.no_grad()
def by_index(model, input_ids):
    """In words: an attention mask that hides nothing, the scores as the first output, each row's own line."""
    scores = model(input_ids, attention_mask=torch.ones_like(input_ids), return_dict=False)[0]
    return torch.stack([scores[row, input_ids.shape[1] - 1] for row in range(len(input_ids))])


@exercise.alternative
def by_generating(model, input_ids):
    settings = {"max_new_tokens": 1, "do_sample": False, "return_dict_in_generate": True, "output_logits": True}
    return model.generate(input_ids, attention_mask=torch.ones_like(input_ids), pad_token_id=0, **settings).logits[0]
