"""Answers to ``chat_ids``, written from its card alone, without sight of its probes."""
# Only torch is needed; it is imported in each cell.

# %% wrong whole_encoding: gives the BatchEncoding instead of its ids
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("there are no messages")
    begun = messages[-1]["role"] == "assistant"
    return tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )

# %% wrong always_asks: a generation prompt behind every conversation, also a prefilled one
import torch


def chat_ids(tokenizer, messages):
    if len(messages) == 0:
        raise ValueError("there are no messages")
    return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")["input_ids"]

# %% wrong never_opens: no generation prompt behind a begun answer, but the message is closed
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    last = messages[-1]["role"]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=last != "assistant")["input_ids"]
    return torch.tensor([ids])

# %% wrong strips_end_token: closes the begun answer and takes the last token off
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun)["input_ids"]
    if begun and ids[-1] == tokenizer.eos_token_id:
        ids = ids[:-1]
    return torch.tensor([ids])

# %% wrong cuts_at_content: cuts the rendered text behind the first place where the last content stands
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun, tokenize=False)
    if begun:
        content = messages[-1]["content"]
        text = text[: text.index(content) + len(content)]
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% wrong two_bos: renders, and lets the tokenizer add what it likes
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    text = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, tokenize=False
    )
    return tokenizer(text, return_tensors="pt").input_ids

# %% wrong adds_missing_bos: puts a BOS in front where the template writes none
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun, continue_final_message=begun)
    ids = ids["input_ids"]
    if tokenizer.bos_token_id is not None and ids[0] != tokenizer.bos_token_id:
        ids = [tokenizer.bos_token_id, *ids]
    return torch.tensor([ids])

# %% wrong piecewise: tokenizes the conversation and the begun answer apart
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    if messages[-1]["role"] != "assistant":
        return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")["input_ids"]
    if len(messages) == 1:
        return tokenizer.apply_chat_template(messages, continue_final_message=True, return_tensors="pt")["input_ids"]
    before = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True)["input_ids"]
    answer = tokenizer.encode(messages[-1]["content"], add_special_tokens=False)
    return torch.tensor([before + answer])

# %% wrong only_user_asks: a tool or the system that speaks last gets no generation prompt
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    last = messages[-1]["role"]
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=last == "user", continue_final_message=last == "assistant", return_tensors="pt"
    )
    return out["input_ids"]

# %% wrong not_user_is_open: everything but a user's message is left open
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    asked = messages[-1]["role"] == "user"
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=asked, continue_final_message=not asked, return_tensors="pt"
    )
    return out.input_ids

# %% wrong one_dimension: a tensor [T] instead of [1, T]
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    out = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun, continue_final_message=begun)
    return torch.tensor(out["input_ids"])

# %% wrong list_of_lists: gives lists, not a tensor
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    out = tokenizer.apply_chat_template([messages], add_generation_prompt=not begun, continue_final_message=begun)
    return out["input_ids"]

# %% wrong empty_is_prompt: no messages give an empty row instead of an error
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        return torch.zeros(1, 0, dtype=torch.int64)
    begun = messages[-1]["role"] == "assistant"
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )
    return out["input_ids"]

# %% wrong any_assistant: looks whether the assistant spoke at all, not whether it spoke last
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = any(message["role"] == "assistant" for message in messages)
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )
    return out["input_ids"]

# %% wrong own_template: writes the notebook's template by hand
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    text = tokenizer.bos_token
    for i, message in enumerate(messages):
        text += f"<|{message['role']}|>{message['content']}"
        if i < len(messages) - 1 or message["role"] != "assistant":
            text += tokenizer.eos_token
    if messages[-1]["role"] != "assistant":
        text += "<|assistant|>"
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% wrong strips_content: takes white space off the begun answer
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    messages = [{**m, "content": m["content"].strip()} for m in messages]
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )
    return out["input_ids"]

# %% wrong drops_system: leaves messages of the system out
import torch


def chat_ids(tokenizer, messages):
    messages = [m for m in messages if m["role"] != "system"]
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    out = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )
    return out["input_ids"]

# %% wrong rindex_cut: cuts the closed text behind the last place where the content stands, and strips it
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    last = messages[-1]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=last["role"] != "assistant", tokenize=False)
    if last["role"] == "assistant":
        text = text.split(tokenizer.eos_token)
        text = tokenizer.eos_token.join(text[:-1]) if text[-1].strip() == "" else tokenizer.eos_token.join(text)
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% right two_branches: one call for each case, ids taken from the BatchEncoding
import torch


def chat_ids(tokenizer, messages):
    if len(messages) == 0:
        raise ValueError("an empty conversation cannot be continued")
    if messages[-1]["role"] == "assistant":
        batch = tokenizer.apply_chat_template(messages, continue_final_message=True, return_tensors="pt")
    else:
        batch = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")
    return batch.input_ids

# %% right render_and_encode: rendered first, then encoded without special tokens
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages were given")
    *_, last = messages
    how = {"continue_final_message": True} if last["role"] == "assistant" else {"add_generation_prompt": True}
    text = tokenizer.apply_chat_template(messages, tokenize=False, **how)
    return torch.tensor(tokenizer.encode(text, add_special_tokens=False), dtype=torch.int64).unsqueeze(0)

# %% right bare_ids: return_dict=False, and the error by a try around the last message
import torch


def chat_ids(tokenizer, messages):
    try:
        speaker = messages[-1]["role"]
    except IndexError:
        raise ValueError("the conversation has no messages") from None
    is_open = speaker == "assistant"
    return tokenizer.apply_chat_template(
        messages, add_generation_prompt=not is_open, continue_final_message=is_open, return_tensors="pt", return_dict=False
    )

# %% right as_batch: a batch of one conversation
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("give at least one message")
    begun = messages[-1]["role"] == "assistant"
    rows = tokenizer.apply_chat_template([messages], add_generation_prompt=not begun, continue_final_message=begun)
    return torch.as_tensor(rows["input_ids"])

# %% wrong bare_error: the ValueError has no text
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError
    begun = messages[-1]["role"] == "assistant"
    return tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )["input_ids"]

# %% wrong splits_at_last_content: cuts the closed text at the last place where the content stands
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    role, content = messages[-1]["role"], messages[-1]["content"]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=role != "assistant")
    if role == "assistant":
        text = text[: text.rindex(content) + len(content)] if content.strip() else text
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% wrong changes_messages: takes the begun answer off the list that was given, and appends its text to the rendered rest
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages.pop()["content"] if messages[-1]["role"] == "assistant" else ""
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) + begun
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% wrong prompt_plus_content: renders the rest with generation prompt and appends the begun answer as text
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    rest = messages[:-1] if begun else messages
    text = tokenizer.apply_chat_template(rest, tokenize=False, add_generation_prompt=True)
    if begun:
        text += messages[-1]["content"]
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids

# %% wrong int32: the ids as int32
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun, continue_final_message=begun)
    return torch.tensor([ids["input_ids"]], dtype=torch.int32)

# %% wrong key_error: no messages, and an IndexError comes of it
import torch


def chat_ids(tokenizer, messages):
    begun = messages[-1]["role"] == "assistant"
    return tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, return_tensors="pt"
    )["input_ids"]

# %% wrong adds_space: puts a space behind an open answer so that a new word follows
import torch


def chat_ids(tokenizer, messages):
    if not messages:
        raise ValueError("no messages")
    begun = messages[-1]["role"] == "assistant"
    text = tokenizer.apply_chat_template(
        messages, add_generation_prompt=not begun, continue_final_message=begun, tokenize=False
    )
    return tokenizer(text.rstrip(), add_special_tokens=False, return_tensors="pt").input_ids
