"""Answers to ``stream``, written from its card alone, without sight of its probes."""

# %% wrong token_by_token: Decodes each new token by itself: the four bytes of an emoji come as replacement characters; breaks 'decode all new ids together'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ids = input_ids
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        yield tokenizer.decode(new, skip_special_tokens=True)
        if new.item() == tokenizer.eos_token_id:
            break

# %% wrong last_token_looks_incomplete: Asks whether the newest token ALONE decodes to a replacement character, so a complete emoji is held until the next token; breaks 'While THAT TEXT ends in the replacement character' / 'as soon as it is certain'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not tokenizer.decode(new).endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong replacement_anywhere: Holds back while there is a replacement character anywhere in the text: a byte that never becomes a character silences the rest; breaks 'While that text ENDS in the replacement character'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if "\N{REPLACEMENT CHARACTER}" not in text:
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong only_the_mark_held: Holds back only the replacement characters at the end and yields what stands before them; breaks 'hold EVERYTHING back that has not been shown'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        certain = text.rstrip("\N{REPLACEMENT CHARACTER}")
        if len(certain) > shown:
            yield certain[shown:]
            shown = len(certain)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong rest_dropped: Never yields what is held back at the end; breaks 'and then yield what is still held back'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown = input_ids.shape[1], input_ids, 0
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            return

# %% wrong rest_dropped_after_eos: Returns at the end token, so that the rest is yielded only when the limit ends the run; breaks 'Stop after the end token ... and then yield what is still held back'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        if new.item() == tokenizer.eos_token_id:
            return
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
    yield text[shown:]

# %% wrong rest_cleaned: Removes the replacement characters from the rest; breaks 'yield what is still held back, as it is'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:].rstrip("\N{REPLACEMENT CHARACTER}")

# %% wrong whole_words_only: Holds each word back until a blank follows, as TextIteratorStreamer does; breaks 'otherwise yield what has been added' / 'as soon as it is certain'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        end = text.rfind(" ") + 1
        if end > shown and not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:end]
            shown = end
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong one_step_late: Makes the next forward pass before it yields the chunk of this one (logits for the next step prepared at once); breaks 'as soon as it is certain' and makes a call too many.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    with torch.no_grad():
        logits = model(ids).logits[:, -1]
    for _ in range(max_new_tokens):
        new = logits.argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        with torch.no_grad():
            logits = model(ids).logits[:, -1]
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong collected_first: Collects all chunks and hands them out after the run; breaks 'yields new text as soon as it is certain'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text, chunks = input_ids.shape[1], input_ids, 0, "", []
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            chunks.append(text[shown:])
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    chunks.append(text[shown:])
    yield from chunks

# %% wrong special_tokens_shown: Decodes with special tokens; breaks 'decode ... without special tokens'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:])
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong prompt_first: Decodes the whole row, so the first chunk begins with the prompt; breaks 'yields NEW text'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ids, shown, text = input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong prompt_text_subtracted: Decodes the whole row and takes the prompt's decoded text off; when the prompt ends within a character the bytes join across the border; breaks 'decode all NEW ids together'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ids = input_ids
    shown = len(tokenizer.decode(ids[0], skip_special_tokens=True))
    text = " " * shown
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong models_end_token: Stops at the end token of the model's generation_config instead of tokenizer.eos_token_id; breaks 'Stop after the end token tokenizer.eos_token_id'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    end = model.generation_config.eos_token_id
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == end:
            break
    yield text[shown:]

# %% wrong state_between_calls: The new ids live in a default argument and survive the call: a second stream begins with the text of the first; breaks 'new text' / 'All chunks together are the decoded new text'.
def stream(model, tokenizer, input_ids, max_new_tokens, new_ids=[]):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    ids, shown, text = input_ids, 0, ""
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        new_ids.append(new.item())
        text = tokenizer.decode(new_ids, skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new_ids[-1] == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong gradients_off_for_everybody: Yields inside torch.no_grad(): while the generator waits, gradients are off for the caller (the hint warns of it).
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    with torch.no_grad():
        for _ in range(max_new_tokens):
            new = model(ids).logits[:, -1].argmax(-1)
            ids = torch.cat([ids, new[:, None]], dim=1)
            text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
            if not text.endswith("\N{REPLACEMENT CHARACTER}"):
                yield text[shown:]
                shown = len(text)
            if new.item() == tokenizer.eos_token_id:
                break
        yield text[shown:]

# %% wrong empty_prompt_late: The empty prompt is refused inside the loop: with max_new_tokens=0 it is accepted; breaks 'An empty prompt is a ValueError'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    for _ in range(max_new_tokens):
        if ids.shape[1] < 1:
            raise ValueError("empty prompt")
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong limit_is_total: The limit counts the prompt too; breaks 'after max_new_tokens'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    while ids.shape[1] < max_new_tokens:
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            yield text[shown:]
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% wrong first_chunk_stripped: Strips the blank in front of the first chunk; breaks 'All chunks together are the decoded new text'.
def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    P, ids, shown, text = input_ids.shape[1], input_ids, 0, ""
    first = True
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(ids).logits[:, -1].argmax(-1)
        ids = torch.cat([ids, new[:, None]], dim=1)
        text = tokenizer.decode(ids[0, P:], skip_special_tokens=True)
        if not text.endswith("\N{REPLACEMENT CHARACTER}"):
            chunk = text[shown:]
            yield chunk.lstrip() if first else chunk
            first = False
            shown = len(text)
        if new.item() == tokenizer.eos_token_id:
            break
    yield text[shown:]

# %% right decorated_lists
@torch.no_grad()
def stream(model, tokenizer, input_ids, max_new_tokens):
    # torch's decorator restores the caller's gradient mode at every yield of a generator function
    row = input_ids[0].tolist()
    if not row:
        raise ValueError("an empty prompt cannot be continued")
    new, sent = [], ""
    while len(new) < max_new_tokens:
        scores = model(torch.tensor([row + new], dtype=torch.int64)).logits[0, -1]
        new.append(int(scores.argmax()))
        text = tokenizer.decode(new, skip_special_tokens=True)
        if text[-1:] != "\ufffd":
            yield text[len(sent):]
            sent = text
        if new[-1] == tokenizer.eos_token_id:
            break
    yield tokenizer.decode(new, skip_special_tokens=True)[len(sent):]

# %% right two_generators
def _greedy(model, row, end):
    while True:
        with torch.inference_mode():
            best = int(torch.argmax(model(torch.tensor([row], dtype=torch.int64)).logits[0, -1].double()))
        row = [*row, best]
        yield best
        if best == end:
            return


def _chunks(tokenizer, tokens):
    new, shown, text = [], 0, ""
    for token in tokens:
        new.append(token)
        text = tokenizer.decode(new, skip_special_tokens=True)
        if text.endswith("\N{REPLACEMENT CHARACTER}"):
            continue
        if len(text) > shown:
            yield text[shown:]
        shown = len(text)
    if len(text) > shown:
        yield text[shown:]


def _first(tokens, n):
    # itertools.islice would do; written out so that no pass is made beyond the n-th token
    if n < 1:
        return
    for i, token in enumerate(tokens, 1):
        yield token
        if i == n:
            return


def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.shape[1] == 0:
        raise ValueError("empty prompt")
    tokens = _greedy(model, input_ids[0].tolist(), tokenizer.eos_token_id)
    yield from _chunks(tokenizer, _first(tokens, max_new_tokens))

# %% right buffer_class
import numpy as np

class _Buffer:
    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.shown = tokenizer, [], 0

    @property
    def text(self):
        return self.tokenizer.decode(self.ids, skip_special_tokens=True)

    def flush(self):
        text = self.text
        chunk, self.shown = text[self.shown:], len(text)
        return chunk

    @property
    def incomplete(self):
        text = self.text
        return len(text) > 0 and ord(text[-1]) == 0xFFFD


def stream(model, tokenizer, input_ids, max_new_tokens):
    if input_ids.numel() == 0:
        raise ValueError("empty prompt")
    buffer, row = _Buffer(tokenizer), input_ids.clone()
    for _ in range(max_new_tokens):
        with torch.no_grad():
            scores = model(row).logits[0, -1].numpy()
        best = int(np.argmax(scores))
        row = torch.hstack([row, torch.tensor([[best]])])
        buffer.ids.append(best)
        if not buffer.incomplete:
            yield buffer.flush()
        if best == tokenizer.eos_token_id:
            break
    yield buffer.flush()
