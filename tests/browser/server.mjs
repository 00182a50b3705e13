// Real processes of Parlour, each with a folder or a database of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** Where `parlour` is; the other binaries lie beside it. */
const PARLOUR = process.env.PARLOUR ?? resolve(import.meta.dirname, "../../target/debug/parlour");
/** How long a start or a stop may take, in milliseconds. */
const PATIENCE = 60_000;

/** One process, from its start to its end. */
export class Process {
  #child;
  /** The addresses that it tells, by what is there. */
  places = new Map();

  constructor(child) {
    this.#child = child;
  }

  /** Returns once it says that it is ready. */
  static async start(name, command, env) {
    const binary = join(dirname(PARLOUR), name);
    const settings = { ...process.env, METRICS_LISTEN: "off", BCRYPT_COST: "4", RUST_LOG: "warn", ...env };
    const child = spawn(binary, command, { env: settings, stdio: ["ignore", "pipe", "inherit"] });
    const started = new Process(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
    for await (const line of createInterface({ input: child.stdout })) {
      const [what, url] = line.trim().split(/\s+/);
      if (url?.startsWith("http")) started.places.set(what, new URL(url).origin);
      if (what === "Ready.") {
        clearTimeout(timer);
        return started;
      }
    }
    throw new Error(`${name} ended before it was ready`);
  }

  /** Runs a command to its end. */
  static async run(name, command, env) {
    const child = spawn(join(dirname(PARLOUR), name), command, { env: { ...process.env, ...env }, stdio: "inherit" });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`${name} ${command.join(" ")} ended with ${code}`);
  }

  get api() {
    return this.places.get("API");
  }

  get realtime() {
    return this.places.get("Realtime");
  }

  get ended() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends it a signal, such as `SIGSTOP`. */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Pulls the plug, or asks it to stop; returns once it is gone. */
  async end(signal = "SIGKILL") {
    if (this.ended) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    await gone;
    clearTimeout(timer);
  }
}

/** The production shape: an `api` and a `realtime` over the database and the Redis of the environment. */
export class Shape {
  #settings = {};

  static async start() {
    const { DATABASE_URL, REDIS_URL } = process.env;
    if (!DATABASE_URL || !REDIS_URL) throw new Error("DATABASE_URL and REDIS_URL are needed");
    const shape = new Shape();
    shape.#settings = {
      TOKEN_SECRET: "a token secret that all the processes share",
      PASSWORD_KEY: "a password key that all the processes share",
      DATABASE_POOL: "3",
      SIGN_UPS_PER_NETWORK: "1000000",
      API_LISTEN: "127.0.0.1:0",
      REALTIME_LISTEN: "127.0.0.1:0",
    };
    await Process.run("parlour", ["migrate"], shape.#settings);
    // Each has to know of the other before it starts.
    shape.#settings.REALTIME_LISTEN = await freeAddress();
    shape.#settings.REALTIME_URL = `http://${shape.#settings.REALTIME_LISTEN}`;
    shape.#settings.API_LISTEN = await freeAddress();
    shape.address = `http://${shape.#settings.API_LISTEN}`;
    shape.#settings.ALLOWED_ORIGINS = shape.address;
    await Promise.all([shape.startApi(), shape.startRealtime()]);
    return shape;
  }

  async startApi() {
    this.api = await Process.start("api", [], this.#settings);
  }

  async startRealtime() {
    this.realtime = await Process.start("realtime", [], this.#settings);
  }

  /** Both serve again, whatever was done to them. */
  async mend() {
    for (const process of [this.api, this.realtime]) process.signal("SIGCONT");
    if (this.api.ended) await this.startApi();
    if (this.realtime.ended) await this.startRealtime();
  }

  async end() {
    await Promise.all([this.api.end("SIGTERM"), this.realtime.end("SIGTERM")]);
  }
}

/** An address that nobody listens at. */
export async function freeAddress() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

/** All of Parlour in one process, on files of its own. */
export class Parlour {
  #folder;
  #settings;
  #process;

  static async start(settings = {}) {
    const parlour = new Parlour();
    parlour.#folder = await mkdtemp(join(tmpdir(), "parlour-browser."));
    parlour.#settings = {
      DATABASE_URL: `sqlite:${parlour.#folder}`,
      DATA_DIR: parlour.#folder,
      API_LISTEN: "127.0.0.1:0",
      REALTIME_LISTEN: "127.0.0.1:0",
      SIGN_UPS_PER_NETWORK: "1000000",
      ...settings,
    };
    await parlour.#launch();
    return parlour;
  }

  async #launch() {
    this.#process = await Process.start("parlour", ["serve"], this.#settings);
    this.api = this.#process.api;
    // From now on it is there and nowhere else.
    this.#settings.API_LISTEN = new URL(this.api).host;
    this.#settings.REALTIME_LISTEN = new URL(this.#process.realtime).host;
  }

  /** Pulls the plug. */
  kill() {
    return this.#process.end("SIGKILL");
  }

  /** Starts it again on the same data and the same ports. */
  again() {
    return this.#launch();
  }

  async end() {
    await this.#process.end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }
}
