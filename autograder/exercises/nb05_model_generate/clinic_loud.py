"""``clinic_loud``: four calls that raise: the cause of each, and the mended call."""

import copy

import torch
import transformers
from transformers import GenerationConfig

from autograder.exercises.exercise import Exercise
from autograder.exercises.nb05_model_generate._clinic import (
    CONTEXT,
    VOCABULARY,
    Ward,
    left_padded,
    patient_model,
    some_rows,
)
from autograder.exercises.nb05_model_generate._clinic import prompt as prompt_of
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=4, sealed=True, adapter=Adapter.CLINIC)
exercise.rules("""
    too_cold: the cause of too_cold is named, and the mended call takes the most likely token at each step, with one
        beam, whatever the repository says
    seeded: the cause of seeded is named, and the mended call draws what its seed decides, from the whole vocabulary
    new_pad: the cause of new_pad is named, and each row gets the new tokens that it gets alone
    long_prompt: the cause of long_prompt is named, and the mended call writes n tokens after as much of the end of the
        prompt as fits
    manner: a mended call is a call of generate that mends: it catches no error, silences no message, draws nothing
        where nothing is to be drawn, and leaves the model and its settings as it found them
""")


def too_cold_broken(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, temperature=0)


def seeded_broken(model, inputs, n, seed):
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0, seed=seed)


def new_pad_broken(model, rows, n):
    pad = model.config.vocab_size
    out = model.generate(**left_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
    return out[:, max(map(len, rows)) :]


def long_prompt_broken(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n)[:, inputs["input_ids"].shape[1] :]


BROKEN = {
    "too_cold": too_cold_broken,
    "seeded": seeded_broken,
    "new_pad": new_pad_broken,
    "long_prompt": long_prompt_broken,
}


@exercise.probes
def probes(rng):
    ward = Ward(exercise, BROKEN)
    sampling = {"do_sample": True}

    def cold(length, rows=1, n=8, holds=(), **settings):
        return lambda: {"model": patient_model(rng, **settings), "inputs": prompt_of(rng, length, rows, holds), "n": n}

    def seeds(length, rows=1, seed=None, holds=(), **settings):
        def make():
            inputs = prompt_of(rng, length, rows, holds)
            chosen = rng.randrange(1, 10**6) if seed is None else seed
            return {"model": patient_model(rng, **settings), "inputs": inputs, "n": 8, "seed": chosen}

        return make

    def rows(*lengths, n=6):
        return lambda: {"model": patient_model(rng), "rows": some_rows(rng, *lengths), "n": n}

    n, pad = rng.randrange(6, 10), rng.randrange(1, VOCABULARY - 1)
    with_pad, beams = {"pad_token_id": pad}, {"num_beams": 4}
    short, long = rng.randrange(4, 7), rng.randrange(8, 12)
    yield ward.cause("too_cold")
    yield ward.result("too_cold", "one prompt", cold(short))
    yield ward.result("too_cold", "two prompts", cold(long, rows=2))
    yield ward.result("too_cold", "a repository that samples", cold(short, repository=sampling))
    yield ward.result(
        "too_cold", "a repository that samples, two prompts", cold(4, 2, repository=sampling), hidden=True
    )
    yield ward.result("too_cold", "a repository with beams", cold(long, repository=beams), "cold_keeps_the_beams")
    yield ward.result("too_cold", "the repository's pad id in the prompt",
                      cold(short, holds=[pad], repository=with_pad), "drops_the_mask")  # fmt: skip
    yield ward.result("too_cold", "a repository that samples, with beams", cold(short, 2, repository=sampling | beams),
                      "cold_keeps_the_beams", hidden=True)  # fmt: skip
    yield ward.cause("seeded")
    yield ward.result("seeded", "one prompt", seeds(short))
    yield ward.result("seeded", "the seed 0", seeds(long, seed=0))
    yield ward.result("seeded", "a repository with top_k", seeds(short, repository=sampling | {"top_k": 4}))
    yield ward.result("seeded", "the repository's pad id in the prompt",
                      seeds(long, holds=[pad], repository=with_pad), "drops_the_mask")  # fmt: skip
    yield ward.result("seeded", "two prompts", seeds(short, rows=2), hidden=True)
    yield ward.result("seeded", "the seed 0, two prompts", seeds(long, 2, seed=0), hidden=True)
    yield ward.cause("new_pad")
    yield ward.result("new_pad", "two rows", rows(short, long))
    yield ward.result("new_pad", "three rows", rows(short, long, 2))
    yield ward.result("new_pad", "a row of one token", rows(long, 1), hidden=True)
    yield ward.result("new_pad", "four rows", rows(2, short, long, 7), hidden=True)
    yield ward.cause("long_prompt")
    yield ward.result("long_prompt", "a prompt that nearly fits", cold(CONTEXT - n + 2, n=n))
    yield ward.result("long_prompt", "a prompt longer than the context", cold(CONTEXT + long, n=n))
    yield ward.result("long_prompt", "a prompt that just fits", cold(CONTEXT - n + 1, n=n), broken=False)
    yield ward.result("long_prompt", "a short prompt", cold(short, n=n), hidden=True, broken=False)
    yield ward.result("long_prompt", "two prompts", cold(CONTEXT, rows=2, n=n + 3))
    yield ward.result("long_prompt", "the repository's pad id in the prompt",
                      cold(CONTEXT, n=n, holds=[pad], repository=with_pad), "drops_the_mask")  # fmt: skip
    twice = cold(CONTEXT + 2, 2, n=n, holds=[pad], repository=with_pad)
    yield ward.result("long_prompt", "the repository's pad id in two prompts", twice, "drops_the_mask", hidden=True)
    yield ward.result("long_prompt", "one new token", cold(CONTEXT + short, n=1), hidden=True)
    yield ward.manner("too_cold", cold(short))
    yield ward.manner("seeded", seeds(long))
    yield ward.manner("new_pad", rows(short, long))
    yield ward.manner("long_prompt", cold(CONTEXT + 3, n=n))
    yield ward.manner("too_cold", cold(long, repository=sampling), "a repository that samples", hidden=True)
    yield ward.manner("new_pad", rows(long, 2, short), "three rows", hidden=True)


@exercise.oracle
@exercise.reference
def reference(patient):
    def too_cold(model, inputs, n):
        return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)

    def seeded(model, inputs, n, seed):
        torch.manual_seed(seed)
        return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)

    def new_pad(model, rows, n):
        pad = 0
        out = model.generate(**left_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
        return out[:, max(map(len, rows)) :]

    def long_prompt(model, inputs, n):
        keep = model.config.n_positions - (n - 1)
        ids, mask = inputs["input_ids"][:, -keep:], inputs["attention_mask"][:, -keep:]
        return model.generate(ids, attention_mask=mask, max_new_tokens=n)[:, ids.shape[1] :]

    causes = {
        "too_cold": "bad_value",
        "seeded": "unknown_argument",
        "new_pad": "beyond_vocabulary",
        "long_prompt": "beyond_context",
    }
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    return causes[patient], mended[patient]


exercise.slips("""
    cold_is_a_contradiction: "too_cold": "bad_value" => "too_cold": "contradiction"
        too_cold: the two arguments go together. Put 0.5 in place of 0, and the same call runs; so what is refused is
        not the pair. Read the message again: what does it say a temperature has to be?
    cold_is_unknown: "too_cold": "bad_value" => "too_cold": "unknown_argument"
        too_cold: generate knows temperature well. An argument that it does not know is named in a list of model_kwargs
        that are not used, and that is another patient.
    seed_has_a_bad_value: "seeded": "unknown_argument" => "seeded": "bad_value"
        seeded: no seed would have been accepted, whatever its value. The message lists names of arguments, and does not
        speak of values.
    seed_came_too_late: "seeded": "unknown_argument" => "seeded": "seed_too_late"
        seeded: nothing has been drawn, neither early nor late: the call was refused before it began. Read what the
        message says about the names of arguments.
    new_pad_leaves_the_context: "new_pad": "beyond_vocabulary" => "new_pad": "beyond_context"
        new_pad: the rows are short, a few positions of many. Two tables can be read beyond their end with this message:
        print the largest id, and the size of each table.
    new_pad_is_attended: "new_pad": "beyond_vocabulary" => "new_pad": "pad_is_attended"
        new_pad: the mask hides the padding from attention, and that is right. But every id is looked up in a table
        first, masked or not. What does the table hold for this one?
    new_pad_has_a_wrong_mask: "new_pad": "beyond_vocabulary" => "new_pad": "mask_length"
        new_pad: mask and ids have the same shape here; print both. A mask of another length gives another message, or
        none. Which number is an index into a table, and too large?
    long_prompt_leaves_the_vocabulary: "long_prompt": "beyond_context" => "long_prompt": "beyond_vocabulary"
        long_prompt: its ids are ordinary ones; print the largest. The message is the same for two tables. Which other
        one is read, by position?
    long_prompt_has_a_wrong_mask: "long_prompt": "beyond_context" => "long_prompt": "mask_length"
        long_prompt: the mask came from the tokenizer, together with the ids, and is as long as they are. What grows
        during the run, until a table has no more rows?
    cold_says_nothing: max_new_tokens=n, do_sample=False, num_beams=1 => max_new_tokens=n, num_beams=1
        too_cold: with both arguments taken away the call says nothing about drawing, so the repository decides, and
        some repositories draw. A call that must be greedy says so itself.
    cold_keeps_the_beams: max_new_tokens=n, do_sample=False, num_beams=1 => max_new_tokens=n, do_sample=False
        too_cold: nothing is drawn any more, and some repositories set a number of beams. With beams not the most likely
        token of each step is taken, but a text that is likely as a whole. Say num_beams=1.
    nearly_cold: max_new_tokens=n, do_sample=False => max_new_tokens=n, do_sample=True, temperature=1e-6
        too_cold: a tiny temperature, or top_k=1, still draws: random numbers are used, and whatever is drawn next is
        changed. There is an argument that switches drawing off.
    seed_is_dropped: torch.manual_seed(seed) => pass
        seeded: the argument is gone and the error with it, but now nothing decides what is drawn. The seed has to be
        set somewhere, right before the call, also where it is 0.
    always_the_same_seed: torch.manual_seed(seed) => torch.manual_seed(42)
        seeded: the seed that the caller gives is not used: every call draws the same. Set the one that was given.
    seeded_greedy: do_sample=True, top_k=0) => do_sample=False)
        seeded: without drawing every seed gives the same text, which is not what was asked. Keep do_sample=True, and
        set the seed in another place.
    seeded_hidden_top_k: do_sample=True, top_k=0) => do_sample=True)
        seeded: with top_k gone the library's own 50 (or the repository's) is back. Only the seed was wrong in this
        call; leave the others as they are.
    new_pad_without_mask: **left_padded(rows, pad) => left_padded(rows, pad)["input_ids"]
        new_pad: the id exists now, but the mask is gone, so what is padding has to be guessed from the pad id. Hand the
        mask over as before.
""")


@exercise.mistake
def drops_the_mask(patient):
    """The mask of the inputs was left away. The model of this probe has a pad id in its repository, and the prompt
    holds that id: without a mask the library takes it for padding, and the model does not see it. Hand the mask over,
    cut like the ids where these are cut."""
    cause, mended = reference(patient)

    def too_cold(model, inputs, n):
        return model.generate(inputs["input_ids"], max_new_tokens=n, do_sample=False, num_beams=1)

    def seeded(model, inputs, n, seed):
        torch.manual_seed(seed)
        return model.generate(inputs["input_ids"], max_new_tokens=n, do_sample=True, top_k=0)

    def long_prompt(model, inputs, n):
        ids = inputs["input_ids"][:, n - 1 - model.config.n_positions :]
        return model.generate(ids, max_new_tokens=n)[:, ids.shape[1] :]

    return cause, {"too_cold": too_cold, "seeded": seeded, "long_prompt": long_prompt}.get(patient, mended)


@exercise.mistake
def writes_a_loop(patient):
    """The tokens are right, and `generate` was never called: they come from a loop of your own. That is a good test of
    what is right. What is to be mended is the call."""
    cause, mended = reference(patient)

    def too_cold(model, inputs, n):
        ids = inputs["input_ids"]
        for _ in range(n):
            with torch.no_grad():
                ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
        return ids

    return cause, too_cold if patient == "too_cold" else mended


@exercise.mistake
def only_the_first_row(patient):
    """long_prompt: of several prompts only the first came back with new tokens. Cut the columns, and keep all rows:
    `ids[:, -keep:]`."""
    cause, mended = reference(patient)

    def long_prompt(model, inputs, n):
        return mended(model, {name: tensor[:1] for name, tensor in inputs.items()}, n)

    return cause, long_prompt if patient == "long_prompt" else mended


@exercise.mistake
def new_pad_resizes(patient):
    """new_pad: the table was made larger. That mends the lookup and changes the model for everybody: it has a new row
    of random numbers, and one more token that it may write. Padding that the mask hides can have any id that exists."""
    cause, mended = reference(patient)

    def new_pad(model, rows, n):
        pad = model.config.vocab_size
        model.resize_token_embeddings(pad + 1, mean_resizing=False)
        model.get_input_embeddings().weight.data[pad] = 0
        out = model.generate(**left_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
        return out[:, max(map(len, rows)) :]

    return cause, new_pad if patient == "new_pad" else mended


@exercise.mistake
def new_pad_cuts_the_rows(patient):
    """new_pad: the rows were cut to the shortest one, so that no padding is needed. Then the model reads less than it
    was given. Keep the rows whole, and choose another id for the padding."""
    cause, mended = reference(patient)

    def new_pad(model, rows, n):
        width = min(map(len, rows))
        ids = torch.tensor([row[-width:] for row in rows])
        return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n)[:, width:]

    return cause, new_pad if patient == "new_pad" else mended


def _long_prompt(cut):
    """``reference`` with another way to cut the prompt: ``cut`` gives ids, mask and the number of new tokens."""

    def answer(patient):
        cause, mended = reference(patient)

        def long_prompt(model, inputs, n):
            ids, mask, new = cut(model.config.n_positions, inputs["input_ids"], inputs["attention_mask"], n)
            return model.generate(ids, attention_mask=mask, max_new_tokens=new)[:, ids.shape[1] :]

        return cause, long_prompt if patient == "long_prompt" else mended

    return answer


for _name, _hint, _cut in (
    (
        "keeps_the_beginning",
        "long_prompt: the beginning was kept and the end cut off. New tokens continue the end: drop the oldest tokens.",
        lambda size, ids, mask, n: (ids[:, : size - n + 1], mask[:, : size - n + 1], n),
    ),
    (
        "keeps_one_too_few",
        "long_prompt: one token more fits. The last new token is never fed back, so it needs no position.",
        lambda size, ids, mask, n: (ids[:, n - size :], mask[:, n - size :], n),
    ),
    (
        "still_leaves_the_context",
        "long_prompt: a position beyond the table is still asked for. Positions are counted along the mask: was it cut "
        "as the ids were? If it was, the prompt is still too long: T prompt tokens and n new ones take T + n - 1 "
        "positions of model.config.n_positions.",
        lambda size, ids, mask, n: (ids[:, -size:], mask[:, -size:], n),
    ),
    (
        "writes_less",
        "long_prompt: the prompt was kept and fewer tokens were written. Asked for are n of them: make room for these.",
        lambda size, ids, mask, n: (ids[:, -size:], mask[:, -size:], min(n, size + 1 - min(ids.shape[1], size))),
    ),
):
    _answer = _long_prompt(_cut)
    _answer.__name__, _answer.__doc__ = _name, _hint
    exercise.mistake(_answer)


@exercise.mistake
def calls_as_they_were(patient):
    """This raises what the broken call raised. Name the cause first; then change the one thing that the cause names."""
    cause, mended = reference(patient)
    return cause, BROKEN[patient] if patient in ("too_cold", "seeded") else mended


@exercise.mistake
def new_pad_is_still_beyond(patient):
    """new_pad: an id is still looked up that the table does not have. The models of the check have small vocabularies:
    take any id that the model which you are given has, not one of the notebook's tokenizer."""
    cause, mended = reference(patient)
    return cause, new_pad_broken if patient == "new_pad" else mended


@exercise.mistake
def tries_and_excepts(patient):
    """The broken call is still made, and its error is caught. What fails each time is not tried first: make the call
    that is right, and nothing needs to be caught."""
    cause, mended = reference(patient)

    def tried(*args):
        try:
            return BROKEN[patient](*args)
        except (ValueError, IndexError):
            return mended(*args)

    return cause, tried


@exercise.mistake
def returns_the_prompt(patient):
    """The error was caught, and something else was returned in place of a result. A mended call writes tokens."""

    def tried(model, first, *others):
        try:
            return BROKEN[patient](model, first, *others)
        except (ValueError, IndexError):
            return first["input_ids"] if isinstance(first, dict) else torch.tensor(first[0])

    return reference(patient)[0], tried


@exercise.mistake
def changes_the_repository(patient):
    """too_cold: the model's own generation_config was changed. Every later call of this model is changed with it. Say
    what you want as an argument of the call."""
    cause, mended = reference(patient)

    def too_cold(model, inputs, n):
        model.generation_config.do_sample = False
        model.generation_config.temperature = 1.0
        model.generation_config.num_beams = 1
        return model.generate(**inputs, max_new_tokens=n)

    return cause, too_cold if patient == "too_cold" else mended


@exercise.alternative
def by_configurations(patient):
    """Each call from an explicit configuration; rows one by one."""

    def too_cold(model, inputs, n):
        greedy = GenerationConfig(max_new_tokens=n, do_sample=False, num_beams=1, temperature=1.0, top_k=50, top_p=1.0)
        return model.generate(inputs["input_ids"], attention_mask=inputs["attention_mask"], generation_config=greedy)

    def seeded(model, inputs, n, seed):
        transformers.set_seed(seed)
        return model.generate(**inputs, generation_config=GenerationConfig(max_new_tokens=n, do_sample=True, top_k=0))

    def new_pad(model, rows, n):
        alone = [model.generate(torch.tensor([row]), max_new_tokens=n, do_sample=False)[:, len(row) :] for row in rows]
        return torch.cat(alone)

    def long_prompt(model, inputs, n):
        room = model.config.max_position_embeddings + 1 - n
        shorter = {name: tensor[:, max(0, tensor.shape[1] - room) :] for name, tensor in inputs.items()}
        out = model.generate(**shorter, max_new_tokens=n, use_cache=False)
        return out[:, out.shape[1] - n :]

    causes = ["bad_value", "unknown_argument", "beyond_vocabulary", "beyond_context"]
    functions = [too_cold, seeded, new_pad, long_prompt]
    return causes[list(BROKEN).index(patient)], functions[list(BROKEN).index(patient)]


@exercise.alternative
def another_pad(patient):
    """Another pad id, a private generator state for the seed, greedy said twice."""
    cause, mended = reference(patient)

    def too_cold(model, inputs, n):
        return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1, top_k=None, temperature=None)

    def seeded(model, inputs, n, seed):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=VOCABULARY)

    def new_pad(model, rows, n):
        pad = model.config.vocab_size - 1
        inputs = left_padded(rows, pad)
        return model.generate(**inputs, max_new_tokens=n, pad_token_id=pad)[:, inputs["input_ids"].shape[1] :]

    return cause, {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad}.get(patient, mended)


@exercise.alternative
def on_a_copy(patient):
    """What is changed is a copy of the model."""
    cause, mended = reference(patient)

    def too_cold(model, inputs, n):
        private = copy.deepcopy(model)
        private.generation_config.do_sample, private.generation_config.num_beams = False, 1
        return private.generate(**inputs, max_new_tokens=n)

    return cause, too_cold if patient == "too_cold" else mended
