"""Answers to ``next_turn``, written from its card alone, without sight of its probes."""
# Uses user_turn (the card names it) and, where said, filled from the set-up cell.

# %% wrong keeps_filling: everything behind the prompt is kept, also the filling
import torch


def next_turn(tokenizer, output, mask, texts):
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        ones = ones + [1] * (len(row) - len(ones))
        rows.append([t for t, one in zip(row, ones) if one] + user_turn(tokenizer, text))
    width = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[tokenizer.pad_token_id] * (width - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong filters_pads: takes out every pad id of the row, said or not
import torch


def next_turn(tokenizer, output, mask, texts):
    rows = []
    for row, text in zip(output.tolist(), texts):
        kept = [t for t in row if t != tokenizer.pad_token_id]
        if kept[-1] != tokenizer.eos_token_id:
            kept.append(tokenizer.eos_token_id)
        rows.append(kept + user_turn(tokenizer, text))
    width = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[tokenizer.pad_token_id] * (width - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong mask_by_id: the new mask is made from the ids
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end)] if end in answer else answer
        rows.append(prompt + answer + [end] + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    ids = torch.tensor([[pad] * (longest - len(r)) + r for r in rows])
    return {"input_ids": ids, "attention_mask": (ids != pad).long()}

# %% wrong right_filled: filled up on the right
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end)] if end in answer else answer
        rows.append(prompt + answer + [end] + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([r + [pad] * (longest - len(r)) for r in rows]),
        "attention_mask": torch.tensor([[1] * len(r) + [0] * (longest - len(r)) for r in rows]),
    }

# %% wrong no_end_appended: an answer that was cut off stays without end token
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end) + 1] if end in answer else answer
        rows.append(prompt + answer + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong drops_end: the answer's end token is cut off
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end)] if end in answer else answer + [end]
        rows.append(prompt + answer + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong end_of_whole_row: looks for the first end token from the row's beginning
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        row = row[ones.index(1) :]
        row = row[: row.index(end) + 1] if end in row else row + [end]
        rows.append(row + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong last_end: the answer goes up to its last end token
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        if end in answer:
            answer = answer[: len(answer) - answer[::-1].index(end)]
        else:
            answer.append(end)
        rows.append(prompt + answer + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong decode_encode: the answer is decoded and encoded again
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        prompt = output[i, :width][mask[i].bool()].tolist()
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end)] if end in answer else answer
        words = tokenizer.decode(answer)
        rows.append(prompt + tokenizer.encode(words, add_special_tokens=False) + [end] + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong prompt_with_filling: the first turn's filling stays at the beginning of its row, marked with 0
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows, masks = [], []
    for i, text in enumerate(texts):
        answer = output[i, width:].tolist()
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        more = answer + user_turn(tokenizer, text)
        rows.append(output[i, :width].tolist() + more)
        masks.append(mask[i].tolist() + [1] * len(more))
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(m)) + m for m in masks]),
    }

# %% wrong gap_hidden: the rows as they are, the filling behind the end hidden by a 0
import torch


def next_turn(tokenizer, output, mask, texts):
    end, width = tokenizer.eos_token_id, mask.shape[1]
    turns = [user_turn(tokenizer, text) for text in texts]
    longest = max(map(len, turns))
    new = output[:, width:]
    is_end = (new == end).long()
    said = ((is_end.cumsum(1) - is_end) == 0).long()
    ids = torch.cat([output, torch.tensor([[tokenizer.pad_token_id] * (longest - len(t)) + t for t in turns])], dim=1)
    ones = torch.cat([mask, said, torch.tensor([[0] * (longest - len(t)) + [1] * len(t) for t in turns])], dim=1)
    return {"input_ids": ids, "attention_mask": ones}

# %% wrong same_text: the first text for every row
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    turn = user_turn(tokenizer, texts[0])
    rows = []
    for row, ones in zip(output.tolist(), mask.tolist()):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + turn)
    longest = max(len(r) for r in rows)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong too_wide: filled up to the old width plus the longest turn
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + user_turn(tokenizer, text))
    longest = output.shape[1] + max(len(user_turn(tokenizer, text)) for text in texts)
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.tensor([[0] * (longest - len(r)) + [1] * len(r) for r in rows]),
    }

# %% wrong bool_mask: a mask of bools
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + user_turn(tokenizer, text))
    longest = max(len(r) for r in rows)
    lengths = torch.tensor([len(r) for r in rows])
    return {
        "input_ids": torch.tensor([[pad] * (longest - len(r)) + r for r in rows]),
        "attention_mask": torch.arange(longest)[None] >= (longest - lengths)[:, None],
    }

# %% wrong fills_with_end: the filling is made of end tokens
import torch


def next_turn(tokenizer, output, mask, texts):
    end, width = tokenizer.eos_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + user_turn(tokenizer, text))
    return filled(rows, end)

# %% wrong stops_at_pad: the answer goes up to the first pad or end token
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = []
        for t in row[width:]:
            if t in (end, pad):
                break
            answer.append(t)
        rows.append([t for t, one in zip(row, ones) if one] + answer + [end] + user_turn(tokenizer, text))
    return filled(rows, pad)

# %% wrong prompt_by_first_one: the prompt begins at the first token that is no pad
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, text in zip(output.tolist(), texts):
        prompt, answer = row[:width], row[width:]
        while prompt and prompt[0] == pad:
            prompt = prompt[1:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append(prompt + answer + user_turn(tokenizer, text))
    return filled(rows, pad)

# %% wrong mask_first: right tensors, the mask stands first
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + user_turn(tokenizer, text))
    batch = filled(rows, pad)
    return {"attention_mask": batch["attention_mask"], "input_ids": batch["input_ids"]}

# %% wrong writes_output: the filling is overwritten in the output that was given
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for i, text in enumerate(texts):
        new = output[i, width:]
        places = (new == end).nonzero().flatten().tolist()
        if places:
            new[places[0] + 1 :] = -1
            answer = new[new != -1].tolist()
        else:
            answer = new.tolist() + [end]
        rows.append(output[i, :width][mask[i] == 1].tolist() + answer + user_turn(tokenizer, text))
    return filled(rows, pad)

# %% wrong counts_from_left: takes as many prompt tokens as the mask counts, from the left
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append(row[: sum(ones)] + answer + user_turn(tokenizer, text))
    return filled(rows, pad)

# %% wrong encodes_text: the user's text is encoded without the turn's form
import torch


def next_turn(tokenizer, output, mask, texts):
    end, pad, width = tokenizer.eos_token_id, tokenizer.pad_token_id, mask.shape[1]
    rows = []
    for row, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = row[width:]
        answer = answer[: answer.index(end) + 1] if end in answer else answer + [end]
        rows.append([t for t, one in zip(row, ones) if one] + answer + tokenizer.encode(text, add_special_tokens=False))
    return filled(rows, pad)

# %% right filled_helper: lists, and filled from the set-up cell
import torch


def next_turn(tokenizer, output, mask, texts):
    rows = []
    for ids, ones, text in zip(output.tolist(), mask.tolist(), texts, strict=True):
        row = [token for token, one in zip(ids, ones) if one == 1]
        for token in ids[len(ones) :]:
            if token == tokenizer.eos_token_id:
                break
            row.append(token)
        rows.append([*row, tokenizer.eos_token_id, *user_turn(tokenizer, text)])
    return filled(rows, tokenizer.pad_token_id)

# %% right tensors: one tensor a row, cumulative sums, copied into full and zeros
import torch


def next_turn(tokenizer, output, mask, texts):
    prompt_length = mask.shape[1]
    rows = []
    for i in range(output.shape[0]):
        prompt = torch.masked_select(output[i, :prompt_length], mask[i].bool())
        answer = output[i, prompt_length:]
        ends = (answer == tokenizer.eos_token_id).long()
        answer = answer[(ends.cumsum(0) - ends) == 0]
        if ends.sum() == 0:
            answer = torch.cat([answer, torch.tensor([tokenizer.eos_token_id])])
        rows.append(torch.cat([prompt, answer, torch.tensor(user_turn(tokenizer, texts[i]))]))
    longest = max(row.numel() for row in rows)
    ids = torch.full((len(rows), longest), tokenizer.pad_token_id)
    ones = torch.zeros(len(rows), longest, dtype=torch.int64)
    for i, row in enumerate(rows):
        ids[i, longest - row.numel() :] = row
        ones[i, longest - row.numel() :] = 1
    return {"input_ids": ids, "attention_mask": ones}

# %% right pad_sequence: flipped rows, pad_sequence, flipped back
import torch
from torch.nn.utils.rnn import pad_sequence


def next_turn(tokenizer, output, mask, texts):
    end = tokenizer.eos_token_id

    def conversation(row, ones, text):
        cut = len(ones)
        said = row[cut:] + [end]
        return [t for t, o in zip(row[:cut], ones) if o] + said[: said.index(end) + 1] + user_turn(tokenizer, text)

    rows = [torch.tensor(conversation(*each))[::1].flip(0) for each in zip(output.tolist(), mask.tolist(), texts)]
    ids = pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id).flip(1)
    ones = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).flip(1)
    return {"input_ids": ids, "attention_mask": ones}

# %% right tokenizer_pad: the tokenizer's own pad, with the side set for the call
import torch


def next_turn(tokenizer, output, mask, texts):
    rows = []
    for ids, ones, text in zip(output.tolist(), mask.tolist(), texts):
        answer = ids[len(ones) :]
        try:
            answer = answer[: answer.index(tokenizer.eos_token_id) + 1]
        except ValueError:
            answer = answer + [tokenizer.eos_token_id]
        rows.append([t for t, o in zip(ids, ones) if o] + answer + user_turn(tokenizer, text))
    batch = tokenizer.pad({"input_ids": rows}, padding_side="left", return_tensors="pt")
    return {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
