// Writing: Enter sends, unless an input method is still composing; what could not be sent stays in the box.

import { byId, h } from "./dom.js";
import { chipsFor } from "./people.js";

const HINT = "回车发送，Shift + 回车换行";
const COMPOSING = 229; // what browsers report as keyCode for keys that an input method has swallowed
const NEARLY_FULL = 1800;

export class Composer {
  #chips = null;
  #pending = new Map(); // nonce -> text, until the network has answered

  constructor(store, wire) {
    this.store = store;
    this.wire = wire;
    this.box = byId("words");
    this.note = byId("composer-note");
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("input", () => this.#hint());
  }

  draw() {
    const me = this.store.people.get(this.store.me);
    this.box.placeholder = `以${me.name}的身份说…`;
    this.drawChips();
  }

  /** Only when they change, so that the focus of a keyboard user stays where it is. */
  drawChips() {
    const chips = chipsFor(this.store.people.get(this.store.me), this.store.chats.get(`direct:${this.store.me}`) ?? []);
    if (this.#chips === chips.join("\n")) return;
    this.#chips = chips.join("\n");
    byId("chips").replaceChildren(...chips.map((words) => this.#chip(words)));
  }

  settled(frame) {
    const text = this.#pending.get(frame.nonce);
    this.#pending.delete(frame.nonce);
    if (frame.type === "accepted") return;
    if (text !== undefined && this.box.value === "") this.box.value = text;
    this.#complain(frame.text);
  }

  /** The line broke: nobody knows whether it arrived, so give the words back rather than lose them. */
  lost() {
    const last = [...this.#pending.values()].at(-1);
    this.#pending.clear();
    if (last === undefined) return;
    if (this.box.value === "") this.box.value = last;
    this.#complain("连接断了，刚才那句可能没送到，请看一眼再发。");
  }

  #chip(words) {
    const fill = () => {
      this.box.value = words;
      this.#hint();
      this.box.focus();
    };
    return h("button", { type: "button", className: "chip", data: { testid: "chip" }, on: { click: fill } }, words);
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.box.value.trim();
    if (text === "") return this.box.focus();
    if (!this.wire.online) return this.#complain("还没连上，连上再发。");
    const [kind, ...id] = this.store.open.split(":");
    this.#pending.set(this.wire.say(this.store.me, { kind, id: id.join(":") }, text), text);
    this.box.value = "";
    this.#hint();
    this.box.focus();
  }

  #hint() {
    const length = this.box.value.length;
    this.note.textContent = length > NEARLY_FULL ? `${length} / ${this.box.maxLength} 字` : HINT;
    this.note.classList.remove("bad");
  }

  #complain(words) {
    this.note.textContent = words;
    this.note.classList.add("bad");
  }
}
