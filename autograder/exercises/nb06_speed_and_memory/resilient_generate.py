"""``resilient_generate``: a batch that does not fit into memory is cut in halves, and nothing is lost."""

import torch

from autograder.exercises.exercise import Exercise, Probe
from autograder.exercises.inputs import prompt
from genlab.judging.adapters import Adapter
from genlab.judging.memory import out_of_memory
from genlab.judging.values import Resource
from genlab.models import probe_model

exercise = Exercise(__name__, points=4, adapter=Adapter.RATIONED)
exercise.rules("""
    same (2): the result is that of one call with enough memory: all rows in their order, filled behind their ends with
        pad_token_id to the longest
    halves: when memory runs out, the batch is cut in two halves, and each of them is tried
    memory: before the next try nothing holds on to the failed one
    only: any other error comes out at once, as it is
    gives_up: when a single row does not fit, the error that says so comes out
""")


@exercise.probes
def probes(rng):
    def probe(rule, name, rows, room, *asked, width=4, n=4, ends=False, pads=False, hidden=False, **model):
        """``room``: for how many rows there is room; ``ends``: rows end at different steps; ``pads``: on the left."""
        ids = prompt(rng, rows, width)
        gaps = [rng.randrange(width) if pads else 0 for _ in range(rows)]
        mask = torch.tensor([[0] * gap + [1] * (width - gap) for gap in gaps])
        settings = {"max_new_tokens": n, "do_sample": False, "pad_token_id": rng.randrange(1, 30), "eos_token_id": None}
        ignorant = [{"attention_mask": torch.ones_like(mask), **settings}] if pads else []
        while True:  # the model is sure of its tokens, and rows end where they should
            seed = rng.randrange(10**6)
            given = {"attention_mask": mask, "output_logits": True, "return_dict_in_generate": True}
            out = probe_model(seed).generate(ids, **given, **settings)
            best = torch.stack(out.logits).topk(2).values
            new = out.sequences[:, width:]
            end = int(new[0, 0])
            firsts = [(row == end).nonzero()[:1].flatten().tolist() for row in new]
            uneven = all(firsts) and firsts[-1] != [0] and len({*map(tuple, firsts)}) > 1
            unlike = [torch.equal(out.sequences, probe_model(seed).generate(ids, **blind)) for blind in ignorant]
            if (best[..., 0] - best[..., 1]).min() > 0.05 and (not ends or uneven) and not any(unlike):
                break
        settings["eos_token_id"] = end if ends else None
        model = Resource("limited_model", seed=seed, room=room * (width + n - 1), **{"keeps": False} | model)
        args = {"input_ids": ids, "attention_mask": mask, "settings": settings, "asked": list(asked)}
        return Probe(name, rule=rule, hidden=hidden, model=model, **args)

    yield probe("same", "all fit", 3, 3, "ids")
    yield probe("same", "half of them fit", 4, 2, "ids")
    yield probe("same", "an odd number of rows", 5, 2, "ids")
    yield probe("same", "one row at a time", 3, 1, "ids")
    yield probe("same", "rows are filled on the left", 4, 2, "ids", pads=True)
    yield probe("same", "rows end at different steps", 3, 1, "ids", n=6, ends=True)
    yield probe("same", "seven rows, filled on the left", 7, 3, "ids", pads=True, hidden=True)
    yield probe("same", "rows end at different steps, two fit", 4, 2, "ids", n=7, ends=True, hidden=True)
    yield probe("halves", "eight rows, four fit", 8, 4, "rows")
    yield probe("halves", "all fit: one call", 6, 6, "rows", "calls")
    yield probe("halves", "twelve rows, three fit", 12, 3, "rows")
    yield probe("halves", "the error of CUDA", 8, 4, "rows", cuda=True)
    yield probe("halves", "there is room for the prompts alone", 8, 5, "rows", width=6, n=5, hidden=True)
    yield probe("halves", "seven rows, five fit", 7, 5, "rows", hidden=True)
    yield probe("memory", "a failed pass keeps its room while anything refers to it", 4, 2, "ids", keeps=True)
    yield probe("memory", "it fails twice", 8, 2, "ids", keeps=True)
    yield probe("memory", "it fails three times", 9, 1, "ids", "rows", keeps=True, hidden=True)
    other = "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1"
    yield probe("only", "another RuntimeError", 4, 4, "raised", "calls", error=other)
    yield probe(
        "only", "an error that speaks of memory", 4, 4, "raised", "calls", error="unsupported memory format option"
    )
    yield probe(
        "only", "one more RuntimeError", 5, 9, "raised", "calls", error="expected scalar type Half", hidden=True
    )
    yield probe("gives_up", "no row fits", 4, 0, "raised")
    yield probe("gives_up", "the only row does not fit", 1, 0, "raised")
    yield probe("gives_up", "three rows, none fits, by CUDA", 3, 0, "raised", cuda=True, hidden=True)


@exercise.oracle
def oracle(model, input_ids, attention_mask, **settings):
    """Asks whether there is room before it calls: one call where all fit, halves where they do not."""
    rows, columns = input_ids.shape[0], input_ids.shape[1] + settings["max_new_tokens"] - 1
    if rows > 1 and model.room < rows * columns:
        halves = (slice(rows // 2), slice(rows // 2, rows))
        done = [row for half in halves for row in oracle(model, input_ids[half], attention_mask[half], **settings)]
    else:
        done = list(model.generate(input_ids, attention_mask=attention_mask, **settings))
    result = torch.full((rows, max(map(len, done))), settings["pad_token_id"])
    for i, row in enumerate(done):
        result[i, : len(row)] = row
    return result


@exercise.reference
def reference(model, input_ids, attention_mask, **settings):
    try:
        return model.generate(input_ids, attention_mask=attention_mask, **settings)
    except RuntimeError as error:
        if not out_of_memory(error) or len(input_ids) == 1:
            raise
    half = len(input_ids) // 2
    parts = [
        reference(model, input_ids[:half], attention_mask[:half], **settings),
        reference(model, input_ids[half:], attention_mask[half:], **settings),
    ]
    width = max(part.shape[1] for part in parts)
    pad = settings["pad_token_id"]
    return torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1]), value=pad) for part in parts])


@exercise.alternative
def with_a_list_of_what_is_left(model, input_ids, attention_mask, **settings):
    """A smaller size, once found, is kept."""
    size, first, rows = len(input_ids), 0, []
    while first < len(input_ids):
        some = slice(first, first + size)
        failed = None
        try:
            rows += model.generate(input_ids[some], attention_mask=attention_mask[some], **settings).tolist()
        except (torch.OutOfMemoryError, RuntimeError) as error:
            failed = str(error)
            if not out_of_memory(error) or size == 1:
                raise
        if failed is None:
            first += size
        else:
            size = max(1, size // 2)
    longest = max(map(len, rows))
    return torch.tensor([row + [settings["pad_token_id"]] * (longest - len(row)) for row in rows])


@exercise.alternative
def with_a_stack(model, input_ids, attention_mask, **settings):
    """Halves wait on a stack; a helper says whether a call worked."""

    def tried(some):
        try:
            return model.generate(input_ids[some], attention_mask=attention_mask[some], **settings)
        except RuntimeError as error:
            if len(some) > 1 and out_of_memory(error):
                return None
            raise

    waiting, done = [list(range(len(input_ids)))], {}
    while waiting:
        some = waiting.pop()
        out = tried(some)
        if out is None:
            waiting += [some[: (len(some) + 1) // 2], some[(len(some) + 1) // 2 :]]
        else:
            done |= dict(zip(some, out, strict=True))
    rows = [done[i] for i in range(len(input_ids))]
    filled = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=settings["pad_token_id"])
    return filled


@exercise.mistake
def one_by_one(model, input_ids, attention_mask, **settings):
    """The rows were done one by one as soon as memory ran out. That works and is slow: a half may well fit, and a pass
    costs nearly the same for many rows as for one."""
    try:
        return model.generate(input_ids, attention_mask=attention_mask, **settings)
    except RuntimeError as error:
        if not out_of_memory(error) or len(input_ids) == 1:
            raise
    return joined(
        [
            model.generate(i[None], attention_mask=m[None], **settings)[0]
            for i, m in zip(input_ids, attention_mask, strict=True)
        ],
        settings,
    )


@exercise.mistake
def one_row_fewer(model, input_ids, attention_mask, **settings):
    """After each failure the batch was made smaller by a row. Each failure costs a pass that comes to nothing: cut the
    batch in halves."""
    size, first, rows = len(input_ids), 0, []
    while first < len(input_ids):
        some, fits = slice(first, first + size), True
        try:
            rows += model.generate(input_ids[some], attention_mask=attention_mask[some], **settings)
        except RuntimeError as error:
            if not out_of_memory(error) or size == 1:
                raise
            fits = False
        first, size = (first + size, size) if fits else (first, size - 1)
    return joined(rows, settings)


def joined(rows, settings):
    """Rows as one tensor, filled to the longest."""
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=settings["pad_token_id"])


exercise.slips("""
    tries_again_inside: raise
        => raise
        =>         half = len(input_ids) // 2
        =>         parts = [reference_inside(model, input_ids[s], attention_mask[s], **settings)
        =>                  for s in (slice(half), slice(half, None))]
        =>         return joined([row for part in parts for row in part], settings)
        The failed call was still held while the next one ran. In an except block the exception is alive, and so it is
        in a variable that you keep: its traceback holds the frames of the failed call, and these hold its tensors.
        Leave the block first, and keep a flag or the message, not the exception.
    catches_everything: not out_of_memory(error) or len(input_ids) == 1 => len(input_ids) == 1
        Any RuntimeError was taken for a lack of memory. A mistake in the call then fails once for each row, and looks
        like a full memory: ask out_of_memory(error), and raise everything else.
    looks_for_memory: not out_of_memory(error) => "memory" not in str(error)
        Each error that speaks of memory was taken for a lack of it, a memory format too. Ask out_of_memory(error).
    cuda_only: except RuntimeError as error: => except torch.OutOfMemoryError as error:
        Only torch.OutOfMemoryError was caught. A CPU says the same with a plain RuntimeError: catch RuntimeError and
        ask out_of_memory(error).
    cpu_only: not out_of_memory(error) => "allocate memory" not in str(error)
        Only the words of a CPU were looked for. CUDA says it in another way: ask out_of_memory(error).
    never_gives_up: or len(input_ids) == 1 => or False
        A single row was cut again, into nothing and itself, for ever. A row that does not fit alone will not fit: raise
        the error.
    leaves_out_what_does_not_fit: raise
        => if out_of_memory(error):
        =>                 return input_ids
        =>             raise
        A row that does not fit came back as it went in, as if its answer were empty. Nobody is told that it failed:
        raise the error.
    drops_the_tail: input_ids[half:], attention_mask[half:]
        => input_ids[half : 2 * half], attention_mask[half : 2 * half]
        Of an odd number of rows the last one was lost: 5 // 2 twice is 4. The second half goes from the middle to the
        end.
    the_second_half_first: for part in parts]) => for part in parts[::-1]])
        The rows came back in another order. Join the halves as they were.
    the_first_half_twice: input_ids[half:], attention_mask[half:] => input_ids[:half], attention_mask[:half]
        The first half was done twice. The second one begins where the first one ends.
    forgets_the_mask: except RuntimeError as error:
        => except RuntimeError as error:
        =>         attention_mask = torch.ones_like(attention_mask)
        The halves were tried without their mask, so that rows read their filling. Cut the mask like the ids.
    fills_with_zeros: value=pad) => value=0)
        Rows were filled with 0. Behind its end a row holds pad_token_id.
    fills_on_the_left: (0, width - part.shape[1]) => (width - part.shape[1], 0)
        Rows were filled on the left. What is joined has ended: fill up behind it.
    not_filled: torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1]), value=pad) for part in parts])
        => torch.cat(parts)
        The halves were joined as they are. They may have different lengths, for a call ends when all its rows have
        ended: fill up to the longest.
    a_list: torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1]), value=pad) for part in parts])
        => parts
        The halves came back as a list. Join them to one tensor, as generate would give it.
    cuts_the_longer_ones: max(part.shape[1] for part in parts) => min(part.shape[1] for part in parts)
        Longer rows lost their end. Fill the shorter ones up.
""")


def reference_inside(model, input_ids, attention_mask, **settings):
    """Tries again inside the except block."""
    try:
        return model.generate(input_ids, attention_mask=attention_mask, **settings)
    except RuntimeError as error:
        if not out_of_memory(error) or len(input_ids) == 1:
            raise
        half = len(input_ids) // 2
        halves = (slice(half), slice(half, None))
        parts = [reference_inside(model, input_ids[s], attention_mask[s], **settings) for s in halves]
        return joined([row for part in parts for row in part], settings)
