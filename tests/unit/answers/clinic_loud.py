"""Answers to ``clinic_loud``, written from its card alone, without sight of its probes."""
# filled comes from the set-up cell; the card names it.

# %% wrong cold_close_to_zero: draws at a temperature near 0
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, temperature=1e-6)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cold_top_k_one: draws from the best token alone
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cold_says_nothing: leaves do_sample away
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cold_zero_stays: do_sample=False, and temperature=0 stays and is logged
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, temperature=0)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cold_beams: the most likely text of four beams
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=4)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cold_no_beams_said: num_beams is left to the repository
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_after: the seed is set behind the call
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    out = model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)
    torch.manual_seed(seed)
    return out


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_dropped: the unknown argument is taken away, and nothing put in its place
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_loses_top_k: top_k=0 is lost
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_if_true: the seed 0 is not set
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    if seed:
        torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_python: random.seed in place of torch's
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    import random

    random.seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_restored: the numbers of another generator: the seed set in a fork, and the call made outside
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_makes_greedy: can be repeated, because nothing is drawn
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=False)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_of_notebook: the notebook's eos fills
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, eos)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=eos)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_without_mask: an id that exists, and the mask is lost
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(batch["input_ids"], max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_last_id_right: the last id, filled on the right
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    pad = model.config.vocab_size - 1
    batch = filled(rows, pad, side="right")
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_resizes: the table is made one row larger, in the model that was given
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    pad = model.config.vocab_size
    model.resize_token_embeddings(pad + 1)
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_cut_rows: rows cut to the shortest, so that nothing is filled
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    shortest = min(map(len, rows))
    ids = torch.tensor([row[-shortest:] for row in rows])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, pad_token_id=0)
    return out[:, shortest:]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong pad_whole_output: prompt and new tokens are returned
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    return model.generate(**filled(rows, 0), max_new_tokens=n, pad_token_id=0)


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% right pad_id_not_told: filled with 0 and the mask; pad_token_id is left away, nothing depends on it
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_one_less: one token of the prompt too few
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_from_the_start: the beginning of the prompt is kept
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, :room] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_notebook_size: 256 positions, as this notebook's model has
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = 256 - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_fewer_tokens: fewer new tokens in place of a shorter prompt
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    width = inputs["input_ids"].shape[1]
    n = min(n, model.config.n_positions - width)
    return model.generate(**inputs, max_new_tokens=max(n, 1))[:, width:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_mask_uncut: only the ids are cut
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    ids = inputs["input_ids"][:, -room:]
    out = model.generate(ids, attention_mask=inputs["attention_mask"], max_new_tokens=n)
    return out[:, ids.shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_mask_dropped: the mask is left away
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    ids = inputs["input_ids"][:, -room:]
    return model.generate(ids, max_new_tokens=n)[:, ids.shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_catches: tries the whole prompt and shortens by one at each error
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    for cut in range(inputs["input_ids"].shape[1]):
        shorter = {name: tensor[:, cut:] for name, tensor in inputs.items()}
        try:
            out = model.generate(**shorter, max_new_tokens=n)
        except IndexError:
            continue
        return out[:, shorter["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_window: greedy by hand over a sliding window, reading more than fits at the end
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    ids, size = inputs["input_ids"], model.config.n_positions
    for _ in range(n):
        with torch.no_grad():
            new = model(ids[:, -size:]).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
    return ids[:, -n:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cause_swapped: the two index errors are exchanged
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_context', 'long_prompt': 'beyond_vocabulary'}
    return causes[patient], mended[patient]

# %% wrong cause_seed: seed_too_late
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'seed_too_late', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cause_contradiction: too_cold taken for a contradiction
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'contradiction', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cause_pad: new_pad: pad_is_attended
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'pad_is_attended', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong cause_text: gives the sentence instead of the key
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'An argument has a value with which nothing can be computed.', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong order_swapped: gives the function first
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {"too_cold": "bad_value", "seeded": "unknown_argument"}
    causes |= {"new_pad": "beyond_vocabulary", "long_prompt": "beyond_context"}
    return mended[patient], causes[patient]

# %% wrong silenced: the log is switched off before each call
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    import transformers

    transformers.logging.set_verbosity_error()
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, temperature=0)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong sets_repository: writes its wishes into the model's generation_config
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    model.generation_config.do_sample = False
    model.generation_config.num_beams = 1
    return model.generate(**inputs, max_new_tokens=n)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong no_masks: ids alone, without their mask, in too_cold and seeded
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(inputs["input_ids"], max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(inputs["input_ids"], max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_always_cuts: keeps half of the positions, whatever n is
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions // 2
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    return model.generate(**inputs, max_new_tokens=n)[:, -n:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_writes_inputs: cuts the dictionary that was given
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    for name in list(inputs):
        inputs[name] = inputs[name][:, -room:]
    return model.generate(**inputs, max_new_tokens=n)[:, -n:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong long_first_row_only: only the first row is continued, inputs may have several
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    too_many = max(0, inputs["input_ids"].shape[1] + n - 1 - model.config.n_positions)
    inputs = {name: tensor[0:1, too_many:] for name, tensor in inputs.items()}
    return model.generate(**inputs, max_new_tokens=n)[:, -n:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong seed_fixed: one seed for all
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(7)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% right table_grown_back: the table is made one row larger and then smaller again
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    pad = model.config.vocab_size
    model.resize_token_embeddings(pad + 1)
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    model.resize_token_embeddings(pad)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% right as_meant: the shortest mend of each
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% right other_ways: greedy with all said, fork_rng, the last id as pad, slices by hand
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(
        inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=n, do_sample=False, num_beams=1
    )


def seeded(model, inputs, n, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    pad = model.config.vocab_size - 1
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=n, pad_token_id=pad)
    return out[:, width:]


def long_prompt(model, inputs, n):
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    too_many = ids.shape[1] + n - 1 - model.config.n_positions
    if too_many > 0:
        ids, mask = ids[:, too_many:], mask[:, too_many:]
    return model.generate(ids, attention_mask=mask, max_new_tokens=n)[:, -n:]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% wrong row_by_row: new_pad without padding: each row by itself; greedy by an own loop instead of the call
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    for _ in range(n):
        with torch.no_grad():
            new = model(ids, attention_mask=mask).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, new], dim=1)
        mask = torch.cat([mask, torch.ones_like(new)], dim=1)
    return ids


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    new = []
    for row in rows:
        ids = torch.tensor([row])
        new.append(model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=n)[:, len(row) :])
    return torch.cat(new)


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]

# %% right match_statement: causes and functions in a match; own config in too_cold
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    own = GenerationConfig(max_new_tokens=n, do_sample=False, num_beams=1, temperature=1.0, top_k=50, top_p=1.0)
    return model.generate(**inputs, generation_config=own)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    batch = filled(rows, 0)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=0)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    match patient:
        case "too_cold":
            return "bad_value", too_cold
        case "seeded":
            return "unknown_argument", seeded
        case "new_pad":
            return "beyond_vocabulary", new_pad
        case "long_prompt":
            return "beyond_context", long_prompt

# %% right pad_as_repository: new_pad filled with the id of the row's own first token
import torch
from transformers import DynamicCache, GenerationConfig


def too_cold(model, inputs, n):
    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)


def seeded(model, inputs, n, seed):
    torch.manual_seed(seed)
    return model.generate(**inputs, max_new_tokens=n, do_sample=True, top_k=0)


def new_pad(model, rows, n):
    pad = rows[0][0]
    batch = filled(rows, pad)
    out = model.generate(**batch, max_new_tokens=n, pad_token_id=pad)
    return out[:, batch["input_ids"].shape[1] :]


def long_prompt(model, inputs, n):
    room = model.config.n_positions - n + 1
    inputs = {name: tensor[:, -room:] for name, tensor in inputs.items()}
    out = model.generate(**inputs, max_new_tokens=n)
    return out[:, inputs["input_ids"].shape[1] :]


def clinic_loud(patient):
    mended = {"too_cold": too_cold, "seeded": seeded, "new_pad": new_pad, "long_prompt": long_prompt}
    causes = {'too_cold': 'bad_value', 'seeded': 'unknown_argument', 'new_pad': 'beyond_vocabulary', 'long_prompt': 'beyond_context'}
    return causes[patient], mended[patient]
