"""Answers to ``only``, written from its card alone, without sight of its probes."""
# torch and LogitsProcessor (set-up cell) are imported in each cell.

# %% wrong in_place: writes -inf into the scores that came in
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            lines = [option + [self.eos] for option in self.options]
            ok = {line[len(row)] for line in lines if len(line) > len(row) and line[: len(row)] == row} or {self.eos}
            for token in range(scores.shape[1]):
                if token not in ok:
                    scores[b, token] = -torch.inf
        return scores

# %% wrong no_longer_option: behind a complete option only the end token
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        new_scores = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            if row in self.options:
                ok = [self.eos]
            else:
                ok = [o[len(row)] for o in self.options if len(o) > len(row) and o[: len(row)] == row] or [self.eos]
            new_scores[b, ok] = scores[b, ok]
        return new_scores

# %% wrong no_end_if_longer: behind a complete option that is a beginning of another the end token is not allowed
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [o[n] for o in self.options if len(o) > n and o[:n] == row]
            if not ok:
                ok = [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong dead_row_empty: a row that is no beginning gets no token
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            for line in (o + [self.eos] for o in self.options):
                if n < len(line) and line[:n] == row:
                    out[b, line[n]] = scores[b, line[n]]
        return out

# %% wrong dead_row_free: a row that is no beginning may write anything
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = scores.clone()
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row]
            if ok:
                out[b] = -torch.inf
                out[b, ok] = scores[b, ok]
        return out

# %% wrong zeros: what is allowed gets the score 0
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = 0.0
        return out

# %% wrong large_negative: -1e9 in place of -inf
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -1e9)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong first_match: only the first option that fits
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n, token = len(row), self.eos
            for o in self.options:
                if o[:n] == row and n < len(o):
                    token = o[n]
                    break
            out[b, token] = scores[b, token]
        return out

# %% wrong by_position: any option's token at this position, whatever came before
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        n = input_ids.shape[1] - self.prompt_length
        ok = {(o + [self.eos])[n] for o in self.options if n <= len(o)} or {self.eos}
        ok = sorted(ok)
        out[:, ok] = scores[:, ok]
        return out

# %% wrong last_token_only: goes on wherever the last token stands in an option
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            ok = []
            for o in self.options:
                line = o + [self.eos]
                if not row:
                    ok.append(line[0])
                elif row[-1] in o:
                    ok.append(line[o.index(row[-1]) + 1])
            ok = ok or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong first_row_for_all: looks at row 0 and treats all rows alike
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        row = input_ids[0, self.prompt_length :].tolist()
        n = len(row)
        ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
        out = torch.full_like(scores, -torch.inf)
        out[:, ok] = scores[:, ok]
        return out

# %% wrong counts_steps: counts its calls instead of looking at the length of the rows
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id
        self.step = 0

    def __call__(self, input_ids, scores):
        n = self.step
        self.step += 1
        out = torch.full_like(scores, -torch.inf)
        for b in range(len(scores)):
            row = input_ids[b, input_ids.shape[1] - n :].tolist() if n else []
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong remembers_rows: keeps for each row the options that are left
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id
        self.left = None

    def __call__(self, input_ids, scores):
        n = input_ids.shape[1] - self.prompt_length
        if self.left is None or n == 0:
            self.left = [[o + [self.eos] for o in self.options] for _ in range(len(scores))]
        out = torch.full_like(scores, -torch.inf)
        for b in range(len(scores)):
            if n:
                last = int(input_ids[b, -1])
                self.left[b] = [o for o in self.left[b] if len(o) >= n and o[n - 1] == last]
            ok = [o[n] for o in self.left[b] if len(o) > n] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong end_always: the end token is allowed everywhere
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [o[n] for o in self.options if n < len(o) and o[:n] == row] + [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong whole_row: matches with the prompt: looks for the longest end of the row that begins an option
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids.tolist()):
            for n in range(max(map(len, self.options)), -1, -1):
                tail = row[len(row) - n :]
                ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == tail]
                if ok:
                    break
            if row[-1] == self.eos:
                ok = [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong accepts_empty: does not refuse an empty option
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options or any(eos_token_id in o for o in options):
            raise ValueError("no options, or the end token in one")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong accepts_none: does not refuse a list without options
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        for o in options:
            if not o or eos_token_id in o:
                raise ValueError("bad option")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong end_token_last_only: refuses the end token only at the end of an option
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("no options")
        for o in options:
            if not o or o[-1] == eos_token_id:
                raise ValueError("bad option")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong end_token_first_only: refuses the end token only at the beginning of an option
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options or any(o == [] or o[0] == eos_token_id for o in options):
            raise ValueError("bad options")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong checks_first_option: refuses only when the first option is bad
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options or not options[0] or eos_token_id in options[0]:
            raise ValueError("bad options")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong refuses_late: raises at the first call, not when the object is made
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        self.options, self.width, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        if not self.options or any(not o or self.eos in o for o in self.options):
            raise ValueError("bad options")
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            lines = [[*o, self.eos] for o in self.options]
            keep[b, [line[n] for line in lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong changes_options: appends the end token to the lists of the caller
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options or any(not o or eos_token_id in o for o in options):
            raise ValueError("bad options")
        for o in options:
            o.append(eos_token_id)
        self.lines, self.width, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong no_base_class: right in all else, but no LogitsProcessor
import torch
from transformers import LogitsProcessor


class Only:
    def __init__(self, options, prompt_length, eos_token_id):
        if not options or any(not o or eos_token_id in o for o in options):
            raise ValueError("bad options")
        self.lines = [[*o, eos_token_id] for o in options]
        self.width, self.eos = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        keep = torch.zeros_like(scores, dtype=torch.bool)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            keep[b, [line[n] for line in self.lines if n < len(line) and line[:n] == row] or [self.eos]] = True
        return scores.masked_fill(~keep, -torch.inf)

# %% wrong cuts_at_end: looks for the end in the new tokens, and starts anew behind it
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            while self.eos in row:
                row = row[row.index(self.eos) + 1 :]
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong prefix_of_row: an option that is a beginning of the row counts as complete for ever, the others too
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            ok = []
            for o in self.options:
                n = min(len(o), len(row))
                if o[:n] == row[:n]:
                    ok.append(o[len(row)] if len(o) > len(row) else self.eos)
            ok = ok or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong options_shared_prompt: prompt length guessed from the first call
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id
        self.width = None

    def __call__(self, input_ids, scores):
        if self.width is None:
            self.width = input_ids.shape[1]
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.width :].tolist()):
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong revives_cut: what is allowed and came in as -inf is put back to 0
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok].nan_to_num(neginf=0.0)
        return out

# %% right trie: a trie of dictionaries, walked for each row
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if len(options) == 0:
            raise ValueError("give at least one option")
        self.root = {}
        for option in options:
            if not option or eos_token_id in option:
                raise ValueError(f"this option cannot be written: {option}")
            node = self.root
            for token in [*option, eos_token_id]:
                node = node.setdefault(token, {})
        self.prompt_length = prompt_length
        self.eos_token_id = eos_token_id

    def __call__(self, input_ids, scores):
        allowed = torch.zeros(scores.shape, dtype=torch.bool)
        for b in range(scores.shape[0]):
            node = self.root
            for token in input_ids[b, self.prompt_length :].tolist():
                node = node.get(token, {})
            for token in node or [self.eos_token_id]:
                allowed[b, token] = True
        return torch.where(allowed, scores, torch.tensor(-torch.inf))

# %% right penalty_added: a tensor of 0 and -inf is added
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def _next(self, row):
        following = set()
        for option in self.options:
            if len(row) == len(option) and row == option:
                following.add(self.eos)
            elif len(row) < len(option) and option[: len(row)] == row:
                following.add(option[len(row)])
        return list(following) if following else [self.eos]

    def __call__(self, input_ids, scores):
        penalty = torch.full_like(scores, float("-inf"))
        for b, row in enumerate(input_ids.tolist()):
            penalty[b, self._next(row[self.prompt_length :])] = 0.0
        return scores + penalty

# %% right table: a dictionary from beginnings to next tokens, made once
import torch
from transformers import LogitsProcessor


from collections import defaultdict


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("no options")
        if not all(options):
            raise ValueError("an empty option")
        self.follow = defaultdict(set)
        for option in options:
            if option.count(eos_token_id):
                raise ValueError("end token in an option")
            for n, token in enumerate(option):
                self.follow[tuple(option[:n])].add(token)
            self.follow[tuple(option)].add(eos_token_id)
        self.start, self.end = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        rows = []
        for ids, row_scores in zip(input_ids, scores):
            key = tuple(ids[self.start :].tolist())
            ok = torch.tensor(sorted(self.follow[key]) if key in self.follow else [self.end])
            rows.append(torch.full_like(row_scores, -torch.inf).scatter(0, ok, row_scores[ok]))
        return torch.stack(rows)

# %% right clone_and_fill: clone, then -inf into the places that are not allowed
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        bad = [o for o in options if not len(o) or eos_token_id in o]
        if bad or not len(options):
            raise ValueError("these options cannot be written: " + repr(bad or options))
        self.lines = [list(o) + [eos_token_id] for o in options]
        self.p, self.e = prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        result = scores.clone()
        new = input_ids[:, self.p :]
        for b in range(new.size(0)):
            ok = set()
            for line in self.lines:
                beginning = torch.tensor(line[: new.size(1)], dtype=torch.int64)
                if len(line) > new.size(1) and torch.equal(new[b], beginning):
                    ok.add(line[new.size(1)])
            ok = ok or {self.e}
            result[b, [t for t in range(scores.size(1)) if t not in ok]] = -torch.inf
        return result

# %% wrong end_cut_off: the new tokens are looked at up to the end token, so an ended row may go on
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            row = row[: row.index(self.eos)] if self.eos in row else row
            n = len(row)
            ok = [(o + [self.eos])[n] for o in self.options if n <= len(o) and o[:n] == row] or [self.eos]
            out[b, ok] = scores[b, ok]
        return out

# %% wrong set_of_tokens: any token that occurs in an option that the row has not left, in any order
import torch
from transformers import LogitsProcessor


class Only(LogitsProcessor):
    def __init__(self, options, prompt_length, eos_token_id):
        if not options:
            raise ValueError("there are no options")
        for option in options:
            if len(option) == 0:
                raise ValueError("an option is empty")
            if eos_token_id in option:
                raise ValueError("an option holds the end token")
        self.options, self.prompt_length, self.eos = options, prompt_length, eos_token_id

    def __call__(self, input_ids, scores):
        out = torch.full_like(scores, -torch.inf)
        for b, row in enumerate(input_ids[:, self.prompt_length :].tolist()):
            ok = []
            for o in self.options:
                if set(row) <= set(o):
                    ok += [t for t in o if t not in row] or [self.eos]
            ok = ok or [self.eos]
            out[b, ok] = scores[b, ok]
        return out
