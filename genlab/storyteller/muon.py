"""The optimizer of the storyteller's hidden matrices. Only training imports this."""

import math
from collections import defaultdict

import torch


class Muon(torch.optim.Optimizer):
    """Momentum with orthogonalised updates (Jordan 2024), scaled to AdamW's step size (arXiv:2502.16982).

    ``torch.optim.Muon`` does the same one matrix at a time and always in bfloat16; here matrices of a shape are
    handled together (measured: 0.06 instead of 0.25 s a step), in bfloat16 only where the processor has units for it.
    """

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._dtype = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32

    def _orthogonalised(self, matrices: torch.Tensor) -> torch.Tensor:
        """The nearest (semi-)orthogonal matrices, about: five quintic Newton-Schulz steps. ``[N, rows <= columns]``."""
        x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
        x = x.to(self._dtype)
        for _ in range(5):
            gram = x @ x.mT
            gram = torch.baddbmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
            x = torch.baddbmm(x, gram, x, beta=3.4445)
        return x.to(matrices.dtype)

    @torch.no_grad()
    def step(self) -> None:
        """Update all matrices that have a gradient."""
        for group in self.param_groups:
            same_shape = defaultdict(list)
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                momentum.lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(momentum, group["momentum"])
                p.mul_(1 - group["lr"] * group["weight_decay"])
                # GPT-2 keeps query, key and value in one matrix: they are three
                parts = 3 if p.shape[1] == 3 * p.shape[0] else 1
                for weight, delta in zip(p.chunk(parts, 1), update.chunk(parts, 1), strict=True):
                    tall = weight.shape[0] > weight.shape[1]
                    weight, delta = (weight.T, delta.T) if tall else (weight, delta)
                    same_shape[weight.shape].append((weight, delta))
            for shape, pairs in same_shape.items():
                updates = self._orthogonalised(torch.stack([delta for _, delta in pairs]))
                for (weight, _), delta in zip(pairs, updates, strict=True):
                    weight.add_(delta, alpha=-group["lr"] * 0.2 * math.sqrt(max(shape)))
