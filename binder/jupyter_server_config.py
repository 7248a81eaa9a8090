"""Let a slider's picture reach the browser at once: used by ``make lab`` and on Binder.

Jupyter's server leaves Nagle's algorithm on: of the small messages that a kernel sends for one move of a slider, each
but the first waits until the browser has acknowledged the one before. Measured with ``python -m benchmarks.browser``:
from key press to picture 54 ms with it, 41 ms without.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The usual connection between browser and kernel, but no message waits for another (TCP_NODELAY)."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c = get_config()  # noqa: F821
c.ServerApp.kernel_websocket_connection_class = PromptConnection
