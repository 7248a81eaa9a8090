"""Answers to ``max_words``, written from its card alone, without sight of its probes."""

# %% wrong special_tokens_as_word: Decodes with special tokens: an end token after a blank or alone counts as a word; breaks 'decoded without special tokens'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:])
        counts = torch.tensor([len(t.split()) for t in texts], device=input_ids.device)
        return counts > self.max_words

# %% wrong split_at_blank: split(' ') makes empty words of double and leading blanks and none of new lines; breaks 'A word is what text.split() gives'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        counts = torch.tensor([len(t.strip().split(" ")) if t.strip() else 0 for t in texts], device=input_ids.device)
        return counts > self.max_words

# %% wrong blank_tokens_counted: Counts the tokens that begin with a blank: a word after a new line, or a first one without a blank, is not counted, a lone blank is; breaks 'A word is what text.split() gives'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        counts = []
        for row in input_ids[:, self.prompt_length:].tolist():
            counts.append(sum(self.tokenizer.decode([t]).startswith(" ") for t in row))
        return torch.tensor(counts, device=input_ids.device) > self.max_words

# %% wrong difference_of_counts: Words of the whole row minus words of the prompt: a new piece that continues the prompt's last word is no word then; breaks 'its NEW TEXT has more than max_words words'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def _count(self, ids):
        texts = self.tokenizer.batch_decode(ids, skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=ids.device)

    def __call__(self, input_ids, scores, **kwargs):
        new = self._count(input_ids) - self._count(input_ids[:, :self.prompt_length])
        return new > self.max_words

# %% wrong early_at_trailing_blank: Also ends a row that has max_words words and ends in white space, because the last is complete then; breaks 'a row has ended when its new text has MORE than max_words words'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        answers = []
        for text in self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True):
            words = len(text.split())
            complete = words == self.max_words and text[-1:].isspace()
            answers.append(words > self.max_words or complete)
        return torch.tensor(answers, dtype=torch.bool, device=input_ids.device)

# %% wrong at_least: Ends a row that has exactly max_words words (>=); breaks 'more than'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=input_ids.device) >= self.max_words

# %% wrong remembers_ended_rows: Remembers which rows have ended and ors them into later answers: a second run with the same object starts with ended rows; breaks 'True for rows that have ended' (of these ids).
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words
        self.done = None

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        now = torch.tensor([len(t.split()) > self.max_words for t in texts], device=input_ids.device)
        if self.done is None or self.done.shape != now.shape:
            self.done = torch.zeros_like(now)
        self.done = self.done | now
        return self.done

# %% wrong own_prompt_length: Takes the prompt length from the first call and forgets the argument; breaks 'The prompt does not count' when the first call already holds several new tokens.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.max_words = tokenizer, max_words
        self.start = None

    def __call__(self, input_ids, scores, **kwargs):
        if self.start is None or input_ids.shape[1] <= self.start:
            self.start = input_ids.shape[1] - 1
        texts = self.tokenizer.batch_decode(input_ids[:, self.start:], skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=input_ids.device) > self.max_words

# %% wrong cut_at_first_special: Reads each row only up to its first end token, so words behind it are not counted; breaks 'decoded without special tokens' (they are left out, the rest is text).
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        answers = []
        for row in input_ids[:, self.prompt_length:].tolist():
            if self.tokenizer.eos_token_id in row:
                row = row[:row.index(self.tokenizer.eos_token_id)]
            answers.append(len(self.tokenizer.decode(row).split()) > self.max_words)
        return torch.tensor(answers, dtype=torch.bool, device=input_ids.device)

# %% wrong regex_words: Counts \\w+ instead of split(): "don't" is two words, a lone '-' none; breaks 'A word is what text.split() gives'.
import re

class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        counts = torch.tensor([len(re.findall(r"\w+", t)) for t in texts], device=input_ids.device)
        return counts > self.max_words

# %% wrong distinct_words: Counts distinct words (a set); breaks 'A word is what text.split() gives'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        return torch.tensor([len(set(t.split())) for t in texts], device=input_ids.device) > self.max_words

# %% wrong any_row: One answer for all: every row ends when any has; breaks 'bool [B], True for rows that have ended'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        ended = any(len(t.split()) > self.max_words for t in texts)
        return torch.full((input_ids.shape[0],), ended, dtype=torch.bool, device=input_ids.device)

# %% wrong zero_accepted: Refuses only negative numbers, max_words=0 is accepted; breaks 'max_words below 1 is a ValueError'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 0:
            raise ValueError("max_words must not be negative")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=input_ids.device) > self.max_words

# %% wrong refused_at_the_call: max_words below 1 is refused when the object is called, not when it is made; breaks 'when the object is made'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        if self.max_words < 1:
            raise ValueError("max_words must be at least 1")
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=input_ids.device) > self.max_words

# %% wrong numbers_not_bools: Answers with 0 and 1 as int64; breaks 'bool [B]'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length:], skip_special_tokens=True)
        return torch.tensor([int(len(t.split()) > self.max_words) for t in texts], device=input_ids.device)

# %% wrong counts_calls: Keeps a counter that each call brings up to date with the newest token only; breaks 'its new text has more than max_words words' when the object is called once on a whole row, or a second time.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words
        self.words = {}

    def __call__(self, input_ids, scores, **kwargs):
        answers = []
        for i, token in enumerate(input_ids[:, -1].tolist()):
            piece = self.tokenizer.decode([token], skip_special_tokens=True)
            first = input_ids.shape[1] == self.prompt_length + 1
            if first:
                self.words[i] = 0
            if piece.strip() and (first or piece[0].isspace()):
                self.words[i] = self.words.get(i, 0) + 1
            answers.append(self.words.get(i, 0) > self.max_words)
        return torch.tensor(answers, dtype=torch.bool, device=input_ids.device)

# %% wrong prompt_counts: Counts the words of the whole row; breaks 'The prompt does not count'.
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words must be at least 1")
        self.tokenizer, self.prompt_length, self.max_words = tokenizer, prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        texts = self.tokenizer.batch_decode(input_ids, skip_special_tokens=True)
        return torch.tensor([len(t.split()) for t in texts], device=input_ids.device) > self.max_words

# %% right regex_non_space
class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        super().__init__()
        if not max_words >= 1:
            raise ValueError(f"max_words must be at least 1, not {max_words}")
        self._decode = lambda row: tokenizer.decode(row, skip_special_tokens=True)
        self._from, self._limit = prompt_length, max_words

    def __call__(self, input_ids, scores, **kwargs):
        answer = torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
        for i, row in enumerate(input_ids):
            # with maxsplit=limit there is one more piece exactly when a further word has begun
            pieces = self._decode(row[self._from:].tolist()).split(maxsplit=self._limit)
            answer[i] = len(pieces) == self._limit + 1
        return answer

# %% right hand_made_state_machine
def _count(text):
    words, inside = 0, False
    for character in text:
        if character.isspace():
            inside = False
        elif not inside:
            inside, words = True, words + 1
    return words


class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words <= 0:
            raise ValueError("at least one word must be allowed")
        self.tokenizer = tokenizer
        self.prompt_length = prompt_length
        self.max_words = max_words

    def __call__(self, input_ids, scores, **kwargs):
        special = set(self.tokenizer.all_special_ids)
        flags = []
        for row in input_ids.cpu().numpy():
            kept = [int(t) for t in row[self.prompt_length:] if int(t) not in special]
            flags.append(_count(self.tokenizer.decode(kept)) > self.max_words)
        return torch.tensor(flags, dtype=torch.bool).to(input_ids.device)

# %% right numpy_counts
import numpy as np

class MaxWords(StoppingCriteria):
    def __init__(self, tokenizer, prompt_length, max_words):
        if max_words < 1:
            raise ValueError("max_words below 1")
        self.settings = (tokenizer, prompt_length, max_words)

    def __call__(self, input_ids, scores, **kwargs):
        tokenizer, start, limit = self.settings
        texts = tokenizer.batch_decode(input_ids[:, start:].tolist(), skip_special_tokens=True)
        counts = np.fromiter((sum(1 for _ in text.split()) for text in texts), dtype=np.float64, count=len(texts))
        return torch.from_numpy(counts > limit).to(input_ids.device)
