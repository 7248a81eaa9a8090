"""``stop_reason``: say why each row of a batch ended."""

import re

import torch
from transformers import EosTokenCriteria, MaxLengthCriteria, StopStringCriteria

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb04_stopping._shared import EOS, as_list, storyteller_tokenizer, words

exercise = Exercise(__name__, points=3)
exercise.rules("""
    first: what comes first in a row is its reason, an end token or the token with which a stop string is complete;
        what stands behind it, padding included, does not matter
    clock: a row without either ended with the batch: by "length" if n reached max_new_tokens, else by "time"
    last_step: a row that ends with an end token or a stop string on the very last step allowed is complete
    several: each of the given end tokens ends a row, and no other token does; so does each of several stop strings
    text: stop strings are looked for in the decoded text, character by character, however its tokens are cut
    both: a token that is an end token and completes a stop string counts as an end token
    rows: the result is a list with a reason for each row, also for a batch of one
    refuses: no new ids at all are refused with a ValueError
""")


@exercise.refuses
def refuses(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    return "" if new_ids.shape[1] else "nothing was generated, so nothing has stopped"


@exercise.probes
def probes(rng):
    say = storyteller_tokenizer().encode
    ann, bob, pet, other, mood = words(rng)

    def probe(rule, name, *rows, stops=(f" {other}",), eos=EOS, left=None, pad=0, hidden=False):
        """The rows in random order, one of several perhaps twice. ``left``: how many steps more the limit allows."""
        rows = [*rows, *rng.sample(rows, rng.randrange(2) if rows[1:] else 0)]
        rng.shuffle(rows)
        width = max(map(len, rows))
        ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
        left = rng.randrange(2, 9) if left is None else left
        settings = {"eos_token_id": eos, "stops": list(stops), "max_new_tokens": width + left}
        return Probe(name, rule=rule, hidden=hidden, tokenizer=TOKENIZER, new_ids=ids, **settings)

    def nothing(name, rows, hidden=False):
        settings = {"eos_token_id": EOS, "stops": [pet], "max_new_tokens": rng.randrange(5, 9)}
        ids = torch.zeros(rows, 0, dtype=torch.int64)
        return Probe(name, rule="refuses", hidden=hidden, tokenizer=TOKENIZER, new_ids=ids, **settings)

    # Without ``stops=`` the only stop string is the one token " dog", or whatever the other pet is.
    ended, long_ended = [*say(f" had a {pet}."), EOS], [*say(f" was {mood} and went home with {ann} and {bob}."), EOS]
    stopped, goes_on = say(f" saw a {other}"), say(f" and {bob} and {ann} went home to eat and to sleep all night")
    as_long = [*goes_on[: len(stopped) - 1], EOS]  # as ``stopped``
    says_pet, says_ball, shouts = say(f" saw a {pet}"), say(" saw a ball"), say(f" said: {ann}!!")
    ball = says_ball[-1]
    dot, said_it = say(".")[0], say(f" was a {pet}.")  # " The" behind it would complete the stop string "dog. T"
    grins = [*say("🙂🙂"), *stopped]  # more tokens than characters

    yield probe("first", "an end token, a stop string, then padding", ended, stopped, long_ended)
    yield probe("first", "a stopped row is filled with end tokens", long_ended, stopped, pad=EOS)
    yield probe("first", "the padding makes up a stop string", ended, shouts, long_ended, stops=["!!"])
    yield probe("first", "the pad is a stop string", ended, says_ball, long_ended, stops=[" ball"], pad=ball)
    yield probe("first", "the first new token ends the row", [EOS], stopped[-1:], long_ended, pad=EOS)
    late = {"eos": dot, "stops": [f"{pet}. T"], "pad": say(" The")[0]}
    yield probe("first", "only the padding completes the stop string", said_it, long_ended[:-1], **late)
    yield probe("first", "emoji, a stop string, then end tokens", grins, long_ended, pad=EOS)
    yield probe(
        "first", "an emoji is the stop string, then end tokens", grins, long_ended, stops=["🙂"], pad=EOS, hidden=True
    )
    yield probe("first", "two stopped rows, no end token", stopped, say(f" had a big {other}"), pad=EOS, hidden=True)
    yield probe("clock", "the limit stopped the batch", goes_on, ended, left=0)
    yield probe("clock", "the clock stopped the batch", goes_on[:9], ended)
    yield probe("clock", "the clock stopped it one step before the limit", goes_on[:10], goes_on[2:12], stopped, left=1)
    yield probe("clock", "no stop strings", goes_on, ended, stops=[], left=0)
    yield probe("clock", "one step, and no more were allowed", goes_on[:1], goes_on[3:4], left=0, hidden=True)
    yield probe("clock", "the clock after one step", goes_on[:1], [EOS], hidden=True)
    yield probe("clock", "no stop strings, one step left", goes_on, long_ended[-6:], stops=[], left=1, hidden=True)
    yield probe("last_step", "an end token on the last step allowed", goes_on[:8], [*goes_on[3:10], EOS], left=0)
    yield probe("last_step", "a stop string on the last step allowed", goes_on[: len(stopped)], stopped, left=0)
    yield probe("last_step", "both on the last step", stopped, as_long, left=0, hidden=True)
    yield probe("last_step", "the last step is the first", [EOS], stopped[-1:], left=0, hidden=True)
    yield probe("several", "two end tokens", says_pet, stopped, eos=[EOS, says_pet[-1]])
    yield probe("several", "two stop strings", ended, stopped, says_ball, stops=[" ball", f" {other}"])
    yield probe("several", "the tokenizer's end token is not given", [*ended, *stopped], stopped, says_ball, eos=ball)
    yield probe("several", "the list lacks the tokenizer's", [EOS, *says_ball], [*ended, 7], eos=[1, ball], hidden=True)
    yield probe("several", "a list of one end token", ended, stopped, eos=[EOS])
    yield probe("several", "the end token is the id 0", shouts, stopped, eos=0, pad=ball)
    yield probe("several", "the id 0 is one of three", shouts, stopped, ended, eos=[ball, 0, EOS], pad=7, hidden=True)
    yield probe("several", "three stop strings", says_ball, ended, stops=[" so", f" {other}", " ball"], hidden=True)
    yield probe("text", "it lies across token borders", say(f" had a {other}. The"), long_ended, stops=[f"{other}. T"])
    many = f"{mood} and went home with {ann}"
    yield probe("text", "it has many tokens", ended, long_ended[:-1], stops=[many])
    yield probe("text", "an emoji of several tokens", say(f" was {mood} 🙂"), ended, stops=["🙂"])
    yield probe("text", "a full stop is one", ended[:-1], [*says_pet, *long_ended], stops=[f"{pet}."])
    yield probe("text", "capital letters", [*say(" saw the end"), EOS], say(" saw. The end"), stops=["The"])
    yield probe("text", "it lies inside a token", say(" saw a balloon"), ended, stops=["oo"], hidden=True)
    yield probe("text", "it ends in an accent", say(" went to the café"), ended, stops=["café"], hidden=True)
    dots = {"eos": [EOS, dot], "stops": [f"{pet}.", f" {other}"]}
    yield probe("both", "an end token completes a stop string", ended, stopped, **dots)
    yield probe("both", "it does so in a longer row", say(f" {ann} had the {pet}. It"), stopped, **dots, hidden=True)
    pets = [f" {other}", f" {pet}"]
    yield probe("both", "it is the whole stop string", says_pet, stopped, eos=says_pet[-1], stops=pets, hidden=True)
    yield probe("rows", "one row that ends with an end token", long_ended)
    yield probe("rows", "one row that the clock stopped", goes_on[: rng.randrange(4, 9)])
    yield probe("rows", "one row that a stop string ended", stopped, hidden=True)
    yield nothing("no new ids", 2)
    yield nothing("no new ids, one row", 1, hidden=True)


@exercise.oracle
def oracle(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    criteria = {"length": MaxLengthCriteria(max_new_tokens)}
    if stops:
        criteria["stop_string"] = StopStringCriteria(tokenizer, stops)
    criteria["eos"] = EosTokenCriteria(eos_token_id)
    reasons = ["time"] * len(new_ids)
    for end in range(new_ids.shape[1], 0, -1):  # the earliest step is written last, eos over all others
        for reason, criterion in criteria.items():
            stopped = criterion(new_ids[:, :end], None).tolist()
            reasons = [reason if now else later for now, later in zip(stopped, reasons, strict=True)]
    return reasons


@exercise.reference
def reference(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    eos = as_list(eos_token_id)
    reasons = []
    for row in new_ids.tolist():
        end = next((i for i, token in enumerate(row) if token in eos), None)
        text = tokenizer.decode(row[:end])
        if any(stop in text for stop in stops):
            reason = "stop_string"
        elif end is not None:
            reason = "eos"
        else:
            reason = "length" if new_ids.shape[1] == max_new_tokens else "time"
        reasons.append(reason)
    return reasons


@exercise.alternative
def token_by_token(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Read each row from its beginning; what comes first is the reason."""

    def reason(row):
        for end, token in enumerate(row, start=1):
            if token in as_list(eos_token_id):
                return "eos"
            if any(stop in tokenizer.decode(row[:end]) for stop in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [reason(row) for row in new_ids.tolist()]


@exercise.alternative(refuses=False)
def by_places(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    """Compare where the first end token stands with where the first stop string is complete."""
    rows, width = new_ids.shape
    if not width:
        raise ValueError("no new ids")
    is_end = torch.isin(new_ids, torch.tensor(as_list(eos_token_id)))
    any_stop = re.compile("|".join(map(re.escape, stops)) if stops else "(?!)")
    reasons = []
    for row in range(rows):
        texts = (tokenizer.decode(new_ids[row, : n + 1]) for n in range(width))
        stop_at = next((n for n, text in enumerate(texts) if any_stop.search(text)), width)
        eos_at = int(is_end[row].int().argmax()) if is_end[row].any() else width
        neither = "time" if width < max_new_tokens else "length"
        reasons.append(neither if min(stop_at, eos_at) == width else "eos" if eos_at <= stop_at else "stop_string")
    return reasons


exercise.slips("""
    width_of_the_batch: append(reason) => append("length" if len(row) == max_new_tokens else reason)
        The batch's width was taken for a row's length: rows that ended early are filled with pads. Find each row's end.
    pads_taken_for_eos: append(reason) => append(reason if end is None else "eos")
        A row that a stop string ended is filled with pads, and the pad is eos here: these were taken for its end.
        What comes first in the row is the reason.
    stop_string_behind_the_end: decode(row[:end]) => decode(row)
        A stop string was found behind the end token, in the padding. What comes first in the row is the reason: search
        only the text before the first end token.
    stop_string_beats_eos: decode(row[:end]) => decode(row[: None if end is None else end + 1])
        Where one token is an end token and completes a stop string, "stop_string" was reported. Ask for the end token
        first: it counts before the stop string that it completes.
    last_column_only: enumerate(row) if token in eos => enumerate(row) if token in eos and i == len(row) - 1
        Only the last column was looked at. Rows that ended early have pads there, of any id: search the whole row.
    stop_string_at_the_very_end_only: any(stop in text for stop in stops) => text.endswith(tuple(stops))
        Only the end of the text was compared with the stop strings. Behind a stop string padding may follow, or the
        rest of the token that completed it: ask whether the text contains it.
    begins_before_the_end: any(stop in text for stop in stops)
        => any(0 <= tokenizer.decode(row).find(stop) < len(text) for stop in stops)
        It was asked where a stop string begins. It counts with the token that completes it: one that begins before the
        end token and would be complete only behind it comes too late. Search the text before the end token.
    characters_against_tokens: any(stop in text for stop in stops)
        => any(0 <= tokenizer.decode(row).find(stop) < (len(tokenizer.decode(row)) if end is None else end)
        =>            for stop in stops)
        The place of a stop string, in characters, was compared with the place of the end token, in tokens. Count both
        in tokens: read the row token by token, and ask of each beginning whether the stop string is complete.
    ends_exactly: any(stop in text for stop in stops)
        => any(tokenizer.decode(row[:end][: n + 1]).endswith(tuple(stops)) for n in range(len(row[:end])))
        The text must end in the stop string (endswith). The token that completes it may carry further characters, then
        the end is never seen: ask whether the text contains it.
    sees_it_one_token_late: decode(row[:end]) => decode(row[: len(row) - 1 if end is None else end])
        The text was searched without the newest token, so a stop string that the very last token completes was not
        seen. Decode the beginning with the token that you look at.
    last_token_only: any(stop in text for stop in stops)
        => any(stop in tokenizer.decode([token]) for stop in stops for token in row[:end])
        Each token's text is searched alone. A stop string may span several tokens: decode all ids up to there together.
    forgets_the_clock: "length" if new_ids.shape[1] == max_new_tokens else "time" => "length"
        A row without eos and stop string that is shorter than max_new_tokens was reported as stopped by the limit.
        The limit was not reached: something outside stopped it, here the clock.
    forgets_the_limit: "length" if new_ids.shape[1] == max_new_tokens else "time" => "time"
        A row without eos and stop string was reported as stopped by the clock, although the limit of max_new_tokens was
        reached. Compare the number of new ids with it.
    time_only_if_no_row_ended: return reasons
        => return ["length" if r == "time" and {"eos", "stop_string"} & set(reasons) else r for r in reasons]
        A row was reported as stopped by the limit because another row of the batch had ended by itself. The other rows
        say nothing about it: compare the number of new ids with max_new_tokens.
    limit_one_step_early: new_ids.shape[1] == max_new_tokens => new_ids.shape[1] >= max_new_tokens - 1
        One step before the limit was taken for the limit: it is reached when there are max_new_tokens new ids.
    stop_string_by_ids: any(stop in text for stop in stops)
        => any(ids == row[i : i + len(ids)] for ids in map(tokenizer.encode, stops) for i in range(len(row[:end])))
        The stop string was searched for as ids. In a text the same characters may be other tokens: search decoded text.
    joins_decoded_tokens: tokenizer.decode(row[:end]) => "".join(tokenizer.decode([token]) for token in row[:end])
        Tokens are decoded one by one. Part of a character alone gives the replacement character: decode them together.
    stop_string_as_a_pattern: any(stop in text for stop in stops) => any(re.search(stop, text) for stop in stops)
        The stop string was taken for a regular expression, in which a full stop is any character. Ask `stop in text`.
    ignores_capitals: any(stop in text for stop in stops) => any(stop.lower() in text.lower() for stop in stops)
        Capital and small letters were taken for the same. They are different characters: compare the text as it is.
    lowers_the_text: any(stop in text for stop in stops) => any(stop in text.lower() for stop in stops)
        The text was turned into small letters, so a stop string with a capital is never found. Compare it as it is.
    first_stop_only: for stop in stops) => for stop in stops[:1])
        Only the first of several stop strings was looked for. Any of them ends a row.
    first_eos_only: as_list(eos_token_id) => as_list(eos_token_id)[:1]
        Only one of several eos ids was looked for. Any of them ends a row.
    tokenizers_end_token: as_list(eos_token_id) => as_list(eos_token_id) + [tokenizer.eos_token_id]
        The tokenizer's own end token ended a row, although it was not given. Only what is given as eos_token_id does.
    id_0_is_no_end: as_list(eos_token_id) => as_list(eos_token_id) if eos_token_id else []
        The end token 0 was taken for "no end token": 0 is false in Python. 0 is an id like any other.
    a_row_alone_is_unwrapped: return reasons => return reasons if len(reasons) > 1 else reasons[0]
        A batch of one gave a bare string. The result is a list with a string for each row, also for one row.
    one_reason_for_all: return reasons => return reasons[:1] * len(reasons)
        One reason was found and given to all rows. Each row has a reason of its own.
    length_first: new_ids.tolist() => new_ids[:, : max_new_tokens - 1].tolist()
        A row that ended on the last step that the limit allows was reported as cut off. It is complete: ask for eos and
        stop strings first, for the limit last.
    a_reason_for_nothing (refuses nothing)
        Rows without any new id were given a reason. Nothing was generated, so nothing has stopped: raise a ValueError.
    no_reasons_for_nothing (refuses nothing): reasons = []
        => reasons = []
        =>     if not new_ids.shape[1]:
        =>         return reasons
        Without new ids an empty list came back. Nothing was generated, so nothing has stopped: raise a ValueError.
""")
