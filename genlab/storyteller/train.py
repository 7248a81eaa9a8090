"""Train the course's bundled model, the storyteller, from scratch on a CPU.

    python genlab/storyteller/train.py --corpus train.txt --valid valid.txt

The text is TinyStories V2 (Eldan and Li 2023, arXiv:2305.07759), ``roneneldan/TinyStories`` on the
Hugging Face hub: ``TinyStoriesV2-GPT4-train.txt`` and ``TinyStoriesV2-GPT4-valid.txt``. A few
megabytes of the training file are enough. Stories are separated by a line ``<|endoftext|>``.

The result is a GPT-2-architecture model with its own byte-level BPE tokenizer, in the format of
``transformers``, written to the folder of this script: weights as 16-bit floats (they are loaded as
fp32), configuration, tokenizer and a model card that reports what was measured.
"""

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

END = "<|endoftext|>"
CONTEXT = 256  # tokens; also n_positions of the model
PROMPTS = ["Once upon a time", "The future of artificial intelligence", "Lily and Ben found a"]


def train_tokenizer(stories: list[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Learn a byte-level BPE like GPT-2's; ``<|endoftext|>`` gets the last id, as in GPT-2."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(stories, trainer)
    bpe.add_special_tokens([END])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END,
        eos_token=END,
        unk_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def epochs(stories: list[list[int]], batch: int, seed: int):
    """Yield endless ``[batch, CONTEXT + 1]`` windows; each epoch has its own order and offset."""
    rng = random.Random(seed)
    while True:
        rng.shuffle(stories)
        flat = torch.tensor([token for story in stories for token in story])
        flat = flat[rng.randrange(CONTEXT) :]
        count = (len(flat) - 1) // CONTEXT
        starts = torch.tensor(rng.sample(range(count), count)) * CONTEXT
        for some in starts.split(batch):
            if len(some) == batch:
                yield flat[some[:, None] + torch.arange(CONTEXT + 1)]


def whole_stories(stories: list[list[int]], batch: int, seed: int):
    """Like ``epochs``, but each window begins where a story begins, as prompts do."""
    rng, rows = random.Random(seed), []
    while True:
        rng.shuffle(stories)
        row: list[int] = []
        for story in stories:
            row += story
            if len(row) > CONTEXT:
                rows.append(row[: CONTEXT + 1])
                row = []
            if len(rows) == batch:
                yield torch.tensor(rows)
                rows = []


@torch.no_grad()
def heldout_loss(model: GPT2LMHeadModel, ids: torch.Tensor, stride: int = CONTEXT) -> float:
    """Mean negative log-probability in nats a token.

    Windows of CONTEXT tokens; with ``stride < CONTEXT`` windows overlap and only the tokens that
    an earlier window has not scored count, so that each has at least CONTEXT - stride of context.
    """
    total, count = 0.0, 0
    windows = ids.unfold(0, CONTEXT, stride)
    for i, window in enumerate(windows.split(16)):
        logits = model(window).logits[:, :-1].float()
        losses = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten(), reduction="none")
        losses = losses.view(len(window), -1)
        fresh = losses[:, -stride:] if stride < CONTEXT else losses
        total, count = total + fresh.sum().item(), count + fresh.numel()
        if i == 0 and stride < CONTEXT:  # the very first window has no predecessor
            skipped = losses[0, :-stride]
            total, count = total + skipped.sum().item(), count + skipped.numel()
    return total / count


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates (Jordan 2024), scaled to AdamW's step size (arXiv:2502.16982).

    ``torch.optim.Muon`` does the same in bfloat16, which processors without bfloat16 units run some
    fifty times slower than fp32.
    """

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @staticmethod
    def orthogonalise(matrix: torch.Tensor) -> torch.Tensor:
        """The nearest (semi-)orthogonal matrix, about: five quintic Newton-Schulz steps."""
        x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            gram = x @ x.T
            x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
        return x.T if matrix.shape[0] > matrix.shape[1] else x

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(momentum, group["momentum"])
                p.mul_(1 - group["lr"] * group["weight_decay"])
                # GPT-2 keeps query, key and value in one matrix: they are three
                parts = 3 if p.shape[1] == 3 * p.shape[0] else 1
                for weight, delta in zip(p.chunk(parts, 1), update.chunk(parts, 1), strict=True):
                    scale = 0.2 * math.sqrt(max(weight.shape))
                    weight.add_(self.orthogonalise(delta), alpha=-group["lr"] * scale)


def optimizers(model: GPT2LMHeadModel, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, AdamW for embeddings, norms and biases."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and ".h." in n]
    embeddings = [p for n, p in model.named_parameters() if p.ndim == 2 and ".h." not in n]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": embeddings, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return [Muon(hidden, lr=lr), torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95))]


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


def save(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write model and tokenizer: 16-bit weights in the file, ``float32`` in the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    config = model.config.to_diff_dict() | {"architectures": ["GPT2LMHeadModel"], "dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    state = {n: t.half().contiguous() for n, t in model.state_dict().items() if n != "lm_head.weight"}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors lets only its owner read it
    GenerationConfig(bos_token_id=model.config.bos_token_id, eos_token_id=model.config.eos_token_id).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)


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
| training text | {n_stories:,} stories, {n_tokens:,} tokens of TinyStories V2 (Eldan and Li 2023, arXiv:2305.07759), licence CDLA-Sharing-1.0; the text itself is not part of this repository |
| training | {steps:,} steps of {batch} x {context} tokens ({n_epochs:.1f} epochs), then {settle} steps on windows that begin with a story, {minutes:.0f} minutes on {threads} CPU threads, Muon and AdamW |
| held-out loss | **{loss:.3f} nats a token** ({sliding:.3f} when every token has at least {half} tokens of context), {nats_per_byte:.3f} nats a byte; measured on {n_valid:,} tokens of the validation split, which was never trained on |
| weights | 16-bit floats in `model.safetensors`, loaded as fp32 |

Train it again with `make model CORPUS=train.txt VALID=valid.txt`; `train.py --help` says where to get the files.

## What it cannot do

It knows the words of a small child and nothing of the world. It forgets who is who after a few
sentences, cannot count, answer questions or follow instructions, and invents plots that contradict
themselves. About half a percent of the words in its training text have a wrong capital, and it learned
that, too. Use it to see how generation works, for nothing else.

## Samples

{samples}
"""


def main() -> None:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="training text")
    parser.add_argument("--valid", type=Path, required=True, help="held-out text")
    parser.add_argument("--out", type=Path, default=here, help="folder to write (default: beside this script)")
    parser.add_argument("--steps", type=int, default=1592)
    parser.add_argument("--settle", type=int, default=575, help="more steps, on windows that begin with a story")
    parser.add_argument("--settle-only", action="store_true", help="start these from the weights in the folder --out")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--settle-dropout", type=float, default=0.2, help="by then each story has been seen often")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)

    stories = [s.strip() for s in args.corpus.read_text(encoding="utf-8").split(END) if s.strip()]
    valid_text = args.valid.read_text(encoding="utf-8")
    tokenizer = train_tokenizer(stories, vocab_size=2048)
    eos = tokenizer.eos_token_id
    encoded = [[*ids, eos] for ids in tokenizer(stories, verbose=False)["input_ids"]]
    n_tokens = sum(map(len, encoded))
    valid = tokenizer(valid_text, return_tensors="pt", verbose=False)["input_ids"][0]
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=CONTEXT,
        n_embd=256,
        n_layer=4,
        n_head=8,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=args.dropout,
        embd_pdrop=args.dropout,
        attn_pdrop=0.0,
        bos_token_id=eos,
        eos_token_id=eos,
    )
    model = GPT2LMHeadModel(config)
    opts = optimizers(model, args.lr)

    @torch.compile
    def loss_of(ids: torch.Tensor) -> torch.Tensor:
        logits = model(ids[:, :-1], use_cache=False).logits
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())

    if args.settle_only:
        model.load_state_dict(GPT2LMHeadModel.from_pretrained(args.out, dtype=torch.float32).state_dict())
        args.steps = 0
    start, running = time.monotonic(), 0.0
    parts, whole = epochs(encoded, args.batch, args.seed), whole_stories(encoded, args.batch, args.seed)
    model.train()
    for step in range(args.steps + args.settle):
        settling = step - args.steps
        if settling < 0:
            rate, batch = min((step + 1) / 100, 1.0) * (1 - step / args.steps), next(parts)
        else:
            rate, batch = 0.4 * min((settling + 1) / 30, 1.0) * (1 - 0.82 * settling / args.settle), next(whole)
            if settling == 0:
                for module in model.modules():
                    if isinstance(module, torch.nn.Dropout) and module.p:
                        module.p = args.settle_dropout
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = args.lr * rate
        loss = loss_of(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        running += (loss.item() - running) / min(step + 1, 50)
        if (step + 1) % 50 == 0:
            model.eval()
            now = heldout_loss(model, valid[: 64 * CONTEXT])
            save(model, tokenizer, args.out)  # an interrupted run leaves its last state
            model.train()
            minutes = (time.monotonic() - start) / 60
            print(
                f"{minutes:5.1f} min  step {step + 1}  train {running:.3f}  start of held-out text {now:.3f}",
                flush=True,
            )

    minutes = (time.monotonic() - start) / 60
    save(model, tokenizer, args.out)
    model = GPT2LMHeadModel.from_pretrained(args.out).eval()  # what is reported is what was saved
    loss, sliding = heldout_loss(model, valid), heldout_loss(model, valid, CONTEXT // 2)
    n_bytes = len(valid_text.encode("utf-8"))
    card = CARD.format(
        layers=config.n_layer, width=config.n_embd, heads=config.n_head, context=CONTEXT, half=CONTEXT // 2,
        parameters=model.num_parameters(), vocab=len(tokenizer), eos=eos, bytes_per_token=n_bytes / len(valid),
        n_stories=len(stories), n_tokens=n_tokens, n_valid=len(valid), steps=args.steps, settle=args.settle, batch=args.batch,
        n_epochs=args.steps * args.batch * CONTEXT / n_tokens, minutes=minutes, threads=torch.get_num_threads(),
        loss=loss, sliding=sliding, nats_per_byte=loss * len(valid) / n_bytes,
        samples="\n\n".join(f"*{how}*\n\n> " + text.replace("\n", "\n> ") for how, text in samples(model, tokenizer)),
    )  # fmt: skip
    (args.out / "README.md").write_text(card, encoding="utf-8")
    print(f"held-out loss {loss:.4f} nats a token ({sliding:.4f} with a sliding window), {minutes:.1f} minutes")


if __name__ == "__main__":
    main()
