"""The folds "I'm getting this error" quote what really appears: for each quoted line there is an answer that gets it.

An answer is the notebook's own solution with an edit, as in a slip. What stands in italics at the beginning of a line
of a fold is a quotation; "..." in it stands for anything.
"""

import functools
import re

import pytest

from genlab.checking import CheckFailed, check
from genlab.judging import runner, serving
from tests.support.course import SOLUTIONS, read

FOLD = "I'm getting this error</summary>"

# for each exercise: what its fold quotes, and the edit of the solution that gets it
ANSWERS: dict[str, dict[str, tuple[str, str]]] = {
    "round_trip": {
        "KeyError: 'offset_mapping'": ("text, return_offsets_mapping=True", "text"),
        "the result has 3 elements, not 4": (", tokenizer.decode(ids)\n", "\n"),
    },
    "bpe": {
        "ValueError: min() ... empty": ("if not known", "if not pieces"),
        "TypeError: '<' not supported between instances of 'NoneType' and 'int'": (" if pair in ranks]", "]"),
        "TypeError: unhashable type: 'list'": ("pair in ranks", "list(pair) in ranks"),
        "still running after ...": ("pieces = joined", "pass"),
    },
    "count_tokens": {
        "IndexError: list index out of range": (
            '[len(tokenizer(text)["input_ids"]) for text in texts]',
            'list(map(len, tokenizer(texts)["input_ids"]))',
        ),
    },
    "cut_to_budget": {
        "IndexError: list index out of range": (
            "    for end in",
            '    text[tokenizer(text, return_offsets_mapping=True)["offset_mapping"][n - 1][1] :]\n    for end in',
        ),
        "got: '...\ufffd'": ("return text[:end]", 'return tokenizer.decode(tokenizer(text)["input_ids"][:n])'),
        "this input must be refused with a ValueError, and was accepted": ("raise ValueError(", "return str("),
    },
    "left_pad": {
        "ValueError: expected sequence of length ... at dim 1": (
            "ids = [[pad_id] * (width - len(row)) + row",
            "ids = [row",
        ),
        "the dtype of result[1] is float32, not int64": (
            "torch.tensor(mask)",
            "torch.tensor(mask) * torch.ones(width)",
        ),
    },
    "new_text": {
        "the result is of type str, not list": (
            "tokenizer.batch_decode(output_ids[:,",
            "tokenizer.decode(output_ids[0][",
        ),
        "TypeError: new_text() takes 3 positional arguments but 4 were given": (
            ", skip_special_tokens: bool = True)",
            ", *, skip_special_tokens=True)",
        ),
    },
    "next_token_logits": {
        "IndexError: index out of range in self": ("model(input_ids)", "model(input_ids + model.config.vocab_size)"),
        "object has no attribute 'argmax'": (".logits[:, -1]", ".argmax(-1)"),
        "the model ran with gradients on": ("torch.no_grad()", "torch.enable_grad()"),
    },
    "softmax": {
        "The size of tensor a ... must match the size of tensor b": ("amax(dim=-1, keepdim=True)", "amax(dim=-1)"),
        "the argument logits was changed in place": (
            "(logits - logits.amax(dim=-1, keepdim=True)).exp()",
            "logits.sub_(logits.amax(dim=-1, keepdim=True)).exp()",
        ),
        "nan": ("(logits - logits.amax(dim=-1, keepdim=True)).exp()", "logits.exp()"),
    },
    "top_tokens": {
        "selected index k out of range": ("values[:k].tolist()", "values.topk(k).values.tolist()"),
        "got": ("values[:k].tolist()", "values[:k]"),
    },
    "sequence_logprob": {
        "Index tensor must have the same number of dimensions as input tensor": (".unsqueeze(-1)", ""),
        "Size does not match at dimension 1": (
            "logprobs[:, :-1].gather(-1, input_ids[:, 1:]",
            "logprobs[:, :-2].gather(-1, input_ids[:, 1:]",
        ),
        "-inf": ("of_the_tokens.sum(dim=-1)", "of_the_tokens.exp().prod(dim=-1).log()"),
    },
    "last_real_logits": {
        "IndexError: index out of range in self": (".clamp(min=0)", ""),
        "the model was called with shapes ...": (
            "logits = model(input_ids, attention_mask=attention_mask, position_ids=position_ids).logits",
            "logits = torch.cat([model(i[None], attention_mask=a[None], position_ids=p[None]).logits"
            " for i, a, p in zip(input_ids, attention_mask, position_ids)])",
        ),
    },
    "surprise": {"nan": (".nan_to_num(nan=0.0)", "")},
    "best_answer": {
        "expected sequence of length ... at dim 1": (
            "ids, mask = left_pad([asked + answer for answer in said], pad_id=0)",
            "ids = torch.tensor([asked + answer for answer in said])\n    mask = torch.ones_like(ids)",
        ),
        "index out of range in self": (".clamp(min=0)", ""),
        "result[1][0] is -inf, not ...": (".log_softmax(dim=-1)", ".softmax(dim=-1).log()"),
        "the model was called with shapes ...": ("scores = torch.stack(", "model(ids)\n    scores = torch.stack("),
        "this input must be refused with a ValueError, and was accepted": (" or not all(said)", ""),
        "result[0] is of type Tensor, not int": (".argmax().item()", ".argmax()"),
    },
    "greedy": {
        "Tensors must have same number of dimensions: got 2 and 1": ("logits.argmax(-1)[:, None]", "logits.argmax(-1)"),
        "'list' object has no attribute 'shape'": ("ids = prompt_batch(model, ids, n)\n", "ids.shape\n"),
    },
    "apply_temperature": {
        "the argument logits was changed in place": ("return logits / T", "logits /= T\n    return logits"),
        "this input must be refused with a ValueError, and was accepted": ("if not T > 0", "if False"),
    },
    "draw": {
        "The size of tensor a ... must match the size of tensor b": ("u[:, None]", "u"),
    },
    "top_k": {
        "selected index k out of range": ("min(k, logits.shape[-1])", "k"),
        "The size of tensor a ... must match the size of tensor b": ("[:, -1:]", "[:, -1]"),
    },
    "top_p": {
        "scatter(): Expected self.dtype to be equal to src.dtype": (", dtype=torch.bool", ""),
    },
    "min_p": {
        "The size of tensor a ... must match the size of tensor b": (", keepdim=True", ""),
    },
    "warp": {
        "'float' object is not callable": (
            "logits = apply_temperature(logits, T)",
            "min_p = m\n    logits = apply_temperature(logits, T)",
        ),
        "NotImplementedError": ("return min_p(logits, m)", "raise NotImplementedError"),
        "a row of -inf alone ... was accepted": (".all(-1).any()", "[0].all()"),
    },
    "repetition_penalty": {
        "scatter(): Expected dtype ... for index": ("scatter(1, ids, changed)", "scatter(1, changed, ids)"),
        "the argument logits was changed in place": ("logits.scatter(", "logits.scatter_("),
    },
    "sample": {
        "probability tensor contains either `inf`, `nan` or element < 0": ("scores.softmax(-1)", "scores"),
        "Tensors must have same number of dimensions": ("token[:, None]", "token"),
    },
    "which_call": {
        "result['settings'] has 2 elements, not 1": ("return found | cut", 'return found | cut | {"m": 0.0}'),
        "result['scores'][...] is -inf, not ...": (
            "return found | cut",
            'return found | {name: value * 0.8 if name == "p" else value for name, value in cut.items()}',
        ),
        "no step takes these settings: ...": ("return found | cut", 'return found | {"T": 0.0}'),
        "this input must be refused with a ValueError, and was accepted": (
            'raise ValueError("no call with at most one cut gives these scores")',
            "return found",
        ),
    },
    "predictions": {
        "KeyError": ('        "H": "same",\n', ""),
        "the function returned None": ("    return {", "    answers = {"),
    },
    "generated_length": {
        "'<' not supported between instances of 'NoneType' and 'int'": (
            "room if eos_at is None else min(room, eos_at)",
            "min(room, eos_at)",
        ),
        "this input must be refused with a ValueError": ("if max_new_tokens is not None", "if max_new_tokens"),
    },
    "batched_loop": {
        "argument of type 'int' is not iterable": (
            "torch.isin(new, ends)",
            "torch.tensor([token in eos_token_id for token in new.tolist()])",
        ),
        "Tensors must have same number of dimensions": ("new[:, None]", "new"),
        "Boolean value of Tensor with more than one value is ambiguous": ("if done.all()", "if done"),
        "the model was called with shapes ...": ("    return ids", "    model(ids)\n    return ids"),
    },
    "stop_strings": {
        "substring not found": (" if stop in text]", "]"),
        "min() ... empty": ("if trim and starts else", "if trim else"),
    },
    "fit_context": {
        "the shape of the result is ...": ("(n_new - 1)", "n_new"),
        "this input must be refused with a ValueError, and was accepted": (" or keep < 1", ""),
    },
    "stop_reason": {
        "result[0] is 'eos', not 'stop_string'": (
            '            if token in ends:\n                return "eos"\n',
            '            if ends[0] in row:\n                return "eos"\n',
        ),
        "argument of type 'int' is not iterable": (
            "[eos_token_id] if isinstance(eos_token_id, int) else eos_token_id",
            "eos_token_id",
        ),
    },
    "max_words": {
        "unsupported operand type(s) for |: 'Tensor' and 'list'": (
            "return words > self.max_words",
            "return (words > self.max_words).tolist()",
        ),
        "result['answers'][0] is of type bool, not Tensor": (
            "return words > self.max_words",
            "return bool((words > self.max_words).all())",
        ),
        "Tensors must have same number of dimensions": (
            "return words > self.max_words",
            "return (words > self.max_words)[:, None]",
        ),
    },
    "stream": {
        "'NoneType' object is not iterable": ("yield text[shown:]", "pass"),
        "expected: [[1, 'on', ...": (
            "            yield text[shown:]\n            shown = len(text)\n",
            "            pass\n",
        ),
        "the model ran with gradients on": ("torch.no_grad()", "torch.enable_grad()"),
    },
    "stream_until": {
        "expected: [[1, '...": ("held[: len(held) - keep]", '""'),
        "object of type 'generator' has no len()": (
            "for chunk in chunks:",
            "for _ in range(len(chunks)):\n        chunk = next(chunks)",
        ),
        "'NoneType' object is not iterable": ("yield ", "_ = "),
        "max() ... empty": (", default=0", ""),
    },
    "mixed_calls": {
        "KeyError": ('        "A": (5, "length"),\n', ""),
        "the function returned None: is there a return?": ("    return {", "    answers = {"),
    },
    "effective_config": {
        "KeyError: 'do_sample'": ("if name in call:", 'if name in call or name == "do_sample":'),
        "result['do_sample'][0] is True, not False": ("own.get(name) is not None", "own.get(name)"),
        "result['top_k'][0] is None": ("own.get(name) is not None", "name in own"),
        "result['top_k'][0] is of type int, not NoneType": ("name in call:", "call.get(name) is not None:"),
        "dictionary changed size during iteration": (
            'unused = "max_new_tokens"',
            "for name in result:\n"
            '        if name == "num_beams":\n            del result[name]\n    unused = "max_new_tokens"',
        ),
    },
    "chat_ids": {
        "continue_final_message and add_generation_prompt are not compatible": ("not begun", "True"),
        "list index out of range": ("if not messages:", "if False:"),
        "the result is transformers.tokenization_utils_base.BatchEncoding": ('it["input_ids"]', "it"),
        "the shape of the result is [1, 11], not [1, 10]": (
            'return it["input_ids"]',
            'return torch.cat([torch.tensor([[tokenizer.bos_token_id]]), it["input_ids"]], 1)',
        ),
    },
    "next_turn": {
        "2054 is not in list": ("if end in answer else [*answer, end]", ""),
        "expected sequence of length 18 at dim 1 (got 21)": ("[tokenizer.pad_token_id] * gap + row", "row"),
        "the shape of result['attention_mask'] is ...": (
            "torch.tensor([[0] * gap + [1] * (longest - gap) for gap in gaps])",
            "mask",
        ),
    },
    "sequence_score": {
        "stack(): argument 'tensors' (position 1) must be tuple of Tensors, not NoneType": (
            "if steps is None:\n"
            '        raise ValueError(f"there are no {of}: call generate with output_{of}=True")\n    if len(steps)',
            "if steps is not None and len(steps)",
        ),
        "Index tensor must have the same number of dimensions as input tensor": ("new[:, :, None])[:, :, 0]", "new)"),
        "result[0] is nan, not ...": ("each.masked_fill(behind, 0.0)", "(each * ~behind)"),
        "isin() received an invalid combination of arguments": ("torch.tensor(eos_token_id)", "eos_token_id"),
    },
    "only": {
        "list index out of range": ("len(line) > len(new) and ", ""),
        "the argument scores was changed in place; work on a copy": (
            "        return result\n",
            "        return scores.copy_(result)\n",
        ),
        "Make sure that all the required parameters: ... are passed to the logits processor": (
            "scores: torch.Tensor) ->",
            "scores: torch.Tensor, step: int) ->",
        ),
    },
    "clinic_loud": {
        "not written yet": (
            "return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)",
            "raise NotImplementedError",
        ),
        "got: {'generate': 'finished', 'drew': ..., 'said': [], 'hidden': ..., 'left': []}": (
            "max_new_tokens=n, do_sample=False, num_beams=1)",
            "max_new_tokens=n, do_sample=True, top_k=1, num_beams=1)",
        ),
        "result['generate'] is 'was never called', not 'finished'": (
            "    return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)",
            '    ids = inputs["input_ids"]\n'
            "    for _ in range(n):\n"
            "        ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], 1)\n"
            "    return ids",
        ),
        "The size of tensor a (...) must match the size of tensor b": (
            'inputs["attention_mask"][:, -keep:]',
            'inputs["attention_mask"][:, 1 - keep :]',
        ),
        "expected: not told": ('"too_cold": "bad_value"', '"too_cold": "contradiction"'),
        "index out of range in self": ("pad = 0 ", "pad = 2047 "),
    },
    "clinic_logged": {
        "result['said'] has 1 element, not 0": (", max_length=None", ""),
        "result['hidden'] has 1 element, not 0": (
            "return model.generate(**inputs, max_new_tokens=n, max_length=None)",
            "import logging\n"
            "    logging.disable(logging.WARNING)\n"
            "    return model.generate(**inputs, max_new_tokens=n, max_length=None)",
        ),
        "result['left'] has 1 element, not 0": (
            "return model.generate(**inputs, max_new_tokens=n, max_length=None)",
            "model.generation_config.max_length = None\n    return model.generate(**inputs, max_new_tokens=n)",
        ),
    },
    "clinic_silent": {
        "result['drew'] is 'tokens, one of which was left each time', not 'nothing'": (
            "do_sample=False, num_beams=1",
            "do_sample=True, top_k=1, num_beams=1",
        ),
        "result['left'] has 1 element, not 0": ("model.train(was_training)", "pass"),
        "result['said'] has 1 element, not 0": (
            "return model.generate(**inputs, max_new_tokens=n, do_sample=False, num_beams=1)",
            "own = GenerationConfig(max_new_tokens=n, do_sample=False, num_beams=1)\n"
            "    return model.generate(**inputs, generation_config=own)",
        ),
    },
    "equal_calls": {
        "KeyError": ('        "A": "other draws",\n', ""),
        "the function returned None: is there a return?": ("    return {", "    answers = {"),
    },
    "prefill_and_decode": {
        "result[1][0, 1, 0] is ...": ("positions = positions[:, -1:] + 1", "positions = torch.zeros_like(new)"),
        "the shape of result[0] is ...": ("range(n)", "range(n + 1)"),
        "the model was called with shapes ...": ("    return input_ids", "    model(new)\n    return input_ids"),
        "the shape of result[1] is ...": ("torch.stack(logits, dim=1)", "torch.stack(logits)"),
        "the model ran with gradients on": ("torch.no_grad()", "torch.enable_grad()"),
    },
    "token_forwards": {
        "the values differ": ("width + passes - 1", "width + passes"),
        "this input must be refused with a ValueError, and was accepted": (" or min(prompts + new) < 1", ""),
    },
    "cache_bytes": {
        "object has no attribute 'num_key_value_heads'": (
            'getattr(config, "num_key_value_heads", None) or config.num_attention_heads',
            "config.num_key_value_heads",
        ),
        "object has no attribute 'head_dim'": (
            'getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads',
            "config.head_dim",
        ),
        "the result is of type float, not int": ("config.hidden_size //", "config.hidden_size /"),
    },
    "schedule": {
        "max() arg is an empty sequence": (
            "return begins, steps",
            "return begins, max(b + n for b, n in zip(begins, lengths))",
        ),
        "result[1] is 1, not ...": ("return begins, steps", "return begins, (begins or [-1])[-1] + 1"),
        "the result has 1 element, not 2": ("return begins, steps", "return begins"),
    },
    "prompt_lookup": {
        "Calling `crop` with a positive value": (
            "cache.crop(read - cache.get_seq_length())",
            "cache.crop(cache.get_seq_length() - read)",
        ),
        "the model was called with shapes ...": ("places[0]", "places[-1]"),
        "the shape of the result is ...": ("[:goal]", "[:]"),
    },
    "serve": {
        "result['soon'] is 'when all is written'": (
            'room, found = showable(text, request["stop"])\n',
            'room, found = showable(text, request["stop"])\n            room = room if found else shown\n',
        ),
        "'too late: the reader still waits'": ("streamer.timeout = max(0.001, deadline - time.monotonic())", "pass"),
        "result['afterwards'] is 'a thread is left'": (
            "        canceled.set()\n        thread.join(timeout=0.1)",
            "        threading.Thread(target=time.sleep, args=(3.0,), daemon=True).start()\n        canceled.set()",
        ),
        "RuntimeError: generator raised StopIteration": ("except StopIteration:", "except KeyError:"),
        "the reason did not come": ('        yield {"reason": reason}\n', ""),
    },
    "resilient_generate": {
        "DefaultCPUAllocator: can't allocate memory": (
            "            raise\n    half",
            "            raise\n        global kept\n        kept = error\n    half",
        ),
        "Sizes of tensors must match except in dimension 0": (
            'torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=settings["pad_token_id"])',
            "torch.cat(parts)",
        ),
        "cannot reshape tensor of 0 elements": (" or len(input_ids) == 1", ""),
        "result['calls'] is ...": ("not out_of_memory(error) or ", ""),
    },
    "beam_search": {
        "KeyError: '...'": ('beams = [beam for beam in best if not beam[0].endswith(".")]', "beams = best"),
    },
    "speculative": {"nan": ("torch.where(total > 0, residual / total, target)", "residual / total")},
    "watermark_z": {
        "The size of tensor a ... must match the size of tensor b": ("tokens[..., None]", "tokens"),
    },
    "five_mistakes": {"KeyError": ('"E": 5', '"F": 5')},
    "my_loop": {
        "'NoneType' object has no attribute 'cumsum'": ("mask = torch.ones_like(input_ids)", "pass"),
        "Tensors must have same number of dimensions: got 2 and 1": (
            "input_ids = torch.cat([input_ids, new[:, None]]",
            "input_ids = torch.cat([input_ids, new]",
        ),
        "the model was called with shapes ...": (
            "fed = 1 if use_cache else input_ids.shape[1]",
            "fed = input_ids.shape[1]\n        if use_cache:\n            cache.crop(-cache.get_seq_length())",
        ),
    },
    "my_generate": {
        "result['form'] is ...": ("torch.stack(scores)}", "torch.stack(scores, dim=1)}"),
        "selected index k out of range": ("min(k, scores.shape[1])", "k"),
        "result['left'][0, 0] is ...": (
            'return warped(scores) if said["do_sample"] else scores',
            "return warped(scores)",
        ),
    },
}


@functools.cache
def notebook(path):
    """``(names, solutions, folds)`` of a notebook: what its first cells and solutions define, and the sources."""
    names, solutions, folds = {}, {}, {}
    for cell in read(path).cells:
        marks = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (marks.get("solution") or (marks.get("locked") and not marks.get("grade"))):
            exec(cell.source, names)
        if cell.cell_type == "code" and marks.get("solution"):
            solutions[marks["grade_id"]] = cell.source
        if FOLD in cell.source:
            folds[cell.id.removesuffix("-help").replace("-", "_")] = quoted(cell.source)
    return names, solutions, folds


def quoted(source: str) -> list[str]:
    """The quotations of a fold."""
    fold = source[source.index(FOLD) :]
    return [text.strip("`") for text in re.findall(r"^(?:- )?\*(`[^`]+`|[^*\n]+)\*", fold, re.M)]


def all_quotations():
    return [(name, quote) for path in SOLUTIONS for name, quotes in notebook(path)[2].items() for quote in quotes]


def test_every_quotation_has_an_answer_that_gets_it():
    assert {(name, quote) for name, quotes in ANSWERS.items() for quote in quotes} == set(all_quotations())


@pytest.mark.parametrize("name, quote", [(name, quote) for name, quotes in ANSWERS.items() for quote in quotes])
def test_the_fold_quotes_what_appears(name, quote, monkeypatch):
    time_limit, most = runner._time_limit, 0.6 if "still running" in quote else 1.5  # of an endless loop, and of a wait
    monkeypatch.setattr(runner, "_time_limit", lambda seconds: time_limit(min(seconds, most)))
    monkeypatch.setattr(serving, "CLOSING", 0.2)  # seconds waited for a thread that never ends
    path = next(path for path in SOLUTIONS if name in notebook(path)[1])
    names, solutions, _ = notebook(path)
    old, new = ANSWERS[name][quote]
    assert old in solutions[name], solutions[name]
    own = dict(names)
    exec(solutions[name].replace(old, new), own)
    function = re.findall(r"^(?:def|class) (\w+)", solutions[name], re.M)[-1]
    with pytest.raises(CheckFailed) as failed:
        check(name, own[function])
    told = " ".join(str(failed.value).split())
    assert re.search(".*?".join(map(re.escape, quote.split("..."))), told), told
