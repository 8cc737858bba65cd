"""Kernels whose messages leave at once."""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A cell's answer is several small messages. By Nagle's rule the second waits for the browser's delayed ACK: 40 ms a cell."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()
