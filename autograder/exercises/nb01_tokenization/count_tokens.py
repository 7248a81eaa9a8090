"""``count_tokens``: the number of tokens of each text."""

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import TOKENIZER
from autograder.exercises.nb01_tokenization._shared import sentence

exercise = Exercise(__name__, points=2)


@exercise.probes
def probes(rng):
    lists = {
        "stories": ["Once upon a time, there was a little dog.", "She was so happy to see the big red ball."],
        "accents, an emoji, another script": ["café", "naïve", "🙂", "日本語"],
        "code": ["def f(x):\n    return x\n", "x = [i ** 2 for i in range(10)]"],
        "a space in front, at the end, in between": ["time", " time", "time ", "once  upon"],
        "a special token is one token": ["<|endoftext|>", "The end.<|endoftext|>"],
        "an empty text, and the same word often": ["", "dog dog dog dog"],
        "no texts at all": [],
        "words in random order": [sentence(rng, rng.randrange(1, 9)) for _ in range(5)],
    }
    return [Probe(name, tokenizer=TOKENIZER, texts=texts) for name, texts in lists.items()]


@exercise.oracle
@exercise.reference
def reference(tokenizer, texts):
    return [len(tokenizer(text)["input_ids"]) for text in texts]


exercise.slips("""
    four_characters_each: len(tokenizer(text)["input_ids"]) => len(text) // 4
        Characters were divided by 4, a rule of thumb for English and large tokenizers: count this one's input_ids.
    counts_words: tokenizer(text)["input_ids"] => text.split()
        Words were counted. A rare word is several tokens; punctuation and line breaks are tokens, too: count input_ids.
    counts_bytes: tokenizer(text)["input_ids"] => text.encode()
        Bytes were counted. They are where BPE begins, before any merge: count input_ids.
    counts_words_one_by_one: len(tokenizer(text)["input_ids"])
        => sum(len(tokenizer(word)["input_ids"]) for word in text.split())
        Splitting at spaces throws them away, and a word without its space has other tokens: tokenize the whole text.
    strips_before_counting: tokenizer(text) => tokenizer(text.strip())
        The text was stripped first. A space at the end is a token that the model sees: count the text as it is.
    counts_distinct_tokens: tokenizer(text)["input_ids"] => set(tokenizer(text)["input_ids"])
        Each token was counted once, however often it occurs. The model reads every occurrence: no set().
    counts_the_keys: ["input_ids"] =>
        The entries of what the tokenizer returns (input_ids, attention_mask) were counted: take ["input_ids"] first.
    one_call_for_an_empty_list: len(tokenizer(text)["input_ids"]) for text in texts
        => len(ids) for ids in tokenizer(texts)["input_ids"]
        The tokenizer raises an IndexError for an empty list. Take the texts one by one, or handle that case first.
""")


@exercise.alternative
def by_one_call(tokenizer, texts):
    return [sum(mask) for mask in tokenizer(texts)["attention_mask"]] if texts else []
