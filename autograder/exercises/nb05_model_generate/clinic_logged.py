"""``clinic_logged``: three calls that run, and of which the library says something in its log."""

import contextlib
import io
import logging
import warnings

import torch
import transformers
from transformers import GenerationConfig

from autograder.exercises.exercise import Exercise
from autograder.exercises.nb05_model_generate._clinic import VOCABULARY, Ward, left_padded, patient_model, some_rows
from autograder.exercises.nb05_model_generate._clinic import prompt as prompt_of
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=3, sealed=True, adapter=Adapter.CLINIC)
exercise.rules("""
    ignored: the cause of ignored is named, and the mended call draws with the three settings of the broken one
    two_limits: the cause of two_limits is named, and the mended call writes n new tokens, whatever limit the repository
        brings
    right_side: the cause of right_side is named, and each row gets the new tokens that it gets alone
    manner: a mended call is a call of generate that mends: the library has nothing to say, and is not kept from saying
        it; the model and its settings are left as they were found
""")


def right_padded(rows, pad):
    width = max(map(len, rows))
    ids = [row + [pad] * (width - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


def ignored_broken(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, temperature=temperature, top_p=top_p, top_k=0)


def two_limits_broken(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n)


def right_side_broken(model, rows, n, pad):
    out = model.generate(**right_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
    return out[:, max(map(len, rows)) :]


BROKEN = {"ignored": ignored_broken, "two_limits": two_limits_broken, "right_side": right_side_broken}


@exercise.probes
def probes(rng):
    ward = Ward(exercise, BROKEN)

    def drawn(length, temperature, top_p, rows=1, holds=(), **settings):
        def make():
            args = {"seed": rng.randrange(1, 10**6), "temperature": temperature, "top_p": top_p}
            return {
                "model": patient_model(rng, **settings),
                "inputs": prompt_of(rng, length, rows, holds),
                "n": 8,
                **args,
            }

        return make

    def limited(length, n, limit, rows=1, holds=(), **more):
        repository = {"max_length": limit, **more}
        model = patient_model(rng, repository=repository)
        return lambda: {"model": model, "inputs": prompt_of(rng, length, rows, holds), "n": n}

    def padded(*lengths, n=6, pad=0):
        def make():
            return {"model": patient_model(rng), "rows": some_rows(rng, *lengths, holds=[pad]), "n": n, "pad": pad}

        return make

    n, pad = rng.randrange(5, 9), rng.randrange(1, VOCABULARY - 1)
    short, long = rng.randrange(3, 6), rng.randrange(8, 12)
    yield ward.cause("ignored")
    yield ward.result("ignored", "a temperature of 0.75, top_p of 0.875", drawn(short, 0.75, 0.875))
    yield ward.result("ignored", "a temperature of 2.0, top_p of 0.5", drawn(short, 2.0, 0.5))
    chat = {"do_sample": True, "top_k": 2}
    yield ward.result("ignored", "a repository that samples", drawn(short, 1.5, 0.875, repository=chat), broken=False)
    with_pad = {"pad_token_id": pad}
    yield ward.result("ignored", "the repository's pad id in the prompt",
                      drawn(long, 1.5, 0.875, holds=[pad], repository=with_pad), "drops_the_mask")  # fmt: skip
    yield ward.result("ignored", "top_p alone", drawn(short, 1.0, 0.625), hidden=True)
    yield ward.result("ignored", "two prompts", drawn(long, 1.5, 0.75, rows=2), hidden=True)
    yield ward.cause("two_limits")
    yield ward.result("two_limits", "the repository allows more", limited(short, n, 30), broken=False)
    yield ward.result("two_limits", "the repository allows less", limited(long, n, long + 2), broken=False)
    yield ward.result("two_limits", "the repository sets no limit", limited(long, n, None), broken=False)
    mask_counts = limited(long, n, 30, holds=[pad], **with_pad)
    yield ward.result(
        "two_limits", "the repository's pad id in the prompt", mask_counts, "drops_the_mask", broken=False
    )
    yield ward.result(
        "two_limits", "the repository allows just as much", limited(short, n, short + n), broken=False, hidden=True
    )
    yield ward.result("two_limits", "two prompts", limited(short, n + 2, 20, rows=2), broken=False, hidden=True)
    yield ward.cause("right_side")
    yield ward.result("right_side", "two rows", padded(short, long), "right_side_without_mask right_side_masks_nothing")
    yield ward.result(
        "right_side",
        "three rows, another pad",
        padded(long, 2, short, pad=pad),
        "right_side_without_mask right_side_masks_nothing",
    )
    yield ward.result(
        "right_side",
        "a row of one token",
        padded(1, long, pad=VOCABULARY - 1),
        "right_side_without_mask right_side_masks_nothing",
        hidden=True,
    )
    yield ward.result(
        "right_side",
        "four rows",
        padded(2, long, short, 7, pad=pad),
        "right_side_without_mask right_side_masks_nothing",
        hidden=True,
    )
    yield ward.manner("ignored", drawn(short, 0.75, 0.875))
    yield ward.manner("two_limits", limited(short, n, 30))
    yield ward.manner("right_side", padded(short, long, pad=pad))
    yield ward.manner("two_limits", limited(long, n, long + 2), "the repository allows less", hidden=True)
    yield ward.manner("right_side", padded(3, long, short), "three rows", hidden=True)


@exercise.oracle
@exercise.reference
def reference(patient):
    def ignored(model, inputs, n, seed, temperature, top_p):
        torch.manual_seed(seed)
        settings = {"temperature": temperature, "top_p": top_p, "top_k": 0}
        return model.generate(**inputs, max_new_tokens=n, do_sample=True, **settings)

    def two_limits(model, inputs, n):
        return model.generate(**inputs, max_new_tokens=n, max_length=None)

    def right_side(model, rows, n, pad):
        out = model.generate(**left_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
        return out[:, max(map(len, rows)) :]

    causes = {"ignored": "switch_is_off", "two_limits": "repository_limit", "right_side": "gap_before_new"}
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    return causes[patient], mended[patient]


exercise.slips("""
    ignored_has_bad_values: "ignored": "switch_is_off" => "ignored": "value_not_allowed"
        ignored: the values are allowed: the same three work where tokens are drawn. "Not valid" is said of flags, in
        a call of this kind. Which kind of call is it, when nothing else is said?
    ignored_contradicts_itself: "ignored": "switch_is_off" => "ignored": "contradiction"
        ignored: temperature, top_p and top_k are made to be used together, one after the other (exercise 3.7). Ask
        instead who would use them, and whether that is on.
    two_limits_is_the_default: "two_limits": "repository_limit" => "two_limits": "library_default"
        two_limits: the library's default limit holds where nobody sets one, and this call sets one. The message quotes
        two numbers. Where does the second stand? Print model.generation_config.
    two_limits_contradict_each_other: "two_limits": "repository_limit" => "two_limits": "contradiction"
        two_limits: two limits do not contradict each other, the smaller one would do, and here the library says which
        one counts. The call has only one of them. Who brought the other?
    two_limits_is_too_long: "two_limits": "repository_limit" => "two_limits": "prompt_too_long"
        two_limits: the prompt fits. Where it does not, a ValueError says so. The message speaks of two arguments, and
        the call has only one of them.
    right_side_lacks_a_mask: "right_side": "gap_before_new" => "right_side": "missing_mask"
        right_side: the mask is there and says rightly what is padding. It hides the padding from attention; it does not
        move the new tokens. Which column does the next token come from?
    right_side_has_a_bad_pad: "right_side": "gap_before_new" => "right_side": "pad_is_eos"
        right_side: any id may stand for padding that a mask marks; try another one, and the message stays. Look at what
        lies between the last token of a short row and its first new one.
    ignored_drops_the_settings: do_sample=True, **settings => do_sample=False
        ignored: the settings were thrown away, and the log is quiet. But the author wants to draw with them. Switch on
        what uses them.
    ignored_takes_other_settings: "top_p": top_p, "top_k": 0} => "top_k": 0}
        ignored: one of the settings is gone. All that the broken call says about drawing is wanted.
    ignored_hidden_top_k: "top_p": top_p, "top_k": 0} => "top_p": top_p}
        ignored: top_k is not said any more, so the library's 50 or the repository's own value is back. With top_k=0
        nothing is cut off besides top_p.
    ignored_without_a_seed: torch.manual_seed(seed) => torch.manual_seed(0)
        ignored: the seed was given up, or is not set right before the call. It was right in the broken call.
    one_limit_of_both: max_new_tokens=n, max_length=None => max_length=n
        two_limits: max_length counts the prompt, too. Asked for are n new tokens, so keep the other limit.
    keeps_the_repository_limit: max_new_tokens=n, max_length=None => 
        two_limits: the call's own limit is gone, and the one that nobody had asked for has stayed. It is the other way
        round: n new tokens are wanted, whatever the repository says.
    right_side_by_the_pad_id: **left_padded(rows, pad)
        => input_ids=(ids := left_padded(rows, pad)["input_ids"]), attention_mask=(ids != pad).long()
        right_side: the padding is on the right side now, and the mask was made from the pad id. A row may hold that id
        as a token of its own. Make the mask from the lengths.
    right_side_masks_nothing: **left_padded(rows, pad)
        => input_ids=(ids := left_padded(rows, pad)["input_ids"]), attention_mask=torch.ones_like(ids)
        right_side: the padding is on the left now, and the mask calls it text. It has to say 0 where padding stands.
""")


@exercise.mistake
def drops_the_mask(patient):
    """The mask of the inputs was left away. The model of this probe has a pad id in its repository, and the prompt
    holds that id: without a mask the library takes it for padding, and the model does not see it. Hand the mask
    over."""
    cause, mended = reference(patient)

    def ignored(model, inputs, n, seed, temperature, top_p):
        return mended(model, {"input_ids": inputs["input_ids"]}, n, seed, temperature, top_p)

    def two_limits(model, inputs, n):
        return mended(model, {"input_ids": inputs["input_ids"]}, n)

    return cause, {"ignored": ignored, "two_limits": two_limits}.get(patient, mended)


@exercise.mistake
def right_side_without_pad(patient):
    """right_side: nothing is said any more, because the library no longer knows that there is padding. It still stands
    between each short row and its first new token. Move it."""
    cause, mended = reference(patient)

    def right_side(model, rows, n, pad):
        inputs = right_padded(rows, pad)
        return model.generate(**inputs, max_new_tokens=n)[:, inputs["input_ids"].shape[1] :]

    return cause, right_side if patient == "right_side" else mended


@exercise.mistake
def right_side_without_mask(patient):
    """right_side: nothing is said any more, because the mask calls the padding text. It still stands between each short
    row and its first new token. Move it, and let the mask say 0 there."""
    cause, mended = reference(patient)

    def right_side(model, rows, n, pad):
        ids = right_padded(rows, pad)["input_ids"]
        return model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n)[:, ids.shape[1] :]

    return cause, right_side if patient == "right_side" else mended


@exercise.mistake
def calls_as_they_were(patient):
    """For the library nothing has changed: it says what it said of the broken call. Name the cause, and change that in
    the call's own arguments (in a configuration, None means "not set")."""
    return reference(patient)[0], BROKEN[patient]


@exercise.mistake
def silences_the_log(patient):
    """The broken call is still made, and the library is kept from speaking. That is no mend: the message was right.
    Change the call until there is nothing to say, and leave log, warnings and error stream alone."""

    def silent(*args):
        before = transformers.logging.get_verbosity()
        transformers.logging.set_verbosity_error()
        try:
            return BROKEN[patient](*args)
        finally:
            transformers.logging.set_verbosity(before)

    return reference(patient)[0], silent


@exercise.mistake
def filters_the_warnings(patient):
    """The broken call is still made, and Python's warnings are filtered. The message comes from the library's log, so
    this does not even hide it. Change the call."""

    def filtered(*args):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return BROKEN[patient](*args)

    return reference(patient)[0], filtered


@exercise.mistake
def redirects_the_errors(patient):
    """The broken call is still made, and what it says is sent elsewhere. Change the call; leave the stream alone."""

    def redirected(*args):
        with contextlib.redirect_stderr(io.StringIO()):
            return BROKEN[patient](*args)

    return reference(patient)[0], redirected


@exercise.mistake
def mends_and_silences(patient):
    """The call is mended and the log is silenced all the same. Take the silencing away: whatever the library has to say
    about the next mistake is wanted."""
    cause, mended = reference(patient)

    def silent(*args):
        logging.disable(logging.WARNING)
        try:
            return mended(*args)
        finally:
            logging.disable(logging.NOTSET)

    return cause, silent


@exercise.mistake
def changes_the_repository(patient):
    """two_limits: the limit was taken out of the model's own generation_config, for every later call as well. Switch it
    off in this call."""
    cause, mended = reference(patient)

    def two_limits(model, inputs, n):
        model.generation_config.max_length = None
        return model.generate(**inputs, max_new_tokens=n)

    return cause, two_limits if patient == "two_limits" else mended


@exercise.alternative
def by_configurations(patient):
    """The settings in a configuration; one limit that says the same; rows one by one."""

    def ignored(model, inputs, n, seed, temperature, top_p):
        settings = {"temperature": temperature, "top_p": top_p, "top_k": VOCABULARY}
        transformers.set_seed(seed)
        return model.generate(
            **inputs, generation_config=GenerationConfig(max_new_tokens=n, do_sample=True, **settings)
        )

    def two_limits(model, inputs, n):
        return model.generate(**inputs, max_length=inputs["input_ids"].shape[1] + n)

    def right_side(model, rows, n, pad):
        alone = [model.generate(torch.tensor([row]), attention_mask=torch.ones(1, len(row)), max_new_tokens=n)
                 for row in rows]  # fmt: skip
        return torch.cat([out[:, -n:] for out in alone])

    causes = ["switch_is_off", "repository_limit", "gap_before_new"]
    return causes[list(BROKEN).index(patient)], [ignored, two_limits, right_side][list(BROKEN).index(patient)]


@exercise.alternative
def by_flipping(patient):
    """Pad the reversed rows; keep the seed to oneself."""
    cause, mended = reference(patient)

    def ignored(*args):
        with torch.random.fork_rng(devices=[]):
            return mended(*args)

    def right_side(model, rows, n, pad):
        flipped = right_padded([row[::-1] for row in rows], pad)
        ids, mask = flipped["input_ids"].flip(1), flipped["attention_mask"].flip(1)
        return model.generate(ids, attention_mask=mask, max_new_tokens=n, pad_token_id=pad)[:, -n:]

    return cause, {"ignored": ignored, "right_side": right_side}.get(patient, mended)
