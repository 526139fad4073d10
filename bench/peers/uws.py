"""uWebSockets, by socketify: whatever one peer says, every peer hears. Argument: the port."""

import sys

from socketify import App, AppListenOptions, CompressOptions

ROOM = "room"


def opened(socket):
    socket.subscribe(ROOM)


def said(socket, message, opcode):
    # Published by the app and not by the socket, so that the one who said it hears it too.
    app.publish(ROOM, message, opcode)


app = App()
app.ws(
    "/ws",
    {
        "compression": CompressOptions.DISABLED,
        "max_payload_length": 256 * 1024,
        # More than any run leaves waiting, so that nothing is dropped.
        "max_backpressure": 64 * 1024 * 1024,
        "idle_timeout": 960,
        "open": opened,
        "message": said,
    },
)
app.listen(
    AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"),
    lambda config: print("listening", flush=True),
)
# Not `app.run()`, which polls without waiting so that asyncio may run too, and so always has a whole core. This one
# waits for events and lets uWebSockets have the time that it needs, no more.
app.loop.uv_loop.run()
