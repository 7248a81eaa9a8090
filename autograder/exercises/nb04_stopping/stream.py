"""``stream``: a generator that yields new text as soon as its characters are complete."""

import copy
from itertools import accumulate

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import BEGINS, TOKENIZER
from autograder.exercises.nb04_stopping._shared import (
    BEGIN,
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
        replacement character, all that has not been shown is held back
    text: all chunks together are the decoded new text, without the prompt and without special tokens
    rest: what is still held back when the run ends is yielded at last, as it is
    stops: the run ends with the new end token tokenizer.eos_token_id, and no other, or after max_new_tokens
    gradients: the model runs with gradients off, and they are on again for the caller whenever a chunk comes
    refuses: an empty prompt is refused with a ValueError, whatever max_new_tokens says
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

    def probe(rule, name, said, prompt=(), n=None, hidden=False, **settings):
        """The prompt is an end token and ``prompt``. Without ``n`` the limit is reached when all is said."""
        said = say(said) if isinstance(said, str) else said
        settings = reciter([EOS, *prompt, *said], prompt_length=1 + len(prompt), **settings)
        return Probe(name, rule=rule, hidden=hidden, **settings, max_new_tokens=len(said) if n is None else n)

    def real_weights(name, n, hidden=False):
        text = REPLACEMENT
        while REPLACEMENT in text:
            model, ids, (said,) = real_run(rng, [EOS], new=n, size=VOCABULARY)
            text = storyteller_tokenizer().decode(said)
        settings = {"model": model, "tokenizer": TOKENIZER, "input_ids": ids, "max_new_tokens": n}
        return Probe(name, rule="gradients", hidden=hidden, **settings)

    def empty(name, text, n=5, hidden=False):
        return Probe(name, rule="refuses", hidden=hidden, **reciter(say(text), prompt_length=0), max_new_tokens=n)

    story, halves = f"{ann} had a {pet}. The {pet} was {mood}.", [*so, *smile[:2]]
    yield probe("soon", "plain words", story)
    yield probe("soon", "an emoji of several tokens", [*so, *smile, *say(" and said hello")])
    yield probe("soon", "two emoji in a row, at the end", [*so, *smile, *rain])
    yield probe("soon", "a broken character with text behind it", [*halves, *say(f" and ran to {bob}.")])
    dash = say("€—")  # three tokens, the first of which holds "€" and the first byte of the dash
    yield probe("soon", "a token holds a character and part of the next", [*so, *dash, *say(f" a {pet}")])
    yield probe(
        "soon",
        "two tokens that hold a character and part of the next",
        [*dash, *say(" or "), *dash, *say(".")],
        hidden=True,
    )
    yield probe("soon", "accents and other scripts", f"{ann} liked the café. {bob} said señor 日本.", hidden=True)
    yield probe("soon", "line breaks", f"{ann} had a {pet}.\n\nOne day it ran.\nThe end.", hidden=True)
    broken = [*so, *3 * smile[:2]]
    yield probe("soon", "three broken characters, then a whole one", [*broken, *rain, *say(" again")])
    yield probe("soon", "the replacement character itself", f"{bob} saw {REPLACEMENT} and a {other}", hidden=True)
    yield probe("text", "a long prompt is not shown", f" They ran to {bob}.", prompt=say(story))
    croco = say(f" a crocodile and a {pet}")  # " a", " c" and more
    yield probe("text", "the prompt ends inside a word", croco[2:], prompt=[*say(ann), *croco[:2]])
    yield probe(
        "text", "the prompt ends inside an emoji", [*smile[2:], *say(f" and a {other}")], prompt=[*so, *smile[:2]]
    )
    yield probe("text", "the end token is not shown", [*say(f" saw {bob}."), EOS])
    special = [*say(f" saw {bob}"), BEGIN, *say(f" and a {other}."), EOS]
    yield probe("text", "another tokenizer, which has two special tokens", special, tokenizer=BEGINS)
    yield probe(
        "text", "special tokens between words", [BEGIN, *so, BEGIN, BEGIN, *say(pet)], tokenizer=BEGINS, hidden=True
    )
    yield probe("text", "the prompt holds the first byte of an emoji", [*cake[1:], *so], prompt=cake[:1], hidden=True)
    yield probe("text", "the prompt ends in an emoji", f" and a {other}", prompt=[*so, *smile], hidden=True)
    yield probe("text", "two stories in the prompt", f" saw {ann}", prompt=[*say(story), EOS, *say(bob)], hidden=True)
    yield probe("rest", "the limit cuts an emoji", [*so, *rain[:3]])
    yield probe("rest", "the end token comes inside an emoji", [*halves, EOS])
    yield probe("rest", "there is nothing but the beginning of an emoji", cake[: rng.randrange(1, 4)], hidden=True)
    yield probe("rest", "the limit cuts the second of two emoji", [*so, *cake, *rain[:2]], hidden=True)
    yield probe("stops", "the end token", [*say(story), EOS, *say(f"{bob} ran.")])
    tail = [*say(f"{bob} ran to {ann}"), EOS, *so]
    yield probe("stops", "the model's own end token is another one", tail, eos=tail[1])
    yield probe("stops", "the model has no end token of its own", tail, eos=None, hidden=True)
    yield probe("stops", "max_new_tokens of 0", so, n=0)
    yield probe("stops", "max_new_tokens", f" had a {other} and a {pet} and a ball", n=rng.randrange(4, 7))
    yield probe("stops", "the end token comes after one token", [*say(pet)[:1], EOS, *so], hidden=True)
    yield probe("stops", "the end token is the last one allowed", [*so, EOS], n=len(so) + 1, hidden=True)
    yield probe("stops", "the end token comes at once: no text", [EOS, *so])
    yield probe("stops", "one new token", so, n=1, hidden=True)
    yield real_weights("gradients are off, and on for the caller", 3)
    yield real_weights("gradients are off, and on for the caller of a longer run", 5, hidden=True)
    yield empty("an empty prompt", story)
    yield empty("an empty prompt, max_new_tokens of 0", story, n=0)
    yield empty("an empty prompt before an emoji", f"{ann} 🙂", hidden=True)


@exercise.oracle
def oracle(model, tokenizer, input_ids, max_new_tokens):
    twin = copy.deepcopy(model)  # so that ``model`` makes its passes step by step
    twin._forward_pre_hooks.clear()
    out = input_ids  # generate refuses a limit of 0
    if max_new_tokens:
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
    asks_the_newest_token: not text.endswith(REPLACEMENT) => not tokenizer.decode(new[0]).endswith(REPLACEMENT)
        It was asked whether the newest token alone is incomplete. The last part of a character is, too, although it
        completes it: ask whether the text of all new ids ends in the replacement character.
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
        A special token was shown, such as that at the end, which is no part of the text: decode with
        skip_special_tokens=True.
    strips_the_chunks: skip_special_tokens=True) => skip_special_tokens=True).strip()
        The chunks were stripped. The space before a word belongs to its token: without it, the words run together.
    goes_on_after_eos: break => pass
        The stream goes on after the end-of-sequence token. Stop when the new token is tokenizer.eos_token_id.
    eos_in_the_prompt_stops: int(new) == tokenizer.eos_token_id => tokenizer.eos_token_id in input_ids[0].tolist()
        The whole row is searched for the end token, so one in the prompt ends the run. Only the newest token counts.
    models_own_end_token: int(new) == tokenizer.eos_token_id => int(new) == model.generation_config.eos_token_id
        The end token of the model's configuration ended the run. Here it is tokenizer.eos_token_id that does.
    limit_counts_the_prompt: range(max_new_tokens) => range(max_new_tokens - input_ids.shape[1])
        The prompt's tokens were counted as well. max_new_tokens counts the new ones alone, however long the prompt is.
    at_least_one_token: range(max_new_tokens) => range(max(max_new_tokens, 1))
        With max_new_tokens = 0 a token came. Ask whether the limit is reached before a step: then nothing is yielded.
    one_token_too_many: range(max_new_tokens) => range(max_new_tokens + 1)
        One token more than max_new_tokens was made. The loop takes max_new_tokens steps, unless the end token comes.
    leaves_gradients_on: gradients(model) => torch.enable_grad()
        The text is right, but the model ran with gradients on, for a backward pass that never comes: use
        `with torch.no_grad():` around the model's call.
    refuses_inside_the_loop (refuses nothing): with gradients(model)
        => if not input_ids.shape[1]:
        =>             raise ValueError("the prompt is empty")
        =>         with gradients(model)
        An empty prompt was refused inside the loop, so with max_new_tokens = 0 it was accepted. Refuse it first of all.
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
def shows_what_stands_before(model, tokenizer, input_ids, max_new_tokens):
    """What stands before the replacement characters at the end was shown. Hold everything back that has not been shown
    while the text ends in one: a token may end inside a character and begin with a whole one.
    """
    start, text, shown = input_ids.shape[1], "", 0
    for _ in range(max_new_tokens):
        with gradients(model):
            new = model(input_ids).logits[:, -1].argmax(-1, keepdim=True)
        input_ids = torch.cat([input_ids, new], dim=1)
        text = tokenizer.decode(input_ids[0, start:], skip_special_tokens=True)
        if len(certain := text.rstrip(REPLACEMENT)) > shown:
            yield certain[shown:]
            shown = len(certain)
        if int(new) == tokenizer.eos_token_id:
            break
    yield text[shown:]


@exercise.mistake
def cuts_the_prompts_text_off(model, tokenizer, input_ids, max_new_tokens):
    """The whole row was decoded and the prompt's text cut off. Where the prompt ends inside a character, the new ids
    become another text that way: decode the new ids alone.
    """
    shown = len(tokenizer.decode(input_ids[0], skip_special_tokens=True))
    text = " " * shown
    for _ in range(max_new_tokens):
        with gradients(model):
            new = model(input_ids).logits[:, -1].argmax(-1, keepdim=True)
        input_ids = torch.cat([input_ids, new], dim=1)
        text = tokenizer.decode(input_ids[0], skip_special_tokens=True)
        if not text.endswith(REPLACEMENT):
            yield text[shown:]
            shown = len(text)
        if int(new) == tokenizer.eos_token_id:
            break
    yield text[shown:]


@exercise.mistake
def runs_ahead(model, tokenizer, input_ids, max_new_tokens):
    """The model runs for the next token before the text of this one is yielded: everything comes a pass too late, and
    the last pass is for nothing. Yield first, then go on.
    """
    start, text, shown, logits = input_ids.shape[1], "", 0, None
    for _ in range(max_new_tokens):
        with gradients(model):
            logits = model(input_ids).logits if logits is None else logits
            input_ids = torch.cat([input_ids, logits[:, -1].argmax(-1, keepdim=True)], dim=1)
            logits = model(input_ids).logits
        text = tokenizer.decode(input_ids[0, start:], skip_special_tokens=True)
        if not text.endswith(REPLACEMENT):
            yield text[shown:]
            shown = len(text)
        if int(input_ids[0, -1]) == tokenizer.eos_token_id:
            break
    yield text[shown:]


@exercise.mistake
def strips_the_first_chunk(model, tokenizer, input_ids, max_new_tokens):
    """The space before the first word was cut off. It belongs to the new text: yield the text as it is decoded."""
    chunks = reference(model, tokenizer, input_ids, max_new_tokens)
    yield next(chunks, "").lstrip()
    yield from chunks


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
