"""Answers to ``stop_strings``, written from its card alone, without sight of its probes."""

# %% wrong token_by_token: Decodes each token on its own and joins: an emoji becomes replacement characters, so the text is wrong and an emoji is no stop; breaks 'the new text' (all ids together).
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if any(s == "" for s in stops):
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for token in row:
            text += tokenizer.decode([token])
            if any(s in text for s in stops):
                break
        hits = [text.index(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% wrong ends_with: Looks for a stop string only at the end of the text, so one that is complete in the middle of a token is missed; breaks 'up to and including the token with which a stop string is complete'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if text.endswith(tuple(stops)):
                break
        hits = [text.index(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% wrong sequential_cut: With trim, cuts at one stop string after the other; when two overlap the first cut destroys the one that begins earlier; breaks 'cut the text where the first stop string in it begins'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = tokenizer.decode(row)
        for k in range(1, len(row) + 1):
            beginning = tokenizer.decode(row[:k])
            if any(s in beginning for s in stops):
                text = beginning
                break
        if trim:
            for s in stops:
                text = text.split(s)[0]
        out.append(text)
    return out

# %% wrong first_in_the_list: With trim, cuts at the stop string that comes first in the list, not in the text; breaks 'cut the text where the first stop string in it begins'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")

    def one(row):
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            for s in stops:
                if s in text:
                    return text[:text.index(s)] if trim else text
        return text

    return [one(row) for row in ids[:, prompt_length:].tolist()]

# %% wrong find_minus_one: min(text.find(s)) over all stops: an absent one gives -1 and only the last character is cut; breaks 'cut the text where the first stop string in it begins' (and 'a row without any is returned to its end').
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if not all(len(s) > 0 for s in stops):
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                break
        if trim and stops and any(s in text for s in stops):
            text = text[:min(text.find(s) for s in stops)]
        out.append(text)
    return out

# %% wrong regex_not_escaped: Builds a regular expression without re.escape: '.' matches any character; breaks 'a stop string is complete'.
import re

def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    pattern = re.compile("|".join(stops)) if stops else None
    out = []
    for row in ids[:, prompt_length:].tolist():
        text, hit = "", None
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            hit = pattern.search(text) if pattern else None
            if hit:
                break
        out.append(text[:hit.start()] if hit and trim else text)
    return out

# %% wrong begins_first_decides: The stop string that begins first in the whole text decides, not the one that is complete first; breaks 'The stop string that is complete first ends the row'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = tokenizer.decode(row)
        hits = [(text.index(s), s) for s in stops if s in text]
        if hits:
            begin, first = min(hits)
            if trim:
                text = text[:begin]
            else:
                for k in range(1, len(row) + 1):
                    text = tokenizer.decode(row[:k])
                    if first in text:
                        break
        out.append(text)
    return out

# %% wrong trim_looks_ahead: With trim, looks for stop strings in the whole text, also behind the place where generation stops: one that begins earlier but would be complete later cuts too much; breaks 'first stop string IN IT'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        whole = tokenizer.decode(row)
        if trim:
            out.append(whole[:min([whole.index(s) for s in stops if s in whole], default=len(whole))])
            continue
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                break
        out.append(text)
    return out

# %% wrong last_beginning_forgotten: Examines only beginnings shorter than the whole row: a stop string completed by the very last token is not trimmed; breaks 'With trim=True, also cut ...'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids.tolist():
        new = row[prompt_length:]
        answer = tokenizer.decode(new)
        for k in range(1, len(new)):
            text = tokenizer.decode(new[:k])
            found = [text.index(s) for s in stops if s in text]
            if found:
                answer = text[:min(found)] if trim else text
                break
        out.append(answer)
    return out

# %% wrong short_window: Searches only the last len(longest stop) + 1 tokens, as if a token had at least one character: a stop string with emojis is missed; breaks 'up to and including the token with which a stop string is complete'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    window = max(map(len, stops), default=0) + 1
    out = []
    for row in ids[:, prompt_length:].tolist():
        end = len(row)
        for k in range(1, len(row) + 1):
            tail = tokenizer.decode(row[max(0, k - window):k])
            if any(s in tail for s in stops):
                end = k
                break
        text = tokenizer.decode(row[:end])
        found = [text.index(s) for s in stops if s in text]
        out.append(text[:min(found)] if trim and found else text)
    return out

# %% wrong prompt_counts: Finds a stop string that begins in the prompt, as the library does; breaks 'Only the new text counts, not the prompt'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids.tolist():
        prompt = tokenizer.decode(row[:prompt_length])
        text = ""
        for k in range(prompt_length + 1, len(row) + 1):
            text = tokenizer.decode(row[prompt_length:k])
            if any(s in prompt[max(0, len(prompt) - len(s) + 1):] + text for s in stops):
                break
        hits = [text.index(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% wrong cut_in_the_token: Without trim, the text ends with the stop string itself and not with the whole token; breaks 'up to and including the token'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = tokenizer.decode(row)
        hits = [(text.index(s) + len(s), s) for s in stops if s in text]
        if hits:
            end = min(hits)[0]
            text = text[:end]
            if trim:
                text = text[:min(text.index(s) for s in stops if s in text)]
        out.append(text)
    return out

# %% wrong batch_stops_together: All rows stop at the step at which the first of them stops; breaks 'each row ends by itself'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    new = ids[:, prompt_length:]
    texts = tokenizer.batch_decode(new)
    for k in range(1, new.shape[1] + 1):
        beginnings = tokenizer.batch_decode(new[:, :k])
        if any(s in text for s in stops for text in beginnings):
            texts = beginnings
            break
    if trim:
        texts = [t[:min([t.index(s) for s in stops if s in t], default=len(t))] for t in texts]
    return texts

# %% wrong white_space_refused: Refuses stop strings of white space only, such as an empty line or a blank; breaks 'Raises ValueError when a stop string is EMPTY' (and a row shall stop there).
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if any(not s.strip() for s in stops):
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                break
        hits = [text.index(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% wrong refused_only_when_met: The empty stop string is refused only when the search comes to it: not when there is no new text, nor when another string is complete with the first token; breaks 'An empty stop string is a ValueError'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    def one(row):
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            for s in stops:
                if not s:
                    raise ValueError("empty stop string")
                if s in text:
                    return text[:min(text.index(x) for x in stops if x in text)] if trim else text
        return text

    return [one(row) for row in ids[:, prompt_length:].tolist()]

# %% wrong white_space_stripped: With trim, also strips the white space before the cut; breaks 'cut the text where the first stop string in it begins'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                break
        hits = [text.index(s) for s in stops if s in text]
        if trim and hits:
            text = text[:min(hits)].rstrip()
        out.append(text)
    return out

# %% wrong last_occurrence: With trim, cuts at the last occurrence (rfind) of a stop string in the stopped text; breaks 'where the first stop string in it begins'.
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    out = []
    for row in ids[:, prompt_length:].tolist():
        text = ""
        for k in range(1, len(row) + 1):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                break
        hits = [text.rfind(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% wrong ids_compared: Compares ids with the encoded stop string; breaks the search for characters (the stop string has other token borders in the text).
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if "" in stops:
        raise ValueError("empty stop string")
    wanted = [tokenizer.encode(s) for s in stops]
    out = []
    for row in ids[:, prompt_length:].tolist():
        end = next((k for k in range(1, len(row) + 1) for w in wanted if row[:k][-len(w):] == w), len(row))
        text = tokenizer.decode(row[:end])
        hits = [text.index(s) for s in stops if s in text]
        out.append(text[:min(hits)] if trim and hits else text)
    return out

# %% right recursion_and_partition
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    for s in stops:
        if len(s) == 0:
            raise ValueError("a stop string must have at least one character")

    def beginnings(row):
        for end in range(prompt_length, ids.shape[1] + 1):
            yield tokenizer.decode(row[prompt_length:end])

    def one(row):
        text = ""
        for text in beginnings(row):
            if any(text.count(s) for s in stops):
                break
        if not trim:
            return text
        return min((text.partition(s)[0] for s in stops), key=len, default=text)

    return [one(row) for row in ids]

# %% right whole_batch_per_step
def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    if not all(stops):
        raise ValueError("an empty stop string")
    new = ids[:, prompt_length:]
    rows = new.tolist()
    answers = [None] * len(rows)
    for k in range(len(rows[0]) + 1 if rows else 0):
        for i, text in enumerate(tokenizer.batch_decode([row[:k] for row in rows])):
            if answers[i] is None and any(text.find(s) >= 0 for s in stops):
                answers[i] = text
    answers = [tokenizer.decode(row) if text is None else text for row, text in zip(rows, answers)]
    if trim:
        for i, text in enumerate(answers):
            for at in range(len(text)):
                if any(text.startswith(s, at) for s in stops):
                    answers[i] = text[:at]
                    break
    return answers

# %% right regex_escaped_class
import re

class _Search:
    def __init__(self, stops):
        if any(s == "" for s in stops):
            raise ValueError("empty stop string")
        self.patterns = [re.compile(re.escape(s)) for s in stops]

    def begin(self, text):
        found = [m.start() for m in (p.search(text) for p in self.patterns) if m]
        return min(found) if found else None


def stop_strings(tokenizer, ids, prompt_length, stops, trim):
    search = _Search(list(stops))
    texts = []
    for row in ids.numpy():
        kept, at = [], None
        text = ""
        for token in row[prompt_length:]:
            kept.append(int(token))
            text = tokenizer.decode(kept)
            at = search.begin(text)
            if at is not None:
                break
        texts.append(text if not trim or at is None else text[:at])
    return texts
