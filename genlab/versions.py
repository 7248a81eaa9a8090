"""The versions that matter in a notebook, and the model in use."""

import importlib.metadata
import platform

from transformers import PreTrainedModel, PreTrainedTokenizerBase


def environment(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> None:
    """Print versions and model: the first output of every notebook."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "transformers"))
    name = "storyteller" if str(model.name_or_path).endswith("storyteller") else model.name_or_path
    print(f"Python {platform.python_version()}, {versions}")
    print(f"model: {name}, {model.num_parameters():,} parameters, {len(tokenizer):,} tokens, on {model.device.type}")
