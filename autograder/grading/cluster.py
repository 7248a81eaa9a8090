"""The workers of a Dask cluster: the form of ``workers.Processes``, on several machines."""

import pickle
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from distributed import Client, KilledWorker, WorkerPlugin

from autograder.grading.workers import Shared, Workers, forget, receive


class Cluster(Workers):
    """The workers of the scheduler at ``address``. Some may leave and others come while they work."""

    deaths = (KilledWorker,)

    def __init__(self, address: str) -> None:
        self._client = Client(address)
        self._executor = self._client.get_executor(pure=False, retries=1)
        self._name = ""

    @property
    def width(self) -> int:
        """Two tasks for each thread: no worker waits while this process records a result."""
        return 2 * max(1, sum(self._client.nthreads().values()))

    def submit(self, function: Callable, *args: Any) -> Future:
        return self._executor.submit(function, *args)

    def share(self, data: Shared) -> None:
        self._name = "grading " + " ".join(sorted(data))
        self._client.register_plugin(_Share(pickle.dumps(data)), name=self._name)

    def end(self) -> None:
        if self._name:
            self._client.unregister_worker_plugin(self._name)
        self._client.close()


class _Share(WorkerPlugin):
    """What Dask runs in each worker of the cluster, now or when it comes."""

    def __init__(self, shared: bytes) -> None:
        self.shared = shared
        self.digests: list[str] = []

    def setup(self, worker: Any) -> None:
        self.digests = receive(self.shared)

    def teardown(self, worker: Any) -> None:
        forget(self.digests)
