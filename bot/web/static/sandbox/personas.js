// Changing who I am: the button on top, the dialog behind it, and the card that says what this person sees.

import { byId, count, face, h } from "./dom.js";
import { ORDER, ROLES, title } from "./people.js";

export class Personas {
  constructor(store, onChoose) {
    this.store = store;
    this.onChoose = onChoose;
    this.dialog = byId("persona-dialog");
    byId("persona-button").addEventListener("click", () => this.#show());
    byId("persona-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
  }

  /** The button, the card, and the list if it is open. */
  draw() {
    const me = this.store.people.get(this.store.me);
    byId("persona-face").replaceChildren(face(me.user_id, me.name));
    byId("persona-role").textContent = title(me);
    byId("persona-name").textContent = me.name;
    byId("who-face").replaceChildren(face(me.user_id, me.name));
    byId("who-name").textContent = `${me.name} · ${title(me)}`;
    byId("who-about").textContent = me.about;
    byId("who-sees").textContent = ROLES[me.persona].sees;
    byId("who-not").textContent = ROLES[me.persona].not;
    this.drawUnread();
  }

  drawUnread() {
    const others = [...this.store.people.keys()].filter((id) => id !== this.store.me);
    const waiting = others.filter((id) => this.store.waiting(id) > 0).length;
    const badge = byId("persona-unread");
    badge.hidden = waiting === 0;
    badge.textContent = String(waiting);
    badge.setAttribute("aria-label", `${waiting} 个人有未读消息`);
    if (this.dialog.open) this.#list();
  }

  #show() {
    this.#list();
    this.dialog.showModal();
    this.dialog.querySelector("[aria-pressed=true]")?.focus();
  }

  #list() {
    const focused = document.activeElement?.dataset?.person;
    const people = [...this.store.people.values()];
    const sections = ORDER.flatMap((role) => {
      const some = people.filter((person) => person.persona === role);
      if (some.length === 0) return [];
      const grid = h("div", { className: "persona-grid", role: "group", aria: { label: ROLES[role].name } });
      grid.append(...some.map((person) => this.#row(person)));
      return [h("h3", {}, ROLES[role].name), grid];
    });
    byId("persona-groups").replaceChildren(...sections);
    if (focused) byId("persona-groups").querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus();
  }

  #row(person) {
    const waiting = this.store.waiting(person.user_id);
    const choose = () => {
      this.dialog.close();
      this.onChoose(person.user_id);
    };
    return h(
      "button",
      {
        type: "button",
        className: "person",
        data: { testid: `persona-${person.user_id}`, person: person.user_id },
        aria: { pressed: String(person.user_id === this.store.me) },
        on: { click: choose },
      },
      face(person.user_id, person.name),
      h("span", { className: "person-words" }, h("strong", {}, person.name), h("span", {}, person.about)),
      waiting ? count(waiting, "persona-unread") : null,
    );
  }
}
