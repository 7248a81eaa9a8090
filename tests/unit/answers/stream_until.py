"""Answers to ``stream_until``, written from its card alone, without sight of its probes."""

# %% wrong chunk_alone: Looks for stop strings in each chunk by itself, passes on the rest.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    for chunk in chunks:
        starts = [chunk.find(s) for s in stops if s in chunk]
        if starts:
            yield chunk[: min(starts)]
            return
        yield chunk

# %% wrong window: Always keeps the length of the longest stop string minus one; breaks 'and no more'.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    width = max([len(s) for s in stops] or [1]) - 1
    buffer = ""
    for chunk in chunks:
        for c in chunk:
            buffer += c
            ends = [s for s in stops if buffer.endswith(s)]
            if ends:
                yield buffer[: -max(map(len, ends))]
                return
        cut = max(0, len(buffer) - width)
        yield buffer[:cut]
        buffer = buffer[cut:]
    yield buffer

# %% wrong all_text: Joins all chunks first; nothing is out before the end.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    text = "".join(chunks)
    for i in range(len(text) + 1):
        ends = [s for s in stops if text[:i].endswith(s)]
        if ends:
            yield text[: i - max(map(len, ends))]
            return
    yield text

# %% wrong whole_buffer_is_a_beginning: Holds back only when ALL of the buffer is a beginning of a stop string.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    buffer = ""
    for chunk in chunks:
        buffer += chunk
        hits = [(buffer.find(s) + len(s), buffer.find(s)) for s in stops if s in buffer]
        if hits:
            yield buffer[: min(hits)[1]]
            return
        if any(s.startswith(buffer) for s in stops):
            continue
        yield buffer
        buffer = ""
    yield buffer

# %% wrong leftmost: The stop string that begins first wins, also when another one is complete before.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held = ""
    for chunk in chunks:
        held += chunk
        starts = [held.find(s) for s in stops if s in held]
        if starts:
            yield held[: min(starts)]
            return
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% wrong no_release: What is held back when the chunks end is lost.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held = ""
    for chunk in chunks:
        held += chunk
        hits = [(held.find(s) + len(s), held.find(s)) for s in stops if s in held]
        if hits:
            yield held[: min(hits)[1]]
            return
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]

# %% wrong flag: Sets a flag at the stop string and goes on reading until the chunks end.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held, stopped = "", False
    for chunk in chunks:
        if stopped:
            continue
        held += chunk
        hits = [(held.find(s) + len(s), held.find(s)) for s in stops if s in held]
        if hits:
            yield held[: min(hits)[1]]
            held, stopped = "", True
            continue
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% wrong released_by_finally: The held text is yielded at the end, also when a stop string was found.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held = ""
    for chunk in chunks:
        held += chunk
        hits = [(held.find(s) + len(s), held.find(s)) for s in stops if s in held]
        if hits:
            yield held[: min(hits)[1]]
            break
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% wrong first_character: Holds back from the last place on at which a stop string's first character stands.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held = ""
    for chunk in chunks:
        held += chunk
        hits = [(held.find(s) + len(s), held.find(s)) for s in stops if s in held]
        if hits:
            yield held[: min(hits)[1]]
            return
        cut = min([held.rfind(s[0]) for s in stops if s[0] in held] + [len(held)])
        yield held[:cut]
        held = held[cut:]
    yield held

# %% wrong ends_with: A stop string is seen only when a chunk ends with it.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    held = ""
    for chunk in chunks:
        held += chunk
        ends = [s for s in stops if held.endswith(s)]
        if ends:
            yield held[: -max(map(len, ends))]
            return
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% wrong empty_accepted: Ignores empty stop strings instead of refusing them.
def stream_until(chunks, stops):
    stops = [s for s in stops if s]
    held = ""
    for chunk in chunks:
        for c in chunk:
            held += c
            ends = [s for s in stops if held.endswith(s)]
            if ends:
                yield held[: -max(map(len, ends))]
                return
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% wrong reads_ahead: Reads the next chunk before the last one is passed on.
def stream_until(chunks, stops):
    if "" in stops:
        raise ValueError("empty stop string")
    chunks = iter(chunks)
    held, coming = "", next(chunks, None)
    while coming is not None:
        chunk, coming = coming, next(chunks, None)
        held += chunk
        hits = [(held.find(s) + len(s), held.find(s)) for s in stops if s in held]
        if hits:
            yield held[: min(hits)[1]]
            return
        n = max([k for s in stops for k in range(1, len(s)) if held.endswith(s[:k])] + [0])
        yield held[: len(held) - n]
        held = held[len(held) - n :]
    yield held

# %% right characters: One character at a time, each yielded alone.
def stream_until(chunks, stops):
    if any(s == "" for s in stops):
        raise ValueError("a stop string must have a character")
    pending = ""
    for chunk in chunks:
        for c in chunk:
            pending += c
            ends = [len(s) for s in stops if pending.endswith(s)]
            if ends:
                if len(pending) > max(ends):
                    yield pending[: -max(ends)]
                return
            while pending and not any(s.startswith(pending) for s in stops):
                yield pending[0]
                pending = pending[1:]
    if pending:
        yield pending

# %% right not_a_generator: Refuses at once and returns a generator made by an inner function.
def stream_until(chunks, stops):
    for s in stops:
        if not s:
            raise ValueError("empty stop string")

    def passed_on():
        text, out = "", 0
        for chunk in chunks:
            for c in chunk:
                text += c
                ends = [len(s) for s in stops if text.endswith(s)]
                if ends:
                    yield text[out : len(text) - max(ends)]
                    return
            safe = min([i for i in range(out, len(text)) if any(s.startswith(text[i:]) for s in stops)] + [len(text)])
            yield text[out:safe]
            out = safe
        yield text[out:]

    return passed_on()

# %% right while_loop: A while loop over an iterator, the longest end first.
def stream_until(chunks, stops):
    if not all(stops):
        raise ValueError("empty stop string")
    it, held = iter(chunks), ""
    while True:
        try:
            held += next(it)
        except StopIteration:
            break
        for end in range(1, len(held) + 1):
            done = [s for s in stops if held[:end].endswith(s)]
            if done:
                yield held[: end - max(len(s) for s in done)]
                return
        for k in range(len(held), -1, -1):
            tail = held[len(held) - k :]
            if k == 0 or any(len(s) > k and s.startswith(tail) for s in stops):
                break
        yield held[: len(held) - k]
        held = tail if k else ""
    yield held
