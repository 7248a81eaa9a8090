"""``stream_until``: chunks of text are passed on, except for what may yet belong to a stop string."""

import re

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb04_stopping._shared import words
from genlab.judging.adapters import Adapter

exercise = Exercise(__name__, points=4, adapter=Adapter.FEED)
exercise.rules("""
    soon (2): after each chunk everything is out that can no longer be a part of a stop string; what is held back is the
        longest end of the text that is a beginning of a stop string, and no more
    across: the text ends where a stop string begins, however the chunks cut it: nothing of the stop string is yielded,
        and nothing behind it
    first: of several stop strings, the one that is complete first ends the text, whatever its place in the list; of two
        that are complete with the same character, the longer one
    reads: no chunk is read behind the one that completes a stop string
    end: when the chunks end without a stop string, what is held back is yielded, as it is
    refuses: an empty stop string is refused with a ValueError, wherever it stands, and whatever the chunks are
""")
TEXT, WHEN, READ = "the text", "what was out, and when", "chunks read"  # what the adapter compares


@exercise.refuses
def refuses(chunks, stops):
    return "" if all(stops) else "an empty stop string would end every text before it begins"


def cut(rng, text, most=4):
    """``text`` in chunks of one to ``most`` characters."""
    chunks = []
    while text:
        size = rng.randint(1, most)
        chunks.append(text[:size])
        text = text[size:]
    return chunks


def until(text, stops):
    """What is to come of a text, found without any chunks."""
    ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    return text[: min(ends)[1]] if ends else text


@exercise.probes
def probes(rng):
    ann, bob, pet, other, mood = words(rng)

    def probe(rule, name, chunks, *stops, compared=TEXT, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, chunks=list(chunks), stops=list(stops), compared=compared)

    def soon(name, chunks, *stops, hidden=False):
        return probe("soon", name, chunks, *stops, compared=WHEN, hidden=hidden)

    def repetitive(name, stop, hidden=False):
        """A text of two letters in which ``stop`` comes once or more, after beginnings of it."""
        while True:
            text = "".join(rng.choice("ab") for _ in range(14))
            if text.find(stop) > 3 and text.find(stop) + len(stop) < 13:
                return probe("across", name, cut(rng, text, 3), stop, hidden=hidden)

    def several(name, letters, number, hidden=False):
        """Stop strings of several letters; the one that is complete first does not begin first."""
        while True:
            text = "".join(rng.choice(letters) for _ in range(12))
            stops = list(
                dict.fromkeys("".join(rng.choice(letters) for _ in range(rng.randint(1, 4))) for _ in range(number))
            )
            found = [stop for stop in stops if stop in text]
            if len(found) > 1 and until(text, stops) != text[: min(map(text.find, found))]:
                return probe("first", name, [text], *stops, hidden=hidden)

    yield soon("no stop string in sight", [f"{ann} had", f" a {pet}", " and ", f"a {other}."], "User:")
    yield soon("its beginning comes, and something else behind it", [f"{ann}", "\nUs", "ually", " ran"], "\nUser:")
    yield soon("a long stop string, of which little has come", [f"{ann} <", f"{pet}> ran ", "home."], "<|im_end|>")
    yield soon("it is complete at last", ["Hi", "\nUser", ":", " no"], "\nUser:")
    yield soon("of two, one has begun", [f"{ann} said: ##", " no", "."], "User:", "###")
    yield soon("both have begun: the longer end is held back", [f"{mood} +-+", " or so"], "-+*", "+|", "+-+!")
    yield soon("its beginning stands inside the text", ["Us and ", "Use it", "!"], "User:")
    yield soon("no stop strings at all", [ann, f" had a {pet}"])
    yield soon("it begins anew where it broke off", ["xa", "ba", "c", "."], "abz")
    yield soon("text before it, in the chunk that completes it", ["one\n\n", "two\n\n\nX"], "\n\n\n", hidden=True)
    yield soon("of three, the longest has begun", ["x((ab)", " y"], "((ab))", "(b", "ab(", hidden=True)
    yield soon("it begins inside a word", [f"{bob} en", "ters. ", f"A {pet} e", "nds"], "end", hidden=True)
    yield probe("across", "it lies in the middle of a chunk", [f"{ann} ran. User: no. ", "no"], "User:")
    yield probe("across", "it lies in two chunks", [f"{ann} ran. Us", "er: no"], "User:")
    yield probe("across", "it lies in three chunks", [f"{ann} ran. U", "se", "r: no"], "User:")
    yield probe("across", "it comes character by character", f"{ann} has a {pet}###{bob} not", "###")
    yield probe("across", "an empty chunk comes in its middle", ["go en", "", "d! no"], "end!")
    yield probe("across", "it comes twice in a chunk", [f"{ann} END {bob} END."], "END")
    yield probe("across", "its own beginning stands before it", ["a", "a", "b", "c"], "ab")
    yield probe("across", "its own beginning stands before it, in one more way", ["xaa", "aa", "bb", "a"], "aab")
    yield repetitive("a text of two letters", "aabaab")
    yield probe("across", "it is all there is", ["Us", "er:"], "User:")
    yield probe("across", "a full stop means a full stop", [f"{ann}!", f"? {bob}", ". No"], ".")
    yield probe("across", "capital letters are other letters", [f"end of {ann}", " the E", "nd."], "End")
    yield repetitive("a text of two letters, another stop string", "ababb", hidden=True)
    yield repetitive("a text of two letters, a third one", "bbab", hidden=True)
    yield probe("across", "it comes twice", [f"{ann}", " E", "ND", f" {bob} E", "ND"], "END", hidden=True)
    yield probe(
        "across", "it lies in four chunks, an empty one among them", ["x<", "|", "", "e", "|> y"], "<|e|>", hidden=True
    )
    yield probe("across", "a line break and a space", ["one \n", " \n", " two"], " \n ", hidden=True)
    yield probe("first", "first in the text, last in the list", [f"{ann} had a {pet}. The end."], "end", " a")
    yield probe("first", "another begins first", [f"{ann} abcd {bob}"], "abcd", "c")
    yield probe("first", "two are complete at once", [f"{ann} abc {bob}"], "c", "abc")
    yield probe("first", "one of the two never comes", [f"{ann} had a {pet}."], "User:", "had")
    yield several("four stop strings of two letters", "ab", 4)
    yield several("five stop strings of three letters", "abc", 5, hidden=True)
    yield several("three stop strings of two letters", "ab", 3, hidden=True)
    yield probe(
        "first", "two are complete at once, the longer one first in the list", ["x 1234."], "234", "34", hidden=True
    )
    yield probe("reads", "nothing behind the stop string", ["Hi ", "END", " no", " no"], "END", compared=READ)
    yield probe("reads", "it lies in two chunks, more follow", ["Hi E", "ND", "!", "!"], "END", compared=READ)
    yield probe(
        "reads", "the first chunk holds it", [f"{ann} END {bob}", " no", " no"], "END", compared=READ, hidden=True
    )
    yield probe("reads", "without a stop string, all is read", ["Hi ", "the", "re"], "END", compared=READ)
    yield probe("reads", "the last chunk completes it", ["Hi E", "N", "D"], "END", compared=READ, hidden=True)
    yield probe("end", "its beginning is the end", [f"{ann} said ", "Us"], "User:")
    yield probe("end", "nothing but its beginning", ["U", "s"], "User:")
    yield probe("end", "all but its last character", [f"{bob} ran. ", "<|im_end|"], "<|im_end|>")
    yield probe("end", "white space is held back", [f"{ann} ran.", "\n", "\n"], "\n\n\n")
    yield probe("end", "beginnings of two", ["1 #", "#"], "###", "# #", hidden=True)
    yield probe("end", "a beginning that came twice", ["ab", "ab"], "abc", hidden=True)
    yield probe("refuses", "an empty stop string", [ann, bob], "")
    yield probe("refuses", "an empty one behind one that comes at once", ["END"], "END", "")
    yield probe("refuses", "an empty one, no chunks", [], "", "END")
    yield probe("refuses", "the last of three is empty", [f"{ann} ran."], "END", "###", "", hidden=True)


@exercise.oracle
@exercise.reference
def reference(chunks, stops):
    held = ""
    for chunk in chunks:
        text = held + chunk
        ends = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
        if ends:
            yield text[: min(ends)[1]]
            return
        sizes = [n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])]
        keep = max(sizes, default=0)
        yield text[: len(text) - keep]
        held = text[len(text) - keep :]
    yield held


@exercise.alternative
def character_by_character(chunks, stops):
    """Each character makes the held text longer, until it is a stop string or no beginning of one any more."""
    held = ""
    for chunk in chunks:
        for character in chunk:
            held += character
            complete = [stop for stop in stops if held.endswith(stop)]
            if complete:
                yield held[: -max(map(len, complete))]
                return
            while held and not any(stop.startswith(held) for stop in stops):
                inside = [stop for stop in stops if stop in held]
                assert not inside
                yield held[0]
                held = held[1:]
    yield held


@exercise.alternative
def with_all_of_the_text(chunks, stops):
    """The whole text so far, how much of it is out, and one regular expression for all ends that are held back."""
    beginnings = sorted({stop[:n] for stop in stops for n in range(1, len(stop))}, key=len, reverse=True)
    held_back = re.compile("(" + "|".join(map(re.escape, beginnings)) + r")\Z") if beginnings else re.compile("(?!)")
    text, out = "", 0
    for chunk in chunks:
        for end in range(len(text) + 1, len(text) + len(chunk) + 1):
            so_far = (text + chunk)[:end]
            if any(so_far.endswith(stop) for stop in stops):
                start = min(end - len(stop) for stop in stops if so_far.endswith(stop))
                if start > out:
                    yield so_far[out:start]
                return
        text += chunk
        found = held_back.search(text)
        certain = found.start() if found else len(text)
        if certain > out:
            yield text[out:certain]
            out = certain
    if out < len(text):
        yield text[out:]


@exercise.alternative(refuses=False)
def with_an_iterator(chunks, stops):
    """``next`` instead of a loop; the longest end is looked for from its first character on."""
    if "" in stops:
        raise ValueError("a stop string is empty")
    source, pending = iter(chunks), ""
    while (chunk := next(source, None)) is not None:
        for character in chunk:
            pending += character
            if any(map(pending.endswith, stops)):
                yield pending.removesuffix(max(filter(pending.endswith, stops), key=len))
                return
        start = next((i for i in range(len(pending)) if any(s.startswith(pending[i:]) for s in stops)), len(pending))
        yield pending[:start]
        pending = pending[start:]
    yield pending


exercise.slips("""
    shows_the_stop_string: yield text[: min(ends)[1]] => yield text[: min(ends)[0]]
        The stop string was shown. The text ends where it begins: nothing of it is for the reader.
    shows_the_chunk_that_completes_it: yield text[: min(ends)[1]] => yield text
        The chunk that completes the stop string was shown as a whole, with the stop string and what stands behind it.
        The text ends where the stop string begins.
    loses_the_text_before_it: yield text[: min(ends)[1]] => yield ""
        The text before the stop string is missing where the same chunk brings both. It is for the reader: yield it,
        then end.
    goes_on_behind_it: yield text[: min(ends)[1]]
        => yield text[: min(ends)[1]]
        =>             held = text[min(ends)[0] :]
        =>             continue
        The stop string was taken out, and the text behind it was shown. It ends the text: nothing comes after it.
    holds_everything_back: yield text[: len(text) - keep]
        => keep = len(text)
        Everything was held back until a stop string or the end came: that is no stream. After each chunk, yield what
        can no longer belong to a stop string.
    holds_a_fixed_number_back: max(sizes, default=0) => min(max(map(len, stops), default=1) - 1, len(text))
        As many characters were held back as the longest stop string has, less one, whatever they are. That is safe, and
        later than it need be: hold back only an end of the text that is a beginning of a stop string.
    holds_back_from_its_first_character_on: text.endswith(stop[:n]) => stop[0] in text[-n:]
        Text was held back from a character on with which a stop string begins, although what follows it is something
        else. Hold back only an end of the text that is, as a whole, a beginning of a stop string.
    holds_white_space_back: max(sizes, default=0) => max(sizes, default=len(text) - len(text.rstrip()))
        White space at the end was held back although no stop string begins with it. Yield it.
    never_holds_back: max(sizes, default=0) => 0
        Nothing was held back: each chunk was looked at alone. The beginning of a stop string was out before its rest
        came, and could not be taken back. Hold back an end of the text that may become a stop string.
    loses_what_was_held: text = held + chunk => text, held = chunk, ""
        What had been held back was lost when the next chunk came. Put it in front of that chunk, and look at both
        together.
    looks_at_the_newest_chunks_end: text.endswith(stop[:n]) => text.endswith(stop[:n]) and n <= len(chunk)
        Only the end of the newest chunk was held back. A stop string may lie in three chunks or more: look at the end
        of all that has not been shown.
    holds_the_shortest_end: max(sizes, default=0) => min(sizes, default=0)
        Of several ends that a stop string begins with, the shortest was held back, and the longer one was out when its
        rest came. Hold back the longest.
    one_stop_string_is_waited_for: for stop in stops for n => for stop in stops[:1] for n
        Only the first stop string of the list is waited for. The end of the text may be the beginning of any of them.
    begins_first: min(ends)[1] => min(start for _, start in ends)
        The stop string that begins first ended the text. Read character by character: the one that is complete first
        does, whatever has begun before it. Else the result would depend on how the text is cut into chunks.
    first_in_the_list: min(ends)[1] => ends[0][1]
        The first stop string of the list that comes ended the text. The one that is complete first does, whatever its
        place in the list.
    shorter_of_two: min(ends)[1] => max(start for end, start in ends if end == min(ends)[0])
        Two stop strings were complete with the same character, and the text was cut at the shorter one. What stands
        before that is a part of the longer one.
    last_place: (text.find(stop) + len(stop), text.find(stop)) => (text.rfind(stop) + len(stop), text.rfind(stop))
        The text was cut where the stop string stands last (rfind or rindex). One chunk may hold it twice: cut at the
        first place.
    ignores_capitals: (text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text
        => (text.lower().find(stop.lower()) + len(stop), text.lower().find(stop.lower()))
        =>             for stop in stops if stop.lower() in text.lower()
        Capital and small letters were taken for the same. They are different characters: compare the text as it is.
    stop_string_as_a_pattern: (text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text
        => (found.end(), found.start()) for stop in stops if (found := re.search(stop, text))
        The stop string was taken for a regular expression, in which some characters stand for others. Ask
        `stop in text`.
    forgets_to_release: yield held => yield ""
        What was held back when the chunks ended is lost. It was the beginning of a stop string that never came, so it
        is text like any other: yield it after the loop.
    strips_what_is_left: yield held => yield held.strip()
        White space was cut off what was held back at the end. Yield it as it is.
    refuses_no_stop_strings: held = ""
        => if not stops:
        =>         raise ValueError("no stop strings")
        =>     held = ""
        An empty list of stop strings was refused. Without any, all text passes at once.
    maximum_of_nothing: max(sizes, default=0) => max(sizes) if sizes or not stops else 0
        Without any stop string, a maximum of nothing was asked for. Then nothing is held back: max(..., default=0).
    accepts_an_empty_stop_string (refuses nothing)
        An empty stop string was accepted, and it is contained in every text. Refuse it with a ValueError.
    refuses_in_the_loop (refuses nothing): text = held + chunk
        => if not all(stops):
        =>             raise ValueError("an empty stop string")
        =>         text = held + chunk
        An empty stop string was refused only when a chunk came: without chunks it was accepted. Refuse it first of all.
    looks_at_the_first_stop_only (refuses nothing): held = ""
        => if stops[:1] == [""]:
        =>         raise ValueError("the stop string is empty")
        =>     held = ""
        Only the first stop string was tested for being empty. Look at each of them.
""")


@exercise.mistake
def reads_a_chunk_too_many(chunks, stops):
    """A further chunk was read when the stop string was already complete. Behind the chunks a model is at work: each
    costs a step, for text that nobody will see. End as soon as the stop string is complete.
    """
    source = iter(chunks)
    yield from reference((chunk for chunk in source), stops)
    next(source, None)


@exercise.mistake
def reads_on_to_the_end(chunks, stops):
    """The text was right, but all chunks were read, also those behind the stop string. Behind them a model is at work:
    leave the loop, and the function, as soon as the stop string is complete.
    """
    source = iter(chunks)
    yield from reference((chunk for chunk in source), stops)
    for _ in source:
        pass


@exercise.mistake
def reads_everything_first(chunks, stops):
    """All chunks were read before anything was yielded. Yield inside the loop, after each chunk, and read no further
    when a stop string is complete.
    """
    yield until("".join(chunks), stops)


@exercise.mistake
def shows_a_chunk_late(chunks, stops):
    """Each piece of text came one chunk too late. Yield what is certain before the next chunk is read: a chunk may take
    as long as a step of the model.
    """
    source, ready = iter(chunks), ""
    for text in reference((chunk for chunk in source), stops):
        yield ready
        ready = text
    yield ready


def _with_restart(chunks, stops, at_the_newest_character):
    """Holds characters back as long as they are a beginning of a stop string; lets all of them go when they are not."""
    held = ""
    for chunk in chunks:
        for character in chunk:
            held += character
            if not any(stop.startswith(held) for stop in stops):
                again = at_the_newest_character and any(stop.startswith(character) for stop in stops)
                yield held[:-1] if again else held
                held = character if again else ""
            if held in stops:
                return
    yield held


@exercise.mistake
def starts_anew_behind_a_break(chunks, stops):
    """Where a beginning of a stop string broke off, all of it was let go, and the search began anew behind it. With the
    character that does not fit, a stop string may begin: in "aab", "ab" begins with the second "a".
    """
    yield from _with_restart(chunks, stops, at_the_newest_character=False)


@exercise.mistake
def starts_anew_at_the_newest_character(chunks, stops):
    """Where a beginning of a stop string broke off, the search began anew with the newest character. The stop string
    may have begun earlier, inside of what broke off: in "aaab", "aab" begins with the second "a". Of all ends of the
    text that a stop string begins with, hold back the longest.
    """
    yield from _with_restart(chunks, stops, at_the_newest_character=True)
