"""``beam_search``: the k best beginnings are carried on, on a toy model whose every sentence can be listed."""

import heapq
import math

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.nb03_sampling_loop._shared import until
from autograder.exercises.nb07_capstone._shared import shows

END = "."
exercise = Exercise(__name__, points=2, tolerance=1e-9)
exercise.rules("""
    together: in each step the extensions of all beams stand in one list, and the k with the largest sum of log
        probabilities are taken
    finished: of these, what ends with "." is put aside, the others are the next step's beams; after max_new tokens both
        are compared
    length: in the end the sum is divided by the number of tokens to the power of length_penalty
    refuses: num_beams or max_new below 1 is refused with a ValueError
""")


@exercise.refuses
def refuses(toy, num_beams, max_new, length_penalty):
    return "" if min(num_beams, max_new) >= 1 else "there must be a beam and a step"


def sentences(rng, depth, ends=0.3):
    """A toy model: for each beginning the probabilities of what comes next; no two sentences are as good."""
    toy, beginnings = {}, [""]
    for _ in range(depth):
        for text in beginnings:
            shares = [rng.random() ** 2 + 0.02 for _ in "abc"] + [ends * rng.random()]
            toy[text] = {token: share / sum(shares) for token, share in zip("abc.", shares, strict=True)}
        beginnings = [text + token for text in beginnings for token in "abc"]
    return toy


@exercise.probes
def probes(rng):
    def probe(name, rule, k, depth=3, penalty=0.0, *, ends=0.5, told=(), hidden=False):
        """Where ``length`` is asked for, the best sentence has ended, and none ends at once."""

        def make():
            asked = {"num_beams": k, "max_new": depth, "length_penalty": penalty}
            toy = sentences(rng, depth, ends)
            if rule == "length":
                toy[""].pop(END)
            return Probe(name, rule=rule, hidden=hidden, toy=toy, **asked)

        def fits(case):
            return rule != "length" or oracle(**case.args)[0].endswith(END)

        found = shows(exercise, told)
        return until(lambda case: fits(case) and found(case), make)

    greedy = ("always_greedy",)
    yield probe("two beams find what greedy misses", "together", 2, ends=0, told=(*greedy, "prunes_per_beam"))
    yield probe("three beams", "together", 3, 4, ends=0, told=("prunes_per_beam", "adds_probabilities"))
    yield probe("one beam is greedy", "together", 1, ends=0)
    yield probe("more beams than sentences: brute force", "together", 500, ends=0, told=greedy)
    yield probe("two beams, four tokens", "together", 2, 4, ends=0, hidden=True, told=("prunes_per_beam",))
    lost = ("loses_finished_beams",)
    yield probe("the best one ends early", "finished", 2, told=lost, ends=1.0)
    yield probe("it goes on behind the first end", "finished", 3, told=("stops_at_the_first_end",), ends=0.8)
    yield probe("the best one ends early, three beams", "finished", 3, 3, told=lost, ends=1.0, hidden=True)
    signs = ("wrong_sign", "forgets_the_length")
    yield probe("length_penalty=1", "length", 3, 3, 1.0, told=signs, ends=0.7)
    yield probe("length_penalty=2", "length", 3, 3, 2.0, told=signs, ends=0.7, hidden=True)
    yield probe("nothing ends", "finished", 2, 3, ends=0)
    yield probe("the best one has not ended", "finished", 3, 2, told=("only_ended_ones_count",), ends=0.2)
    yield probe("it has not ended, four beams", "finished", 4, 3, told=("only_ended_ones_count",), hidden=True)
    yield probe("no beams", "refuses", 0)
    yield probe("no steps", "refuses", 2, 0)
    yield probe("minus one beam", "refuses", -1, hidden=True)


@exercise.oracle
def oracle(toy, num_beams, max_new, length_penalty):
    beams, done = [(0.0, "")], []
    for _ in range(max_new):
        longer = ((total + math.log(p), text + t) for total, text in beams for t, p in toy[text].items() if p)
        best = heapq.nlargest(num_beams, longer)
        done += [beam for beam in best if beam[1].endswith(END)]
        beams = [beam for beam in best if not beam[1].endswith(END)]
    return max(((text, total / len(text) ** length_penalty) for total, text in done + beams), key=lambda pair: pair[1])


@exercise.reference
def reference(toy, num_beams, max_new, length_penalty):
    beams, finished = [("", 0.0)], []
    for _ in range(max_new):
        longer = []
        for text, total in beams:
            for token, probability in toy[text].items():
                if probability > 0:
                    longer.append((text + token, total + math.log(probability)))
        longer.sort(key=lambda beam: -beam[1])
        best = longer[:num_beams]
        finished += [beam for beam in best if beam[0].endswith(".")]
        beams = [beam for beam in best if not beam[0].endswith(".")]
    scores = [(text, total / len(text) ** length_penalty) for text, total in finished + beams]
    return max(scores, key=lambda beam: beam[1])


exercise.slips("""
    adds_probabilities: total + math.log(probability) => total + probability
        The probabilities are added. Those of one sentence are multiplied, and their logs added.
    prunes_per_beam: longer.append((text + token, total + math.log(probability)))
        => if probability == max(toy[text].values()) or not text:
        =>                         longer.append((text + token, total + math.log(probability)))
        Each beam keeps its own best continuation, so no beam ever dies and none has two children. Put the extensions
        of all beams into one list, and take the k best of all.
    always_greedy: best = longer[:num_beams] => best = longer[:1]
        Only one beginning is carried on: that is greedy search. Carry on num_beams of them.
    worst_ones: key=lambda beam: -beam[1]) => key=lambda beam: beam[1])
        The list is sorted the wrong way, and the least likely beams go on.
    loses_finished_beams: in finished + beams] => in beams or finished]
        Sentences that have ended are forgotten. Put them aside and compare them with the others in the end.
    stops_at_the_first_end: beams = [beam for
        => if finished:
        =>             beams = [beam for beam in best if not beam[0].endswith(".")]
        =>             break
        =>         beams = [beam for
        The search is over with the first sentence that ends. The others may become better: go on with them.
    wrong_sign: total / len(text) ** length_penalty => total * len(text) ** length_penalty
        The length penalty works the wrong way round. The sum is negative: divided by a power of the length, a long
        sentence comes nearer to 0, and wins more often.
    forgets_the_length: total / len(text) ** length_penalty => total
        length_penalty has no effect. In the end, divide the sum by the length to this power.
    only_ended_ones_count: in finished + beams] => in finished or beams]
        Beams that have not ended at the limit are thrown away. They count, too.
    searches_with_any_numbers (refuses nothing)
        A search without a beam or without a step was not refused with a ValueError.
""")


@exercise.alternative
def with_tuples(toy, num_beams, max_new, length_penalty):
    beams = [(0.0, "", False)]
    for _ in range(max_new):
        done = [beam for beam in beams if beam[2]]
        open_ones = [beam for beam in beams if not beam[2]]
        new = [(s + math.log(p), x + t, t == ".") for s, x, _ in open_ones for t, p in toy[x].items() if p > 0]
        beams = done + sorted(new, reverse=True)[:num_beams]
    score, text = max((s / len(x) ** length_penalty, x) for s, x, _ in beams)
    return text, score
