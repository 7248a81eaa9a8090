"""Answers to ``new_text``, written from its card alone, without sight of its probes."""

# %% wrong skip_always: Ignores the parameter and always skips special tokens; breaks 'with or without special tokens'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=True)

# %% wrong default_is_false: The default of skip_special_tokens is False; breaks the signature 'skip_special_tokens: bool = True'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=False):
    return tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)

# %% wrong cut_as_text: Decodes row and prompt apart and cuts the text at the length of the decoded prompt, which goes wrong where a character of several bytes lies across the border; breaks 'Decode what was generated' ('drop the first prompt_length columns').
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids:
        whole = tokenizer.decode(row, skip_special_tokens=skip_special_tokens)
        prompt = tokenizer.decode(row[:prompt_length], skip_special_tokens=skip_special_tokens)
        texts.append(whole[len(prompt):])
    return texts

# %% wrong negative_slice: Takes the last (columns - prompt_length) columns by a negative slice, which for no new column is the whole row; breaks 'without the prompts'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    count = output_ids.shape[1] - prompt_length
    return tokenizer.batch_decode(output_ids[:, -count:], skip_special_tokens=skip_special_tokens)

# %% wrong squeezed_column: Squeezes the new columns, so a batch with a single new column is decoded as one row; breaks 'one text for each row'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    new = output_ids[:, prompt_length:].squeeze()
    if new.dim() < 2:
        return [tokenizer.decode(new.reshape(-1), skip_special_tokens=skip_special_tokens)]
    return tokenizer.batch_decode(new, skip_special_tokens=skip_special_tokens)

# %% wrong only_first_row: Decodes row 0 only and wraps it in a list (a batch treated as one row); breaks 'one text for each row'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return [tokenizer.decode(output_ids[0, prompt_length:], skip_special_tokens=skip_special_tokens)]

# %% wrong one_by_one: Decodes each new id on its own and joins, so emoji and accents become replacement characters; breaks 'decode each row' (ids decoded singly).
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return [
        "".join(tokenizer.decode([i], skip_special_tokens=skip_special_tokens) for i in row[prompt_length:])
        for row in output_ids.tolist()
    ]

# %% wrong stripped: Strips each text, so the space that belongs to the first new word is lost; breaks 'Decode what was generated'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)
    return [text.strip() for text in texts]

# %% wrong stops_at_first_eos: Cuts each row at its first end-of-text token, also when special tokens are asked for and when more ids follow; breaks 'Decode what was generated ... with or without special tokens'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids[:, prompt_length:].tolist():
        if tokenizer.eos_token_id in row:
            row = row[: row.index(tokenizer.eos_token_id)]
        texts.append(tokenizer.decode(row, skip_special_tokens=skip_special_tokens))
    return texts

# %% wrong only_trailing_eos_removed: Removes the end-of-text tokens at the end of the row by hand and decodes the rest with special tokens, so one in the middle stays; breaks 'without special tokens'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids[:, prompt_length:].tolist():
        while skip_special_tokens and row and row[-1] == tokenizer.eos_token_id:
            row.pop()
        texts.append(tokenizer.decode(row))
    return texts

# %% wrong filler_at_end_removed: With special tokens it keeps only one end-of-text token of the run at the end, as if the others were none of the output; breaks 'with ... special tokens' ('Decode what was generated').
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    eos = tokenizer.eos_token_id
    texts = []
    for row in output_ids[:, prompt_length:].tolist():
        while len(row) > 1 and row[-1] == eos and row[-2] == eos:
            row.pop()
        texts.append(tokenizer.decode(row, skip_special_tokens=skip_special_tokens))
    return texts

# %% wrong filler_not_counted: Subtracts the filler in front from prompt_length, although it is counted in, so short rows show the end of their prompt; breaks 'prompt_length: the number of columns ..., filler included'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids.tolist():
        filler = 0
        while filler < prompt_length and row[filler] == tokenizer.eos_token_id:
            filler += 1
        texts.append(tokenizer.decode(row[prompt_length - filler:], skip_special_tokens=skip_special_tokens))
    return texts

# %% wrong filler_removed_first: Removes the filler in front of each row and then drops prompt_length more ids, so new tokens of padded rows are lost; breaks 'filler included' ('one number serves for all rows').
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids:
        real = (row != tokenizer.eos_token_id).nonzero()
        first = int(real[0]) if len(real) else 0
        texts.append(tokenizer.decode(row[first:][prompt_length:], skip_special_tokens=skip_special_tokens))
    return texts

# %% wrong empty_texts_dropped: Leaves out rows whose new text is empty; breaks 'Returns one text for each row'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)
    return [text for text in texts if text]

# %% wrong special_removed_as_text: Removes special tokens by str.replace from the decoded text, so ordinary tokens that happen to spell '<|endoftext|>' go as well; breaks 'Decode what was generated' (ordinary tokens are kept).
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = [tokenizer.decode(row[prompt_length:]) for row in output_ids]
    if skip_special_tokens:
        for token in tokenizer.all_special_tokens:
            texts = [text.replace(token, "") for text in texts]
    return texts

# %% wrong only_eos_skipped: Filters out the end-of-text id instead of passing the option on, so other special tokens of a tokenizer stay; breaks 'without special tokens' / 'pass skip_special_tokens on'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    rows = output_ids[:, prompt_length:].tolist()
    if skip_special_tokens:
        rows = [[i for i in row if i != tokenizer.eos_token_id] for row in rows]
    return [tokenizer.decode(row) for row in rows]

# %% wrong prompt_overwritten: Overwrites the prompt's columns with the end-of-text id in the caller's tensor and relies on skipping, so the output is changed in place and, with special tokens, filler stands in front; breaks 'without the prompts' / 'drop the first prompt_length columns'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    output_ids[:, :prompt_length] = tokenizer.eos_token_id
    return tokenizer.batch_decode(output_ids, skip_special_tokens=skip_special_tokens)

# %% wrong last_column_dropped: Slices [prompt_length:-1], taking the last token for an end-of-text; breaks 'Decode what was generated'.
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return [tokenizer.decode(row[prompt_length:-1], skip_special_tokens=skip_special_tokens) for row in output_ids]

# %% wrong spaces_cleaned_up: Cleans up spaces before punctuation as for BERT tokenizers; breaks 'Decode what was generated' (text is altered).
import re

def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = tokenizer.batch_decode(output_ids[:, prompt_length:], skip_special_tokens=skip_special_tokens)
    return [re.sub(r" ([.,!?])", r"\1", text) for text in texts]

# %% wrong rows_sliced: Slices the rows instead of the columns when the batch is iterated as one list; breaks 'drop the first prompt_length columns' (prompt comes back for batches whose rows are more than prompt_length, none otherwise).
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    return [tokenizer.decode(row, skip_special_tokens=skip_special_tokens) for row in output_ids[prompt_length:]]

# %% right loop_over_lists
def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    texts = []
    for row in output_ids.tolist():
        ids = [token_id for column, token_id in enumerate(row) if column >= prompt_length]
        texts.append(tokenizer.decode(ids, skip_special_tokens=skip_special_tokens))
    return texts

# %% right backend_decode_batch
import torch

def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    new = torch.tensor_split(output_ids, [prompt_length], dim=1)[1]
    return list(tokenizer.backend_tokenizer.decode_batch(new.tolist(), skip_special_tokens=bool(skip_special_tokens)))

# %% right numpy_generator
import numpy as np

def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    matrix = output_ids.detach().cpu().numpy()
    wanted = np.arange(matrix.shape[1]) >= prompt_length

    def texts():
        for row in matrix:
            yield tokenizer.decode(row[wanted].tolist(), skip_special_tokens=skip_special_tokens)

    return list(texts())

# %% right batch_decode
import torch

def new_text(tokenizer, output_ids, prompt_length, skip_special_tokens=True):
    columns = torch.arange(prompt_length, output_ids.shape[1], device=output_ids.device)
    new = output_ids.index_select(1, columns)
    return list(tokenizer.batch_decode(new, skip_special_tokens=skip_special_tokens))
