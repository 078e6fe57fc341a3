// Two of Node's: node bench/_fanout_peers.cjs ws|socketio PORT CHANNEL. REDIS_URL says where to listen.
const http = require("http");
const Redis = require("ioredis").Redis;

const [kind, port, channel] = process.argv.slice(2);
const server = http.createServer((request, response) => response.end("ok"));
const redis = new Redis(process.env.REDIS_URL);

if (kind === "ws") {
  const { WebSocketServer } = require("ws");
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  redis.on("messageBuffer", (_, data) => {
    for (const client of sockets.clients) client.send(data, { binary: false });
  });
} else {
  const { Server } = require("socket.io");
  const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
  io.on("connection", (socket) => socket.join("bench"));
  redis.on("message", (_, text) => io.to("bench").emit("message", JSON.parse(text)));
}
redis.subscribe(channel);
server.listen(Number(port), "127.0.0.1");
