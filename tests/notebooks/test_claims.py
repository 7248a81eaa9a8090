"""What the notebooks say about the bundled model's own outputs, and that these outputs say it.

Whoever changes the weights runs the notebooks again (``make notebooks``), reads the cells that are listed here beside
their new outputs, mends what is no longer true, and writes the digest of the new weights here.
"""

import hashlib
import re

import pytest

from genlab.models import STORYTELLER
from tests.support.course import SOLUTIONS, read

WEIGHTS = "c6547b875ff256a536513b38f90b02141869eb050f27df84e1ee49d357d0a871"  # sha256 of the weights for which every claim was read

# the cell that says it, its words, the cell whose output shows it, and what stands there
CLAIMS = [
    ("words-per-token-meaning", "and mostly fewer", "words-per-token", r"20 tokens, which are 1\d words"),
    ("right-padding-meaning", "Only the longest row gets the same answer twice", "right-padding",
     r"'Once upon a time' +last column: (.+?) +last real token: (?!\1).+\n"
     r"'Lily[^\n]+last column: (.+?) +last real token: \2\n"
     r"'The dog' +last column: (.+?) +last real token: (?!\3)"),
    ("right-padding-meaning", "the beginning of some other story", "right-padding", r"last column: 'Once'"),
    ("new-text-meaning", "that row was finished", "new-text-picture", r"(<\|endoftext\|>){5}'"),
    ("new-text-meaning", "The second row has no end token", "new-text-picture", r"False:\n.*\n    '[^<\n]+'\s*$|False:\n.*\n    '[^<\n]+'\n"),
    ("trailing-space-meaning", "things that Lily may like to do", "trailing-space",
     r"after 'Lily␣liked␣to': ␣play 0\.\d+, ␣(draw|read|help)"),
    ("trailing-space-meaning", "not one of the sensible continuations is left", "trailing-space",
     r"after 'Lily␣liked␣to␣': (?!.*\b(play|draw|read|help|watch)\b)"),
    ("position-picker-answer", "Inside a fixed phrase the next token is nearly certain", "forward-step-positions",
     r"' upon' +' a' +' a'.*' a' +' time' +' time'"),
    ("position-picker-answer", "more than a hundred tokens share nine tenths", "position-picker-counts",
     r"probability: 1\n.*probability: 1\d\d\n.*probability: [34]\n"),
    ("never-seen-answer", "some forty times nearer", "never-seen",
     r"came out 196\n.*farthest of these: 0\.00[34]\d, the next token after them: 0\.1[5-7]\d"),
    ("never-seen-answer", "but for one or two", "never-seen-picture", r"\['99\.\d%', '9[89]\.\d%', '99\.\d%'\]"),
    ("phone-keyboard-answer", "the first suggestion is the end-of-text token", "phone-keyboard-taps",
     r"came out [12]\d\d\n.*<\|endoftext\|>\n$"),
    ("top-tokens-interpretation", "larger than all bars but the first", "top-tokens-picture",
     r"Top 5: '[^']+' 0\.[5-9]\d+, '[^']+' 0\.10.*tokens\s+together 0\.1[1-9]"),
    ("forward-step-pieces-answer", "continues the word", "forward-step-pieces", r"6 of 6 continue the word"),
    ("sequence-logprob-interpretation", "shuffled words falls fastest", "sequence-logprob-picture",
     r"perplexity +\d\d\.\d .*\nperplexity +\d\d\.\d .*\nperplexity +\d{4,}\.\d "),
    ("forward-step-padding-answer", "still wrong", "forward-step-padding-experiment",
     r"left,  mask +[1-9].*left,  positions +[1-9].*left,  mask and positions +0\.0000"),
    ("scored-positions-answer", "for the last position only", "scored-positions",
     r"plain call +\[1, 16, 2048\].*steps of generate +\[\[1, 1, 2048\]"),
    ("rotary-answer", "all differences stay as they were", "rotary",
     r"\nmask +[1-9]\.\d+ +0\.000\d+\n.*\nmask, positions \+ 100 +[1-9]\.\d+ +0\.000\d+"),
    ("forward-step-loose-ends-answer", "Neither matters", "forward-step-loose-ends", r"(error 0\.0000\n.*){3}same output: True"),
    ("close-calls-answer", "no best token changes", "close-calls-sizes",
     r"float32, alone and in the batch: +another best token for 0 of 5"),
    ("surprise-interpretation", "An odd word does that the first time", "surprise-picture",
     r"Most surprising: ' elephant' 1\d"),
    ("best-answer-interpretation", 'By the sum, " milk." is best', "best-answer-picture", r"best: ' milk\.'.*came out False"),
    ("best-answer-interpretation", 'By the mean, " a glass of water." is best', "best-answer-picture",
     r"milk\.' [\d.]+ bits, 2\.\d+ a token; ' a glass of water\.' [\d.]+ bits, 1\.\d+ a token"),
    ("greedy-answer", "At some steps the choice was hardly a choice", "greedy-picture", r"to 9\d%"),
    ("greedy-pair-answer", "followed by a surer one", "greedy-pair",
     r"greedy's pair: +'[^']+' +0\.086 x 0\.4.*likeliest pair: +'[^']+' +0\.07\d x 0\.5.*came out False"),
    ("greedy-circles-answer", "It runs in circles", "greedy-circles",
     r"(The future was so interesting\. It wanted to show itself\.\n\n){3}"),
    ("greedy-rounds-answer", "Then it stays where it is", "greedy-rounds", r"0\.3\d, 0\.4\d, (0\.5\d,?\s+){6,}"),
    ("texts-answer", "it falls apart into pieces of words", "texts-run",
     r"T = 0\.3, 0\.\d% outside.*T = 1\.0, [1-3]\.\d% outside.*T = 2\.0, [4-6]\d\.\d% outside"),
    ("top-k-none-answer", "then the 50 come back", "top-k-none", r"top_k=None +in the call 2,048, in a configuration 50"),
    ("circle-broken-answer", "and invents words", "circle-broken",
     r"{'repetition_penalty': 1\.1}\n(?!.*so interesting.*{'repetition_penalty': 1\.3}).*ngram_size': 3}.*The (?!future)f\w+ was"),
    ("call-texts-answer", "In some seeds, not in all", "call-texts",
     r"came out [1-9]\n.*\nthe call +('.+')\n.*top_k=0 +('.+')\n.*k = 50 +\1\n.*k = 0 +\2"),
    ("bits-answer", "Greedy text hardly surprises the model at all", "bits-run",
     r"person [45]\.\d+, greedy 0\.\d+, T = 0\.7 1\.\d+, T = 1 [23]\.\d+, T = 1\.5 [6-9]\.\d+"),
    ("greedy-changers-answer", "Everything else can change a greedy run", "greedy-changers",
     r"'min_p': 0\.5} +same +same\n({[^\n]+DIFFERENT[^\n]*\n){6}"),
    ("top-p-answer", "tiny where the model is sure and large where it is not", "top-p-picture",
     r"Once upon a\": 1 of 2,048 .*She saw the\": \d{3} of 2,048"),
    ("repetition-prompt-answer", "a strong penalty drives them out", "repetition-prompt",
     r"penalty 1\.0: .* 0\.9\d+\n.*penalty 2\.5: .* 0\.0\d+"),
    ("parity-answer", "only a few agree by luck", "parity-run", r"draw: 1?\d of 96"),
    ("eos-where-meaning", "that is `<|endoftext|>`", "eos-where", r"with an end token, [1-5]?\d new tokens: .*<\|endoftext\|>\n"),
    ("eos-where-meaning", "and into another one", "eos-where", r"<\|endoftext\|>Once upon a time"),
    ("eos-in-prompt-answer", "the text stops at the first full stop", "eos-in-prompt",
     r"2047: 24 new tokens.*\[2047, 13\]: [1-9] new tokens\n +all: +'The end\.[^.]*\.'\n"),
    ("eos-which-place-answer", "asks `model.generation_config`", "eos-which-place",
     r"^config +30 new tokens.*generation_config +[1-9] new tokens: '[^.]*\.'"),
    ("eos-minimum-answer", 'says "The end." again and again', "eos-minimum",
     r"min_new_tokens=9: 10 new.*min_new_tokens=10: [1-9]\d new.*min_new_tokens=40: .*The end\. The end\. The end\."),
    ("padding-experiment-meaning", "only the longest row, which has no padding, is right", "padding-experiment",
     r"(left padding with id \d+ +with mask +off by \['0\.000', '0\.000', '0\.000'\]\n){2}"
     r"left padding with id 2047 +without mask +off by \['[1-9]\.\d+', '0\.000', '[1-9].*"
     r"left padding with id 0 +without mask +off by \['0\.000', '0\.000', '0\.000'\]\n"
     r"(right padding with id \d+ +with mask +off by \['[1-9]\.\d+', '0\.000', '[1-9][^\n]+\n){2}"),
    ("padding-guessed-mask-answer", "the third pad id gives another text", "padding-guessed-mask",
     r"with mask +, pad id 692 +('[^']+'), 0 messages\n.*pad id 0 +\1, 0.*pad id 692 +(?!\1)'[^']+', 0 messages"),
    ("player-meaning", "row 2 is the first to end, row 0 ends later, and row 1 runs into the limit", "player-ends",
     r"row 0: 1\d tokens, end token.*row 1: 24 tokens, max_new_tokens.*row 2: +[6-9] tokens, end token"),
    ("player-section", "when all three rows are still running", "generation-player",
     r"Row 0: .*\(running\)\nRow 1: .*\(running\)\nRow 2: .*\(running\)"),
    ("server-reason-question", "counts all new tokens", "server-reason",
     r"total_tokens >= gen_config\.max_new_tokens.*elif hit_max:\nfinish_reason = \"length\""),
    ("stream-library-answer", "The Japanese and the Thai text arrive in one piece", "stream-library",
     r"'hello\\n', 'to ', 'me'.*'我', '喜'.*'said ', '[^']{9}'\].*'said ', '[^']{11}'\]"),
    ("mixed-calls-answer", "On the last step that is allowed, the row is complete", "mixed-calls-run", r"^([A-J]: [^\n]+confirmed[^\n]+\n?){10}$"),
    ("own-loop-answer", "With others they part at some step", "own-loop-run",
     r"k = 50 : equal in 10 of 10.*k = 0  : equal in  [1-9] of 10.*k = 0: equal in 10 of 10"),
    ("call-picture-answer", "a token can be cut although it is one of the best 50", "call-picture",
     r"drawn with k = 0: '[^']+', number [1-4]?\d of the list.*never be drawn by the call here: True; cut by top_p"),
    ("folklore-call-answer", "and then the row is shorter", "folklore-call-lengths", r"'They lived happily ever': [1-9]\}"),
    ("folklore-call-answer", "some tokens are not the best ones of their step", "folklore-call-beams", r"num_beams=4: [1-9]"),
    ("folklore-padding-answer", "the model does not see it there", "folklore-pad-id",
     r"1 text\(s\) from .*without a mask, [1-9]\d* of .*the library says:\s+nothing.*without a mask: True"),
    ("folklore-padding-answer", "Only the longest row", "folklore-pad-side", r"right \[False, False, True\], left \[True, True, True\]"),
    ("folklore-limits-answer", "goes on into another text", "folklore-limits", r"its end: .*<\|endoftext\|>"),
    ("own-config-samples-answer", "so the repository's `True` stood", "own-config-samples",
     r"do_sample=None -> [2-5] different.*do_sample=False -> 1 different.*'temperature', 'top_p', 'top_k'"),
    ("none-means-two-things-answer", "switches `top_k` off", "none-means-two-things",
     r"own says top_k=None +20 .*own says top_k=0 +2,048 .*call says top_k=None +2,048 .*nothing, own says top_k=None +50 "),
    ("lengths-from-everywhere-answer", "a file that you did not write wins over your call", "lengths-from-everywhere",
     r"call max_length=40 +-> +5 new"),
    ("template-whole-answer", "The model goes on about a cat", "template-whole", r"generate\(\*\*it\):.* cat"),
    ("prefilled-answer", "the model gives the cat a name", "prefilled",
     r"left open:.*goes on ' (?!a |the )[A-Z]\w+.*ended:.*goes on '(?! [A-Z])"),
    ("encoded-again-answer", "the model may say it in other pieces", "encoded-again", r"^[1-9]\d* of 40"),
    ("next-turn-meaning", "neither makes sense", "next-turn-picture", r"alone: True.*alone: True"),
    ("clinic-logged-answer", "*ignored* gives the same text for both seeds", "clinic-ignored", r"^(\['[^\n]+'\])\n[^\n]+\n\1\n"),
    ("clinic-logged-answer", "gives the short row another text", "clinic-right-side",
     r"years', '(.+?)'\]\n.*alone:\n\s*\['[^\n]+years', '(?!\1')"),
    ("production-one-by-one-answer", "Five of them", "production-one-by-one",
     r"do_sample +another.*num_beams +another.*max_new_tokens +TypeError.*max_length +same text, 1 .*eos_token_id +same text, 0 "
     r".*pad_token_id +same text, 0 .*min_new_tokens +another.*repetition_penalty +another.*ngram_size +another"),
    ("production-recipe-answer", "On the opinionated model it is not enough", "production-recipe",
     r"plain:\n+ +('[^\n]+').*opinionated:\n+ +(?!\1\n)'.*alone, plain:\n+ +\1\n"),
    ("equal-sixteen-bits-answer", "65,536 times", "equal-sixteen-bits", r"float32: [^\n]+: 0\.000002\n.*bfloat16: [^\n]+: 0\.125000\n"),
    ("right-padded-answer", "behind a few blank lines", "right-padded", r"^False '\\n.*\nFalse '\\n"),
    ("clinic-once-answer", "does not repeat it", "clinic-once", r"three calls, 1 line"),
    ("cached-count-answer", "79 tokens with the cache", "cached-count-run", r"64 passes, 79 tokens.*64 passes, 3,040 tokens.*True"),
    ("shared-prefix-answer", "With a copy for each question, both answers are right", "shared-prefix",
     r"one cache.*as alone: True\n.*\n +as alone: False\na copy.*\n +as alone: True\n.*\n +as alone: True"),
    ("cache-bytes-held-answer", "8,192 bytes a token and row", "cache-bytes-held", r"23, 32\].*8,192 for each token"),
    ("static-answer", "103: four of the prompt", "static-run", r"same ids: True.*1, 8, 7, 32\].*1, 8, 103, 32\].*came out 103"),
    ("static-again-answer", "Still 103, for a call that needs eight", "static-again", r"limit 5: room for 103 .*150: room for 153 .*5: room for 103 "),
    ("grouped-answer", "Four beams take four times as much", "grouped-run", r" 188,416 .* 753,664 .* 23,552 .* 5,888 .* 2,944 "),
    ("cache-bytes-meaning", "Three of the four calls fit", "cache-bytes-picture",
     r"14\.90, cache 0\.31.*14\.90, cache 2\.44.*14\.90, cache 5\.86.*14\.90, cache 9\.[2-9]"),
    ("gradients-kept-answer", "Nearly as much as the whole model", "gradients-kept", r"on:  1[2-7]\.\d MB.*off: 0\.0 MB"),
    ("static-batches-answer", "Less than half", "static-batches-run", r"621 row-steps, of which 270 "),
    ("generate-batch-answer", "The passes are exactly your steps", "generate-batch-compare", r"batch: (\d+) - steps of your schedule: \1\n"),
    ("generate-batch-answer", "to the token", "generate-batch-run", r"9 of 9\ntokens read: (\d+) - the requests alone: \1\n"),
    ("ahead-answer", "in far fewer passes, and *more* tokens read", "ahead-run",
     r"150 passes, 168 tokens.*lookup: [4-9]\d passes, [2-9]\d\d tokens.*same ids: True"),
    ("thread-error-answer", "the queue's own exception", "thread-error-run", r"came out 'Empty'.*nobody looks: ValueError"),
    ("oom-references-answer", "In an `except` block it is", "oom-references", r"block: +still there\n.*: +gone\n.*: +still there"),
    ("inside-answer", "`do_sample` is no processor but switches three of them on", "inside-run",
     r"processors:\n +RepetitionPenalty\w+\n +MinLength\w+\n +MinNewTokens\w+\n +Temperature\w+\n +TopK\w+\n +TopP\w+\n.*came out 6"),
    ("inside-answer", "the library throws the mask away", "inside-run",
     r"padded:\n +attention_mask +\[\[1.*not padded:\n +attention_mask +None\n.*came out None"),
    ("inside-answer", "Positions are computed from the mask", "inside-run", r"position_ids +\[\[0, 1, 2, 3\], \[0, 0, 1, 2\]\]"),
    ("my-loop-meaning", "everything that the library prepares works", "my-loop-picture", r"^([^\n]+ equal: True [^\n]+\n?){3}$"),
    ("alone-answer", "All of them", "alone-run", r"without the two: True\nsame scores: True\n.*came out 2,048"),
    ("alone-answer", "on each id of the row once", "alone-run", r"by a penalty, first step, row 0: 4\n"),
    ("unfilled-answer", "a row that has ended is filled up with pads", "unfilled-run", r"=2047:\n +', there was a(<\|endoftext\|>){5,}'"),
    ("unfilled-answer", "**talks on**", "unfilled-run", r"=None:\n +', there was a [^<\n]{20,}'\n"),
    ("my-generate-meaning", "Each on learned and on rotary positions", "my-generate-picture",
     r"^([^\n]+, GPT-2 +equal\n){6}([^\n]+, Llama +equal\n?){6}$"),
    ("parity-board-question", "Four of the eighty calls", "parity-board-run", r"^{'equal': 80}\n.*came out 0"),
    ("parity-board-meaning", "44 of them, the eleven lower kinds", "parity-board", r"^80 calls: 36 equal, 44 differ\.\nNot equal: end in the last step"),
    ("parity-board-meaning", "always row 0 in step 0", "parity-board", r"in step 0, row 0: .*the left pads were read as text"),
    ("beam-answer", "`ba.` with 0.288", "beam-brute-force", r"^ba\. +0\.288\n.*came out 0\.288"),
    ("beam-answer", "= 0.08", "beam-picture", r"^1 beam\(s\): 'aaa', probability 0\.080\n2 beam\(s\): 'ba\.', probability 0\.288"),
    ("beam-real-answer", "at least as likely", "beam-real-run", r"came out 0\n"),
    ("beam-trap-answer", "They can", "beam-trap", r"'aa\.', probability 0\.140\n2 beam\(s\): 'baa', probability 0\.067"),
    ("speculative-answer", "Exactly the target, whatever the draft says", "speculative-run",
     r"target +(\[[^\n]+\])\ncomes out +\1\n.*difference [01]\.\de[+-]\d\d\n.*came out 0\.5"),
    ("watermark-section", "By chance a quarter is green", "watermark-text", r"of 512\n"),
    ("watermark-answer", "Both scores are the same", "watermark-picture", r"mine +(\d\S+) +the detector's +\1\n.*mine +(\S+) +the detector's +\2\n"),
    ("watermark-answer", "a marked one is many standard deviations away", "watermark-picture", r"^marked +mine +([5-9]|\d\d)\..*plain +mine +-?[01]\."),
]  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    return {cell.id: cell for path in SOLUTIONS for cell in read(path).cells}


def text_of(cell) -> str:
    """All that a code cell printed, and the words of its pictures."""
    streams = [output.text for output in cell.outputs if output.output_type == "stream"]
    return "\n".join(streams + [output.data.get("text/plain", "") for output in cell.outputs if "data" in output])


def test_the_claims_were_read_for_these_weights():
    digest = hashlib.sha256((STORYTELLER / "model.safetensors").read_bytes()).hexdigest()
    to_read = "\n".join(f"  {says}: {words!r} after {shows}" for says, words, shows, _ in CLAIMS)
    assert digest == WEIGHTS, f"the weights changed. Run the notebooks, read these cells, write the digest:\n{to_read}"


@pytest.mark.parametrize("says, words, shows, pattern", CLAIMS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CLAIMS)])
def test_the_output_says_what_the_text_says(cells, says, words, shows, pattern):
    assert words and words in cells[says].source
    text = text_of(cells[shows])
    assert re.search(pattern, text, re.DOTALL), text
