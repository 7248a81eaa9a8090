"""``stream``: a generator that yields new text as soon as its characters are complete."""

import copy
from itertools import accumulate

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import (
    EOS,
    VOCABULARY,
    generate,
    gradients,
    real_run,
    reciter,
    storyteller_tokenizer,
    words,
)
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=3, adapter=Adapter.STREAM, no_grad=True)
exercise.rules("""
    soon (2): after each token what is new is yielded at once; only while the text of all new ids ends in the
        replacement character, what has not been shown is held back
    text: all chunks together are the decoded new text, without the prompt and without special tokens
    rest: what is still held back when the run ends is yielded at last, as it is
    stops: the run ends with the new end token tokenizer.eos_token_id, or after max_new_tokens
    gradients: the model runs with gradients off, and they are on again for the caller whenever a chunk comes
    refuses: an empty prompt is refused with a ValueError
""")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"  # what an incomplete character decodes to


@exercise.refuses
def refuses(model, tokenizer, input_ids, max_new_tokens):
    return "" if input_ids.shape[1] else "the prompt is empty: there is nothing to continue"


@exercise.probes
def probes(rng):
    say = storyteller_tokenizer().encode
    ann, bob, pet, other, mood = words(rng)
    smile, rain, cake = (say(emoji) for emoji in rng.sample("🙂🙁🎈🌧🐈🎂", 3))
    so = say(f"{ann} was so {mood} ")

    def probe(rule, name, said, prompt=(), n=None, hidden=False):
        """The prompt is an end token and ``prompt``. Without ``n`` the limit is reached when all is said."""
        said = say(said) if isinstance(said, str) else said
        settings = reciter([EOS, *prompt, *said], prompt_length=1 + len(prompt))
        return Probe(name, rule=rule, hidden=hidden, **settings, max_new_tokens=n or len(said))

    def real_weights(name, n, hidden=False):
        text = REPLACEMENT
        while REPLACEMENT in text:
            model, ids, (said,) = real_run(rng, [EOS], new=n, size=VOCABULARY)
            text = storyteller_tokenizer().decode(said)
        settings = {"model": model, "tokenizer": TOKENIZER, "input_ids": ids, "max_new_tokens": n}
        return Probe(name, rule="gradients", hidden=hidden, **settings)

    def empty(name, text, hidden=False):
        return Probe(name, rule="refuses", hidden=hidden, **reciter(say(text), prompt_length=0), max_new_tokens=5)

    story, halves = f"{ann} had a {pet}. The {pet} was {mood}.", [*so, *smile[:2]]
    yield probe("soon", "plain words", story)
    yield probe("soon", "an emoji of several tokens", [*so, *smile, *say(" and said hello")])
    yield probe("soon", "two emoji in a row, at the end", [*so, *smile, *rain])
    yield probe("soon", "a broken character with text behind it", [*halves, *say(f" and ran to {bob}.")])
    yield probe("soon", "accents and other scripts", f"{ann} liked the café. {bob} said señor 日本.", hidden=True)
    yield probe("soon", "line breaks", f"{ann} had a {pet}.\n\nOne day it ran.\nThe end.", hidden=True)
    broken = [*so, *3 * smile[:2]]
    yield probe("soon", "three broken characters, then a whole one", [*broken, *rain, *say(" again")])
    yield probe("soon", "the replacement character itself", f"{bob} saw {REPLACEMENT} and a {other}", hidden=True)
    yield probe("text", "a long prompt is not shown", f" They ran to {bob}.", prompt=say(story))
    croco = say(f" a crocodile and a {pet}")  # " a", " c" and more
    yield probe("text", "the prompt ends inside a word", croco[2:], prompt=[*say(ann), *croco[:2]])
    yield probe("text", "the prompt ends in an emoji", f" and a {other}", prompt=[*so, *smile], hidden=True)
    yield probe("text", "two stories in the prompt", f" saw {ann}", prompt=[*say(story), EOS, *say(bob)], hidden=True)
    yield probe("rest", "the limit cuts an emoji", [*so, *rain[:3]])
    yield probe("rest", "the end token comes inside an emoji", [*halves, EOS])
    yield probe("rest", "there is nothing but the beginning of an emoji", cake[: rng.randrange(1, 4)], hidden=True)
    yield probe("rest", "the limit cuts the second of two emoji", [*so, *cake, *rain[:2]], hidden=True)
    yield probe("stops", "the end token", [*say(story), EOS, *say(f"{bob} ran.")])
    yield probe("stops", "max_new_tokens", f" had a {other} and a {pet} and a ball", n=rng.randrange(4, 7))
    yield probe("stops", "the end token comes after one token", [*say(pet)[:1], EOS, *so], hidden=True)
    yield probe("stops", "the end token is the last one allowed", [*so, EOS], n=len(so) + 1, hidden=True)
    yield probe("stops", "the end token comes at once: no text", [EOS, *so])
    yield probe("stops", "one new token", so, n=1, hidden=True)
    yield real_weights("gradients are off, and on for the caller", 3)
    yield real_weights("gradients are off, and on for the caller of a longer run", 5, hidden=True)
    yield empty("an empty prompt", story)
    yield empty("an empty prompt before an emoji", f"{ann} 🙂", hidden=True)


@exercise.oracle
def oracle(model, tokenizer, input_ids, max_new_tokens):
    twin = copy.deepcopy(model)  # so that ``model`` makes its passes step by step
    twin._forward_pre_hooks.clear()
    out = generate(twin, input_ids, max_new_tokens=max_new_tokens, eos_token_id=EOS)
    start, shown = input_ids.shape[1], ""
    for end in range(start, out.shape[1]):
        with gradients(model):
            model(out[:, :end])
        text = tokenizer.decode(out[0, start : end + 1], skip_special_tokens=True)
        if end + 1 == out.shape[1] or not text.endswith(REPLACEMENT):
            yield text[len(shown) :]
            shown = text


@exercise.reference
def reference(model, tokenizer, input_ids, max_new_tokens):
    pending = []  # ids that have not been shown
    for _ in range(max_new_tokens):
        with gradients(model):
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


@exercise.alternative
def with_a_helper(model, tokenizer, input_ids, max_new_tokens):
    """A function with gradients off makes the token; nothing empty is yielded."""

    @torch.inference_mode()
    def best(row):
        return int(model(input_ids=torch.tensor([row])).logits[0, -1].double().numpy().argmax())

    row, shown, text = input_ids[0].tolist(), "", ""
    for _ in range(max_new_tokens):
        row.append(best(row))
        ended = row[-1] == tokenizer.eos_token_id
        text = tokenizer.decode(row[input_ids.shape[1] :], skip_special_tokens=True)
        if text != shown and not text.endswith(REPLACEMENT):
            yield text.removeprefix(shown)
            shown = text
        if ended:
            break
    if text != shown:
        yield text.removeprefix(shown)


@exercise.alternative
@torch.no_grad()
def with_a_decorator(model, tokenizer, input_ids, max_new_tokens):
    """torch's decorator knows generators: gradients are off in the steps, not between them."""
    yield from decodes_everything_so_far(model, tokenizer, input_ids, max_new_tokens)


exercise.slips("""
    token_by_token_text: not text.endswith(REPLACEMENT) => True
        Each token was decoded alone. A token may be a part of a character: alone it decodes to the replacement
        character (U+FFFD). Hold such an end back until the rest has come.
    replacement_anywhere: not text.endswith(REPLACEMENT) => REPLACEMENT not in text
        The text is held back as long as it contains a replacement character anywhere. One with text behind it stays
        broken for ever, and nothing more would be shown: ask only whether the text *ends* in it.
    forgets_what_is_held_back: pending.append(int(new)) => pending = [int(new)]
        What had been held back was lost when the next token came: decode all new ids together, not the newest alone.
    shows_the_prompt: pending = [] => pending = input_ids[0].tolist()
        The prompt was shown as well. Decode the new ids only.
    shows_the_last_prompt_token: pending = [] => pending = input_ids[0, -1:].tolist()
        The last token of the prompt was shown as well. Decode the new ids only, from the prompt's length on.
    one_string_at_the_end: not text.endswith(REPLACEMENT) => False
        The text came as one string at the end: that is decode, not a stream. Yield each new part inside the loop.
    loses_what_is_held_back: if pending => if False
        What was held back at the end is lost: after the loop, yield the rest, even if it is the replacement character.
    drops_broken_characters: skip_special_tokens=True) => skip_special_tokens=True).replace(REPLACEMENT, "")
        A character of several tokens is missing. Its parts were removed, or counted as shown while they were held back:
        wait for the other parts, and note as shown only what has been yielded.
    shows_eos: skip_special_tokens=True => skip_special_tokens=False
        The end-of-sequence token was shown, which is no part of the text: decode with skip_special_tokens=True.
    strips_the_chunks: skip_special_tokens=True) => skip_special_tokens=True).strip()
        The chunks were stripped. The space before a word belongs to its token: without it, the words run together.
    goes_on_after_eos: break => pass
        The stream goes on after the end-of-sequence token. Stop when the new token is tokenizer.eos_token_id.
    eos_in_the_prompt_stops: int(new) == tokenizer.eos_token_id => tokenizer.eos_token_id in input_ids[0].tolist()
        The whole row is searched for the end token, so one in the prompt ends the run. Only the newest token counts.
    one_token_too_many: range(max_new_tokens) => range(max_new_tokens + 1)
        One token more than max_new_tokens was made. The loop takes max_new_tokens steps, unless the end token comes.
    leaves_gradients_on: gradients(model) => torch.enable_grad()
        The text is right, but the model ran with gradients on, for a backward pass that never comes: use
        `with torch.no_grad():` around the model's call.
    gives_an_empty_prompt_to_the_model (refuses nothing)
        The model was asked to continue an empty prompt and failed with an error of its own. Look at the prompt's length
        first, and raise a ValueError that says what is missing.
""")


@exercise.mistake
def yields_inside_no_grad(model, tokenizer, input_ids, max_new_tokens):
    """Gradients are off for the caller, too: the generator waits at a yield inside `with torch.no_grad():` (or it has
    switched them off for good). Put only the model's call under no_grad, and yield outside of it.
    """
    with torch.no_grad():
        yield from reference(model, tokenizer, input_ids, max_new_tokens)


@exercise.mistake
def all_at_the_end(model, tokenizer, input_ids, max_new_tokens):
    """The text came only at the end. Yield each chunk inside the loop, as soon as its characters are complete."""
    yield from list(reference(model, tokenizer, input_ids, max_new_tokens))


@exercise.mistake
def repeats_what_was_shown(model, tokenizer, input_ids, max_new_tokens):
    """Each chunk is the whole text so far. Yield only what has been added since the last chunk."""
    yield from accumulate(filter(None, reference(model, tokenizer, input_ids, max_new_tokens)))


@exercise.mistake
def waits_for_a_space(model, tokenizer, input_ids, max_new_tokens):
    """Words are held back until a space follows, as the library's streamer does. Here only an incomplete character is
    held back: yield everything else after each token.
    """
    held = ""
    for chunk in reference(model, tokenizer, input_ids, max_new_tokens):
        text, space, held = (held + chunk).rpartition(" ")
        yield text + space
    yield held


@exercise.mistake(refuses=False)
def nothing_for_an_empty_prompt(model, tokenizer, input_ids, max_new_tokens):
    """An empty prompt gave an empty stream without a word. There is nothing to continue: raise a ValueError."""
    if input_ids.shape[1]:
        yield from reference(model, tokenizer, input_ids, max_new_tokens)
