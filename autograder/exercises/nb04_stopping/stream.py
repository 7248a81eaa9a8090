"""``stream``: a generator that yields new text as soon as its characters are complete."""

from itertools import accumulate

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import EOS, VOCABULARY, generate, recital, storyteller_tokenizer, words
from genlab.judging.adapters import Adapter
from genlab.models import ScriptedModel

exercise = Exercise(__name__, points=3, adapter=Adapter.STREAM, no_grad=True)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # what an incomplete character decodes to


@exercise.refuses
def refuses(model, tokenizer, input_ids, max_new_tokens):
    return "" if input_ids.shape[1] else "the prompt is empty: there is nothing to continue"


@exercise.probes
def probes(rng):
    ann, bob, pet, other, mood = words(rng)
    smile, rain = rng.sample("🙂🙁🎈🌧🐈", 2)
    begun, whole = (len(storyteller_tokenizer().encode(f"{ann} was so {end}")) for end in ("", smile))
    inside_the_emoji = (begun + whole) // 2 - 2 + 1  # new tokens after a prompt of 2

    def probe(name, text, prompt_length=2, n=40):
        return Probe(name, **recital(prompt_length, text, end=True), max_new_tokens=n)

    yield probe("plain words, ended by eos", f"{ann} had a {pet}. The {pet} was {mood}.")
    yield probe("stopped by max_new_tokens", f"{bob} had a {other} and a {pet} and a ball and a tree.", n=6)
    yield probe("an emoji of several tokens", f"{ann} was {mood} {smile} and said hello.")
    yield probe("two emoji in a row, at the end", f"{bob} saw {smile}{rain}")
    yield probe("accents and other scripts", f"{ann} liked the café. {bob} said señor 日本 and went home.")
    yield probe("line breaks", f"{ann} had a {pet}.\n\nOne day it ran.\nThe end.")
    yield probe("the limit cuts an emoji", f"{ann} was so {smile} that day", n=inside_the_emoji)
    long = f"{ann} and {bob} went to the park to see a {pet}. It was {mood}."
    yield probe("a long prompt is not shown", long, prompt_length=9)
    yield probe("an empty prompt is refused", f"{ann} had a {pet}.", prompt_length=0)


@exercise.oracle
def oracle(model, tokenizer, input_ids, max_new_tokens):
    twin = ScriptedModel(model._lines, VOCABULARY, eos_token_id=EOS)  # so that ``model`` makes its passes step by step
    out = generate(twin, input_ids, max_new_tokens=max_new_tokens, eos_token_id=EOS)
    start, shown = input_ids.shape[1], ""
    for end in range(start, out.shape[1]):
        with torch.no_grad():
            model(out[:, :end])
        text = tokenizer.decode(out[0, start : end + 1], skip_special_tokens=True)
        if end + 1 == out.shape[1] or not text.endswith(REPLACEMENT):
            yield text[len(shown) :]
            shown = text


@exercise.reference
def reference(model, tokenizer, input_ids, max_new_tokens):
    pending = []  # ids that have not been shown
    for _ in range(max_new_tokens):
        with torch.no_grad():
            new = model(input_ids).logits[:, -1].argmax(-1, keepdim=True)
        input_ids = torch.cat([input_ids, new], dim=1)
        pending.append(int(new))
        text = tokenizer.decode(pending, skip_special_tokens=True)
        if not text.endswith(REPLACEMENT):
            yield text
            pending.clear()
        if int(new) == tokenizer.eos_token_id:
            break
    if pending:
        yield text


@exercise.alternative
def decodes_everything_so_far(model, tokenizer, input_ids, max_new_tokens):
    """Decode all new ids each time, yield what has been added."""
    row, new, shown, text = input_ids[0].tolist(), [], 0, ""
    while len(new) < max_new_tokens and tokenizer.eos_token_id not in new:
        with torch.no_grad():
            new.append(int(model(torch.tensor([row + new])).logits[0, -1].argmax()))
        text = tokenizer.decode(new, skip_special_tokens=True)
        if text[-1:] != REPLACEMENT:
            yield text[shown:]
            shown = len(text)
    yield text[shown:]


exercise.slips("""
    token_by_token_text: not text.endswith(REPLACEMENT) => True
        Each token was decoded alone. A token may be a part of a character: alone it decodes to the replacement
        character (U+FFFD). Hold such an end back until the rest has come.
    shows_the_prompt: pending = [] => pending = input_ids[0].tolist()
        The prompt was shown as well. Decode the new ids only.
    one_string_at_the_end: not text.endswith(REPLACEMENT) => False
        The text came as one string at the end: that is decode, not a stream. Yield each new part inside the loop.
    loses_what_is_held_back: if pending => if False
        What was held back at the end is lost: after the loop, yield the rest, even if it is the replacement character.
    drops_broken_characters: skip_special_tokens=True) => skip_special_tokens=True).replace(REPLACEMENT, "")
        Replacement characters were removed, and with them the character whose parts they are. Wait for the other parts.
    shows_eos: skip_special_tokens=True => skip_special_tokens=False
        The end-of-sequence token was shown, which is no part of the text: decode with skip_special_tokens=True.
    strips_the_chunks: skip_special_tokens=True) => skip_special_tokens=True).strip()
        The chunks were stripped. The space before a word belongs to its token: without it, the words run together.
    goes_on_after_eos: break => pass
        The stream goes on after the end-of-sequence token. Stop when the new token is tokenizer.eos_token_id.
""")


@exercise.mistake
def all_at_the_end(model, tokenizer, input_ids, max_new_tokens):
    """The text came only at the end. Yield each chunk inside the loop, as soon as its characters are complete."""
    yield from list(reference(model, tokenizer, input_ids, max_new_tokens))


@exercise.mistake
def repeats_what_was_shown(model, tokenizer, input_ids, max_new_tokens):
    """Each chunk is the whole text so far. Yield only what has been added since the last chunk."""
    yield from accumulate(filter(None, reference(model, tokenizer, input_ids, max_new_tokens)))
