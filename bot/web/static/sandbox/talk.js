// The conversation on screen: draws messages as they come, and keeps the reader's place.

import { bubble } from "./bubbles.js";
import { byId, h } from "./dom.js";
import { at, day, sameDay } from "./time.js";
import { split } from "./store.js";

const NEAR_END = 80;
const FRESH_MAX = 300;
const NODES_MAX = 600;
const TAGS = { family: "家属群", workers: "职工群", staff: "工作群" };

export class Talk {
  #fresh = [];

  constructor(store) {
    this.store = store;
    this.list = byId("messages");
    this.scroller = byId("scroller");
    this.newer = byId("newer");
    this.last = undefined;
    this.newer.addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("scroll", () => this.#nearEnd() && (this.newer.hidden = true), { passive: true });
    // A keyboard or a growing composer takes room away: whoever stood at the end should still stand there.
    new ResizeObserver(() => this.follow && this.toEnd()).observe(this.scroller);
    this.scroller.addEventListener("scroll", () => (this.follow = this.#nearEnd()), { passive: true });
    this.follow = true;
  }

  /** Draw the open chat from the beginning. */
  draw() {
    const { store } = this;
    byId("talk-title").textContent = store.titleOf(store.open);
    byId("talk-about").textContent = this.#about();
    this.#fresh = [];
    this.last = undefined;
    this.list.replaceChildren();
    for (const message of store.chats.get(store.open) ?? []) this.#append(message);
    byId("empty").hidden = this.last !== undefined;
    this.toEnd();
  }

  /** One more message in the open chat; drawn at the next frame together with whatever else comes until then. */
  add(message) {
    this.#fresh.push(message);
    if (this.#fresh.length > FRESH_MAX) this.#fresh.shift();
    if (this.#fresh.length === 1) requestAnimationFrame(() => this.#drawFresh());
  }

  #drawFresh() {
    const fresh = this.#fresh.splice(0);
    if (fresh.length === 0) return;
    const stay = !this.#nearEnd() && fresh.every((message) => message.by !== this.store.me);
    byId("empty").hidden = true;
    for (const message of fresh) this.#append(message).classList.add("fresh");
    while (this.list.childElementCount > NODES_MAX) this.list.firstElementChild.remove();
    if (stay) this.newer.hidden = false;
    else this.toEnd();
  }

  toEnd() {
    this.newer.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.follow = true;
  }

  #nearEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #append(message) {
    const newDay = this.last === undefined || !sameDay(at(this.last), at(message));
    if (newDay) this.list.append(h("li", { className: "day" }, day(at(message))));
    const element = bubble(this.store, message, newDay ? undefined : this.last);
    this.list.append(element);
    this.last = message;
    return element;
  }

  #about() {
    const [kind, id] = split(this.store.open);
    if (kind === "direct") return "私聊，只有你和送暖看得到";
    const group = this.store.groups.get(id);
    return `${group.members.length + 1} 人 · ${TAGS[group.kind] ?? "群"} · 群里说的话大家都看得到`;
  }
}
