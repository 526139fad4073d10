#!/usr/bin/env python3
"""A Chinwag client in Python's standard library alone, written from PROTOCOL.md.

    chat.py NAME say ROOM TEXT       send a message
    chat.py NAME hear ROOM COUNT     print the room's next COUNT messages as they come, history first
    chat.py NAME send ROOM FILE      upload a file, post it and print its link
    chat.py NAME get FILE_ID PATH    download a file over TCP
    chat.py NAME fetch LINK PATH     download a file over HTTP

The server is CHINWAG_SERVER (127.0.0.1:7878), over HTTP CHINWAG_WEB (http://127.0.0.1:8080). NAME signs in with
CHINWAG_TOKEN, a bot's token, or with the password CHINWAG_PASSWORD, or else as a guest. What the session is known by
is written to NAME.token in the present folder.
"""

import json
import os
import secrets
import shutil
import socket
import sys
import time
import urllib.request
import uuid


def uuid7():
    """The time in milliseconds, then random bits (RFC 9562, section 5.7)."""
    random = secrets.randbits(74)
    high = int(time.time() * 1000) << 16 | 7 << 12 | random >> 62
    return str(uuid.UUID(int=high << 64 | 2 << 62 | random & (1 << 62) - 1))


class Server:
    def __init__(self, name):
        host, port = os.environ.get("CHINWAG_SERVER", "127.0.0.1:7878").rsplit(":", 1)
        self.stream = socket.create_connection((host, int(port))).makefile("rwb")
        self.requests = 0
        self.events = []  # what came between replies
        self.welcome = self.request("hello", protocol=1, credentials=credentials_of(name))

    def read(self):
        """One frame and its payload."""
        line = self.stream.readline()
        if not line:
            raise SystemExit("the server closed the connection")
        frame = json.loads(line)
        return frame, self.stream.read(frame.get("payload_bytes", 0))

    def request(self, kind, payload=b"", **fields):
        """Sends a request and waits for its reply."""
        self.requests += 1
        frame = {"type": kind, "request_id": self.requests, **fields}
        if payload:
            frame["payload_bytes"] = len(payload)
        self.stream.write(json.dumps(frame).encode() + b"\n" + payload)
        self.stream.flush()
        while True:
            reply, payload = self.read()
            if reply["type"] == "error" and reply["request_id"] in (0, self.requests):
                raise SystemExit(reply["message"])
            if reply.get("request_id") == self.requests:
                reply["payload"] = payload
                return reply
            self.events.append(reply)

    def event(self):
        """The next frame that the server sent on its own."""
        return self.events.pop(0) if self.events else self.read()[0]


def credentials_of(name):
    if token := os.environ.get("CHINWAG_TOKEN"):
        return {"type": "session_token", "token": token}
    own = {"name": name, "session_token": token_of(name)}
    if password := os.environ.get("CHINWAG_PASSWORD"):
        return {"type": "sign_in", "password": password, **own}
    return {"type": "claim_name", **own}


def token_of(name):
    """Chosen and stored before it is sent, so that a repeat returns to the same session."""
    path = name + ".token"
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    with open(path) as file:
        return file.read()


def say(server, room, text, attachments=()):
    server.request("join_room", room=room)
    server.request(
        "send_message", room=room, transaction_id=uuid7(), text=text, attachments=list(attachments)
    )


def hear(server, room, count):
    room_id = server.request("join_room", room=room)["room_id"]
    heard = 0
    while heard < int(count):
        frame = server.event()
        if frame["type"] == "room_event" and frame["room_id"] == room_id:
            event = frame["event"]
            if event["type"] == "message_sent":
                links = [file["link"] for file in event.get("attachments", [])]
                # `ascii` keeps what others wrote from commanding the terminal.
                print(frame["sequence"], ascii(frame["person"]["name"]), ascii(event["text"]), *links, flush=True)
                heard += 1


def send(server, room, path):
    name, size = os.path.basename(path), os.path.getsize(path)
    upload = server.request("begin_upload", upload_id=uuid7(), name=name, size_bytes=size)
    upload_id, chunk_bytes = upload["upload_id"], upload["layout"]["chunk_bytes"]
    with open(path, "rb") as file:
        index = 0
        while chunk := file.read(chunk_bytes):
            server.request("put_chunk", chunk, upload_id=upload_id, index=index)
            index += 1
    file = server.request("finish_upload", upload_id=upload_id)["file"]
    say(server, room, "", [file["file_id"]])
    print(file["link"])


def get(server, file_id, path):
    described = server.request("describe_file", file_id=file_id)
    with open(path, "xb") as file:
        for index in range(len(described["chunk_hashes"])):
            file.write(server.request("read_chunk", file_id=file_id, index=index)["payload"])
        assert file.tell() == described["layout"]["size_bytes"], "the file is not whole"


def fetch(_server, link, path):
    web = os.environ.get("CHINWAG_WEB", "http://127.0.0.1:8080")
    with urllib.request.urlopen(web + link) as reply, open(path, "xb") as file:
        shutil.copyfileobj(reply, file)


if __name__ == "__main__":
    commands = {"say": say, "hear": hear, "send": send, "get": get, "fetch": fetch}
    if len(sys.argv) != 5 or sys.argv[2] not in commands:
        raise SystemExit(__doc__)
    commands[sys.argv[2]](Server(sys.argv[1]), *sys.argv[3:])
