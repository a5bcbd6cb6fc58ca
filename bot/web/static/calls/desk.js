// Writing down and sending: a call goes into the phone's queue, and out of it once the server has answered.

import * as queue from "./queue.js";
import { send, state } from "./wire.js";

const AGAIN_MS = 15_000;
const LOOK_MS = 20_000; // colleagues' calls: no more often than this
const ONLY = { kinds: "needs_help", urgency: "needs_help", time: "call_later" }; // fields of one outcome

export class Desk {
  constructor(root, cards) {
    this.root = root;
    this.cards = cards;
    this.me = Number(root.dataset.staff);
    this.waiting = root.querySelector("[data-waiting]");
    this.words = JSON.parse(this.waiting.dataset.words);
    this.latest = root.querySelector("[data-latest]");
    this.last = null; // the call that 撤销 would take back, while it may still be here
    this.trouble = "";
    this.looked = 0;
    this.until = Number(root.dataset.until);
    if (Date.now() >= this.until) this.until = Infinity; // a phone whose clock is wrong
  }

  async open() {
    this.cards.settle(await queue.done(this.me, !("keptHere" in this.root.dataset)));
    const before = (await queue.mine(this.me)).filter((call) => !call.refused).at(-1);
    if (before) this.keep(before);
    this.root.addEventListener("submit", (event) => this.submitted(event));
    this.root.addEventListener("click", (event) => this.clicked(event));
    addEventListener("online", () => this.drain());
    document.addEventListener("visibilitychange", () => document.hidden || this.drain());
    for (const news of ["live:calls", "live:again"]) document.body.addEventListener(news, () => this.look());
    for (const lost of ["htmx:beforeRequest", "htmx:sendError"]) this.root.addEventListener(lost, (event) => this.unreached(event));
    this.drain();
  }

  submitted(event) {
    const form = event.target;
    if (form.matches("[data-record]")) this.record(event, form);
    if (form === this.latest) this.undo(event);
  }

  async record(event, form) {
    event.preventDefault();
    const button = event.submitter;
    if ("grave" in button.dataset && !confirm(this.words.sure)) return;
    if (button.value === "call_later" && !chosen(form.elements.time)) return;
    if (form.dataset.taken) return; // a second tap of the same thumb
    form.dataset.taken = "yes";
    const call = this.written(form, button);
    try {
      await queue.add(this.me, call);
    } catch {
      delete form.dataset.taken;
      return this.tell("", this.words.full);
    }
    this.keep(call);
    this.cards.finish(call.code);
    await this.drain();
  }

  keep(call) {
    this.last = call;
    this.tell("", this.words.kept.replace("CODE", call.code).replace("OUTCOME", call.label));
  }

  written(form, button) {
    const outcome = button.value.split(" ")[0];
    const typed = [...new FormData(form)].filter(([name]) => name !== "_token" && name !== "key");
    const fields = typed.filter(([name]) => !(name in ONLY) || ONLY[name] === outcome);
    const card = form.closest(".call");
    const chosen = button.closest(".choice")?.querySelector("summary") ?? button;
    const label = chosen.querySelector(form.elements.visited.checked ? ".at-the-door" : ".by-phone") ?? chosen;
    return {
      id: crypto.randomUUID(),
      code: card.dataset.code,
      label: label.textContent.trim(),
      at: Date.now(),
      fields: [...fields, ["outcome", button.value]],
    };
  }

  // One at a time, also among tabs: each is sent until it is answered, and then never again.
  async drain() {
    clearTimeout(this.timer);
    await navigator.locks.request("songnuan-calls", async () => {
      this.trouble = "";
      for (const call of await queue.mine(this.me)) {
        if (call.refused) continue;
        await this.show("sending");
        const said = await send(this.me, "/calls/record", this.body(call));
        if (said.answer) await this.arrived(call, said.answer);
        else if (said.refused) await this.refused(call, said.refused);
        else this.trouble = said.trouble;
        if (this.trouble) break;
      }
    });
    await this.show();
    if (this.trouble) this.timer = setTimeout(() => this.drain(), AGAIN_MS);
  }

  body(call) {
    const body = new FormData();
    for (const [name, value] of call.fields) body.append(name, value);
    body.append("code", call.code);
    body.append("key", call.id);
    body.append("waited", String(Math.max(0, Date.now() - call.at)));
    return body;
  }

  async arrived(call, answer) {
    await queue.sent(this.me, call.id);
    if (!this.last || this.last.id === call.id) {
      this.last = null;
      this.tell(answer.id, answer.said);
    }
    await this.cards.agree(answer.codes, page);
    if (!this.cards.left().length && this.cards.more) location.reload();
  }

  async refused(call, sentence) {
    await queue.refuse(this.me, call, sentence);
    if (this.last?.id === call.id) this.latest.hidden = true;
  }

  tell(id, words) {
    this.latest.hidden = false;
    this.latest.querySelector("[data-latest-id]").value = id;
    this.latest.querySelector("[data-latest-words]").textContent = words;
  }

  async show(trouble = this.trouble) {
    const calls = await queue.mine(this.me);
    const refused = calls.filter((call) => call.refused);
    const waits = calls.length - refused.length;
    const words = [
      waits ? this.words[trouble || "waiting"].replace("#", waits) : "",
      refused.length ? this.words.refused.replace("#", refused.length) : "",
    ];
    this.waiting.hidden = !calls.length;
    this.waiting.classList.toggle("bad", refused.length > 0);
    this.waiting.querySelector("[data-waiting-words]").textContent = words.filter(Boolean).join(" · ");
    this.waiting.querySelector("[data-waiting-list]").replaceChildren(...calls.map((call) => this.lineOf(call)));
    if (refused.length) this.waiting.open = true;
  }

  lineOf(call) {
    const line = this.waiting.querySelector("[data-waiting-line]").content.cloneNode(true).firstElementChild;
    line.querySelector("[data-line-code]").textContent = call.code;
    line.querySelector("[data-line-outcome]").textContent = call.label;
    line.querySelector("[data-line-why]").textContent = call.refused ?? "";
    line.querySelector("[data-line-deeds]").hidden = !call.refused;
    line.dataset.call = call.id;
    return line;
  }

  async clicked(event) {
    const line = event.target.closest("[data-call]");
    const call = line && (await queue.mine(this.me)).find((one) => one.id === line.dataset.call);
    if (!call) return;
    if (event.target.closest("[data-again]")) {
      await queue.add(this.me, { ...call, refused: undefined });
      await this.drain();
    }
    if (event.target.closest("[data-drop]")) {
      await queue.forget(this.me, call);
      this.cards.again(call.code);
      await this.show();
    }
  }

  async undo(event) {
    event.preventDefault();
    const here = this.last && (await navigator.locks.request("songnuan-calls", () => this.takeOut(this.last)));
    if (here) return this.undone(here.code);
    const id = this.latest.querySelector("[data-latest-id]").value;
    const body = new FormData();
    body.append("id", id);
    body.append("json", "1");
    const said = await send(this.me, "/calls/undo", body);
    if (said.answer) {
      await queue.reopen(this.me, said.answer.code);
      return this.undone(said.answer.code);
    }
    this.tell(id, said.refused ?? this.words.no_undo);
  }

  // The call itself if it was still waiting; nothing when the server has it already.
  async takeOut(last) {
    const call = (await queue.mine(this.me)).find((one) => one.id === last?.id);
    if (call) await queue.forget(this.me, call);
    return call;
  }

  async undone(code) {
    this.last = null;
    this.latest.hidden = true;
    await this.show();
    if (!this.cards.again(code)) location.reload();
  }

  // The number comes from the server alone.
  unreached(event) {
    if (event.type === "htmx:beforeRequest" && navigator.onLine) return;
    event.preventDefault();
    const place = event.target.closest(".call-dial")?.querySelector("[data-no-number]");
    if (!place) return;
    place.textContent = this.words.no_number;
    place.hidden = false;
  }

  async look() {
    if (Date.now() >= this.until) return location.reload(); // another day, another list
    if (Date.now() - this.looked < LOOK_MS) return;
    this.looked = Date.now();
    const now = await state();
    if (now && now.staff === this.me) await this.cards.agree(now.codes, page);
  }
}

// A moment that is still to come; else the field is where the person has to look.
function chosen(time) {
  const good = new Date(time.value) > new Date();
  time.closest(".call-time").classList.toggle("wrong", !good);
  if (!good) time.focus();
  return good;
}

async function page() {
  const answer = await fetch("/calls");
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}
