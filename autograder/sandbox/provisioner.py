"""The sandbox as a kernel provisioner, for every program that starts kernels with jupyter_client.

Entry point ``sandbox-provisioner`` of the group ``jupyter_client.kernel_provisioners``; a kernelspec chooses it with
``"metadata": {"kernel_provisioner": {"provisioner_name": "sandbox-provisioner"}}``, and code with
``KernelManager.provisioner``. An instructor opens a student's notebook in it; the grader runs the same sandbox without
a manager between, see ``autograder.sandbox.execution``.
"""

import asyncio
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase

from autograder.sandbox.kernels import Sandbox

POLL_SECONDS = 0.05


class SandboxProvisioner(KernelProvisionerBase):
    """One kernel in one sandbox, over IPC. Nothing is written to a connection file; interrupts are messages."""

    sandbox: Sandbox | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started and has not been ended."""
        return self.sandbox is not None and self.sandbox.kernel is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Leave out the kernelspec's environment and command: the sandbox has its own."""
        return kwargs | {"cmd": [], "env": {}}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel and return what a client needs to connect."""
        if self.sandbox is None:
            self.sandbox = Sandbox()
        kernel = self.sandbox.start_kernel()
        self.kernel_spec.interrupt_mode = "message"
        self.connection_info = kernel.connection | {"key": kernel.connection["key"].encode()}
        return self.connection_info

    async def poll(self) -> int | None:
        """None while the kernel runs, else 1."""
        return None if self.sandbox is not None and self.sandbox.ended() is None else 1

    async def wait(self) -> int | None:
        """Return when the kernel has ended."""
        while await self.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        return 1

    async def send_signal(self, signum: int) -> None:
        """End the kernel: no signal reaches into the sandbox, and an interrupt is a message."""
        await self.kill()

    async def kill(self, restart: bool = False) -> None:
        if self.sandbox is not None:
            self.sandbox.end_kernel()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        if self.sandbox is not None and not restart:
            self.sandbox.close()
            self.sandbox = None
