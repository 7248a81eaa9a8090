"""What a worker process needs, imported once by the process that forks the workers."""

import torch

import genlab.checks.judge  # noqa: F401

torch.set_num_threads(1)  # workers share the processors by their number; and a fork must not find threads
