"""``stop_strings``: the new text of each row, up to the token with which a stop string is complete."""

import re

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import EOS, generate, recite, storyteller_tokenizer, words

exercise = Exercise(__name__, points=4)
exercise.rules("""
    whole_token: the text goes up to and including the token with which a stop string is complete, which stays whole
    text: stop strings are looked for in the decoded text, character by character, however its tokens are cut
    new_text: only the new text counts; a stop string that lies or begins in the prompt is not found there
    first: of several stop strings, the one that is complete first ends the row, whatever its place in the list; with
        trim, too, what would be complete later does not count
    rows: each row ends by itself; a row without any stop string is returned to its end, which is "" without new ids
    trim (2): with trim, the text is also cut where the first stop string in it begins
    refuses: an empty stop string is refused with a ValueError, wherever it stands and whatever the rows hold
""")


@exercise.refuses
def refuses(tokenizer, ids, prompt_length, stops, trim):
    return "" if all(stops) else "an empty stop string would end every text before it begins"


@exercise.probes
def probes(rng):
    encode = storyteller_tokenizer().encode
    ann, bob, pet, other, mood = words(rng)

    def probe(rule, name, prompt, *texts, stops, trim=False, hidden=False):
        """A prompt that all rows share, what each of them says then, cut to the shortest, and the stop strings."""
        rows = [encode(prompt + text) for text in texts]
        ids = torch.tensor([row[: min(map(len, rows))] for row in rows])
        settings = {"prompt_length": len(encode(prompt)), "stops": stops, "trim": trim}
        return Probe(name, rule=rule, hidden=hidden, tokenizer=TOKENIZER, ids=ids, **settings)

    story = f" had a {pet}. The {pet} was very {mood}. {ann} said hello to {bob}. They all went home to play."
    long = f" saw a {other}. It was {mood}. {bob} liked it. They played in the park and slept all day and all night."
    short = f" saw the {pet}. It ran. The {pet} was {mood}. {bob} did not know what to do."
    smile, smiles = f" was {mood}. 🙂 She went home.", f" said 🙁 and then she said 🙂 to {bob}."
    lines = f" had a {pet}.\n\nOne day it ran away.\n{ann} was sad."
    again = f" {pet}. {bob} had a {pet}, too. They played."
    letter, doubled = rng.choice([("t", "little"), ("p", "happy"), ("o", "good"), ("m", "mommy"), ("l", "ball")])

    yield probe("whole_token", "a stop string that is one token", ann, story, stops=[f" {pet}"])
    yield probe("whole_token", "it ends in the middle of a token", ann, story, stops=[". T"])
    yield probe("whole_token", "it lies inside a token", ann, story, stops=["er"])
    yield probe("whole_token", "the first new token holds it", ann, story, stops=["ha"])
    yield probe("whole_token", "the last token holds it", ann, f" and {bob} wanted to play", stops=["la"], hidden=True)
    yield probe("text", "it lies across token borders", ann, story, stops=[f"{pet}. The"])
    yield probe("text", "an emoji of several tokens", ann, smile, stops=["🙂"])
    yield probe("text", "an empty line", ann, lines, stops=["\n\n"])
    yield probe("text", "a full stop means a full stop", ann, " was too sad. Tom was sad, too. Yes.", stops=["too."])
    yield probe("text", "capital letters are other letters", ann, short, stops=[f"The {pet}"])
    yield probe("text", "an emoji after one that begins alike", ann, smiles, stops=["🙂"], hidden=True)
    yield probe("text", "it has many tokens", ann, story, stops=[f"{mood}. {ann} said hello to {bob}"])
    yield probe("new_text", "the prompt contains it", f"{ann} had a {pet}", ". It ran away.", stops=[f" {pet}", ann])
    yield probe("new_text", "it begins in the prompt", f"{ann} had a", again, stops=[f"a {pet}"])
    yield probe("new_text", "the prompt ends with it", f"{ann} had a {pet}", again, stops=[f" {pet}"], hidden=True)
    yield probe("new_text", "it lies in a long prompt", ann + story, long, stops=["hello", f" {other}"], hidden=True)
    yield probe("first", "first in the text, last in the list", ann, story, stops=[" play", " hello", f" {mood}"])
    yield probe("first", "another begins first", ann, story, stops=[f"{pet}. The {pet}", " The"])
    late = {"stops": [" very", f"{pet} was very {mood}. {ann}"], "trim": True, "hidden": True}
    yield probe("first", "another begins first, two rows, with trim", ann, story, long, **late)
    yield probe("first", "one is the beginning of another", ann, story, stops=[f"{pet}. The", f" {pet}"], hidden=True)
    yield probe("first", "only the last of three comes", ann, story, stops=["tree", " zoo", " hello"], hidden=True)
    yield probe("first", "first in the text and in the list", ann, story, stops=[" very", " play"], hidden=True)
    yield probe("rows", "three rows with ends of their own", ann, story, long, short, stops=[f" {mood}", " ran"])
    yield probe("rows", "one row has none", ann, story, long, stops=[f" {other}"])
    yield probe("rows", "no row has any, with trim", ann, story, long, stops=["elephant", "zoo"], trim=True)
    yield probe("rows", "no stop strings at all", ann, long, stops=[])
    yield probe("rows", "no new ids", ann, "", stops=[pet])
    yield probe("rows", "no new ids, two rows, with trim", ann, "", "", stops=[ann], trim=True, hidden=True)
    yield probe("rows", "the first row has none, with trim", ann, long, story, stops=[" The"], trim=True, hidden=True)
    yield probe("trim", "it lies across token borders, trimmed", ann, story, stops=[f"{pet}. The"], trim=True)
    yield probe("trim", "it ends in the middle of a token, trimmed", ann, story, stops=["y " + mood[0]], trim=True)
    yield probe("trim", "one token completes two of them", ann, story, stops=["The", f"{pet}. T"], trim=True)
    yield probe("trim", "one token holds it twice", ann, f" was a {doubled} one. Yes.", stops=[letter], trim=True)
    yield probe("trim", "one of the two never comes, trimmed", ann, story, stops=[f"{pet}. T", "zoo"], trim=True)
    yield probe("trim", "the very last token completes it", ann, f" saw a big {other}", stops=[f"g {other}"], trim=True)
    yield probe(
        "trim",
        "the last token of two rows, trimmed",
        ann,
        " saw a zoo",
        f" has {pet}s",
        stops=["oo", "s"],
        trim=True,
        hidden=True,
    )
    yield probe("first", "another begins first, with trim", ann, story, stops=[f"{pet}. The {pet}", " The"], trim=True)
    yield probe("trim", "nothing is left", ann, story, stops=[" had a"], trim=True)
    yield probe("trim", "one lies within another", ann, story, stops=[pet[1:], pet], trim=True, hidden=True)
    yield probe("trim", "an emoji, trimmed", ann, smile, stops=["🙂"], trim=True, hidden=True)
    yield probe(
        "trim", "three rows, trimmed", ann, long, short, story, stops=[f" {mood}.", ". "], trim=True, hidden=True
    )
    yield probe("refuses", "an empty stop string", ann, story, stops=[""])
    yield probe("refuses", "an empty one behind one that comes at once", ann, story, stops=[" had", ""])
    yield probe("refuses", "an empty one, no new ids", ann, "", stops=["", pet])
    yield probe("refuses", "the second of two is empty", ann, long, stops=[pet, ""])
    yield probe("refuses", "the first of two is empty, with trim", ann, long, stops=["", "."], trim=True, hidden=True)
    yield probe("refuses", "an empty one for rows without new ids", ann, "", "", stops=["", ""], hidden=True)


@exercise.oracle
def oracle(tokenizer, ids, prompt_length, stops, trim):
    """The library would also find a stop string that begins in the prompt: it is given another prompt."""
    texts = []
    for new in ids[:, prompt_length:].tolist():
        text = ""
        if new:
            settings = {"max_new_tokens": len(new), "stop_strings": stops or None, "tokenizer": tokenizer}
            out = generate(recite([EOS, *new]), torch.tensor([[EOS]]), **settings)
            text = tokenizer.decode(out[0, 1:])
        starts = [text.find(stop) for stop in stops if stop in text]
        texts.append(text[: min(starts, default=None)] if trim else text)
    return texts


@exercise.reference
def reference(tokenizer, ids, prompt_length, stops, trim):
    texts = []
    for row in ids.tolist():
        text, starts = "", []
        for end in range(prompt_length + 1, len(row) + 1):
            text = tokenizer.decode(row[prompt_length:end])
            starts = [text.find(stop) for stop in stops if stop in text]
            if starts:
                break
        texts.append(text[: min(starts, default=None)] if trim else text)
    return texts


@exercise.alternative
def in_the_whole_text(tokenizer, ids, prompt_length, stops, trim):
    """Find the end in the whole text, then decode beginnings until one reaches it."""
    texts = []
    for row in ids[:, prompt_length:].tolist():
        whole = tokenizer.decode(row)
        ends = [whole.find(stop) + len(stop) for stop in stops if stop in whole]
        beginnings = (tokenizer.decode(row[:n]) for n in range(len(row) + 1))
        text = next(text for text in beginnings if text.startswith(whole[: min(ends, default=None)]))
        texts.append(text[: min((text.find(stop) for stop in stops if stop in text), default=None)] if trim else text)
    return texts


@exercise.alternative(refuses=False)
def by_pattern(tokenizer, ids, prompt_length, stops, trim):
    """One regular expression for all stop strings, and a growing tensor of ids."""
    if "" in stops:
        raise ValueError("a stop string is empty")
    any_stop = re.compile("|".join(map(re.escape, stops)) or "(?!)")

    def new_text(row):
        text = ""
        for length in range(1, len(row) + 1):
            text = tokenizer.decode(row[:length])
            if found := any_stop.search(text):
                return text[: found.start()] if trim else text
        return text

    return [new_text(row[prompt_length:]) for row in ids]


@exercise.mistake
def returns_the_prompt_too(tokenizer, ids, prompt_length, stops, trim):
    """The prompt is searched and returned as well. Take only the new ids of each row, ids[:, prompt_length:]."""
    return reference(tokenizer, ids, 0, stops, trim)


exercise.slips("""
    compares_ids: if starts: => if any(row[prompt_length:end][-len(w) :] == w for w in map(tokenizer.encode, stops)):
        The stop string's ids were searched for. Inside a text it may be cut into other tokens: search the decoded text.
    last_tokens_only: if starts:
        => width = max(map(len, stops), default=0) + 1
        =>             if any(stop in tokenizer.decode(row[prompt_length:end][-width:]) for stop in stops):
        Only the last few tokens were searched, about as many as the stop string has characters. But one character may
        take several tokens, as an emoji does: decode all new ids of the row.
    last_token_only: if starts: => if any(stop in tokenizer.decode(row[end - 1 : end]) for stop in stops):
        Only the last token's text is searched. A stop string may span several tokens: decode all new ids of the row.
    ends_exactly: if starts: => if text.endswith(tuple(stops)):
        The text must end in the stop string (endswith). The token that completes it may carry further characters,
        then the end is never seen: ask whether the text contains it.
    searches_the_prompt: if starts: => if any(stop in tokenizer.decode(row[:end]) for stop in stops):
        The prompt is searched as well, so a row whose prompt has the stop string ends at once. Decode only the new ids.
    begins_in_the_prompt: if starts:
        => whole = tokenizer.decode(row[:end])
        =>             if any(whole.rfind(s) + len(s) > len(whole) - len(text) for s in stops if s in whole):
        A stop string that begins in the prompt ended the row, as it does in the library. Here only the new text counts:
        decode only the new ids.
    cuts_inside_the_token: if trim else text
        => if trim else text[: min((text.find(s) + len(s) for s in stops if s in text), default=None)]
        Without trim, the text was cut right after the stop string. Generation stops between tokens: the token that
        completes the stop string stays whole, with what it carries beyond.
    drops_the_last_token: if starts:
        => if starts:
        =>                 text = tokenizer.decode(row[prompt_length : end - 1])
        The token that completes the stop string was left out. It stays, as it does in generate; cutting is what trim is
        for.
    trim_keeps_the_stop_string: text.find(stop) => text.find(stop) + len(stop)
        With trim, the stop string itself has to go as well: the text ends where it begins.
    trims_at_the_first_of_the_list: min(starts, default=None) => (starts or [None])[0]
        One token may complete several stop strings. The text was cut at the one that is first in the list: cut it at
        the smallest index at which one of them begins.
    trims_at_what_is_absent: text[: min(starts, default=None)] if trim
        => text[: min(map(text.find, stops))] if trim and starts
        With trim, find was asked for stop strings that are not there: it gives -1, which is smaller than every index,
        and the last character was cut off. Ask `stop in text` first.
    trims_at_what_comes_later: texts.append(text
        => whole = tokenizer.decode(row[prompt_length:])
        =>         starts = [whole.find(stop) for stop in stops if stop in whole]
        =>         texts.append(text
        With trim, the whole text was searched. A stop string that would be complete only behind the place where
        generation stops has not been said: search the text that ends there.
    trims_all_but_the_last: if trim else text => if trim and text != tokenizer.decode(row[prompt_length:]) else text
        A stop string that the very last token completes was not cut off. Look at all beginnings, the whole row too.
    strips_before_the_cut: if trim else text => .rstrip() if trim else text
        With trim, white space before the stop string went as well. Cut exactly where the stop string begins.
    trims_at_the_last_place: text.find(stop) => text.rfind(stop)
        The text was cut where the stop string stands last (rindex or rfind). A token may hold it twice: cut at the
        first place, find or index.
    never_trims: if trim else => if False else
        trim=True changed nothing: then the text ends where the stop string begins.
    always_trims: if trim else => if True else
        trim=False means that the stop string stays in the text, as it does in the output of generate.
    trims_rows_without_any: default=None => default=-1
        A row without a stop string lost its last character: find gives -1 for what is not there, and text[:-1] cuts.
        Ask `stop in text` first.
    joins_decoded_tokens: tokenizer.decode(row[prompt_length:end])
        => "".join(tokenizer.decode([token]) for token in row[prompt_length:end])
        Tokens are decoded one by one. Part of a character alone gives the replacement character: decode them together.
    strips_the_text: tokenizer.decode(row[prompt_length:end]) => tokenizer.decode(row[prompt_length:end]).strip()
        The text was stripped. The space before the first word belongs to its token, and stop strings may hold spaces.
    stop_string_as_a_pattern: [text.find(stop) for stop in stops if stop in text]
        => [found.start() for stop in stops if (found := re.search(stop, text))]
        The stop string was taken for a regular expression, in which a full stop is any character. Ask `stop in text`.
    ignores_capitals: [text.find(stop) for stop in stops if stop in text]
        => [text.lower().find(stop.lower()) for stop in stops if stop.lower() in text.lower()]
        Capital and small letters were taken for the same. They are different characters: compare the text as it is.
    first_in_the_list: [text.find(stop) for stop in stops if stop in text]
        => [text.find(stop) for stop in stops if stop in tokenizer.decode(row[prompt_length:])][:1]
        =>             starts = [start for start in starts if start >= 0]
        The first stop string in the list that occurs anywhere wins. The one that comes first in the text must end it.
    first_to_begin: if starts:
        => whole = tokenizer.decode(row[prompt_length:])
        =>             if min((stop for stop in stops if stop in whole), key=whole.find, default=EOS * "-") in text:
        The stop string that begins first was waited for. Another one may be complete before it, and generation stops
        there: take longer and longer beginnings, and ask of each whether it contains any of them.
    never_stops: break => pass
        The text goes on behind the stop string. Leave the loop at the first beginning that contains one: what a model
        would say after it is not wanted.
    loses_the_last_token: range(prompt_length + 1, len(row) + 1) => range(prompt_length + 1, max(len(row), 2))
        The last beginning is missing, that of all new ids: range ends one before its second number.
    one_row_stops_all: if starts:
        => if any(stop in tokenizer.decode(other[prompt_length:end]) for stop in stops for other in ids):
        All rows were cut where the first of them ended. Each row ends by itself.
    fails_without_new_ids: text, starts = "", [] => starts = []
        Without new ids the loop over the beginnings takes no step, so the text was never set. Begin with an empty text.
    refuses_no_stop_strings: texts = []
        => if not stops:
        =>         raise ValueError("no stop strings")
        =>     texts = []
        An empty list of stop strings was refused. Only an empty stop string is: without any, rows go on to their end.
    refuses_white_space: texts = []
        => if stops and not all(map(str.strip, stops)):
        =>         raise ValueError("an empty stop string")
        =>     texts = []
        A stop string of white space was refused. Only an empty one is: an empty line is a good place to stop.
    refuses_what_it_comes_to (refuses nothing): if starts:
        => for stop in stops:
        =>                 if not stop:
        =>                     raise ValueError("an empty stop string")
        =>                 if stop in text:
        =>                     break
        =>             if starts:
        The empty stop string was refused only when the search came to it: not without new ids, nor behind another one
        that comes at once. Look at all stop strings first of all.
    accepts_an_empty_stop_string (refuses nothing)
        An empty stop string was accepted, and it is contained in every text. Refuse it with a ValueError, first of all.
    looks_at_the_first_stop_only (refuses nothing): texts = []
        => if stops[:1] == [""]:
        =>         raise ValueError("the stop string is empty")
        =>     texts = []
        Only the first stop string was tested for being empty. Look at each of them.
""")
