"""Answers to ``apply_temperature``, written from its card alone, without sight of its probes."""

# %% wrong float_is_no_copy: logits.float() is no copy for float32, so div_ writes into the caller's tensor; 'leave the given ones unchanged'
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return logits.float().div_(T)

# %% wrong shortcut_at_one: returns the caller's own tensor at T = 1, not new logits
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    if T == 1.0:
        return logits
    return logits.float() / T

# %% wrong keeps_input_dtype: keeps the dtype of the input (bfloat16 stays bfloat16, float64 stays float64) instead of float32
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return logits / T

# %% wrong zero_is_greedy: T = 0 is treated as greedy (all but the best -inf) instead of being refused
import torch


def apply_temperature(logits, T):
    if T < 0:
        raise ValueError("T must not be negative")
    if T == 0:
        best = logits.argmax(-1, keepdim=True)
        return torch.full_like(logits, -torch.inf, dtype=torch.float32).scatter(-1, best, 0.0)
    return logits.float() / T

# %% wrong zero_only: refuses T = 0 but not a negative T
def apply_temperature(logits, T):
    if T == 0:
        raise ValueError("T = 0 divides by zero")
    return logits.float() / T

# %% wrong negative_only: refuses T < 0 but lets T = 0 divide by zero
def apply_temperature(logits, T):
    if T < 0:
        raise ValueError("T must be positive")
    return logits.float() / T

# %% wrong clamped: clamps small temperatures to 0.01 'for stability', so the logits are not divided by T there
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    T = max(T, 1e-2)
    return logits.float() / T

# %% wrong shifted_by_max: subtracts the row's maximum first 'for stability': not each logit divided by T
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    logits = logits.float()
    return (logits - logits.amax(-1, keepdim=True)) / T

# %% wrong log_probs: returns normalized log-probabilities instead of the divided logits
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return torch.log_softmax(logits.float() / T, dim=-1)

# %% wrong nan_to_num: replaces -inf by the smallest float after dividing, so a cut token comes back as a finite logit
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return torch.nan_to_num(logits.float() / T)

# %% wrong asserts: refuses with AssertionError, not ValueError
def apply_temperature(logits, T):
    assert T > 0, "T must be positive"
    return logits.float() / T

# %% wrong squeezed: loses the batch dimension when B = 1 (returns [V])
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return logits.squeeze(0).float() / T

# %% wrong epsilon: adds a small epsilon to T 'against division by zero', so the result is not logits / T (visible at small T)
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return logits.float() / (T + 1e-3)

# %% wrong numpy_float64: goes through numpy and a Python float and forgets to come back to float32
import numpy as np
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    return torch.from_numpy(logits.numpy().astype(np.float64) / T)

# %% wrong refuses_above_two: refuses T above 2 as APIs do; the card only refuses T <= 0
def apply_temperature(logits, T):
    if not 0 < T <= 2:
        raise ValueError("temperature must be in (0, 2]")
    return logits.float() / T

# %% wrong penalty_rule: divides only positive logits, as if for a penalty, and multiplies negative ones by T
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    logits = logits.float()
    return torch.where(logits > 0, logits / T, logits * T)

# %% wrong in_place_same_dtype: divides into the caller's tensor
def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T must be positive")
    logits /= T
    return logits

# %% right numpy_double
import numpy as np
import torch


def apply_temperature(logits, T):
    if not T > 0:
        raise ValueError(f"the temperature must be above 0, not {T}")
    wide = np.array(logits.detach().to(torch.float64).tolist(), dtype=np.float64).reshape(tuple(logits.shape))
    return torch.tensor(wide / float(T), dtype=torch.float32)

# %% right python_loop
import torch


def apply_temperature(logits, T):
    if T <= 0:
        raise ValueError("T <= 0 is refused")
    rows = [[x / T for x in row] for row in logits.tolist()]
    return torch.tensor(rows, dtype=torch.float32)

# %% right clone_then_div
import torch


def apply_temperature(logits, T):
    if T <= 0.0:
        raise ValueError("T must be greater than 0")
    out = torch.empty(logits.shape, dtype=torch.float32)
    out.copy_(logits)
    out.div_(T)
    return out
