"""``prompt_lookup``: greedy generation in which the text itself is the guess for how it goes on."""

import torch
from transformers import DynamicCache

from autograder.exercises.exercise import Exercise, Probe
from genlab.judging.values import Resource
from genlab.models import RESOURCES

exercise = Exercise(__name__, points=1, calls=True, no_grad=True, runs="passes")
exercise.rules("""
    tokens: the result is the row with n greedy tokens behind it, whichever these are and whatever is guessed
    passes (2): a pass, with gradients off, reads what the cache does not hold: the newest token, and behind it what
        followed the first earlier place of the last two tokens, or, without one, of the last token, k tokens at most;
        nothing is guessed where a single token is wanted
    refuses: more than one row, and n or k below 1, are refused with a ValueError
""")


@exercise.refuses
def refuses(model, input_ids, n, k):
    if len(input_ids) != 1:
        return f"one row, got {len(input_ids)}"
    return "" if n >= 1 and k >= 1 else f"n and k must be at least 1, got {n} and {k}"


@exercise.probes
def probes(rng):
    def text(*lengths):
        """Ids that repeat themselves: a piece, other tokens, and the beginning of the piece again."""
        first, between, again = lengths
        ids = rng.sample(range(30), first + between)
        return ids + ids[:again]

    def probe(rule, name, ids, n, k, accepted=1, end=None, hidden=False):
        """``accepted``: at least so many guesses are right, and some are wrong; ``end``: where its eos comes."""
        while True:
            model = Resource("probe_model", seed=rng.randrange(10**6), n_positions=64, eos_token_id=None)
            prompt = torch.tensor([ids])
            real = RESOURCES["probe_model"](**model.settings)
            seen = []
            hook = real.register_forward_pre_hook(
                lambda m, a, given, seen=seen: seen.append(given["input_ids"].shape[1]), with_kwargs=True
            )
            out = oracle(real, prompt, n, k)
            hook.remove()
            logits = real(out).logits[0, len(ids) - 1 : -1]
            best = logits.topk(2).values
            saved, wasted = n - len(seen), sum(seen[1:]) - n + 1
            if (best[:, 0] - best[:, 1]).min() > 0.05 and saved >= accepted and wasted >= (accepted > 0):
                if end is not None:
                    model.settings["eos_token_id"] = int(out[0, len(ids) + end])
                return Probe(name, rule=rule, hidden=hidden, model=model, input_ids=prompt, n=n, k=k)

    yield probe("tokens", "a text that repeats itself", text(4, 2, 3), 12, 3)
    yield probe("tokens", "one new token", text(3, 1, 2), 1, 4, accepted=0)
    yield probe("tokens", "nothing has occurred before", rng.sample(range(30), 4), 6, 3, accepted=0)
    yield probe("tokens", "the model's end token is among the new ones", text(4, 2, 3), 12, 3, end=4)
    yield probe("tokens", "a long text", text(6, 4, 5), 20, 4, hidden=True)
    yield probe("passes", "some guesses are right, some are wrong", text(5, 2, 3), 16, 3, accepted=3)
    yield probe("passes", "one guess a pass", text(4, 2, 2), 14, 1, accepted=2)
    yield probe("passes", "many guesses a pass", text(6, 3, 4), 18, 6, accepted=4)
    yield probe("passes", "a prompt of one token", [rng.randrange(30)], 16, 3, accepted=2, hidden=True)
    yield probe("passes", "the last token has occurred, the last two have not", text(4, 2, 1), 10, 2)
    a, b, c, d, e, f = rng.sample(range(30), 6)
    yield probe("passes", "the last two tokens have occurred twice", [a, b, c, d, a, b, e, f, a, b], 10, 3)
    yield probe("passes", "the last token occurs in other company first", [b, c, a, b, d, e, a, b], 10, 3)
    yield probe("passes", "the same token again and again", [a, a, a, a], 12, 3, hidden=True)

    def refused(name, rows=1, n=3, k=2, hidden=False):
        model = Resource("probe_model", seed=rng.randrange(10**6))
        return Probe(
            name, rule="refuses", hidden=hidden, model=model, input_ids=torch.tensor([[a, b, a]] * rows), n=n, k=k
        )

    yield refused("two rows", rows=2)
    yield refused("no new token", n=0)
    yield refused("no guess", k=0)
    yield refused("three rows", rows=3, k=5, hidden=True)
    yield refused("a negative k", k=-2, hidden=True)


@exercise.oracle
def oracle(model, input_ids, n, k):
    settings = {"max_new_tokens": n, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    return model.generate(
        input_ids,
        attention_mask=torch.ones_like(input_ids),
        prompt_lookup_num_tokens=k,
        max_matching_ngram_size=2,
        **settings,
    )


@exercise.reference
def reference(model, input_ids, n, k):
    row, goal, cache, read = input_ids[0].tolist(), input_ids.shape[1] + n, DynamicCache(), 0
    while len(row) < goal:
        guess = []
        for size in (2, 1):
            places = [i for i in range(len(row) - size) if row[i : i + size] == row[-size:]]
            if places and len(row) + 1 < goal:
                guess = row[places[0] + size :][:k]
                break
        with torch.no_grad():
            logits = model(torch.tensor([(row + guess)[read:]]), past_key_values=cache).logits[0]
        said = logits[-len(guess) - 1 :].argmax(-1).tolist()
        right = 0
        while right < len(guess) and guess[right] == said[right]:
            right += 1
        row = (row + said[: right + 1])[:goal]
        read = len(row) - 1
        if cache.get_seq_length() > read:
            cache.crop(read - cache.get_seq_length())
    return torch.tensor([row])


@exercise.alternative(refuses=False)
def with_tensors(model, input_ids, n, k):
    """Windows, comparisons and a cumulative product, as in the library."""
    if input_ids.shape[0] != 1 or min(n, k) < 1:
        raise ValueError("one row, and at least one new token and one guess")
    ids, end, past = input_ids, input_ids.shape[1] + n, None
    while ids.shape[1] < end:
        guess = ids[:, :0]
        for size in (2, 1) if ids.shape[1] + 1 < end else ():
            if ids.shape[1] <= size:
                continue
            same = (ids[0].unfold(0, size, 1)[:-1] == ids[0, -size:]).all(-1).nonzero()
            if len(same):
                begin = int(same[0]) + size
                guess = ids[:, begin : begin + k]
                break
        seen = past.get_seq_length() if past is not None else 0
        with torch.inference_mode():
            out = model(torch.cat([ids, guess], 1)[:, seen:], past_key_values=past, use_cache=True)
        past = out.past_key_values
        best = out.logits[:, -1 - guess.shape[1] :].argmax(-1)
        right = int((best[:, :-1] == guess).long().cumprod(-1).sum())
        ids = torch.cat([ids, best[:, : right + 1]], 1)[:, :end]
        if extra := past.get_seq_length() - (ids.shape[1] - 1):
            past.crop(-extra)
    return ids.clone()


exercise.slips("""
    stops_at_the_end_token: while len(row) < goal:
        => while len(row) < goal and model.config.eos_token_id not in row[input_ids.shape[1] :]:
        The loop ended with the model's end token. Here n tokens are asked for, whichever they are.
    accepts_one_too_many: row = (row + said[: right + 1])[:goal]
        => row = (row + guess[: right + 1] + said[right : right + (right == len(guess))])[:goal]
        A guess was taken that the model did not say. Only those before the first wrong one are right; there the model's
        own token stands.
    forgets_the_free_token: said[: right + 1] => said[: max(right, 1)]
        Behind the guesses that were right the model says a token of its own, in the same pass. Take it, too: m right
        guesses give m + 1 tokens.
    keeps_what_was_wrong: if cache.get_seq_length() > read: => if False:
        The keys and values of wrong guesses stayed in the cache, and the model went on behind them. Take them out:
        cache.crop takes a negative number.
    drops_too_much: read = len(row) - 1 => read = len(row) - 1 - (right > 0)
        More than the wrong guesses was taken out of the cache, and had to be read again.
    never_guesses: if places and len(row) + 1 < goal: => if False:
        Nothing was guessed, so each token took a pass. Look where the last two tokens have stood before.
    the_last_place: row[places[0] + size :] => row[places[-1] + size :]
        The last earlier place was taken. The library takes the first one.
    the_last_token_only: for size in (2, 1): => for size in (1,):
        Only the last token was looked for. Look for the last two first: what followed them is the better guess.
    both_or_nothing: for size in (2, 1): => for size in (2,):
        Where the last two tokens have not occurred before, nothing was guessed. Then look for the last one alone.
    one_guess_too_many: [:k] => [: k + 1]
        More than k tokens were guessed in a pass. Cut what followed the place: [:k].
    guesses_for_the_last_one: and len(row) + 1 < goal: => :
        One token was wanted, and more were guessed. A pass gives one token anyway: the last one needs no guess.
    more_than_n: (row + said[: right + 1])[:goal] => row + said[: right + 1]
        There are more than n new tokens: the last pass gave too many. Cut the row.
    reads_everything_again: torch.tensor([(row + guess)[read:]]), past_key_values=cache => torch.tensor([row + guess])
        The whole row was read in each pass. Keep the cache, and read what it does not hold.
    gradients_on: torch.no_grad() => torch.enable_grad()
        The model ran with gradients on: wrap it in torch.no_grad().
    new_tokens_only: torch.tensor([row]) => torch.tensor([row[input_ids.shape[1] :]])
        Only the new tokens came back. The result begins with the row that was given.
    any_numbers (refuses nothing): row, goal, cache, read = input_ids
        => k = max(k, 1)
        =>     input_ids = input_ids[:1]
        =>     row, goal, cache, read = input_ids
        Several rows, or numbers below 1, were accepted. Refuse them with a ValueError: rows accept different numbers of
        guesses, and this loop is for one.
""")
