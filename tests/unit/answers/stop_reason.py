"""Answers to ``stop_reason``, written from its card alone, without sight of its probes."""

# %% wrong eos_anywhere_first: Asks for an end token anywhere in the row before it looks for stop strings, so the eos filler behind a stop string counts; breaks 'what comes first in the row counts'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    out = []
    for row in new_ids.tolist():
        if any(t in ends for t in row):
            out.append("eos")
        elif any(s in tokenizer.decode(row) for s in stops):
            out.append("stop_string")
        else:
            out.append("length" if len(row) >= max_new_tokens else "time")
    return out

# %% wrong string_anywhere_first: Asks for a stop string anywhere in the decoded row first, filler included: pads that decode to a stop string behind an end token count; breaks 'what comes first in the row counts'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    out = []
    for row in new_ids.tolist():
        text = tokenizer.decode(row)
        if any(s in text for s in stops):
            out.append("stop_string")
        elif any(t in ends for t in row):
            out.append("eos")
        else:
            out.append("length" if len(row) >= max_new_tokens else "time")
    return out

# %% wrong begin_instead_of_complete: Compares the place where the stop string begins with the end token: a stop string that begins before the end token and would be complete only behind it wins; breaks 'the token with which a stop string is COMPLETE'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    out = []
    for row in new_ids.tolist():
        text = tokenizer.decode(row)
        end_at = next((i for i, t in enumerate(row) if t in ends), None)
        begins = [text.index(s) for s in stops if s in text]
        if end_at is None and not begins:
            out.append("length" if len(row) >= max_new_tokens else "time")
        elif end_at is None:
            out.append("stop_string")
        elif not begins:
            out.append("eos")
        else:
            out.append("stop_string" if min(begins) < len(tokenizer.decode(row[:end_at])) else "eos")
    return out

# %% wrong characters_against_tokens: Compares the character index of the stop string with the token index of the end token; breaks 'what comes first in the row counts'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    big = 10**9
    out = []
    for row in new_ids.tolist():
        text = tokenizer.decode(row)
        first_eos = next((i for i, t in enumerate(row) if t in ends), big)
        first_stop = min([text.index(s) for s in stops if s in text], default=big)
        if first_eos == first_stop == big:
            out.append("length" if len(row) >= max_new_tokens else "time")
        else:
            out.append("eos" if first_eos <= first_stop else "stop_string")
    return out

# %% wrong length_wins: At the full length every row that has not ended earlier is 'length', also one whose end token is the last; breaks 'on the very last step that the limit allows is complete'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k, token in enumerate(row, 1):
            if k >= max_new_tokens:
                return "length"
            if token in ends:
                return "eos"
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                return "stop_string"
        return "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong string_on_last_token_missed: Stop strings are searched in the text before the current token: one completed by the very last token is not seen; breaks 'a stop string on the very last step ... is complete'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k, token in enumerate(row):
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                return "stop_string"
            if token in ends:
                return "eos"
        return "length" if len(row) == max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong last_token_only: Looks at the last token of the row only for the end token: a row filled with another pad is not 'eos'; breaks 'Rows that ended early are filled with some pad'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id
    out = []
    for row in new_ids.tolist():
        if any(s in tokenizer.decode(row) for s in stops):
            out.append("stop_string")
        elif row[-1] in ends:
            out.append("eos")
        elif len(row) >= max_new_tokens:
            out.append("length")
        else:
            out.append("time")
    return out

# %% wrong token_by_token: Decodes token by token and joins, so a stop string with an emoji is never complete; breaks 'the token with which a stop string is complete'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        text = ""
        for token in row:
            if token in ends:
                return "eos"
            text += tokenizer.decode([token])
            if any(s in text for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong ends_with: text.endswith(stop): a stop string complete in the middle of a token is missed; breaks 'the token with which a stop string is complete'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if tokenizer.decode(row[:k]).endswith(tuple(stops)):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong tokenizers_eos_too: The tokenizer's own end token ends a row even when it was not given; breaks 'an end token' (of eos_token_id).
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = {eos_token_id} if isinstance(eos_token_id, int) else set(eos_token_id)
    ends.add(tokenizer.eos_token_id)

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong falsy_eos_zero: An end token of id 0 counts as none; breaks 'an end token'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = eos_token_id or []
    ends = [ends] if isinstance(ends, int) else ends

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong first_end_token_only: Of a list of end tokens only the first counts; breaks 'eos_token_id: int | list' / 'an end token'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    end = eos_token_id if isinstance(eos_token_id, int) else eos_token_id[0]

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] == end:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong nothing_new_is_time: n = 0 gives 'time' (only a batch without rows is refused); breaks 'No new ids at all are a ValueError'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if len(new_ids) == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong limit_off_by_one: n == max_new_tokens counts as 'time' (> instead of >=); breaks 'by "length" if n reached max_new_tokens'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) > max_new_tokens else "time"

    return [why(row) for row in new_ids.tolist()]

# %% wrong batch_without_brake: 'time' only when no row of the batch has ended by itself, else the unfinished rows are 'length'; breaks '"length" if n reached max_new_tokens, else "time"'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return None

    reasons = [why(row) for row in new_ids.tolist()]
    rest = "time" if not any(reasons) and new_ids.shape[1] < max_new_tokens else "length"
    return [reason or rest for reason in reasons]

# %% wrong single_row_unwrapped: A batch of one gives the bare string; breaks 'a list of B strings'.
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.shape[1] == 0:
        raise ValueError("no new ids")
    ends = [eos_token_id] if isinstance(eos_token_id, int) else eos_token_id

    def why(row):
        for k in range(1, len(row) + 1):
            if row[k - 1] in ends:
                return "eos"
            if any(s in tokenizer.decode(row[:k]) for s in stops):
                return "stop_string"
        return "length" if len(row) >= max_new_tokens else "time"

    reasons = [why(row) for row in new_ids.tolist()]
    return reasons[0] if len(reasons) == 1 else reasons

# %% right positions_compared
import math

def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    B, n = new_ids.shape
    if n == 0:
        raise ValueError("there are no new ids")
    ends = torch.as_tensor(eos_token_id, dtype=torch.int64).reshape(-1)
    reasons = []
    for row in new_ids:
        hits = torch.isin(row, ends).nonzero().flatten().tolist()
        eos_at = hits[0] if hits else math.inf
        stop_at = math.inf
        for k in range(1, n + 1):
            if k - 1 >= eos_at:
                break
            text = tokenizer.decode(row[:k])
            if any(s in text for s in stops):
                stop_at = k - 1
                break
        if eos_at < stop_at:
            reasons.append("eos")
        elif stop_at < math.inf:
            reasons.append("stop_string")
        else:
            reasons.append("time" if n < max_new_tokens else "length")
    return reasons

# %% right generator_of_events
def _events(tokenizer, row, ends, stops):
    seen = []
    for token in row:
        seen.append(int(token))
        if int(token) in ends:
            yield "eos"
        text = tokenizer.decode(seen)
        for s in stops:
            if text.find(s) != -1:
                yield "stop_string"


def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    if new_ids.numel() == 0 and new_ids.shape[-1] == 0:
        raise ValueError("no new ids at all")
    ends = set(eos_token_id) if isinstance(eos_token_id, list) else {eos_token_id}
    brake = "length" if new_ids.shape[-1] >= max_new_tokens else "time"
    return [next(_events(tokenizer, row, ends, stops), brake) for row in new_ids.numpy()]

# %% right step_by_step_over_the_batch
def stop_reason(tokenizer, new_ids, eos_token_id, stops, max_new_tokens):
    n = new_ids.size(1)
    if n < 1:
        raise ValueError("n is 0")
    if not isinstance(eos_token_id, (list, tuple, set)):
        eos_token_id = [eos_token_id]
    answer = dict()
    for k in range(n):
        for i in range(new_ids.size(0)):
            if i in answer:
                continue
            if any(int(new_ids[i, k]) == e for e in eos_token_id):
                answer[i] = "eos"
            elif any(s in tokenizer.decode(new_ids[i, : k + 1].tolist()) for s in stops):
                answer[i] = "stop_string"
    return [answer.get(i, "time" if n != max_new_tokens else "length") for i in range(new_ids.size(0))]
