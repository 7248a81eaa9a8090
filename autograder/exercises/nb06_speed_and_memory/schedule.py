"""``schedule``: in which step each of many requests begins, in fixed batches and with places that are filled again."""

from collections import deque

from autograder.exercises.exercise import Exercise, Probe

exercise = Exercise(__name__, points=4)
exercise.rules("""
    length: a request takes as many steps as it has new tokens; the first of them reads its prompt
    static: batches are taken in order, and the next one begins when all rows of this one have ended
    continuous (2): a request begins in the step after a place has become free, and the one that waits longest goes
        first
    steps: the number of steps is that of all forward passes, until the last request has ended
    refuses: fewer places than one and lengths below 1 are refused with a ValueError
""")


@exercise.refuses
def refuses(lengths, slots, continuous):
    if slots < 1:
        return f"there must be a place, got {slots}"
    return "every request has at least one new token" if any(length < 1 for length in lengths) else ""


@exercise.probes
def probes(rng):
    def probe(rule, name, lengths, slots, continuous=True, hidden=False):
        return Probe(name, rule=rule, hidden=hidden, lengths=lengths, slots=slots, continuous=continuous)

    def some(count, low=2, high=15):
        return [rng.randrange(low, high) for _ in range(count)]

    def apart(count, low=2, high=20):
        return rng.sample(range(low, high), count)

    a, b, c, d = sorted(apart(4, 3, 12))
    n = rng.randrange(5, 9)
    yield probe("length", "one request", [n], 1)
    yield probe("length", "one request of one token", [1], 2)
    yield probe("length", "one place, one after another", apart(3), 1)
    yield probe("length", "one place, in batches", apart(3), 1, False)
    yield probe("length", "requests of one token, two places", [1] * 5, 2)
    yield probe("length", "requests of one token, in batches", [1] * 7, 3, False, hidden=True)
    yield probe("length", "as many places as requests", apart(4), 4, hidden=True)
    yield probe("static", "two batches", [b, d, a, c], 2, False)
    yield probe("static", "the last batch is not full", [a, d, c, b, a], 2, False)
    yield probe("static", "the longest request comes last", [a, b, c, d], 3, False)
    yield probe("static", "three batches of three", apart(9), 3, False, hidden=True)
    yield probe("static", "all alike", [n] * 5, 2, False)
    yield probe("continuous", "a short one makes room", [a, d, c], 2)
    yield probe("continuous", "eight requests, three places", apart(8), 3)
    yield probe("continuous", "all alike, three places", [n] * 7, 3)
    yield probe("continuous", "places become free in the same step", [b, b, a, d, c], 2)
    yield probe("continuous", "twelve requests, four places", some(12), 4, hidden=True)
    yield probe("continuous", "sorted, longest first", sorted(apart(7))[::-1], 3, hidden=True)
    yield probe("continuous", "one place, continuous", apart(4), 1, hidden=True)
    yield probe("steps", "the longest of four stands first", [d, a, c, b], 4)
    yield probe("steps", "the longest of four stands first, in one batch", [d, a, b, c], 4, False)
    yield probe("steps", "no requests", [], 3)
    yield probe("steps", "no requests, in batches", [], 2, False)
    yield probe("steps", "more places than requests", [a, d, b], 8)
    yield probe("steps", "a long one among short ones", [a, 50, 2, b, 3], 6, hidden=True)
    yield probe("refuses", "no place", [a, b], 0)
    yield probe("refuses", "a request without tokens", [a, 0, b], 2)
    yield probe("refuses", "a request without tokens, in batches", [0, a], 2, False)
    yield probe("refuses", "no place and no requests", [], 0, False, hidden=True)
    yield probe("refuses", "a negative length", [a, -1], 2, hidden=True)


@exercise.oracle
def oracle(lengths, slots, continuous):
    """What happens, step after step."""
    waiting, running = deque(enumerate(lengths)), {}
    begins, step, started = [0] * len(lengths), 0, -1
    while waiting or running:
        while waiting and len(running) < slots and (continuous or len(running) == 0 or started == step):
            request, length = waiting.popleft()
            running[request], begins[request], started = length, step, step
        running = {request: left - 1 for request, left in running.items()}
        if continuous or not any(left > 0 for left in running.values()):
            running = {request: left for request, left in running.items() if left > 0}
        step += 1
    return begins, step


@exercise.reference
def reference(lengths, slots, continuous):
    free, begins, ends = [0] * slots, [], []  # from which step on each place is free
    for i, length in enumerate(lengths):
        if not continuous and i % slots == 0:
            free = [max(free)] * slots
        place = free.index(min(free))
        begins.append(free[place])
        free[place] += length
        ends.append(free[place])
    return begins, max(ends, default=0)


@exercise.alternative
def by_steps(lengths, slots, continuous):
    """Go from step to step, count down."""
    left, begins, steps = list(lengths), [None] * len(lengths), 0
    while any(n > 0 for n in left):
        inside = [i for i, begin in enumerate(begins) if begin is not None and left[i] > 0]
        outside = [i for i, begin in enumerate(begins) if begin is None]
        room = slots - len(inside) if continuous or not inside else 0
        for i in outside[:room]:
            begins[i] = steps
            inside.append(i)
        for i in inside:
            left[i] -= 1
        steps += 1
    return begins, steps


@exercise.alternative(refuses=False)
def two_ways(lengths, slots, continuous):
    """Batches by slices, continuous with a heap."""
    import heapq

    if slots <= 0 or min(lengths, default=1) <= 0:
        raise ValueError("a place and a token are the least")
    begins, end = [], 0
    if continuous:
        places = [0] * slots
        for length in lengths:
            begin = heapq.heappop(places)
            begins.append(begin)
            heapq.heappush(places, begin + length)
            end = max(end, begin + length)
        return begins, end
    for first in range(0, len(lengths), slots):
        batch = lengths[first : first + slots]
        begins += [end] * len(batch)
        end += max(batch)
    return begins, end


exercise.slips("""
    the_prefill_is_no_step: free[place] += length => free[place] += length - 1
        A request took one step too few. Its first step reads the prompt and gives the first new token; each further
        token takes a step of its own.
    the_prefill_beside_the_tokens: free[place] += length => free[place] += length + 1
        The prefill was counted as a step of its own. The pass that reads the prompt gives the first new token, so a
        request takes as many steps as it has new tokens.
    one_token_takes_two_steps: free[place] += length => free[place] += max(length, 2)
        A request of one token took two steps. Its only step reads the prompt and gives the token.
    waits_for_the_longest: if not continuous and i % slots == 0: => if i % slots == 0:
        New requests waited until the whole batch had ended. That is what static batching does. With continuous batching
        each place is filled again as soon as its own request has ended.
    batches_do_not_wait: if not continuous and i % slots == 0: => if False:
        With static batching a place was filled again at once. There the batch is fixed: it ends as a whole, with its
        longest row.
    refills_before_the_end: begins.append(free[place]) => begins.append(max(0, free[place] - continuous))
        A request began in the very step in which the one before it gave its last token. Until that pass has run, nobody
        knows that it is the last: the place is free in the next step.
    refills_one_step_late: begins.append(free[place])
        => free[place] += int(continuous and free[place] > 0)
        =>         begins.append(free[place])
        A free place stood empty for a step. A request that waits begins in the step right after the last token of the
        one before.
    one_new_request_a_step: begins.append(free[place])
        => free[place] = max(free[place], begins[-1] + 1) if begins and continuous else free[place]
        =>         begins.append(free[place])
        Only one request began in a step. All places that are free are filled in the same step.
    each_place_its_own_queue: free.index(min(free)) => i % slots
        The requests were dealt out to the places beforehand, in turn. There is one queue: whoever waits longest takes
        the place that becomes free first.
    shortest_first: for i, length in enumerate(lengths):
        => order = sorted(range(len(lengths)), key=lambda i: lengths[i]) if continuous else range(len(lengths))
        =>     begins = [0] * len(lengths)
        =>     for i, j in enumerate(order):
        =>         length = lengths[j]
        =>         if not continuous and i % slots == 0:
        =>             free = [max(free)] * slots
        =>         place = free.index(min(free))
        =>         begins[j] = free[place]
        =>         free[place] += length
        =>         ends.append(free[place])
        =>     for i, length in []:
        The shortest requests were let in first. How long a request will be is not known before it has ended: they are
        taken in the order in which they wait.
    batches_by_length: for i, length in enumerate(lengths):
        => order = range(len(lengths)) if continuous else sorted(range(len(lengths)), key=lambda i: lengths[i])
        =>     begins = [0] * len(lengths)
        =>     for i, j in enumerate(order):
        =>         length = lengths[j]
        =>         if not continuous and i % slots == 0:
        =>             free = [max(free)] * slots
        =>         place = free.index(min(free))
        =>         begins[j] = free[place]
        =>         free[place] += length
        =>         ends.append(free[place])
        =>     for i, length in []:
        The batches were made of requests of like length. How long a request will be is not known beforehand: the first
        ones that wait make the first batch.
    until_the_last_one_begins: max(ends, default=0) => max(begins, default=0)
        The steps were counted until the last request begins. It has to end, too.
    until_the_last_of_the_list_ends: max(ends, default=0) => (ends or [0])[-1]
        The steps were counted until the last request of the list ends. Another one may go on longer: take the greatest
        end.
    all_the_work: max(ends, default=0) => sum(lengths)
        The tokens of all requests were added up. Places work side by side: one step serves all rows that are running.
    counts_from_1: return begins, => return [begin + 1 for begin in begins],
        The steps were counted from 1. The first one is step 0.
    ends_for_begins: return begins, => return ends,
        The steps in which requests end were returned. Asked for are those in which they begin.
    steps_only: return begins, max(ends, default=0) => return max(ends, default=0)
        The number of steps came back alone. The result is a pair: the steps in which the requests begin, and how many
        there are in all.
    fails_without_requests: max(ends, default=0) => max(ends)
        Without requests there is nothing to take the greatest of. No requests take no steps: max(..., default=0).
    refuses_nothing (refuses nothing): free, begins, ends = [0] * slots, [], []  # from which step on each place is free
        => free, begins, ends = [0] * max(slots, 1), [], []
        =>     slots = max(slots, 1)
        A number of places or a length that no server has was accepted. Raise a ValueError for fewer places than one,
        and for lengths below 1.
    no_place_only (refuses nothing): free, begins, ends = [0] * slots, [], []  # from which step on each place is free
        => if slots < 1:
        =>         raise ValueError("no place")
        =>     free, begins, ends = [0] * slots, [], []
        A request without tokens was accepted. Each has at least one: look at all lengths.
""")
