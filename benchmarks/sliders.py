"""A slider move, the course's way and the usual way, side by side: ``python -m benchmarks.sliders``.

Both live in one Jupyter kernel. A move is what a browser sends: a message with a slider's new value. Measured are the
time from sending it until the kernel reports that it is idle, the processor time that the kernel spent (which counts
where the machine is busy with other things), and the bytes that the kernel sent, pictures included.

The usual way is ``ipywidgets.interactive`` around a function that makes a pyplot figure, here with 30 bars as well:
the same 15 tokens before and after temperature and top_p. ``GenerationSettings`` is measured beside the two: it asks
``model.generate`` what it makes of each new value, which nobody does the usual way.
"""

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client import KernelManager
from jupyter_client.blocking import BlockingKernelClient

ROOT = Path(__file__).resolve().parent.parent
VOCABULARIES = (2048, 50257)  # the storyteller's, GPT-2's
WARM_UP = 5  # moves that are not measured
PAUSE = 0.002  # seconds between two moves

SETUP = """
import torch
from genlab import load_model
from genlab.widgets import SamplingSliders

class Scripted(torch.nn.Module):
    '''Answers with the same random logits for any prompt: only the size of the vocabulary matters here.'''
    def __init__(self, model, vocabulary):
        super().__init__()
        self.config, self.device, self.name_or_path = model.config, model.device, f"{vocabulary:,} logits"
        self.logits = torch.randn(vocabulary, generator=torch.Generator().manual_seed(0)) * 2.5
    def forward(self, ids):
        return type("Output", (), {"logits": self.logits.expand(1, ids.shape[1], -1)})()

tokenizer, model = load_model("storyteller")
"""

OURS = """
box = SamplingSliders(tokenizer, Scripted(model, VOCABULARY), top_p=0.9)
display(box)
slider = box.sliders["temperature"]
print(slider.model_id)
"""

SETTINGS = """
import copy
from genlab.widgets import GenerationSettings

scripted = Scripted(model, VOCABULARY)
talking = copy.copy(model)
talking.forward = lambda input_ids=None, attention_mask=None, **_: scripted(input_ids)
box = GenerationSettings(tokenizer, talking)
display(box)
slider = box.sliders["temperature"]
print(slider.model_id)
"""

USUAL = """
%matplotlib inline
import ipywidgets
import matplotlib.pyplot as plt
from transformers import TemperatureLogitsWarper, TopPLogitsWarper

logits = Scripted(model, VOCABULARY).logits[None]
base = logits[0].softmax(-1)
shown = base.topk(15).indices
labels = [tokenizer.decode([i]) if i < len(tokenizer) else str(i) for i in shown.tolist()]

def draw(temperature=1.0, top_p=0.9):
    final = TopPLogitsWarper(top_p)(None, TemperatureLogitsWarper(temperature)(None, logits))[0].softmax(-1)
    figure, axes = plt.subplots(figsize=(6.8, 4.3))
    rows = torch.arange(15)
    axes.barh(rows - 0.2, base[shown], height=0.4)
    axes.barh(rows + 0.2, final[shown], height=0.4)
    axes.set_yticks(rows, labels)
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    plt.show()

box = ipywidgets.interactive(draw, temperature=(0.05, 3.0, 0.05), top_p=(0.0, 1.0, 0.01))
display(box)
slider = box.children[0]
print(slider.model_id)
"""


@dataclass(frozen=True)
class Moves:
    """Medians over many moves: milliseconds until idle, milliseconds of processor time, kilobytes sent."""

    wall: float
    processor: float
    kilobytes: float


def run(client: BlockingKernelClient, code: str) -> str:
    """Run ``code`` in the kernel; returns what it printed. Raises RuntimeError with the traceback if it fails."""
    printed = []

    def hook(message: dict) -> None:
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, output_hook=hook, timeout=120)["content"]
    if reply["status"] != "ok":
        raise RuntimeError("\n".join(reply["traceback"]))
    return "".join(printed).strip()


def size(message: dict) -> int:
    """Bytes of a message: its content as JSON and its buffers."""
    return len(json.dumps(message["content"])) + sum(len(memoryview(buffer)) for buffer in message["buffers"])


def move(client: BlockingKernelClient, model_id: str, state: dict[str, float]) -> int:
    """Send one new value as a browser does, wait for idle; returns the bytes that came back."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    message = client.session.msg("comm_msg", {"comm_id": model_id, "data": data})
    client.shell_channel.send(message)
    total = 0
    while True:
        answer = client.get_iopub_msg(timeout=60)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["msg_type"] == "status":
            if answer["content"]["execution_state"] == "idle":
                return total
        else:
            total += size(answer)


def measure(client: BlockingKernelClient, process: psutil.Process, code: str, vocabulary: int, moves: int) -> Moves:
    """Make the widget that ``code`` describes and move its slider up and down."""
    model_id = run(client, code.replace("VOCABULARY", str(vocabulary))).splitlines()[-1]
    if code == SETTINGS:  # a slider over a list of values, the first of which are refused
        values = [{"index": 3 + i % 15} for i in range(WARM_UP + moves)]
    else:
        values = [{"value": round(0.5 + 0.05 * (i % 40), 2)} for i in range(WARM_UP + moves)]
    for value in values[:WARM_UP]:
        move(client, model_id, value)
    wall, sent = [], []
    processor_before = sum(process.cpu_times()[:2])
    for value in values[WARM_UP:]:
        begin = time.perf_counter()
        sent.append(move(client, model_id, value))
        wall.append(time.perf_counter() - begin)
        time.sleep(PAUSE)
    processor = sum(process.cpu_times()[:2]) - processor_before
    if min(sent) < 1000:
        raise RuntimeError("a move sent no picture: the callback failed")
    return Moves(1000 * statistics.median(wall), 1000 * processor / moves, statistics.median(sent) / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=200)
    moves = parser.parse_args().moves
    manager = KernelManager(kernel_name="python3", transport="ipc" if os.name == "posix" else "tcp")
    manager.start_kernel(cwd=str(ROOT))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        run(client, SETUP)
        process = psutil.Process(manager.provisioner.pid)
        print(f"{moves} moves of a slider, medians; processor time is the mean per move")
        print(f"{'logits':>7}  {'way':<28} {'ms to idle':>10} {'ms of CPU':>10} {'kB sent':>8}")
        for vocabulary in VOCABULARIES:
            ours = measure(client, process, OURS, vocabulary, moves)
            usual = measure(client, process, USUAL, vocabulary, moves // 4)
            settings = measure(client, process, SETTINGS, vocabulary, moves)
            rows = {"GenerationSettings": settings, "SamplingSliders": ours, "interactive, a new figure": usual}
            for name, it in rows.items():
                print(f"{vocabulary:>7,}  {name:<28} {it.wall:>10.1f} {it.processor:>10.1f} {it.kilobytes:>8.1f}")
            ratios = [u / o for u, o in zip(vars(usual).values(), vars(ours).values(), strict=True)]
            print(f"{'':>7}  {'ratio':<28} {ratios[0]:>9.1f}x {ratios[1]:>9.1f}x {ratios[2]:>7.1f}x")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
