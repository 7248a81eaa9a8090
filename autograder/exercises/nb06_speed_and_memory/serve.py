"""``serve``: one request as a stream of events: text while it is made, then the reason why it ended."""

import queue
import threading
import time

import torch
from transformers import StoppingCriteria, StoppingCriteriaList, TextIteratorStreamer, TextStreamer
from transformers.generation.streamers import BaseStreamer

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import EOS, VOCABULARY, storyteller_tokenizer, words
from genlab.judging.adapters import Adapter
from genlab.judging.values import Resource

exercise = Exercise(__name__, points=6, adapter=Adapter.SERVER)
exercise.rules("""
    soon (2): a word is handed out while the model writes on, at the latest when the next one has begun
    text: all texts together are the new text, without the prompt and without special tokens
    stop: the text ends where the first stop string in it begins; what may yet become one is held back, and handed out
        when it does not; the prompt does not count
    reason: the last event is the reason, "stop_string", "eos", "length" or "time"; a text that is complete with the
        last token allowed was not cut off
    time: when the seconds are over the reader is told so, with the reason "time", also by a model that hangs
    errors: what the model raises is raised for the reader, behind the text that came before it
    cancel: when nobody reads any more, the model makes no further pass, and no thread is left
""")


@exercise.probes
def probes(rng):
    say = storyteller_tokenizer().encode
    ann, bob, pet, other, mood = words(rng)
    story = f" had a {pet}. The {pet} was {mood}. {bob} saw it and ran home with the {pet}."
    long = story + f" Then {ann} saw a {other} and was very {mood}. They played all day in the park with the {other}."

    def probe(rule, name, said, *asked, prompt=ann, n=None, stop=(), seconds=20.0, end=True, hidden=False, **meanwhile):
        """``n``: the limit, by default more than is said; ``end``: whether an end token follows."""
        line = [*say(prompt), *(say(said) if isinstance(said, str) else said), *[EOS] * end, *say(" more and more")]
        model = Resource("scripted_model", lines=[line], vocab_size=VOCABULARY, eos_token_id=EOS)
        request = {"prompt": prompt, "max_new_tokens": n or 80, "stop": list(stop), "seconds": seconds}
        args = {"request": request, "asked": list(asked), "meanwhile": meanwhile}
        return Probe(name, rule=rule, hidden=hidden, model=model, tokenizer=TOKENIZER, **args)

    def length(text):
        return len(say(text))

    yield probe("soon", "text comes while the model writes", story, "text", "soon")
    yield probe("soon", "also where there are stop strings", story, "text", "soon", stop=["The end", "User:"])
    yield probe("soon", "with a limit", long, "text", "soon", n=30, hidden=True)
    yield probe("text", "a story", story, "text")
    yield probe("text", "the end token comes at once", "", "text", "reason")
    yield probe("text", "emoji and accents", f" saw a 🙂 and a café. {bob} was {mood} 🎈.", "text")
    yield probe("text", "the limit cuts a word", long, "text", n=rng.randrange(7, 20), hidden=True)
    yield probe("text", "line breaks", f" was {mood}.\n\nOne day {bob} ran.\nThe end.", "text", hidden=True)
    yield probe("stop", "a stop string across tokens", story, "text", "reason", stop=[f"{pet}. The"])
    yield probe("stop", "it begins, and goes on otherwise", story, "text", "reason", stop=[f"{pet}. They", "was very"])
    yield probe("stop", "held back when the text ends", story + " The", "text", "reason", stop=["The end", "zoo"])
    yield probe(
        "stop", "it stands in the prompt", story, "text", "reason", prompt=f"{ann} and {bob}", stop=[ann, " and run"]
    )
    yield probe("stop", "it begins in the prompt", story, "text", "reason", prompt=ann, stop=[f"{ann} had", f"{mood}."])
    yield probe(
        "stop", "two of them, the second comes", long, "text", "reason", stop=["zoo", f" saw a {other}"], hidden=True
    )
    yield probe("stop", "one letter", story, "text", "reason", stop=["w"], hidden=True)
    yield probe("stop", "it is held back for long", long, "text", "reason", stop=[long[:40] + "!"], hidden=True)
    yield probe("reason", "the end token", story, "reason")
    yield probe("reason", "the limit", long, "reason", n=rng.randrange(4, 9))
    yield probe("reason", "the end token is the last one allowed", story, "reason", n=length(story) + 1)
    yield probe("reason", "the end token would be the next one", story, "reason", n=length(story))
    yield probe(
        "reason", "a stop string with the last token allowed", story, "reason", n=length(f" had a {pet}"), stop=[pet]
    )
    yield probe("reason", "a stop string, then the end token", f" had a {pet}", "reason", stop=[f" {pet}"], hidden=True)
    yield probe("reason", "one token, and it is the end token", "", "reason", n=1, hidden=True)
    yield probe("reason", "the limit, stop strings did not come", long, "reason", n=6, stop=["zoo"], hidden=True)
    slow = {"seconds": 0.3, "pace": 0.1}
    yield probe("time", "a slow model", long + long, "beginning", "reason", **slow)
    yield probe("time", "a model that hangs", story, "beginning", "reason", seconds=0.3, hangs=rng.randrange(4, 8))
    yield probe("time", "it hangs in its first pass", story, "beginning", "reason", seconds=0.2, hangs=1)
    yield probe(
        "time",
        "it hangs, with stop strings",
        story,
        "beginning",
        "reason",
        seconds=0.3,
        hangs=6,
        stop=["zoo"],
        hidden=True,
    )
    fails = rng.randrange(5, 9)
    told = {"seconds": 1.0, "stop": [f"{pet} zoo"]}
    yield probe("errors", "a pass fails", story, "text", "raised", "reason", seconds=1.0, fails=fails)
    yield probe("errors", "the first pass fails", story, "text", "raised", "reason", seconds=1.0, fails=1)
    yield probe("errors", "an empty prompt", story, "text", "raised", "reason", prompt="", seconds=1.0)
    held = length(f" had a {pet}") + 1
    yield probe("errors", "a pass fails while text is held back", story, "text", "raised", "reason", fails=held, **told)
    yield probe(
        "errors", "a later pass fails, with stop strings", story, "text", "raised", fails=fails + 9, **told, hidden=True
    )
    yield probe("cancel", "the reader leaves after two texts", long + long, "afterwards", leaves=2, pace=0.01)
    yield probe("cancel", "after a stop string", long + long, "afterwards", stop=[f"{pet}."], pace=0.01)
    yield probe("cancel", "after the seconds", long + long, "afterwards", **slow)
    yield probe(
        "cancel", "the reader leaves after the first text", long + long, "afterwards", leaves=1, pace=0.02, hidden=True
    )


class Tokens(BaseStreamer):
    """Puts each new id into a queue."""

    def __init__(self):
        self.queue, self.prompt = queue.Queue(), True

    def put(self, ids):
        if not self.prompt:
            self.queue.put(int(ids))
        self.prompt = False

    def end(self):
        pass


def showable(text, stops):
    """How many characters of the text may be shown, and whether a stop string is complete."""
    if found := [text.find(stop) for stop in stops if stop in text]:
        return min(found), True
    held = [n for stop in stops for n in range(1, len(stop)) if text.endswith(stop[:n])]
    return len(text) - max(held, default=0), False


def by_ids(model, tokenizer, request, decode):
    """Reads ids from the thread, and decodes all of them again for each."""
    tokens, stopped, outcome = Tokens(), threading.Event(), []

    def write():
        try:
            model.generate(
                **tokenizer(request["prompt"], return_tensors="pt"),
                max_new_tokens=request["max_new_tokens"],
                do_sample=False,
                eos_token_id=EOS,
                pad_token_id=EOS,
                streamer=tokens,
                stopping_criteria=[lambda ids, scores: torch.full((len(ids),), stopped.is_set())],
            )
        except Exception as error:
            outcome.append(error)
        tokens.queue.put(None)

    worker = threading.Thread(target=write, daemon=True)
    end, ids, shown, reason = time.monotonic() + request["seconds"], [], 0, None
    worker.start()
    try:
        while reason is None:
            try:
                token = tokens.queue.get(timeout=max(1e-3, end - time.monotonic()))
            except queue.Empty:
                reason = "time"
                break
            ids += [] if token is None else [token]
            text = decode(ids)
            room, found = showable(text, request["stop"])
            if token is None:
                reason = "eos" if ids[-1:] == [EOS] else "length"
            if found:
                reason = "stop_string"
            elif reason:
                room = len(text)
            elif text.endswith("\N{REPLACEMENT CHARACTER}"):
                room = shown
            elif time.monotonic() > end:
                reason = "time"
            if room > shown:
                yield {"text": text[shown:room]}
                shown = room
        if outcome and reason != "stop_string":
            raise outcome[0]
        yield {"reason": reason}
    finally:
        stopped.set()
        worker.join(timeout=0.2)


@exercise.oracle
def oracle(model, tokenizer, request):
    return by_ids(model, tokenizer, request, lambda ids: tokenizer.decode(ids, skip_special_tokens=True))


@exercise.reference
def reference(model, tokenizer, request):
    inputs, end = tokenizer(request["prompt"], return_tensors="pt"), tokenizer.eos_token_id
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
    canceled, result = threading.Event(), {}

    def write():
        try:
            result["ids"] = model.generate(
                **inputs,
                max_new_tokens=request["max_new_tokens"],
                do_sample=False,
                eos_token_id=end,
                pad_token_id=end,
                streamer=streamer,
                stopping_criteria=[lambda ids, scores: torch.full((len(ids),), canceled.is_set())],
            )
        except Exception as error:
            result["error"] = error
            streamer.end()

    thread = threading.Thread(target=write, daemon=True)
    deadline = time.monotonic() + request["seconds"]
    text, shown, reason = "", 0, None
    thread.start()
    try:
        while reason is None:
            streamer.timeout = max(0.001, deadline - time.monotonic())
            try:
                text += next(streamer)
            except StopIteration:
                thread.join()
                if showable(text, request["stop"])[1]:
                    reason = "stop_string"
                elif "error" in result:
                    reason = "error"
                else:
                    reason = "eos" if result["ids"][0, -1] == end else "length"
            except queue.Empty:
                reason = "time"
            may, found = showable(text, request["stop"])
            if found:
                reason = "stop_string"
            elif reason:
                may = len(text)
            elif time.monotonic() > deadline:
                reason = "time"
            if may > shown:
                yield {"text": text[shown:may]}
                shown = may
        if reason == "error":
            raise result["error"]
        yield {"reason": reason}
    finally:
        canceled.set()
        thread.join(timeout=0.1)


@exercise.alternative
def events_from_the_thread(model, tokenizer, request):
    """The thread makes the events itself; the generator hands them on and looks at the clock."""
    events, gone = queue.Queue(), threading.Event()

    class Feed(TextStreamer):
        text, shown, found = "", 0, False

        def on_finalized_text(self, text, stream_end=False):
            self.text += text
            room, found = showable(self.text, request["stop"])
            self.found = self.found or found
            if stream_end and not self.found:
                room = len(self.text)
            if room > self.shown:
                events.put({"text": self.text[self.shown : room]})
                self.shown = room

    class Enough(StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            return torch.tensor([gone.is_set() or feed.found] * len(input_ids))

    feed = Feed(tokenizer, skip_prompt=True, skip_special_tokens=True)

    def work():
        try:
            ids = tokenizer(request["prompt"], return_tensors="pt").input_ids
            settings = {"max_new_tokens": request["max_new_tokens"], "pad_token_id": 0, "num_beams": 1}
            settings |= {"stopping_criteria": StoppingCriteriaList([Enough()]), "do_sample": False}
            out = model.generate(ids, attention_mask=torch.ones_like(ids), streamer=feed, **settings)
            complete = int(out[0, -1]) == tokenizer.eos_token_id
            events.put({"reason": "stop_string" if feed.found else "eos" if complete else "length"})
        except Exception as error:
            feed.end()
            events.put(error)

    over = time.perf_counter() + request["seconds"]
    threading.Thread(target=work, daemon=True).start()
    event = {}
    try:
        while "reason" not in event:
            try:
                event = events.get(timeout=max(0.0, over - time.perf_counter()))
            except queue.Empty:
                event = {"reason": "time"}
            if isinstance(event, Exception):
                raise event
            yield event
    finally:
        gone.set()


@exercise.mistake
def token_by_token(model, tokenizer, request):
    """Each token was decoded alone. A token may be a part of a character, as those of an emoji are: decode all new ids
    together, or let TextIteratorStreamer do it."""
    return by_ids(model, tokenizer, request, lambda ids: "".join(tokenizer.decode([i]) for i in ids if i != EOS))


exercise.slips("""
    joins_first: thread.start()
        => thread.start()
        =>     thread.join()
        The thread was joined before anything was read. That waits until all is written: read from the streamer while
        generate works, and join at the end.
    holds_everything_back: may, found = showable(text, request["stop"])
        => may, found = showable(text, request["stop"])
        =>             may = may if found or not request["stop"] else shown
        With stop strings nothing was handed out before the end. Hold back only what may yet become a stop string: the
        longest end of the text that is the beginning of one.
    shows_the_prompt: skip_prompt=True => skip_prompt=False
        The prompt was handed out. The streamer gets it first: skip_prompt=True leaves it out.
    shows_special_tokens: skip_special_tokens=True => skip_special_tokens=False
        Special tokens were handed out. Decode with skip_special_tokens=True; TextIteratorStreamer takes that, too.
    everything_each_time: {"text": text[shown:may]} => {"text": text[:may]}
        Each event held the whole text so far. Hand out only what is new.
    texts_alone: {"text": text[shown:may]} => text[shown:may]
        The texts came as plain strings. Each event is a dictionary: {"text": ...}, and at the end {"reason": ...}.
    no_reason: yield {"reason": reason} => return
        The reason did not come. The last event says why the text ended: {"reason": ...}.
    shows_the_stop_string: may, found = showable(text, request["stop"])
        => may, found = showable(text, request["stop"])
        =>             if found:
        =>                 may += len(next(stop for stop in request["stop"] if text.startswith(stop, may)))
        The stop string was handed out. The text ends where it begins.
    holds_nothing_back: may, found = showable(text, request["stop"])
        => may, found = showable(text, request["stop"])
        =>             may = may if found else len(text)
        The beginning of a stop string was handed out before it was complete, and what a reader has seen cannot be taken
        back. Hold back an end of the text that may become one.
    piece_by_piece: may, found = showable(text, request["stop"])
        => stops = [stop for stop in request["stop"] if stop in text[shown:]]
        =>             may, found = min(map(text.find, stops), default=len(text)), bool(stops)
        Each piece was searched alone. A stop string may lie across pieces: search the whole new text.
    forgets_what_it_holds: may = len(text) => pass
        What was held back was lost when the text ended. Then it can no longer become a stop string: hand it out.
    the_library_s_stop_strings: streamer=streamer,
        => streamer=streamer, stop_strings=list(request["stop"]) or None, tokenizer=tokenizer,
        The library's stop_strings ended the text at one that had begun in the prompt. Here only the new text counts:
        search it yourself, and stop generate by a criterion.
    searches_the_prompt: may, found = showable(text, request["stop"])
        => may, found = showable(text, request["stop"])
        =>             found = found or any(stop in request["prompt"] + text for stop in request["stop"])
        The prompt was searched for stop strings, too. Only the new text counts.
    length_before_eos: "eos" if result["ids"][0, -1] == end else "length"
        => "length" if len(result["ids"][0]) - inputs.input_ids.shape[1] == request["max_new_tokens"] else "eos"
        A text whose end token is the last one allowed was reported as cut off. It is complete: ask for the end token
        first, for the limit last.
    always_eos: "eos" if result["ids"][0, -1] == end else "length" => "eos"
        A text that the limit cut off was reported as complete. Look at the last id: is it the end token?
    always_length: "eos" if result["ids"][0, -1] == end else "length" => "length"
        A complete text was reported as cut off. Look at the last id: is it the end token?
    no_deadline: deadline = time.monotonic() + request["seconds"] => deadline = time.monotonic() + 1e6
        The seconds were not looked at. Compute the moment at which they are over, and wait no longer than until then.
    waits_for_each_piece: streamer.timeout = max(0.001, deadline - time.monotonic())
        => streamer.timeout = request["seconds"]
        =>             deadline = time.monotonic() + request["seconds"]
        The seconds began anew with each piece. They count from the request on: compute the deadline once.
    waits_for_a_hanging_model: streamer.timeout = max(0.001, deadline - time.monotonic()) => streamer.timeout = None
        The clock was looked at between two pieces only. A model that hangs sends none: wait for the next piece with a
        timeout, and catch queue.Empty.
    time_is_raised: except queue.Empty: => except ZeroDivisionError:
        queue.Empty reached the reader. It says that nothing came in time: catch it, and give the reason "time".
    swallows_the_error: raise result["error"] => yield {"reason": "length"}; return
        The model failed, and the reader was told of a normal end. Keep what generate raises in its thread, and raise it
        in the generator.
    the_error_as_a_reason: raise result["error"] => yield {"reason": "error"}; return
        The error became a reason. Raise it in the generator: whoever reads can catch it, and it says what happened.
    nobody_ends_the_stream: streamer.end() => pass
        generate raised in its thread, and the reader went on waiting for a piece: nobody had ended the stream. Catch
        the exception in the thread, keep it, and call streamer.end().
    the_error_takes_the_text_along: if may > shown: => if may > shown and reason != "error":
        The last words before the error were lost. Hand out what has been written, then raise.
    leaks_the_thread: canceled.set() => pass
        Nobody read any more, and the model went on. Set a flag in a finally block, and let a stopping criterion look at
        it: a generator that is closed comes there, too.
    ends_but_does_not_cancel: finally: => except GeneratorExit:
        The thread was stopped only where the reader left early. Behind a stop string, or when the time is over, the
        model went on for nobody: clean up in a finally block, which is passed in every case.
""")
