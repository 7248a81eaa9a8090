"""What the exercises on chat share: tokenizers with chat templates of several kinds, conversations."""

import random

from autograder.exercises.nb04_stopping._shared import words
from genlab.judging.values import Resource
from genlab.models import RESOURCES

ROLES = ["<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"]
MARKED = (  # the notebook's: each role has a special token
    "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
HEADED = (  # like ChatML: no bos, a line for the role, a line break behind the end
    "{% for message in messages %}<|start|>{{ message.role }}\n{{ message.content }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
SPOKEN = (  # roles in plain words
    "{{ bos_token }}{% for message in messages %}{{ 'Story' if message.role == 'assistant' else 'Child' }}: "
    "{{ message.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}Story: {% endif %}"
)

TURNED = (  # like Gemma and Qwen: a token of its own ends a turn, and the generation prompt is more than the role
    "{{ bos_token }}{% for message in messages %}<|turn|>{{ message.role }}\n{{ message.content }}<|over|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n<|think|>\n{% endif %}"
)


def tokenizer(template: str, adds_bos: bool = False, shift: int = 0, **tokens) -> Resource:
    """A tokenizer for ``template``; special tokens have other ids for each ``shift``."""
    extra = [f"<|spare{i}|>" for i in range(shift)]
    extra += {MARKED: ROLES, HEADED: ["<|start|>"], TURNED: ["<|turn|>", "<|over|>", "<|think|>"], SPOKEN: []}[template]
    special = {"extra_special_tokens": extra} if extra else {}
    special |= {"bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|endoftext|>"} | tokens
    return Resource("tokenizer", **({"adds_bos": True} if adds_bos else {}), template=template, **special)


def made(resource: Resource):
    """The tokenizer that a resource stands for."""
    return RESOURCES[resource.name](**resource.settings)


def user(text: str) -> dict[str, str]:
    """A message of the user."""
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    """A message of the assistant."""
    return {"role": "assistant", "content": text}


def question(rng: random.Random) -> str:
    """What a user says."""
    name, friend, pet, _, mood = words(rng)
    return rng.choice((f"Tell me about {name} and the {pet}.", f"Why was {friend} {mood}?", f"Where is the {pet}?"))


def answer(rng: random.Random) -> str:
    """What an assistant says."""
    name, friend, pet, other, mood = words(rng)
    return rng.choice(
        (
            f"{name} saw a {pet} in the park.",
            f"{friend} was {mood}, and so was the {pet}.",
            f"The {other} ran to {name}.",
        )
    )


def user_turn(tokenizer, text: str) -> list[int]:
    """Ids of one more turn of the user and of the answer's beginning, without bos."""
    rendered = tokenizer.apply_chat_template([user(text)], add_generation_prompt=True, tokenize=False)
    return tokenizer.encode(rendered.removeprefix(tokenizer.bos_token), add_special_tokens=False)
