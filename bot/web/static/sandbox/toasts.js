// When the bot writes to someone else, say so, and offer to become them: one can watch an alert arrive.

import { byId, face, h } from "./dom.js";
import { title } from "./people.js";

const SHOWN_MAX = 3;
const STAY_MS = 10000;

export class Toasts {
  #open = new Map(); // person id -> {element, words, number, timer}

  constructor(onGo) {
    this.onGo = onGo;
  }

  show(person) {
    const toast = this.#open.get(person.user_id) ?? this.#add(person);
    toast.number += 1;
    const news = toast.number === 1 ? "收到一条新消息" : `收到 ${toast.number} 条新消息`;
    toast.words.textContent = `${title(person)} ${person.name} ${news}`;
    this.#restart(person.user_id);
  }

  close(personId) {
    const toast = this.#open.get(personId);
    if (toast === undefined) return;
    clearTimeout(toast.timer);
    toast.element.remove();
    this.#open.delete(personId);
  }

  #add(person) {
    while (this.#open.size >= SHOWN_MAX) this.close(this.#open.keys().next().value);
    const id = person.user_id;
    const words = h("strong", {});
    const go = h("button", { type: "button", className: "toast-go", data: { testid: "toast-action" }, on: { click: () => this.onGo(id) } }, "切换过去看");
    const shut = h("button", { type: "button", className: "icon-button", aria: { label: "不看" }, on: { click: () => this.close(id) } }, "×");
    const hold = { mouseenter: () => this.#hold(id), mouseleave: () => this.#restart(id), focusin: () => this.#hold(id), focusout: () => this.#restart(id) };
    const element = h(
      "div",
      { className: "toast", data: { testid: "toast", person: id }, on: hold },
      face(id, person.name),
      h("div", { className: "toast-words" }, words, go),
      shut,
    );
    const toast = { element, words, number: 0, timer: null };
    this.#open.set(id, toast);
    byId("toasts").append(element);
    return toast;
  }

  #hold(id) {
    clearTimeout(this.#open.get(id)?.timer);
  }

  #restart(id) {
    const toast = this.#open.get(id);
    if (toast === undefined) return;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => this.close(id), STAY_MS);
  }
}
