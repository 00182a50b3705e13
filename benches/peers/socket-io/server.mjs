// A Socket.IO server on Node as the original design has it: it checks the token, joins the rooms of the user's
// groups, and tells the rooms what Redis tells it.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Redis from "ioredis";
import jwt from "jsonwebtoken";
import pg from "pg";
import { Server } from "socket.io";

const { PORT, REDIS_URL, DATABASE_URL, TOKEN_SECRET_FILE } = process.env;
const secret = readFileSync(TOKEN_SECRET_FILE, "utf8").trimEnd();
const database = new pg.Pool({ connectionString: DATABASE_URL, max: 8 });
const server = createServer();
const io = new Server(server, { serveClient: false });

io.use(async (socket, next) => {
  try {
    const options = { algorithms: ["HS256"], issuer: "parlour", audience: "parlour" };
    const { sub, jti } = jwt.verify(socket.handshake.auth.token, secret, options);
    const revoked = await database.query({
      name: "revoked",
      text: "SELECT 1 FROM auth.revoked_tokens WHERE jti = $1",
      values: [jti],
    });
    if (revoked.rowCount) throw new Error("revoked");
    const links = await database.query({
      name: "links",
      text: "SELECT scope_id FROM user_resources.user_resources WHERE user_id = $1 AND resource_type = 'chat.group'",
      values: [sub],
    });
    const groups = await database.query({
      name: "memberships",
      text: "SELECT group_id FROM chat.memberships WHERE group_id = ANY($1) AND user_id = $2 AND left_at IS NULL",
      values: [links.rows.map((link) => link.scope_id), sub],
    });
    socket.join(groups.rows.map((group) => group.group_id));
    next();
  } catch {
    next(new Error("refused"));
  }
});

const redis = new Redis(REDIS_URL);
await redis.psubscribe("routing:[0-9]*");
redis.on("pmessage", (_pattern, _channel, text) => {
  const { group_id, message } = JSON.parse(text);
  io.to(group_id).emit("message", message);
});
server.listen(Number(PORT), "127.0.0.1", 16384, () => console.log("Ready."));
