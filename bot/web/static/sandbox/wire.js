// The line to the sandbox network: reconnects by itself, and says so.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

export class Wire extends EventTarget {
  #socket = null;
  #wait = FIRST_WAIT;
  #timer = null;
  #nonce = 0;

  constructor() {
    super();
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
  }

  get online() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    this.#tell("state", { state: "connecting" });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/sandbox/ws`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT;
      this.#tell("state", { state: "online" });
    });
    socket.addEventListener("message", (event) => this.#tell("frame", JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost());
  }

  /** Say something as one of the people; returns the nonce under which the answer will come. */
  say(as, chat, text) {
    this.#nonce += 1;
    const nonce = String(this.#nonce);
    this.#socket.send(JSON.stringify({ do: "say", as, chat, text, nonce }));
    return nonce;
  }

  #lost() {
    this.#tell("state", { state: "offline" });
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #hurry() {
    if (this.#socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.connect();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
