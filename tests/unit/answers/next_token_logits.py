"""Answers to ``next_token_logits``, written from its card alone, without sight of its probes."""

# %% wrong squeeze_batch: squeeze() also drops the batch axis when B is 1: breaks 'Returns float32 [B, V]'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        logits = model(input_ids).logits
    return logits[:, -1:, :].squeeze()

# %% wrong len_is_batch: len(input_ids) is B, not T, so the position B-1 is taken: breaks 'the logits at each row's last position'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        logits = model(input_ids).logits
    last = min(len(input_ids), input_ids.shape[1]) - 1
    return logits[:, last]

# %% wrong detach_only: the graph is built and then thrown away with detach(): breaks 'with gradients off'
import torch

def next_token_logits(model, input_ids):
    return model(input_ids).logits[:, -1].detach()

# %% wrong grad_off_for_good: switches gradients off globally and never on again instead of running under torch.no_grad(): breaks 'Run the model under torch.no_grad()'
import torch

def next_token_logits(model, input_ids):
    torch.set_grad_enabled(False)
    output = model(input_ids)
    return output.logits[:, -1, :]

# %% wrong row_by_row: calls the model once per row: breaks 'Runs the model once'
import torch

@torch.no_grad()
def next_token_logits(model, input_ids):
    rows = [model(row.unsqueeze(0)).logits[0, -1] for row in input_ids]
    return torch.stack(rows)

# %% wrong last_token_only: feeds only the last token, as if the scores depended on it alone: breaks 'ids [B, T] in' / 'The scores of the token that follows each row'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        return model(input_ids[:, -1:]).logits[:, -1]

# %% wrong zero_is_padding: takes id 0 for padding and reads the position of the last non-zero id: breaks 'without padding' and 'each row's last position'
import torch

def next_token_logits(model, input_ids):
    T = input_ids.shape[1]
    columns = torch.arange(T).expand_as(input_ids)
    last = columns.masked_fill(input_ids == 0, 0).amax(dim=-1)
    with torch.no_grad():
        logits = model(input_ids).logits
    return logits[torch.arange(len(input_ids)), last]

# %% wrong eos_masked: hides every eos id from the attention because 'eos doubles as pad': breaks 'without padding' (an eos is a token like any other)
import torch

def next_token_logits(model, input_ids):
    eos = getattr(getattr(model, "config", None), "eos_token_id", None)
    with torch.no_grad():
        if eos is not None and (input_ids == eos).any():
            mask = (input_ids != eos).long()
            return model(input_ids, attention_mask=mask).logits[:, -1]
        return model(input_ids).logits[:, -1]

# %% wrong log_probabilities: returns log_softmax of the last position: breaks 'the logits' (raw scores)
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        logits = model(input_ids).logits
    return torch.log_softmax(logits[:, -1], dim=-1)

# %% wrong float64: converts to double for 'accuracy': breaks 'Returns float32'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        logits = model(input_ids).logits.double()
    return logits[:, -1]

# %% wrong memo_by_ids: remembers results by ids alone, so another model (or the same one with new weights) gets stale scores: breaks 'Runs the model once' and the logits of the model given
import torch

_seen = {}

def next_token_logits(model, input_ids):
    key = tuple(map(tuple, input_ids.tolist()))
    if key not in _seen:
        with torch.no_grad():
            _seen[key] = model(input_ids).logits[:, -1]
    return _seen[key]

# %% wrong generate_one: lets generate() do the step with pad_token_id=0; it then builds a mask that hides every id 0 of the prompt: breaks 'without padding' / logits of the row as given
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        out = model.generate(
            input_ids, max_new_tokens=1, do_sample=False, pad_token_id=0,
            return_dict_in_generate=True, output_logits=True,
        )
    return out.logits[0]

# %% wrong context_window: keeps only the last 8 ids 'to fit the context': breaks 'The scores of the token that follows each row' for longer rows
import torch

CONTEXT = 8

def next_token_logits(model, input_ids):
    window = input_ids[:, -CONTEXT:]
    with torch.no_grad():
        return model(window).logits[:, -1, :]

# %% wrong first_row: evaluates row 0 only and repeats it for the batch: breaks 'one line for each row'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        logits = model(input_ids).logits
    last = logits[0, -1]
    return last.repeat(input_ids.shape[0], 1)

# %% wrong centered: subtracts each row's maximum since 'only differences matter': breaks 'the logits at each row's last position'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        scores = model(input_ids).logits[:, -1]
    return scores - scores.max(dim=-1, keepdim=True).values

# %% wrong numpy_result: hands back a numpy array: breaks '-> torch.Tensor'
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        return model(input_ids).logits[:, -1].cpu().numpy()

# %% right decorator_stack
import torch

@torch.no_grad()
def next_token_logits(model, input_ids):
    out = model(input_ids=input_ids)
    B, T = input_ids.shape
    rows = []
    for b in range(B):
        rows.append(out.logits[b][T - 1].float().clone())
    return torch.stack(rows, dim=0)

# %% right keep_last
import torch

def next_token_logits(model, input_ids):
    """The library computes the scores of the last position only."""
    with torch.no_grad():
        return model(input_ids, logits_to_keep=1).logits.squeeze(1).to(torch.float32)

# %% right class_gather
import torch

class _Step:
    def __init__(self, model):
        self.model = model

    def __call__(self, ids):
        context = torch.no_grad()
        context.__enter__()
        try:
            (logits, *_) = self.model(ids, return_dict=False)
        finally:
            context.__exit__(None, None, None)
        place = torch.full((ids.size(0), 1, logits.size(-1)), ids.size(1) - 1, dtype=torch.int64)
        return logits.gather(1, place)[:, 0].float()

def next_token_logits(model, input_ids):
    return _Step(model)(input_ids)

# %% right with_cache_and_ones
import torch

def next_token_logits(model, input_ids):
    with torch.no_grad():
        output = model(input_ids, attention_mask=torch.ones_like(input_ids), use_cache=False)
    *_, last = output.logits.unbind(dim=1)
    return last.float()
