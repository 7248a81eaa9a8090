"""``clinic_silent``: five calls that run, say nothing, and give a wrong result."""

import copy

import torch
from transformers import DynamicCache, GenerationConfig, StaticCache

from autograder.exercises.exercise import Exercise
from autograder.exercises.nb05_model_generate._clinic import (
    VOCABULARY,
    Ward,
    left_padded,
    patient_model,
    row,
    some_rows,
)
from autograder.exercises.nb05_model_generate._clinic import prompt as prompt_of
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=6, sealed=True, adapter=Adapter.CLINIC)
exercise.rules("""
    maskless: the cause of maskless is named, and each row gets the new tokens that it gets alone, whatever ids it holds
    second_prompt: the cause of second_prompt is named, and each of the prompts gets the new tokens that it gets alone
    embedded: the cause of embedded is named, and all n new tokens are returned
    in_training: the cause of in_training is named, and the result is that of the model as a whole
    half_config: the cause of half_config is named, and the result is greedy, with one beam, whatever the repository
        says
    manner: a mended call is a call of generate that mends: it silences nothing, draws nothing, and leaves the model as
        it found it: its mode and that of its parts, its weights, its settings
""")


def maskless_broken(model, rows, n, pad):
    ids = left_padded(rows, pad)["input_ids"]
    return model.generate(ids, max_new_tokens=n, pad_token_id=pad)[:, ids.shape[1] :]


def second_prompt_broken(model, first, second, n):
    cache = DynamicCache(config=model.config)
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=cache)
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded_broken(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    out = model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)
    return out[:, vectors.shape[1] :]


def in_training_broken(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config_broken(model, inputs, n):
    return model.generate(**inputs, generation_config=GenerationConfig(max_new_tokens=n))


BROKEN = {
    "maskless": maskless_broken,
    "second_prompt": second_prompt_broken,
    "embedded": embedded_broken,
    "in_training": in_training_broken,
    "half_config": half_config_broken,
}


@exercise.probes
def probes(rng):
    ward = Ward(exercise, BROKEN)

    def maskless(*lengths, pad):
        def make():
            return {"model": patient_model(rng), "rows": some_rows(rng, *lengths, holds=[pad]), "n": 6, "pad": pad}

        return make

    def first_token_is_the_pad():
        rows = [[pad, *row(rng, short, holds=[pad])], row(rng, long)]
        return {"model": patient_model(rng), "rows": rows, "n": 6, "pad": pad}

    def every_id():
        ids = rng.sample(range(VOCABULARY), VOCABULARY)
        return {"model": patient_model(rng), "rows": [ids[:14], ids[14:]], "n": 6, "pad": pad}

    def two(first, second, n=6, rows=1, holds=(), **settings):
        def make():
            prompts = {"first": prompt_of(rng, first, rows, holds), "second": prompt_of(rng, second, rows, holds)}
            return {"model": patient_model(rng, **settings), **prompts, "n": n}

        return make

    def vectors(length, n, rows=1):
        def make():
            numbers = [[[rng.gauss(0, 0.3) for _ in range(16)] for _ in range(length)] for _ in range(rows)]
            return {"model": patient_model(rng), "vectors": torch.tensor(numbers), "n": n}

        return make

    def prompts(length, rows=1, holds=(), **settings):
        return lambda: {"model": patient_model(rng, **settings), "inputs": prompt_of(rng, length, rows, holds), "n": 8}

    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.25)
    training = {"training": True, **dropout}
    chat = {"do_sample": True, "temperature": 0.875, "top_k": 20, "top_p": 0.875}
    beams = {"do_sample": True, "top_k": 10, "num_beams": 4}
    pad = rng.randrange(1, VOCABULARY - 1)
    short, long = rng.randrange(3, 6), rng.randrange(9, 12)
    padded = {"pad_token_id": pad}
    pads = "the repository's pad id in the prompt"
    yield ward.cause("maskless")
    yield ward.result("maskless", "a single row that holds the pad id", maskless(long, pad=pad))
    yield ward.result(
        "maskless", "three rows that hold it", maskless(long, short, long - 1, pad=0), "maskless_masks_nothing"
    )
    yield ward.result(
        "maskless", "its first token is the pad id", first_token_is_the_pad, "maskless_stops_at_the_first_token"
    )
    yield ward.result("maskless", "two rows that hold every id there is", every_id)
    yield ward.result("maskless", "a single row, another pad", maskless(short, pad=VOCABULARY - 1), hidden=True)
    yield ward.result(
        "maskless", "four rows", maskless(2, long, short, 7, pad=pad), "maskless_masks_nothing", hidden=True
    )
    yield ward.cause("second_prompt")
    yield ward.result("second_prompt", "two prompts", two(short, long), "second_prompt_only_once")
    yield ward.result("second_prompt", "the second is much longer", two(short, long + 6), "second_prompt_only_once")
    yield ward.result("second_prompt", pads, two(short, long, holds=[pad], repository=padded), "drops_the_mask")
    yield ward.result("second_prompt", "more new tokens", two(2, long + 2, n=7), "second_prompt_only_once", hidden=True)
    yield ward.result(
        "second_prompt", "two prompts of two rows", two(short, long, rows=2), "second_prompt_only_once", hidden=True
    )
    yield ward.cause("embedded")
    yield ward.result("embedded", "fewer vectors than new tokens", vectors(short, 8))
    yield ward.result("embedded", "more vectors than new tokens", vectors(long, 5))
    yield ward.result("embedded", "two rows", vectors(short, 9, rows=2), hidden=True)
    yield ward.result("embedded", "two vectors", vectors(2, 6), hidden=True)
    yield ward.cause("in_training")
    yield ward.result("in_training", "one prompt", prompts(short, **training))
    yield ward.result("in_training", "two prompts", prompts(long, rows=2, **training))
    yield ward.result(
        "in_training", "a model that is not in training", prompts(short, **dropout), broken=False, hidden=True
    )
    yield ward.result("in_training", pads, prompts(long, holds=[pad], repository=padded, **training), "drops_the_mask")
    yield ward.cause("half_config")
    yield ward.result("half_config", "a repository that samples", prompts(short, repository=chat))
    yield ward.result(
        "half_config", "a repository with four beams", prompts(long, repository=beams), "half_config_keeps_the_beams"
    )
    yield ward.result("half_config", pads, prompts(long, holds=[pad], repository=chat | padded), "drops_the_mask")
    yield ward.result("half_config", "it samples, two prompts", prompts(long, rows=2, repository=chat), hidden=True)
    yield ward.result(
        "half_config",
        "four beams, two prompts",
        prompts(short, rows=2, repository=beams),
        "half_config_keeps_the_beams",
        hidden=True,
    )
    yield ward.manner("maskless", maskless(long, short, pad=pad))
    yield ward.manner("second_prompt", two(short, long))
    yield ward.manner("embedded", vectors(short, 6))
    yield ward.manner("in_training", prompts(short, **training))
    yield ward.manner("half_config", prompts(short, repository=chat))
    yield ward.manner("in_training", prompts(long, **dropout), "a model that is not in training")
    yield ward.manner("half_config", prompts(long, rows=2, repository=chat), "two prompts", hidden=True)


@exercise.oracle
@exercise.reference
def reference(patient):
    def maskless(model, rows, n, pad):
        out = model.generate(**left_padded(rows, pad), max_new_tokens=n, pad_token_id=pad)
        return out[:, max(map(len, rows)) :]

    def second_prompt(model, first, second, n):
        results = []
        for inputs in (first, second):
            cache = DynamicCache(config=model.config)
            out = model.generate(**inputs, max_new_tokens=n, past_key_values=cache)
            results.append(out[:, inputs["input_ids"].shape[1] :])
        return results

    def embedded(model, vectors, n):
        mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
        return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)

    def in_training(model, inputs, n):
        was = model.training
        model.eval()
        try:
            return model.generate(**inputs, max_new_tokens=n, do_sample=False)
        finally:
            model.train(was)

    def half_config(model, inputs, n):
        return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)

    causes = {
        "maskless": "guessed_mask",
        "second_prompt": "shared_state",
        "embedded": "no_prompt_in_result",
        "in_training": "dropout",
        "half_config": "unset_is_inherited",
    }
    mended = {
        "maskless": maskless,
        "second_prompt": second_prompt,
        "embedded": embedded,
        "in_training": in_training,
        "half_config": half_config,
    }
    return causes[patient], mended[patient]


exercise.slips("""
    maskless_is_padded_wrongly: "maskless": "guessed_mask" => "maskless": "padding_side"
        maskless: a single row without any padding shows the same fault, so the side cannot be it. Ask how the library
        tells text from padding when nobody says it.
    maskless_has_a_bad_pad: "maskless": "guessed_mask" => "maskless": "bad_pad"
        maskless: with a mask, any pad id gives the right result, this one, too. Another id only hides the fault until a
        text holds that one. What does the call leave out?
    second_prompt_has_no_seed: "second_prompt": "shared_state" => "second_prompt": "no_seed"
        second_prompt: nothing is drawn; the same two calls give the same wrong result each time. Run the second prompt
        alone: what did the first one leave behind?
    second_prompt_is_too_long: "second_prompt": "shared_state" => "second_prompt": "cache_full"
        second_prompt: a dynamic cache grows, and never throws anything out. Print cache.get_seq_length() between the
        calls: which tokens are these?
    embedded_ends_early: "embedded": "no_prompt_in_result" => "embedded": "ends_early"
        embedded: the model has no end token here. Print the shape of what generate returns, before anything is cut off.
    embedded_has_no_positions: "embedded": "no_prompt_in_result" => "embedded": "no_positions"
        embedded: the tokens that are returned are right ones, and come from the right place of a longer text. What
        happened to those before them?
    in_training_has_no_seed: "in_training": "dropout" => "in_training": "no_seed"
        in_training: no token is drawn here. A seed would make the result the same each time, and wrong each time. What
        else uses random numbers while a model is trained?
    in_training_needs_no_grad: "in_training": "dropout" => "in_training": "gradients"
        in_training: generate switches gradients off by itself, and they change no number of a forward pass. Something
        else is on during training, and off afterwards.
    in_training_rounds: "in_training": "dropout" => "in_training": "rounding"
        in_training: rounding changes the seventh digit of a score. Compare the logits of two forward passes: how far
        are they apart?
    half_config_replaces: "half_config": "unset_is_inherited" => "half_config": "config_replaces"
        half_config: if your configuration replaced the repository's, the call would be greedy, as the library is by
        default. It is not. What becomes of what you do not set?
    half_config_has_no_seed: "half_config": "unset_is_inherited" => "half_config": "no_seed"
        half_config: a seed would only repeat the same drawn text. The author did not want to draw at all. Who switched
        it on?
    maskless_by_the_pad_id: **left_padded(rows, pad)
        => input_ids=(ids := left_padded(rows, pad)["input_ids"]), attention_mask=(ids != pad).long()
        maskless: a mask from ids != pad is what the library guesses, too: it takes every token with the id of the
        padding for padding. Only the lengths of the rows tell which is which.
    maskless_masks_nothing: **left_padded(rows, pad)
        => input_ids=(ids := left_padded(rows, pad)["input_ids"]), attention_mask=torch.ones_like(ids)
        maskless: a mask of ones is right for a single row. In a batch of different lengths it calls the padding text.
    maskless_stops_at_the_first_token: **left_padded(rows, pad)
        => input_ids=(ids := left_padded(rows, pad)["input_ids"]), attention_mask=((ids != pad).cumsum(1) > 0).long()
        maskless: the mask begins at the first id that is no pad id. But the first token of a text may have that id,
        too. Make the mask from the lengths.
    second_prompt_keeps_the_prompt: inputs["input_ids"].shape[1] :]) => 0:])
        second_prompt: the prompts came back as well. Asked for are the new tokens of each prompt, as before.
    embedded_cuts_from_the_end: return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)
        => out = model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n + vectors.shape[1])
        =>         return out[:, vectors.shape[1] :]
        embedded: more tokens were made, and the first of them cut off, so the result begins in the middle. Look at what
        comes back before it is cut: which column is the first new token?
    embedded_without_a_first: attention_mask=mask, max_new_tokens=n) => attention_mask=mask, max_new_tokens=n)[:, 1:]
        embedded: the first new token was cut off. Nothing has to be.
    in_training_stays_in_eval: model.train(was) => pass
        in_training: the model stays in eval mode, and the training that goes on afterwards runs without dropout, which
        again nothing reports. Put back the mode in which you found it.
    in_training_goes_into_training: model.train(was) => model.train()
        in_training: the model is always in training mode afterwards, also if it was not before. Note the mode, and put
        back what you noted.
    half_config_keeps_the_beams: do_sample=False, num_beams=1) => do_sample=False)
        half_config: nothing is drawn any more, and some repositories set a number of beams, which is inherited just the
        same. Greedy is one beam; say it.
    half_config_draws_the_best: do_sample=False, num_beams=1) => do_sample=True, top_k=1, num_beams=1)
        half_config: top_k=1, or a tiny temperature, still draws: random numbers are used. Switch drawing off instead.
""")


@exercise.mistake
def an_id_that_no_row_holds(patient):
    """maskless: another pad id was looked for, one that stands in no row, so that the library guesses rightly. These
    rows hold every id that there is, and nothing is left to guess from. Say which tokens are padding."""
    cause, mended = reference(patient)

    def maskless(model, rows, n, pad):
        free = next(token for token in range(model.config.vocab_size) if all(token not in row for row in rows))
        ids = left_padded(rows, free)["input_ids"]
        return model.generate(ids, max_new_tokens=n, pad_token_id=free)[:, ids.shape[1] :]

    return cause, maskless if patient == "maskless" else mended


@exercise.mistake
def drops_the_mask(patient):
    """The mask of the inputs was left away. The model of this probe has a pad id in its repository, and the prompt
    holds that id: without a mask the library takes it for padding, and the model does not see it. Hand the mask
    over, as the broken call does."""
    cause, mended = reference(patient)

    def ids_alone(model, *prompts_and_n):
        return mended(model, *({"input_ids": p["input_ids"]} if isinstance(p, dict) else p for p in prompts_and_n))

    return cause, ids_alone if patient in ("second_prompt", "in_training", "half_config") else mended


@exercise.mistake
def second_prompt_switches_the_cache_off(patient):
    """second_prompt: the cache was switched off in the model itself, for every later call of everybody. Give each call
    a cache of its own, or say use_cache=False in the call."""
    cause, mended = reference(patient)

    def second_prompt(model, first, second, n):
        model.generation_config.use_cache = False
        return [model.generate(**p, max_new_tokens=n)[:, p["input_ids"].shape[1] :] for p in (first, second)]

    return cause, second_prompt if patient == "second_prompt" else mended


@exercise.mistake
def in_training_takes_the_dropout_out(patient):
    """in_training: the share that dropout switches off was set to 0, and stays 0: the training that goes on afterwards
    runs without dropout, which nothing reports. Put back what you change, or change the mode and put that back."""
    cause, mended = reference(patient)

    def in_training(model, inputs, n):
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)

    return cause, in_training if patient == "in_training" else mended


@exercise.mistake
def in_training_freezes_the_weights(patient):
    """in_training: the weights were told to need no gradients any more, and the training that goes on afterwards learns
    nothing. generate switches gradients off by itself, for its own passes."""
    cause, mended = reference(patient)

    def in_training(model, inputs, n):
        model.requires_grad_(False)
        return mended(model, inputs, n)

    return cause, in_training if patient == "in_training" else mended


@exercise.mistake
def gradients_stay_off(patient):
    """in_training: gradients were switched off for everything that runs afterwards, the training among it. generate
    switches them off by itself, for its own passes; elsewhere write `with torch.no_grad():`."""
    cause, mended = reference(patient)

    def in_training(model, inputs, n):
        torch.set_grad_enabled(False)
        return mended(model, inputs, n)

    return cause, in_training if patient == "in_training" else mended


@exercise.mistake
def half_config_still_logs(patient):
    """half_config: it is greedy now, and the library logs that the repository's temperature, top_k or top_p are of no
    use. In a configuration of your own set these to their neutral values, too; or give your settings as arguments."""
    cause, mended = reference(patient)

    def half_config(model, inputs, n):
        own = GenerationConfig(max_new_tokens=n, do_sample=False, num_beams=1)
        return model.generate(**inputs, generation_config=own)

    return cause, half_config if patient == "half_config" else mended


@exercise.mistake
def half_config_inherits(patient):
    """half_config: the repository still decides whether to draw. In a configuration, what is left out is not set, and
    neither is what is None: the repository's value is taken. Say do_sample=False, with or without a configuration."""
    cause, mended = reference(patient)
    return cause, half_config_broken if patient == "half_config" else mended


@exercise.mistake
def in_training_as_it_is(patient):
    """in_training: random numbers are used although no token is drawn: parts of the network are switched off at random,
    as in training. A seed would only repeat it. Switch it off for the call, and on again afterwards."""
    cause, mended = reference(patient)
    return cause, in_training_broken if patient == "in_training" else mended


@exercise.mistake
def changes_the_repository(patient):
    """half_config: the model's own generation_config was changed, for every later call as well. Say what you want in
    the call."""
    cause, mended = reference(patient)

    def half_config(model, inputs, n):
        model.generation_config = GenerationConfig()
        return model.generate(**inputs, max_new_tokens=n)

    return cause, half_config if patient == "half_config" else mended


@exercise.mistake
def second_prompt_only_once(patient):
    """second_prompt: the second prompt is read behind the first one, as if both were one text. The second call needs
    nothing of the first: a cache of its own, or none at all."""
    cause, mended = reference(patient)

    def second_prompt(model, first, second, n):
        results, ids = [], torch.empty(len(first["input_ids"]), 0, dtype=torch.int64)
        for inputs in (first, second):
            ids = torch.cat([ids, inputs["input_ids"]], 1)
            results.append(
                model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n)[:, ids.shape[1] :]
            )
        return results

    return cause, second_prompt if patient == "second_prompt" else mended


@exercise.mistake
def calls_as_they_were(patient):
    """The result is that of the broken call, and no message will tell you so. Compare it with what is right, name
    the cause, and change what the cause names."""
    cause, mended = reference(patient)
    return cause, BROKEN[patient] if patient in ("second_prompt", "embedded") else mended


@exercise.alternative
def by_other_means(patient):
    """Rows one by one; no cache; a copy in eval mode; a full configuration."""

    def maskless(model, rows, n, pad):
        ids = [torch.tensor([row]) for row in rows]
        return torch.cat([model.generate(i, attention_mask=torch.ones_like(i), max_new_tokens=n)[:, -n:] for i in ids])

    def second_prompt(model, first, second, n):
        return [model.generate(**inputs, max_new_tokens=n)[:, -n:] for inputs in (first, second)]

    def embedded(model, vectors, n):
        mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
        return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n, do_sample=False)[:, -n:]

    def in_training(model, inputs, n):
        return copy.deepcopy(model).eval().generate(**inputs, max_new_tokens=n, do_sample=False)

    def half_config(model, inputs, n):
        neutral = {"temperature": 1.0, "top_k": 50, "top_p": 1.0}
        own = GenerationConfig(max_new_tokens=n, do_sample=False, num_beams=1, **neutral)
        return model.generate(**inputs, generation_config=own)

    causes = ["guessed_mask", "shared_state", "no_prompt_in_result", "dropout", "unset_is_inherited"]
    functions = [maskless, second_prompt, embedded, in_training, half_config]
    return causes[list(BROKEN).index(patient)], functions[list(BROKEN).index(patient)]


@exercise.alternative
def with_the_same_objects(patient):
    """The cache is emptied, or static; the ids go along with their vectors; dropout modules alone are switched off."""
    cause, mended = reference(patient)

    def second_prompt(model, first, second, n):
        results = []
        for inputs in (first, second):
            width = inputs["input_ids"].shape[1]
            cache = StaticCache(config=model.config, max_cache_len=width + n)
            results.append(model.generate(**inputs, max_new_tokens=n, past_key_values=cache)[:, width:])
        return tuple(results)

    def in_training(model, inputs, n):
        holes = [module for module in model.modules() if module.training]
        for module in holes:
            module.training = False
        result = model.generate(**inputs, max_new_tokens=n)
        for module in holes:
            module.training = True
        return result

    def half_config(model, inputs, n):
        off = {"temperature": None, "top_k": None, "top_p": None}
        return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1, **off)

    own = {"second_prompt": second_prompt, "in_training": in_training, "half_config": half_config}
    return cause, own.get(patient, mended)
