"""Train the course's bundled model, the storyteller, from scratch on a CPU.

    python genlab/storyteller/train.py --corpus train.txt --valid valid.txt

The text is TinyStories (Eldan and Li 2023, arXiv:2305.07759), ``roneneldan/TinyStories`` on the Hugging Face hub:
``TinyStories-train.txt`` or ``TinyStoriesV2-GPT4-train.txt``, and ``TinyStories-valid.txt``. Some twenty megabytes of
a training file are enough. Stories are separated by a line ``<|endoftext|>``.

The state of the training is kept in the folder ``--work``: started again with the same command, a training that was
interrupted goes on where it stopped. Its log, a JSON line every 50 steps, lies there too, and so do the weights of
several moments (``step-*.safetensors``). At the end the mean of the last two is published, which ends its stories more
often than the last alone and predicts as well; ``--publish FILE FILE`` publishes the mean of others. To publish is to
write into the folder of this script, in the format of ``transformers``: weights as 16-bit floats (they are loaded as
fp32), configuration, and a model card that says what was logged and measured.
"""

import argparse
import json
import math
import random
import re
import sys
import time
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # the script runs from a clone, without an installation
from model_card import heldout_loss, write_card  # noqa: E402
from muon import Muon  # noqa: E402

END = "<|endoftext|>"
CONTEXT = 256  # tokens; also n_positions of the model
LOG_EVERY = 50  # steps
KEEP_EVERY = 500
SPACED = 0.22  # share of line breaks in the held-out text that have a space before them


class Corpus:
    """The training text as token ids, and the batches that are drawn from it.

    Each batch is a function of its number alone, so that an interrupted training goes on with the same batches.
    Half of its rows begin anywhere in the text, the other half where a story begins, as prompts do. In the original
    data many stories have a space before each line break, and the held-out text still has them: where the training
    text has none, the share ``SPACED`` of the stories gets them back.
    """

    def __init__(self, text: str, tokenizer: PreTrainedTokenizerFast, batch: int, seed: int) -> None:
        stories = [story.strip() for story in text.split(END) if story.strip()]
        eos = tokenizer.eos_token_id

        def encoded(texts: list[str]) -> list[torch.Tensor]:
            rows = tokenizer(texts, verbose=False)["input_ids"]
            return [torch.tensor([*ids, eos], dtype=torch.int16) for ids in rows]

        self.stories = encoded(stories)
        self.spaced = encoded([re.sub(r"(?<! )\n+", r" \g<0>", story) for story in stories])
        self.tokens = sum(map(len, self.stories))
        self.batch, self.seed = batch, seed
        self.steps_in_epoch = (self.tokens // CONTEXT - 2) // (batch // 2)
        self._epoch = lru_cache(maxsize=1)(self._shuffled)

    def _shuffled(self, epoch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The text with its stories in a new order; starts of its windows; starts of its stories, both shuffled."""
        order = random.Random(f"{self.seed} {epoch}")
        pairs = order.sample(list(zip(self.stories, self.spaced, strict=True)), len(self.stories))
        stories = [spaced if order.random() < SPACED else plain for plain, spaced in pairs]
        text = torch.cat(stories)
        offset, last = order.randrange(CONTEXT), len(text) - CONTEXT - 1
        windows = list(range(offset, last, CONTEXT))  # at least as many as an epoch needs: spaces only add tokens
        begins = [0, *torch.tensor([len(story) for story in stories]).cumsum(0).tolist()]
        begins = [start for start in begins if start < last]
        return text, *(torch.tensor(order.sample(starts, len(starts))) for starts in (windows, begins))

    def rows(self, step: int) -> torch.Tensor:
        """The batch of this step: ids [batch, CONTEXT + 1]."""
        epoch, step = divmod(step, self.steps_in_epoch)
        text, windows, begins = self._epoch(epoch)
        numbers = step * (self.batch // 2) + torch.arange(self.batch // 2)
        starts = torch.cat([windows[numbers], begins[numbers % len(begins)]])
        return text[starts[:, None] + torch.arange(CONTEXT + 1)].long()


def new_model(tokenizer: PreTrainedTokenizerFast) -> GPT2LMHeadModel:
    """The untrained model: 4 layers of width 256, without dropout (each story is seen only a few times)."""
    eos = tokenizer.eos_token_id
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=CONTEXT,
        n_embd=256,
        n_layer=4,
        n_head=8,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=eos,
        eos_token_id=eos,
    )
    return GPT2LMHeadModel(config)


def optimizers(model: GPT2LMHeadModel) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, AdamW for embeddings, norms and biases. The rate is set at each step."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and ".h." in n]
    embeddings = [p for n, p in model.named_parameters() if p.ndim == 2 and ".h." not in n]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": embeddings, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return [Muon(hidden, lr=0.0), torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95))]


def rate(step: int, steps: int, decay: int) -> float:
    """Share of the learning rate: it rises for 100 steps, stays, and falls to 0 over the last ``decay`` steps."""
    return min((step + 1) / 100, 1.0, (steps - step) / decay)


def save_weights(model: GPT2LMHeadModel, path: Path) -> None:
    """Write the weights as 16-bit floats; whole or not at all."""
    state = {n: t.half().contiguous() for n, t in model.state_dict().items() if n != "lm_head.weight"}
    part = path.with_suffix(".part")
    save_file(state, part, metadata={"format": "pt"})
    part.chmod(0o644)  # safetensors lets only its owner read it
    part.replace(path)


def train(args: argparse.Namespace, tokenizer: PreTrainedTokenizerFast) -> list[Path]:
    """Train until ``args.steps``, from the state in ``args.work`` if there is one; return the last two weight files."""
    corpus = Corpus(args.corpus.read_text(encoding="utf-8"), tokenizer, args.batch, args.seed)
    valid = tokenizer(args.valid.read_text(encoding="utf-8"), return_tensors="pt", verbose=False)["input_ids"][0]
    torch.manual_seed(args.seed)
    model = new_model(tokenizer)
    opts = optimizers(model)
    args.work.mkdir(parents=True, exist_ok=True)
    state_path, log = args.work / "state.pt", args.work / "log.jsonl"
    first, seconds = 0, 0.0
    if state_path.is_file():
        state = torch.load(state_path, weights_only=True)
        model.load_state_dict(state["model"])
        for opt, saved in zip(opts, state["optimizers"], strict=True):
            opt.load_state_dict(saved)
        first, seconds = state["step"], state["seconds"]
        kept = [line for line in log.read_text(encoding="utf-8").splitlines() if json.loads(line)["step"] <= first]
        log.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
    fast = bool(torch.cpu._is_avx512_bf16_supported())
    begun, running = time.monotonic(), []
    model.train()
    for step in range(first, args.steps):
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = args.lr * rate(step, args.steps, args.decay)
        ids = corpus.rows(step)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
            logits = model(ids[:, :-1], use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        running.append(loss.item())
        done = step + 1
        if done % LOG_EVERY and done != args.steps:
            continue
        line = {
            "step": done,
            "tokens": done * args.batch * CONTEXT,
            "epoch": round(done / corpus.steps_in_epoch, 3),
            "seconds": round(seconds + time.monotonic() - begun),
            "rate": round(rate(step, args.steps, args.decay), 4),
            "train": round(math.fsum(running) / len(running), 4),
            "heldout_start": round(heldout_loss(model.eval(), valid[: 64 * CONTEXT]), 4),
            "batch": args.batch,
            "stories": len(corpus.stories),
            "corpus_tokens": corpus.tokens,
            "threads": torch.get_num_threads(),
        }
        model.train()
        running.clear()
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(line, flush=True)
        state = {"model": model.state_dict(), "optimizers": [opt.state_dict() for opt in opts]}
        torch.save(state | {"step": done, "seconds": line["seconds"]}, state_path.with_suffix(".part"))
        state_path.with_suffix(".part").replace(state_path)
        if done % KEEP_EVERY == 0 or done == args.steps:
            save_weights(model, args.work / f"step-{done}.safetensors")
    return sorted(args.work.glob("step-*.safetensors"), key=step_of)[-2:]


def step_of(weights: Path) -> int:
    return int(weights.stem.removeprefix("step-"))


def publish(weights: list[Path], args: argparse.Namespace, tokenizer: PreTrainedTokenizerFast) -> None:
    """Write the mean of ``weights`` with configuration and model card into ``args.out``."""
    model = new_model(tokenizer)
    config = model.config.to_diff_dict() | {"architectures": ["GPT2LMHeadModel"], "dtype": "float32"}
    (args.out / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    states = [load_file(path) for path in weights]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    model.load_state_dict(mean, strict=False)
    model.tie_weights()
    save_weights(model, args.out / "model.safetensors")
    eos = tokenizer.eos_token_id
    GenerationConfig(bos_token_id=eos, eos_token_id=eos).save_pretrained(args.out)
    steps = sorted(map(step_of, weights))
    log = [json.loads(line) for line in (args.work / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    log = [line for line in log if line["step"] <= steps[-1]]
    model = GPT2LMHeadModel.from_pretrained(args.out).eval()  # what is reported is what was written
    write_card(args.out / "README.md", model, tokenizer, steps, log, args.valid.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="training text")
    parser.add_argument("--valid", type=Path, required=True, help="held-out text")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache" / "storyteller", help="state and log")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to publish to, which holds the tokenizer")
    parser.add_argument(
        "--publish", type=Path, nargs="+", metavar="FILE", help="do not train: publish the mean of these"
    )
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--decay", type=int, default=2500, help="the last steps, in which the rate falls to 0")
    parser.add_argument("--batch", type=int, default=24, help="rows; even")
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(args.out)
    publish(args.publish or train(args, tokenizer), args, tokenizer)


if __name__ == "__main__":
    main()
