"""What model repositories say in their ``generation_config.json``, as far as choice and length go."""

from typing import Any

REPOSITORIES: dict[str, dict[str, Any]] = {
    "Qwen3-like": {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95},
    "Llama-3-like": {"do_sample": True, "temperature": 0.6, "top_p": 0.9},
    "old, with max_length": {"max_length": 50},
}
