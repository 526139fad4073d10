// npm `ws`: whatever one peer says, every peer hears. Argument: the port.
import { WebSocketServer } from "ws";

const port = Number(process.argv[2]);
const server = new WebSocketServer({ host: "127.0.0.1", port, path: "/ws", perMessageDeflate: false });

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (message) => {
    for (const peer of server.clients) peer.send(message, { binary: false });
  });
});
server.on("listening", () => console.log("listening"));
