"""Answers to ``clinic_silent``, written from its card alone, without sight of its probes."""
# filled comes from the set-up cell; the card names it.

# %% wrong mask_by_pad: the mask is made from the ids
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    ids = filled(rows, pad)["input_ids"]
    out = model.generate(ids, attention_mask=(ids != pad).long(), max_new_tokens=n, pad_token_id=pad)
    return out[:, ids.shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong all_ones: a mask of ones, also over the padding
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    ids = filled(rows, pad)["input_ids"]
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, pad_token_id=pad)
    return out[:, ids.shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong other_pad: another pad id that may stand in the text as well, no mask
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    other = (pad + 1) % model.config.vocab_size
    ids = filled(rows, other)["input_ids"]
    return model.generate(ids, max_new_tokens=n, pad_token_id=other)[:, ids.shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong unused_pad: an id that no row holds, still no mask
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    used = {t for row in rows for t in row}
    free = next(i for i in range(model.config.vocab_size) if i not in used)
    ids = filled(rows, free)["input_ids"]
    return model.generate(ids, max_new_tokens=n, pad_token_id=free)[:, ids.shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong mask_right: mask and padding on the right
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad, side="right")
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong first_cached_only: the second call without a cache object, the first one's is returned twice
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    cache = DynamicCache(config=model.config)
    one = model.generate(**first, max_new_tokens=n, past_key_values=cache)
    return [one[:, first["input_ids"].shape[1] :], one[:, first["input_ids"].shape[1] :]]


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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong crop_to_one: the cache is cut, and one position is left
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    cache = DynamicCache(config=model.config)
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=cache)
        results.append(out[:, inputs["input_ids"].shape[1] :])
        cache.crop(1)
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong swapped_results: the second one's tokens first
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (second, first):
        out = model.generate(**inputs, max_new_tokens=n)
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong same_width: both results are cut at the first prompt's width
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    width = first["input_ids"].shape[1]
    return [model.generate(**inputs, max_new_tokens=n)[:, width:] for inputs in (first, second)]


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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong joined: second prompt continues the first: what was read is put before it
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    one = model.generate(**first, max_new_tokens=n)
    ids = torch.cat([one, second["input_ids"]], dim=1)
    two = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n)
    return [one[:, first["input_ids"].shape[1] :], two[:, ids.shape[1] :]]


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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cut_longer: more is asked for, and the cut stays
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    out = model.generate(inputs_embeds=vectors, max_new_tokens=n + vectors.shape[1])
    return out[:, vectors.shape[1] :]


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    try:
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)
    finally:
        model.train(was)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong last_n: the last n of a longer text
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n + 1)[:, -n:]


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    try:
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)
    finally:
        model.train(was)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right embedded_no_mask: the mask is left away: for vectors there is no id to guess from
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    return model.generate(inputs_embeds=vectors, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    try:
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)
    finally:
        model.train(was)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong stays_eval: eval mode stays
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    return model.eval().generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong always_train: training mode afterwards, whatever it was
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    model.eval()
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    model.train()
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong only_seed: a seed makes the dropout the same each time
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    torch.manual_seed(0)
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong p_zero: p = 0 in all dropouts, and stays
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong no_grad: gradients off, the mode as it is
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    with torch.no_grad():
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% accepted modes_of_parts: every part is put into the mode of the whole, as model.train(was) does: no part was in another
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    for module in model.modules():
        module.training = was
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong half_said: do_sample=False in one's own configuration, and nothing else
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    own = GenerationConfig(max_new_tokens=n, do_sample=False)
    return model.generate(**inputs, generation_config=own)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong beams_left: the repository's beams stay
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong top_k_one: samples from one token
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=1, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong repository_written: do_sample=False in the model's configuration
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    model.generation_config.do_sample = False
    model.generation_config.num_beams = 1
    return model.generate(**inputs, max_new_tokens=n)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right repository_swapped: puts a fresh configuration into the model and takes it out again
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    kept = model.generation_config
    model.generation_config = GenerationConfig()
    out = model.generate(**inputs, max_new_tokens=n)
    model.generation_config = kept
    return out


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong none_in_own: None for what is not wanted, in one's own configuration
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    own = GenerationConfig(
        max_new_tokens=n, do_sample=False, num_beams=1, temperature=None, top_k=None, top_p=None
    )
    return model.generate(**inputs, generation_config=own)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong temperature_zero: temperature=0 beside do_sample=False
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1, temperature=0.0)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_replaces: half_config: config_replaces
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'config_replaces'}
    return causes[patient], mended[patient]

# %% wrong cause_side: maskless: padding_side
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'padding_side', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_bad_pad: maskless: bad_pad
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'bad_pad', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_full: second_prompt: cache_full
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'cache_full', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_early: embedded: ends_early
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'ends_early', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_seed: in_training: no_seed
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'no_seed', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cause_rounding: in_training: rounding
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'rounding', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right as_meant: the shortest mend of each
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right no_objects: no cache object, single rows, modes kept for each module, all said in the call
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    new = []
    for row in rows:
        ids = torch.tensor([row])
        new.append(model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, pad_token_id=pad)[0, -n:])
    return torch.stack(new)


def second_prompt(model, first, second, n):
    return [model.generate(**p, max_new_tokens=n)[:, p["input_ids"].shape[1] :] for p in (first, second)]


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)
    finally:
        for module, mode in modes:
            module.training = mode


def half_config(model, inputs, n):
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=False, num_beams=1, temperature=None, top_k=None, top_p=None
    )


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cache_cropped: the cache is cropped to 0, which crops nothing
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    cache = DynamicCache(config=model.config)
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=cache)
        results.append(out[:, inputs["input_ids"].shape[1] :])
        cache.crop(0)
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
    own = GenerationConfig(
        max_new_tokens=n, do_sample=False, num_beams=1, temperature=1.0, top_k=50, top_p=1.0
    )
    return model.generate(**inputs, generation_config=own)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right cache_reset: the cache is reset between the prompts; own configuration says all, neutrally
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    cache, results = DynamicCache(config=model.config), []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=cache)
        results.append(out[:, inputs["input_ids"].shape[1] :])
        cache = type(cache)(config=model.config)
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
    own = GenerationConfig(
        max_new_tokens=n, do_sample=False, num_beams=1, temperature=1.0, top_k=50, top_p=1.0
    )
    return model.generate(**inputs, generation_config=own)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right no_dropout_but_train: dropout off for the call by hand, and back; the mode is never changed
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    drops = [m for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    kept = [m.p for m in drops]
    for m in drops:
        m.p = 0.0
    try:
        return model.generate(**inputs, max_new_tokens=n, do_sample=False)
    finally:
        for m, p in zip(drops, kept):
            m.p = p


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong own_loop_eval: leaves eval behind when the call raises
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    model.train(not was)
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong config_attr_left: half_config: deletes what the repository says about drawing
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
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
    g = model.generation_config
    g.do_sample = g.temperature = g.top_k = g.top_p = g.num_beams = None
    return model.generate(**inputs, max_new_tokens=n)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong model_config_left: in_training: dropout set to 0 in the model's config only
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    model.config.resid_pdrop = model.config.embd_pdrop = model.config.attn_pdrop = 0.0
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong cache_kept_on_model: second_prompt: no cache at all in the first, use_cache=False written into the model
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    model.config.use_cache = False
    model.generation_config.use_cache = False
    return [model.generate(**p, max_new_tokens=n)[:, p["input_ids"].shape[1] :] for p in (first, second)]


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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong writes_inputs: second_prompt: the dictionaries that were given are changed
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        inputs["past_key_values"] = DynamicCache(config=model.config)
        out = model.generate(**inputs, max_new_tokens=n)
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


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong grad_left_off: in_training: gradients stay off afterwards, and the parameters are frozen
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    model.requires_grad_(False)
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    model.train(was)
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% wrong set_grad_off: in_training: torch.set_grad_enabled(False) stays
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    torch.set_grad_enabled(False)
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    model.train(was)
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right no_finally: in_training: mode noted and put back, without try and finally
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    was = model.training
    model.eval()
    out = model.generate(**inputs, max_new_tokens=n, do_sample=False)
    model.train(was)
    return out


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right copies: a copy in eval mode; the embedding's ids added to get the prompt back
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def second_prompt(model, first, second, n):
    def alone(inputs):
        fresh = DynamicCache(config=model.config)
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=fresh)
        return out[:, inputs["input_ids"].shape[-1] :]

    return [alone(first), alone(second)]


def embedded(model, vectors, n):
    out = model.generate(
        inputs_embeds=vectors, attention_mask=vectors.new_ones(vectors.shape[:2]).long(), max_new_tokens=n
    )
    return out[:, -n:]


def in_training(model, inputs, n):
    import copy

    return copy.deepcopy(model).eval().generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]

# %% right no_padding_mask_by_lengths: the mask from the rows' lengths; mode by a context manager
import torch
from transformers import DynamicCache, GenerationConfig


def maskless(model, rows, n, pad):
    lengths = torch.tensor([len(row) for row in rows])
    width = int(lengths.max())
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
    mask = (torch.arange(width)[None] >= width - lengths[:, None]).long()
    return model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=n, pad_token_id=pad)[:, width:]


def second_prompt(model, first, second, n):
    results = []
    for inputs in (first, second):
        out = model.generate(**inputs, max_new_tokens=n, past_key_values=DynamicCache(config=model.config))
        results.append(out[:, inputs["input_ids"].shape[1] :])
    return results


def embedded(model, vectors, n):
    mask = torch.ones(vectors.shape[:2], dtype=torch.int64)
    return model.generate(inputs_embeds=vectors, attention_mask=mask, max_new_tokens=n)


def in_training(model, inputs, n):
    import contextlib

    @contextlib.contextmanager
    def evaluating(net):
        mode = net.training
        net.eval()
        yield net
        net.train(mode)

    with evaluating(model) as net:
        return net.generate(**inputs, max_new_tokens=n, do_sample=False)


def half_config(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def clinic_silent(patient):
    mended = {"maskless": maskless, "second_prompt": second_prompt, "embedded": embedded, "in_training": in_training, "half_config": half_config}
    causes = {'maskless': 'guessed_mask', 'second_prompt': 'shared_state', 'embedded': 'no_prompt_in_result', 'in_training': 'dropout', 'half_config': 'unset_is_inherited'}
    return causes[patient], mended[patient]
