"""Reads the window and acts on it as a screen reader does: over AT-SPI, on the buses of its own screen.

A line of JSON comes in, one goes out. `{"do": "tree", "pid": 1}` answers with the nodes of the program's window, each
after its parent; `press`, `focus`, `text`, `value` and `place` take the `path` of a node.
"""

import json
import sys

from gi.repository import Gio, GLib

ACCESSIBLE = "org.a11y.atspi.Accessible"
REGISTRY = "org.a11y.atspi.Registry"
ROOT = "/org/a11y/atspi/accessible/root"
CACHE = "/org/a11y/atspi/cache"
# Roles that the window uses: https://docs.gtk.org/atspi2/enum.Role.html
ROLES = {
    2: "alert", 7: "checkbox", 11: "combobox", 16: "dialog", 23: "window", 27: "image", 29: "label", 31: "list",
    32: "listitem", 33: "menu", 35: "menuitem", 37: "tab", 38: "tablist", 39: "group", 42: "progressbar", 43: "button", 44: "radiobutton", 45: "menuitemradio",
    48: "scrollbar", 50: "separator", 51: "slider", 54: "status", 62: "togglebutton", 64: "tooltip", 73: "paragraph",
    75: "application", 79: "textbox", 83: "heading", 85: "section", 88: "link", 98: "listbox", 101: "notification",
    109: "article", 110: "landmark", 111: "log", 116: "static",
}  # fmt: skip
# Bits of a state set that journeys ask for: https://docs.gtk.org/atspi2/enum.StateType.html
STATES = {4: "checked", 8: "enabled", 12: "focused", 20: "pressed", 23: "selected", 3: "busy"}
WINDOW_COORDINATES = 1
PATIENCE_MS = 10_000


def connect(address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


def call(bus, name, path, interface, method, arguments=None):
    answer = bus.call_sync(name, path, interface, method, arguments, None, 0, PATIENCE_MS, None)
    return answer.unpack()


class Reader:
    def __init__(self):
        """Announces a screen reader, so that programs begin to describe themselves."""
        session = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            on = GLib.Variant("(ssv)", ("org.a11y.Status", name, GLib.Variant("b", True)))
            call(session, "org.a11y.Bus", "/org/a11y/bus", "org.freedesktop.DBus.Properties", "Set", on)
        (address,) = call(session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
        self.bus = connect(address)
        self.programs = {}
        self.program = None

    def pid(self, name):
        arguments = GLib.Variant("(s)", (name,))
        bus = "org.freedesktop.DBus"
        return call(self.bus, bus, "/org/freedesktop/DBus", bus, "GetConnectionUnixProcessID", arguments)[0]

    def find(self, pid):
        """The program's name on the bus; nothing while it is not there."""
        (programs,) = call(self.bus, REGISTRY, ROOT, ACCESSIBLE, "GetChildren")
        return next((name for name, _ in programs if self.pid(name) == pid), None)

    def tree(self, pid):
        self.program = self.programs.get(pid) or self.find(pid)
        if self.program is None:
            return []
        self.programs[pid] = self.program
        (items,) = call(self.bus, self.program, CACHE, "org.a11y.atspi.Cache", "GetItems")
        nodes = {}
        for (_, path), _, (_, parent), index, _, _, name, number, description, states in items:
            on = [word for bit, word in STATES.items() if states[bit // 32] >> (bit % 32) & 1]
            node = {"path": path, "parent": parent, "index": index, "name": name, "description": description}
            nodes[path] = node | {"role": ROLES.get(number, f"role {number}"), "states": on}
        return in_order(nodes)

    def press(self, path):
        """What a click or Enter would do."""
        return call(self.bus, self.program, path, "org.a11y.atspi.Action", "DoAction", GLib.Variant("(i)", (0,)))[0]

    def focus(self, path):
        return call(self.bus, self.program, path, "org.a11y.atspi.Component", "GrabFocus")[0]

    def text(self, path):
        whole = GLib.Variant("(ii)", (0, -1))
        return call(self.bus, self.program, path, "org.a11y.atspi.Text", "GetText", whole)[0]

    def value(self, path):
        asked = GLib.Variant("(ss)", ("org.a11y.atspi.Value", "CurrentValue"))
        return call(self.bus, self.program, path, "org.freedesktop.DBus.Properties", "Get", asked)[0]

    def place(self, path):
        """Left, top, width and height in pixels of the window."""
        how = GLib.Variant("(u)", (WINDOW_COORDINATES,))
        return call(self.bus, self.program, path, "org.a11y.atspi.Component", "GetExtents", how)[0]


def in_order(nodes):
    """As they are read: each before its children, and these by their index."""
    children = {}
    for node in nodes.values():
        # The parent of the program is on another connection, under the same path.
        if node["path"] != ROOT:
            children.setdefault(node["parent"], []).append(node)
    found = []
    waiting = [nodes[ROOT]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += sorted(children.get(node["path"], []), key=lambda child: -child["index"])
    return found


def main():
    reader = Reader()
    print(json.dumps({"answer": "ready"}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        act = getattr(reader, request.pop("do"))
        try:
            answer = {"answer": act(**request)}
        except GLib.Error as error:
            # What went meanwhile can be asked for again.
            answer = {"error": error.message}
        print(json.dumps(answer), flush=True)


main()
