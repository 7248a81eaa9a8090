"""Answers to ``clinic_logged``, written from its card alone, without sight of its probes."""
# filled comes from the set-up cell; the card names it.

# %% wrong still_off: do_sample is not switched on
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong loses_top_k: the library's 50 come back
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong no_seed: the seed is forgotten
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong fixed_values: 0.7 and 0.9 in place of the arguments
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, temperature=0.7, top_p=0.9, top_k=0)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong temperature_only: top_p is dropped
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_k=0)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong repository_samples: do_sample is written into the repository's configuration
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    model.generation_config.do_sample = True
    return model.generate(**inputs, max_new_tokens=n, temperature=temperature, top_p=top_p, top_k=0)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong own_config_ignored: own configuration: what it leaves out comes from the repository
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    own = GenerationConfig(max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=None)
    return model.generate(**inputs, generation_config=own)


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% right others_from_repository: min_p, penalties and beams of the repository stay
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=None
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong sum_length: the limit as max_length, prompt counted, and max_new_tokens left away
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_length=inputs["input_ids"].shape[1] + n + 1)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong lets_repository: only the repository's limit
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong both_given: both limits are given, and fit
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    width = inputs["input_ids"].shape[1]
    return model.generate(**inputs, max_new_tokens=n, max_length=width + n)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong config_changed: the repository's max_length is deleted
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    model.generation_config.max_length = None
    return model.generate(**inputs, max_new_tokens=n)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong own_none: None in a configuration of one's own, which says nothing
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    own = GenerationConfig(max_new_tokens=n, max_length=None)
    return model.generate(**inputs, generation_config=own)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong quiet: verbosity down and up again
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    out = model.generate(**inputs, max_new_tokens=n)
    logging.set_verbosity(before)
    return out


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong filter: a filter over the library's log
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    import logging

    def nothing(record):
        return False

    log = logging.getLogger("transformers.generation.utils")
    log.addFilter(nothing)
    try:
        return model.generate(**inputs, max_new_tokens=n)
    finally:
        log.removeFilter(nothing)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong stdout_swallowed: stderr is redirected during the call
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    import contextlib
    import io

    with contextlib.redirect_stderr(io.StringIO()):
        return model.generate(**inputs, max_new_tokens=n)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong asked_before: a first call makes the library say it once, so that the second is silent
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    model.generate(**inputs, max_new_tokens=1)
    return model.generate(**inputs, max_new_tokens=n)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong copied_model: a deep copy of the model whose configuration is changed
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    import copy

    mine = copy.deepcopy(model)
    mine.generation_config.max_length = None
    return mine.generate(**inputs, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong still_right: right padding stays, the pad id is another
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, 0, side="right")
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong no_mask: left padding without the mask
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    ids = filled(rows, pad)["input_ids"]
    return model.generate(ids, max_new_tokens=n, pad_token_id=pad)[:, ids.shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong cut_by_length: left padding, each row cut at its own length
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return torch.stack([row[len(own) : len(own) + n] for row, own in zip(out, rows)])


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong returns_all: the prompt is returned as well
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    return model.generate(**filled(rows, pad), max_new_tokens=n, pad_token_id=pad)


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong cause_value: ignored: value_not_allowed
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'value_not_allowed', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong cause_contradiction: two_limits: contradiction
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'contradiction', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong cause_default: two_limits: library_default
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'library_default', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% wrong cause_mask: right_side: missing_mask
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'missing_mask'}
    return causes[patient], mended[patient]

# %% wrong cause_pad_is_eos: right_side: pad_is_eos
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'pad_is_eos'}
    return causes[patient], mended[patient]

# %% right as_meant: the shortest mend of each
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, max_length=None)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% right own_configs: configurations of one's own that say everything
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    own = GenerationConfig(
        do_sample=True, temperature=temperature, top_p=top_p, top_k=0, max_new_tokens=n, num_beams=1
    )
    torch.manual_seed(seed)
    return model.generate(**inputs, generation_config=own)


def two_limits(model, inputs, n):
    whole = inputs["input_ids"].shape[1] + n
    return model.generate(**inputs, generation_config=GenerationConfig(max_length=whole))


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% right as_max_length: the limit counted with the prompt; rows one by one
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    torch.manual_seed(seed)
    return model.generate(
        **inputs, max_new_tokens=n, do_sample=True, temperature=temperature, top_p=top_p, top_k=0
    )


def two_limits(model, inputs, n):
    whole = inputs["input_ids"].shape[1] + n
    return model.generate(**inputs, max_length=whole)


def right_side(model, rows, n, pad):
    new = torch.zeros(len(rows), n, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids = torch.tensor([row])
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, pad_token_id=pad)
        new[i] = out[0, len(row) :]
    return new


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]

# %% right copied_config: a copy of the repository's configuration, changed, given to the call
import torch
from transformers import DynamicCache, GenerationConfig


def ignored(model, inputs, n, seed, temperature, top_p):
    switched_on = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": None}
    torch.manual_seed(seed)
    return model.generate(
        inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=n, **switched_on
    )


def two_limits(model, inputs, n):
    import copy

    config = copy.deepcopy(model.generation_config)
    config.max_length = inputs["input_ids"].shape[1] + n
    return model.generate(**inputs, generation_config=config)


def right_side(model, rows, n, pad):
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def clinic_logged(patient):
    mended = {"ignored": ignored, "two_limits": two_limits, "right_side": right_side}
    causes = {'ignored': 'switch_is_off', 'two_limits': 'repository_limit', 'right_side': 'gap_before_new'}
    return causes[patient], mended[patient]
