"""``chat_ids``: a conversation as the ids that a chat model expects."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb05_model_generate._chat import (
    HEADED,
    MARKED,
    SPOKEN,
    TURNED,
    answer,
    assistant,
    question,
    tokenizer,
    user,
)

exercise = Exercise(__name__, points=3)
exercise.rules("""
    one_bos: the template alone writes special tokens: one bos where it writes one, none where it writes none
    generation_prompt: where anyone but the assistant speaks last, the generation prompt stands at the end
    prefill: a last message of the assistant stays open: its text ends the row, to the last space, and nothing that the
        template writes behind a message or before an answer
    template: all messages stand there, in their order, as the tokenizer's own template writes them, in one row [1, T]
    refuses: a conversation without messages is refused with a ValueError that says so
""")


def system(text):
    return {"role": "system", "content": text}


@exercise.probes
def probes(rng):
    def probe(rule, name, messages, template=MARKED, hidden=False, **settings):
        chosen = tokenizer(template, shift=rng.randrange(3), **settings)
        return Probe(name, rule=rule, hidden=hidden, tokenizer=chosen, messages=messages)

    def ask():
        return user(question(rng))

    def say():
        return assistant(answer(rng))

    def begin():
        return assistant(rng.choice(("The", "Once upon", "One day, the", "There was a")))

    rules = system("You tell stories.")
    yield probe("one_bos", "a tokenizer that adds bos by itself", [ask()], adds_bos=True)
    yield probe("one_bos", "it adds bos, and an answer is prefilled", [ask(), begin()], adds_bos=True)
    yield probe("one_bos", "it adds bos, the template writes none", [ask(), say(), ask()], HEADED, adds_bos=True)
    yield probe("one_bos", "it adds bos, the roles are plain words", [ask()], SPOKEN, adds_bos=True, hidden=True)
    yield probe("one_bos", "neither adds bos", [ask(), begin()], HEADED, hidden=True)
    yield probe("one_bos", "it adds bos, a longer conversation", [ask(), say(), ask()], adds_bos=True, hidden=True)

    yield probe("generation_prompt", "the user speaks last", [ask()])
    yield probe("generation_prompt", "the user speaks last, for the second time", [ask(), say(), ask()], SPOKEN)
    yield probe("generation_prompt", "a tool speaks last", [ask(), say(), {"role": "tool", "content": "7"}])
    yield probe("generation_prompt", "only the system has spoken", [rules], hidden=True)
    yield probe("generation_prompt", "another template's prompt", [ask()], HEADED, hidden=True)

    yield probe("prefill", "an answer is begun", [ask(), begin()])
    yield probe("prefill", "the roles are plain words", [ask(), begin()], SPOKEN)
    yield probe("prefill", "the template writes a line break behind each end", [ask(), begin()], HEADED)
    yield probe("prefill", "the turn's end is another token than eos", [ask(), begin()], TURNED)
    yield probe("prefill", "it ends with a space", [ask(), assistant("There was a ")], TURNED)
    both = begin()
    again = [user(both["content"] + " what?"), say(), ask(), both]
    yield probe("prefill", "the user has begun with the same words", again)
    yield probe("prefill", "nobody has spoken before", [begin()], HEADED)
    yield probe("prefill", "the sign with which special tokens begin", [ask(), assistant("<")], TURNED)
    yield probe("prefill", "the second answer is begun", [ask(), say(), ask(), begin()], hidden=True)
    yield probe("prefill", "the user has said the same", [user(both["content"]), both], SPOKEN, hidden=True)
    yield probe("prefill", "it begins with a space, as the user's word does", [user("Say: Yes"), assistant(" Y")],
                TURNED, hidden=True)  # fmt: skip
    yield probe("prefill", "nobody has spoken before, another turn's end", [begin()], TURNED, hidden=True)

    yield probe("template", "a system message comes first", [rules, ask(), say(), ask()])
    yield probe("template", "a system message, plain words", [rules, ask()], SPOKEN)
    yield probe("template", "a system message, lines for the roles", [rules, ask(), say(), ask()], HEADED, hidden=True)
    yield probe("template", "a system message between", [ask(), say(), rules, ask(), begin()])

    yield probe("refuses", "no messages", [])
    yield probe("refuses", "no messages, and a tokenizer that adds bos", [], SPOKEN, adds_bos=True, hidden=True)


@exercise.refuses
def refuses(tokenizer, messages):
    return "" if messages else "a conversation needs at least one message"


@exercise.oracle
def oracle(tokenizer, messages):
    how = {"continue_final_message" if messages[-1]["role"] == "assistant" else "add_generation_prompt": True}
    return tokenizer.apply_chat_template(messages, return_tensors="pt", **how)["input_ids"]


@exercise.reference
def reference(tokenizer, messages):
    begun = messages[-1]["role"] == "assistant"
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=not begun, continue_final_message=begun
    )
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids


exercise.slips("""
    double_bos: add_special_tokens=False => add_special_tokens=True
        The text was rendered and then tokenized with special tokens: a tokenizer that adds bos adds it in front of the
        template's. Let apply_chat_template tokenize, or say add_special_tokens=False.
    no_generation_prompt: add_generation_prompt=not begun => add_generation_prompt=False
        The generation prompt is missing. Without it the model does not know that it is to answer, and may go on with
        the user's part. Say add_generation_prompt=True where the assistant has not begun.
    ends_the_prefill: continue_final_message=begun => continue_final_message=False
        The begun answer was ended: the model sees a complete message and has nothing to go on with. Say
        continue_final_message=True, which leaves the last message open.
    ends_the_prefill_and_asks_again: add_generation_prompt=not begun, continue_final_message=begun
        => add_generation_prompt=True
        The generation prompt stands behind a begun answer, too, which was ended: the model begins a second answer. A
        last message of the assistant is to be left open: continue_final_message=True, and no generation prompt.
    leaves_every_last_message_open: begun = messages[-1]["role"] == "assistant" => begun = True
        The last message was left open although the assistant has not spoken. Then the model goes on with the user's
        words. Ask messages[-1]["role"]; the generation prompt comes unless that is "assistant".
    asks_only_after_a_user: begun = messages[-1]["role"] == "assistant" => begun = messages[-1]["role"] != "user"
        The message of a tool or the system was left open like a begun answer. Only the assistant's message is left
        open; after any other the generation prompt comes.
    the_last_message_alone: messages, tokenize => messages[-1:], tokenize
        Only the last message was rendered. The model remembers nothing of earlier turns: each call gets them all.
    forgets_the_system_message: messages, tokenize
        => [m for m in messages if m["role"] != "system"] or messages, tokenize
        The system's message is missing. Give all messages to the template, whatever their roles.
    puts_the_system_first: messages, tokenize => sorted(messages, key=lambda m: m["role"] != "system"), tokenize
        The messages were sorted. Give them to the template in the order in which they came.
    passes_it_whole: return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        => return tokenizer(text, add_special_tokens=False, return_tensors="pt")
        That is a BatchEncoding, a dictionary of ids and mask. Asked for are the ids alone: take ["input_ids"].
        (generate(**it) takes it apart; generate(it) fails.)
    a_list_of_ids: return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        => return tokenizer(text, add_special_tokens=False).input_ids
        That is a plain list. Asked for is a tensor [1, T]: return_tensors="pt" gives it, with its row.
    one_dimension: return_tensors="pt").input_ids => return_tensors="pt").input_ids[0]
        The row is missing: generate takes a batch. The ids are a tensor [1, T], also for one conversation.
    always_a_bos: return tokenizer(text,
        => text = tokenizer.bos_token + text.removeprefix(tokenizer.bos_token)
        =>     return tokenizer(text,
        A bos was put in front of a conversation whose template writes none. Some models are trained without it: the
        template knows. Add nothing to what it writes.
    never_a_bos: return tokenizer(text,
        => text = text.removeprefix(tokenizer.bos_token)
        =>     return tokenizer(text,
        The template's bos is missing. Nothing is to be added to what the template writes, and nothing is to be removed.
    accepts_nothing (refuses nothing): begun = messages[-1]["role"] == "assistant"
        => if not messages:
        =>         return torch.zeros(1, 0, dtype=torch.int64)
        =>     begun = messages[-1]["role"] == "assistant"
        A conversation without messages gave ids. There is nothing to answer: raise a ValueError that says so.
    breaks_on_nothing (refuses nothing)
        messages[-1] of an empty list is an IndexError. Look at the list first and raise a ValueError that says what is
        missing.
""")


@exercise.mistake
def encodes_the_prefill_apart(tokenizer, messages):
    """The begun answer was tokenized by itself and its ids appended. Tokens may reach across the border, such as a
    space and the word behind it: render everything as one text and tokenize that once."""
    if messages[-1]["role"] != "assistant":
        return reference(tokenizer, messages)
    before = reference(tokenizer, messages[:-1])
    return torch.cat([before, torch.tensor([tokenizer.encode(messages[-1]["content"], add_special_tokens=False)])], 1)


@exercise.mistake
def writes_the_template_by_hand(tokenizer, messages):
    """The roles' tokens were written by hand, as in the notebook. Each model was trained with a form of its own, and
    its tokenizer knows it: use tokenizer.apply_chat_template."""
    text = tokenizer.bos_token + "".join(f"<|{m['role']}|>{m['content']}{tokenizer.eos_token}" for m in messages)
    begun = messages[-1]["role"] == "assistant"
    text = text.removesuffix(tokenizer.eos_token) if begun else text + "<|assistant|>"
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids


@exercise.mistake
def cuts_the_last_token(tokenizer, messages):
    """The begun answer was ended by the template, and then one token was cut off. What a template writes behind a
    message is its own affair, an end token, perhaps a line break: say continue_final_message=True."""
    begun = messages[-1]["role"] == "assistant"
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=not begun, return_tensors="pt").input_ids
    return ids[:, :-1] if begun else ids


@exercise.alternative
def the_library_in_two_calls(tokenizer, messages):
    """A list from the template, made a tensor."""
    if messages[-1]["role"] == "assistant":
        ids = tokenizer.apply_chat_template(messages, continue_final_message=True, return_dict=False)
    else:
        ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
    return torch.tensor([ids])


@exercise.mistake
def the_text_behind_the_prompt(tokenizer, messages):
    """The begun answer was put behind the generation prompt. A template may write more there than before an answer that
    is given, for example the beginning of a thought: say continue_final_message=True, with the message in its place."""
    if messages[-1]["role"] != "assistant":
        return reference(tokenizer, messages)
    text = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, tokenize=False)
    text += messages[-1]["content"]
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids


@exercise.mistake
def cuts_behind_the_first_place(tokenizer, messages):
    """The text was cut where the begun answer's words stand for the first time. They may have been said before, by
    anybody: say continue_final_message=True, and nothing has to be looked for."""
    if messages[-1]["role"] != "assistant":
        return reference(tokenizer, messages)
    content = messages[-1]["content"]
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    text = text[: text.index(content) + len(content)]
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids


@exercise.mistake
def strips_the_begun_answer(tokenizer, messages):
    """White space was taken off the begun answer. Its text ends the row as it is: what to begin with is the caller's
    choice."""
    begun = messages[-1]["role"] == "assistant"
    stripped = {"role": "assistant", "content": messages[-1]["content"].strip()}
    return reference(tokenizer, [*messages[:-1], stripped] if begun else messages)


@exercise.mistake
def cuts_at_the_last_eos(tokenizer, messages):
    """The row was cut at its last end token. Templates end a turn in different ways, some with another token than the
    tokenizer's eos, some with a line break behind it: say continue_final_message=True."""
    if messages[-1]["role"] != "assistant":
        return reference(tokenizer, messages)
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    text = text[: text.rindex(tokenizer.eos_token)] if tokenizer.eos_token in text else text
    return tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids


@exercise.alternative
def cut_by_a_mark(tokenizer, messages):
    """The template is given the begun answer with a mark behind it, and the text is cut there."""
    if messages[-1]["role"] != "assistant":
        return reference(tokenizer, messages)
    marked = {"role": "assistant", "content": messages[-1]["content"] + "<mark>"}
    text = tokenizer.apply_chat_template([*messages[:-1], marked], tokenize=False)
    return tokenizer(text[: text.rindex("<mark>")], add_special_tokens=False, return_tensors="pt").input_ids
