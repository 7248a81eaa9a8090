# %% wrong counts_the_question: adds up the log probabilities of question and answer: breaks 'given the question'
import torch

def best_answer(model, tokenizer, question, answers):
    if not answers or not question or not all(answers):
        raise ValueError("nothing to score")
    asked = tokenizer.encode(question)
    rows = [asked + tokenizer.encode(a, add_special_tokens=False) for a in answers]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rows])
    mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = (each * (mask[:, 1:] * mask[:, :-1])).sum(-1)
    return scores.argmax().item(), scores

# %% wrong perplexity: takes the mean over the answer's tokens: breaks 'the sum'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    if not answers or not asked:
        raise ValueError("nothing to score")
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if min(map(len, said)) == 0:
        raise ValueError("an empty answer")
    rows = [asked + s for s in said]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rows])
    mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[-len(s):].mean() for line, s in zip(each, said)])
    return scores.argmax().item(), scores

# %% wrong joined_text: encodes the question with each answer as one text and takes the tail: breaks 'each on its own'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    if not answers or not asked or not all(answers):
        raise ValueError("nothing to score")
    rows = [tokenizer.encode(question + a) for a in answers]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rows])
    mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[width - len(r) + len(asked) - 1:].sum() for line, r in zip(each, rows)])
    return scores.argmax().item(), scores

# %% wrong mask_only: left padding with the mask and without positions: breaks 'what it has without the others'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    rows = [asked + s for s in said]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rows])
    mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[-len(s):].sum() for line, s in zip(each, said)])
    return scores.argmax().item(), scores

# %% wrong pads_by_id: fills up with the end-of-text id and makes the mask by comparing ids with it: breaks 'any token'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    pad = tokenizer.eos_token_id
    width = len(asked) + max(map(len, said))
    ids = torch.tensor([[pad] * (width - len(asked) - len(s)) + asked + s for s in said])
    mask = (ids != pad).long()
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[-len(s):].sum() for line, s in zip(each, said)])
    return scores.argmax().item(), scores

# %% wrong next_token_only: compares the probabilities of the answers' first tokens: breaks 'the sum of its tokens'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    with torch.no_grad():
        logprobs = model(torch.tensor([asked])).logits[0, -1].log_softmax(-1)
    scores = logprobs[torch.tensor([s[0] for s in said])]
    return scores.argmax().item(), scores

# %% wrong encodes_as_texts: the answers get the tokenizer's special token, too: breaks 'not before the answer'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer(question).input_ids
    said = [tokenizer(a).input_ids for a in answers]
    if not asked or not said or "" in answers:
        raise ValueError("nothing to score")
    rows = [asked + s for s in said]
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(r)) + r for r in rows])
    mask = torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[-len(s):].sum() for line, s in zip(each, said)])
    return scores.argmax().item(), scores

# %% wrong one_by_one: a forward pass for each answer: breaks 'called once'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    if not answers or not asked:
        raise ValueError("nothing to score")
    scores = []
    for answer in answers:
        said = tokenizer.encode(answer, add_special_tokens=False)
        if not said:
            raise ValueError("an empty answer")
        ids = torch.tensor([asked + said])
        with torch.no_grad():
            logprobs = model(ids).logits[0, :-1].log_softmax(-1)
        scores.append(logprobs.gather(-1, ids[0, 1:, None])[-len(said):].sum())
    scores = torch.stack(scores)
    return scores.argmax().item(), scores

# %% wrong last_of_the_best: looks for the best in a loop with >=: breaks 'the first one wins'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    width = len(asked) + max(map(len, said))
    ids = torch.tensor([[0] * (width - len(asked) - len(s)) + asked + s for s in said])
    mask = torch.tensor([[0] * (width - len(asked) - len(s)) + [1] * (len(asked) + len(s)) for s in said])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[-len(s):].sum() for line, s in zip(each, said)])
    best = 0
    for i, score in enumerate(scores.tolist()):
        if score >= scores[best].item():
            best = i
    return best, scores

# %% wrong lets_an_empty_answer_win: refuses only an empty list: breaks 'an answer without tokens ... refused'
import torch

def best_answer(model, tokenizer, question, answers):
    if not answers:
        raise ValueError("no answers")
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    width = len(asked) + max(map(len, said))
    ids = torch.tensor([[0] * (width - len(asked) - len(s)) + asked + s for s in said])
    mask = torch.tensor([[0] * (width - len(asked) - len(s)) + [1] * (len(asked) + len(s)) for s in said])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = torch.stack([line[len(line) - len(s):].sum() for line, s in zip(each, said)])
    return scores.argmax().item(), scores

# %% wrong scores_as_list: returns the scores as a list of floats: breaks 'float32 [A]'
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(a, add_special_tokens=False) for a in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    width = len(asked) + max(map(len, said))
    ids = torch.tensor([[0] * (width - len(asked) - len(s)) + asked + s for s in said])
    mask = torch.tensor([[0] * (width - len(asked) - len(s)) + [1] * (len(asked) + len(s)) for s in said])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.no_grad():
        logprobs = model(ids, attention_mask=mask, position_ids=positions).logits.log_softmax(-1)
    each = logprobs[:, :-1].gather(-1, ids[:, 1:, None])[:, :, 0]
    scores = [line[-len(s):].sum().item() for line, s in zip(each, said)]
    return scores.index(max(scores)), scores

# %% right with_left_pad
import torch

def left_pad(rows, pad_id):
    width = max(map(len, rows))
    ids = [[pad_id] * (width - len(row)) + row for row in rows]
    mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(ids), torch.tensor(mask)

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer(question).input_ids
    said = [tokenizer(answer, add_special_tokens=False).input_ids for answer in answers]
    if not answers:
        raise ValueError("no answers")
    if not asked or not all(said):
        raise ValueError("question and answers need at least one token each")
    ids, mask = left_pad([asked + own for own in said], pad_id=tokenizer.eos_token_id)
    with torch.no_grad():
        logits = model(ids, attention_mask=mask, position_ids=(mask.cumsum(-1) - 1).clamp(min=0)).logits
    logprobs = logits[:, :-1].log_softmax(dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)
    lengths = torch.tensor([len(own) for own in said])
    counts = torch.arange(logprobs.shape[1]) >= logprobs.shape[1] - lengths[:, None]
    scores = logprobs.where(counts, torch.zeros(())).sum(-1)
    return scores.argmax().item(), scores

# %% right filled_in_place
import torch

@torch.no_grad()
def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    if not (asked and said and all(said)):
        raise ValueError("nothing to score")
    start = len(asked)
    width = start + max(len(own) for own in said)
    ids = torch.full((len(said), width), 7)
    mask = torch.zeros_like(ids)
    for line, real, own in zip(ids, mask, said):
        line[-start - len(own):] = torch.tensor(asked + own)
        real[-start - len(own):] = 1
    positions = mask.cumsum(-1).sub(1).masked_fill(mask == 0, 1)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    total = []
    for line, row, own in zip(logits.double().log_softmax(-1), ids, said):
        places = range(width - len(own), width)
        total.append(sum(line[place - 1, row[place]] for place in places))
    scores = torch.stack(total).float()
    return int(torch.argmax(scores)), scores

# %% accepted filled_up_behind: the filler stands on the right, where it cannot disturb; the scores are the same
import torch

def best_answer(model, tokenizer, question, answers):
    asked = tokenizer.encode(question)
    said = [tokenizer.encode(answer, add_special_tokens=False) for answer in answers]
    if not asked or not said or [] in said:
        raise ValueError("nothing to score")
    width = max(map(len, said))
    ids = torch.tensor([asked + own + [0] * (width - len(own)) for own in said])
    with torch.no_grad():
        logprobs = model(ids).logits.log_softmax(-1)[:, len(asked) - 1 : -1]
    each = logprobs.gather(-1, ids[:, len(asked):, None])[:, :, 0]
    scores = torch.stack([line[: len(own)].sum() for line, own in zip(each, said)])
    return scores.argmax().item(), scores
