"""``five_mistakes``: for each thing that goes wrong, the line of a published loop that is to blame."""

from autograder.exercises.exercise import Exercise, Probe

exercise = Exercise(__name__, points=2, sealed=True)
exercise.rules("""
    A: symptom A: tokens that top_k should have cut are drawn now and then
    B: symptom B: with any temperature the draw is what it is without one
    C: symptom C: a text ends as soon as the first prompt's answer has ended
    D: symptom D: the printed answer begins in the middle of a word
    E: symptom E: the memory of each pass is several times what it need be
""")


@exercise.probes
def probes(rng):
    yield Probe("A: cut tokens are drawn", rule="A", symptom="A")
    yield Probe("B: the temperature does nothing", rule="B", symptom="B")
    yield Probe("C: a text is cut off", rule="C", symptom="C")
    yield Probe("D: the answer begins in mid-word", rule="D", symptom="D")
    yield Probe("E: too much memory", rule="E", symptom="E")


@exercise.oracle
def oracle(symptom):
    return {"A": 6, "B": 7, "C": 9, "D": 13, "E": 5}[symptom]


@exercise.reference
def reference(symptom):
    answers = {"A": 6, "B": 7, "C": 9, "D": 13, "E": 5}
    return answers[symptom]


exercise.slips("""
    topk_itself: "A": 6 => "A": 5
        topk gives the k largest values and cuts nothing yet. Look at what is done with the others: which probability
        has a token whose logit is 0?
    the_draw_is_wrong: "A": 6 => "A": 8
        multinomial draws only what has a probability above 0. So the question is why a cut token has one.
    dividing_scores: "B": 7 => "B": 6
        This line concerns cut tokens. Follow the temperature: where is it used, and what does multinomial do with
        weights that do not sum to 1?
    multinomial_ignores_it: "B": 7 => "B": 8
        multinomial draws in proportion to what it is given. What does it change if all of these are divided by the
        same number?
    append_is_wrong: "C": 9 => "C": 10
        Appending is right: ids [B, T] and tokens [B, 1]. Who decides that the loop is over, and for how many rows?
    the_limit: "C": 9 => "C": 4
        The limit is the same for all rows. Which line ends the loop earlier, and which row does it ask?
    decode_skips: "D": 13 => "D": 12
        Decoding is fine, with special tokens left out. What is then cut off, and is it as long as the prompt that was
        written?
    the_prompt_is_wrong: "D": 13 => "D": 3
        The model is given the right ids. Compare the length of the prompt as it was written with its length after
        decode, where it holds a special token.
    the_ids_grow: "E": 5 => "E": 10
        The ids are a few bytes for each token. What a pass keeps for a step back that never comes is far more: where
        does the model run?
    topk_twice: "E": 5 => "E": 6
        That line writes into a tensor that is there already. Where does the model run, and what does it keep?
""")


@exercise.alternative
def by_lines(symptom):
    lines = [6, 7, 9, 13, 5]
    return lines["ABCDE".index(symptom)]
