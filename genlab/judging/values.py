"""Values as JSON and back, so that a check is data in and data out.

A student's result leaves the student's kernel only in this form: plain JSON with tagged objects for
what JSON lacks. Nothing here is ever unpickled or evaluated. Only exact built-in types and exact
``torch.Tensor`` are accepted: a subclass, or an object whose ``==`` is always true, is encoded as a
value of the wrong type and compares unequal to everything expected.
"""

import base64
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

_DTYPES = {
    str(d).removeprefix("torch."): d
    for d in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
    )
}  # fmt: skip
MAX_ELEMENTS = 4_000_000  # of a tensor; an empty dimension counts as one
MAX_DIMENSIONS = 8
MAX_BITS = 8_000  # of an integer: Python refuses to write out much longer ones
MAX_ITEMS = 200_000  # of all containers of one value together
MAX_KEYS = 2_000  # of one dictionary


class Resource:
    """An argument that is made where it is used: a tokenizer or a model, by name and settings."""

    def __init__(self, name: str, **settings: Any) -> None:
        self.name, self.settings = name, settings

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v!r}" for k, v in self.settings.items())
        return f"{self.name}({settings})"


def encode(value: Any, depth: int = 0) -> Any:
    """Turn ``value`` into JSON-serializable data; what has no place in it becomes ``{"$wrong": type}``."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if value.bit_length() <= MAX_BITS else {"$wrong": "an integer of thousands of digits"}
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if depth > 8:
        return {"$wrong": "something nested too deeply"}
    if kind in (list, tuple):
        items = [encode(item, depth + 1) for item in value]
        return items if kind is list else {"$tuple": items}
    if kind is dict:
        return {"$dict": [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if kind is Wrong:
        return {"$wrong": value.description}
    if kind is Resource:
        return {"$resource": [value.name, encode(value.settings, depth + 1)]}
    if kind is torch.Tensor and _is_small(value.shape):
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype in _DTYPES and value.layout is torch.strided and value.device.type == "cpu":
            flat = torch.empty(value.numel(), dtype=value.dtype)  # .contiguous() keeps the stride of a single element
            raw = flat.copy_(value.detach().reshape(-1)).view(torch.uint8)
            return {"$tensor": [dtype, list(value.shape), base64.b64encode(bytes(raw.numpy())).decode("ascii")]}
        return {"$wrong": f"a tensor of {value.dtype} on {value.device}"}
    return {"$wrong": f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")}


class Wrong:
    """Stands for a result of a type that no exercise asks for. Equal to nothing."""

    def __init__(self, description: str) -> None:
        self.description = description

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self.description}>"


def decode(data: Any) -> Any:
    """The inverse of ``encode``.

    Raises ValueError on anything that ``encode`` does not write, and on what is larger than any result: it may have
    been made to take all of the time or memory of whoever reads it.
    """
    return _decode(data, [MAX_ITEMS])


def _decode(data: Any, left: list[int]) -> Any:
    """``decode``, with ``left[0]`` items to go."""
    left[0] -= 1
    if left[0] < 0:
        raise ValueError(f"more than {MAX_ITEMS} items")
    if data is None or isinstance(data, (bool, int, str, float)):
        return data
    if isinstance(data, list):
        return [_decode(item, left) for item in data]
    if isinstance(data, dict) and len(data) == 1:
        (tag, content), *_ = data.items()
        if tag == "$float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag == "$tuple":
            return tuple(_decode(item, left) for item in content)
        if tag == "$dict" and len(content) <= MAX_KEYS:
            return {_decode(k, left): _decode(v, left) for k, v in content}
        if tag == "$bytes":
            return base64.b64decode(content)
        if tag == "$wrong":
            return Wrong(str(content))
        if tag == "$resource":
            name, settings = content
            return Resource(name, **_decode(settings, left))
        if tag == "$tensor":
            return _tensor(*content)
    raise ValueError("not a value that a check exchanges")


def _tensor(dtype: str, shape: list[int], raw: str) -> torch.Tensor:
    """The tensor of this type and shape whose bytes are ``raw`` in base 64. Raises ValueError."""
    if not all(type(size) is int and size >= 0 for size in shape) or not _is_small(shape):
        raise ValueError("no shape of a result")
    content = bytearray(base64.b64decode(raw))
    kind = _DTYPES[dtype]
    if kind is torch.bool:  # a byte may be neither 0 nor 1
        return (torch.frombuffer(content, dtype=torch.uint8) != 0).reshape(shape) if content else torch.empty(shape) > 0
    return (torch.frombuffer(content, dtype=kind) if content else torch.empty(0, dtype=kind)).reshape(shape)


def _is_small(shape: Sequence[int]) -> bool:
    """Whether a tensor of this ``shape`` may be exchanged. An empty one is shown, too: no dimension is for nothing."""
    return len(shape) <= MAX_DIMENSIONS and math.prod(max(1, size) for size in shape) <= MAX_ELEMENTS


def same(expected: Any, got: Any, tolerance: float, exact_zeros: bool = False) -> bool:
    """Whether ``got`` is the expected value: same types, dtypes, shapes; floats within ``tolerance``.

    ``tolerance`` bounds ``|expected - got| / (1 + |expected|)``; 0 asks for exact equality. Infinities and NaN must
    stand at the same places, with ``exact_zeros`` also zeros of tensors. A list and a tuple count as the same.
    """
    if isinstance(expected, torch.Tensor) or isinstance(got, torch.Tensor):
        if type(expected) is not torch.Tensor or type(got) is not torch.Tensor:
            return False
        if expected.dtype != got.dtype or expected.shape != got.shape:
            return False
        if not expected.is_floating_point():
            return torch.equal(expected, got)
        if exact_zeros and bool((got[expected == 0] != 0).any()):
            return False
        return torch.allclose(got.double(), expected.double(), rtol=tolerance, atol=tolerance, equal_nan=True)
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        return len(expected) == len(got) and all(same(e, g, tolerance) for e, g in zip(expected, got, strict=True))
    if type(expected) is not type(got):
        return False
    if isinstance(expected, dict):
        return list(expected) == list(got) and all(same(expected[k], got[k], tolerance) for k in expected)
    if isinstance(expected, float):
        return same(torch.tensor(expected, dtype=torch.float64), torch.tensor(got, dtype=torch.float64), tolerance)
    return bool(expected == got)


def show(value: Any, limit: int = 300) -> str:
    """One value in words short enough for a report."""
    if isinstance(value, torch.Tensor):
        body = repr(value.tolist()) if value.numel() > 200 else _rounded(value.tolist())
        text = f"{str(value.dtype).removeprefix('torch.')} tensor of shape {list(value.shape)}: {body}"
    elif isinstance(value, (float, list, tuple)):
        text = _rounded(value)
    elif isinstance(value, dict) and any(isinstance(item, torch.Tensor) for item in value.values()):
        text = "{" + ", ".join(f"{key!r}: {show(item)}" for key, item in value.items()) + "}"
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def show_text(value: Any, decode: Callable[[list[int]], str], limit: int = 80) -> str:
    """The text of a row of token ids or of several, each in quotes; an empty text for what holds no token ids."""
    ids = value.tolist() if isinstance(value, torch.Tensor) and value.dtype == torch.int64 else value
    if not isinstance(ids, list) or not ids:
        return ""
    rows = ids if all(isinstance(row, list) for row in ids) else [ids]
    if not all(type(token) is int for row in rows for token in row):
        return ""
    texts = [repr(decode(row)) for row in rows]
    return ", ".join(text if len(text) <= limit else text[: limit - 4] + " ..." for text in texts[:4])


def _rounded(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_rounded, value)) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_rounded, value)) + ("," if len(value) == 1 else "") + ")"
    return show(value)
