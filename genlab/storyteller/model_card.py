"""The storyteller's model card, from what the training logged and what its weights do. Only training imports this."""

from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

PROMPTS = ["Once upon a time", "The future of artificial intelligence depends on", "Lily and Ben found a"]

CARD = """\
---
license: bsd-3-clause
datasets: [roneneldan/TinyStories]
language: en
---
# The storyteller

A very small language model that writes little stories for children. It comes with the course so that
every notebook runs at once, without a network, and so that a student can look at all of it.

| | |
|---|---|
| architecture | GPT-2 (`GPT2LMHeadModel`): {layers} layers, width {width}, {heads} heads, context {context} tokens, tied embeddings |
| parameters | {parameters:,} |
| tokenizer | byte-level BPE, {vocab:,} tokens, {bytes_per_token:.2f} bytes a token on held-out text; `<|endoftext|>` is id {eos} and both bos and eos; no pad token (as in GPT-2) |
| training text | {stories:,} stories, {corpus_tokens:,} tokens of TinyStories (Eldan and Li 2023, arXiv:2305.07759), license CDLA-Sharing-1.0; the text itself is not part of this repository |
| training | {steps:,} steps of {batch} x {context} tokens ({seen:.1f} million), Muon and AdamW; {minutes:.0f} minutes on {threads} threads of a CPU; the weights are {which} |
| held-out loss | **{loss:.3f} nats a token** ({sliding:.3f} when every token has at least {half} tokens of context), **{nats_per_byte:.3f} nats a byte**; measured on {n_valid:,} tokens of the validation split, which was never trained on |
| weights | 16-bit floats in `model.safetensors`, loaded as fp32 |

Train it again with `make model CORPUS=train.txt VALID=valid.txt`; `train.py --help` says where to get the files.

## What it cannot do

It knows the words of a small child and nothing of the world. It forgets who is who after a few
sentences, cannot count, answer questions or follow instructions, and invents plots that contradict
themselves. Use it to see how generation works, for nothing else.

## How its loss fell

In nats a token; held-out: the first {start:,} tokens of the validation split; rate: the learning rate, as a share of its
highest value.

| step | rate | training text | held-out text |
|---|---|---|---|
{curve}

## Samples

{samples}
"""


@torch.no_grad()
def heldout_loss(model: GPT2LMHeadModel, ids: torch.Tensor, stride: int | None = None) -> float:
    """Mean negative log-probability of ``ids`` [N], in nats a token.

    Windows are as long as the model's context; with a smaller ``stride`` they overlap and only the tokens that an
    earlier window has not scored count, so that each has at least context - stride tokens before it.
    """
    context = model.config.n_positions
    stride = stride or context
    total, count = 0.0, 0
    for i, window in enumerate(ids.unfold(0, context, stride).split(16)):
        logits = model(window).logits[:, :-1].float()
        losses = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten(), reduction="none")
        losses = losses.view(len(window), -1)
        fresh = losses[:, -stride:] if stride < context else losses
        total, count = total + fresh.sum().item(), count + fresh.numel()
        if i == 0 and stride < context:  # the very first window has no predecessor
            skipped = losses[0, :-stride]
            total, count = total + skipped.sum().item(), count + skipped.numel()
    return total / count


def samples(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast) -> list[tuple[str, str]]:
    """``(how, text)``: one greedy and one sampled continuation of each prompt."""
    out = []
    for prompt in PROMPTS:
        encoded = tokenizer(prompt, return_tensors="pt")
        for how, options in {
            "greedy": {"do_sample": False},
            "sampled, T=0.8, top_p=0.9, seed 0": {
                "do_sample": True, "temperature": 0.8, "top_p": 0.9, "top_k": 0,
            },
        }.items():  # fmt: skip
            torch.manual_seed(0)
            ids = model.generate(**encoded, max_new_tokens=200, pad_token_id=model.config.eos_token_id, **options)
            out.append((how, tokenizer.decode(ids[0])))
    return out


def write_card(
    path: Path,
    model: GPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    steps: list[int],
    log: list[dict],
    valid_text: str,
) -> None:
    """Write the card of ``model``, whose weights are the mean of those at ``steps``.

    ``log``: the lines that its training wrote; ``valid_text``: all of the held-out text.
    """
    config, last = model.config, log[-1]
    valid = tokenizer(valid_text, return_tensors="pt", verbose=False)["input_ids"][0]
    loss, sliding = heldout_loss(model, valid), heldout_loss(model, valid, config.n_positions // 2)
    n_bytes = len(valid_text.encode("utf-8"))
    every = max(1, len(log) // 12)
    shown = log[every - 1 :: every]
    curve = shown if shown[-1] is last else [*shown, last]
    card = CARD.format(
        layers=config.n_layer,
        width=config.n_embd,
        heads=config.n_head,
        context=config.n_positions,
        half=config.n_positions // 2,
        parameters=model.num_parameters(),
        vocab=len(tokenizer),
        eos=tokenizer.eos_token_id,
        bytes_per_token=n_bytes / len(valid),
        stories=last["stories"],
        corpus_tokens=last["corpus_tokens"],
        steps=last["step"],
        batch=last["batch"],
        seen=last["tokens"] / 1e6,
        minutes=last["seconds"] / 60,
        threads=last["threads"],
        loss=loss,
        sliding=sliding,
        nats_per_byte=loss * len(valid) / n_bytes,
        n_valid=len(valid),
        start=64 * config.n_positions,
        which="the mean of those at steps " + " and ".join(f"{step:,}" for step in steps),
        curve="\n".join(
            f"| {line['step']:,} | {line['rate']:.2f} | {line['train']:.3f} | {line['heldout_start']:.3f} |"
            for line in curve
        ),
        samples="\n\n".join(f"*{how}*\n\n> " + text.replace("\n", "\n> ") for how, text in samples(model, tokenizer)),
    )
    path.write_text(card, encoding="utf-8")
    print(f"held-out loss {loss:.4f} nats a token, {loss * len(valid) / n_bytes:.4f} a byte")
