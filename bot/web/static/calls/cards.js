// Which card is before the person, which are done, and how far they are.

export class Cards {
  constructor(root) {
    this.root = root;
    this.work = root.querySelector("[data-work]");
    this.end = root.querySelector("[data-done]");
    this.due = root.querySelector("[data-due]");
    this.before = Number(root.dataset.today);
    this.more = Number(root.dataset.more);
    this.done = new Set();
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("toggle", (event) => this.opened(event.target), true);
  }

  begin() {
    for (const skip of this.root.querySelectorAll("[data-skip]")) skip.hidden = false;
    this.show(this.now() ?? this.left()[0]);
    const small = matchMedia("(max-width: 899px)").matches;
    if (small) this.root.querySelector(".calls-list").open = false;
    else for (const script of this.root.querySelectorAll(".call-script")) script.open = true;
  }

  all() { return [...this.work.querySelectorAll(".call")]; }
  left() { return this.all().filter((card) => !this.done.has(card.dataset.code)); }
  of(code) { return this.all().find((card) => card.dataset.code === code); }
  now() { return this.left().find((card) => card.classList.contains("now")); }
  line(code) { return this.due?.querySelector(`[data-for="${CSS.escape(code)}"]`); }

  clicked(event) {
    const pick = event.target.closest("[data-pick]");
    const card = pick ? this.of(pick.dataset.pick) : event.target.closest("[data-skip]") && this.following();
    if (!card) return;
    event.preventDefault();
    this.show(card, true);
  }

  // This evening is no answer any more once it is evening.
  opened(choice) {
    for (const button of choice.querySelectorAll("[data-until-hour]")) {
      button.hidden = new Date().getHours() >= Number(button.dataset.untilHour);
    }
  }

  // After the one before the person, else from the start again.
  following() {
    const left = this.left();
    const at = this.all().findIndex((card) => card.classList.contains("now"));
    return left.find((card) => this.all().indexOf(card) > at) ?? left[0];
  }

  show(card, move = false) {
    if (card && !card.querySelector("[data-record]")) this.equip(card);
    for (const one of this.all()) one.classList.toggle("now", one === card);
    for (const one of this.due?.querySelectorAll("[data-pick]") ?? []) {
      if (one.dataset.pick === card?.dataset.code) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
    this.end.hidden = Boolean(card);
    this.root.querySelector("[data-stale]").hidden = true;
    this.count();
    if (!move) return;
    (card ?? this.end).focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  // The form is the same for all, but for what it is about.
  equip(card) {
    const form = this.root.querySelector("[data-form]").content.firstElementChild.cloneNode(true);
    for (const piece of [form, ...form.querySelectorAll("*")]) {
      for (const one of piece.attributes) {
        if (one.value.includes("CODE")) one.value = one.value.replaceAll("CODE", card.dataset.code);
      }
    }
    form.elements.seen.value = card.dataset.seen;
    card.querySelector(".call-foot").before(form);
  }

  finish(code) {
    const elsewhere = this.now()?.dataset.code === code ? null : this.now();
    this.done.add(code);
    this.line(code)?.setAttribute("hidden", "");
    this.show(elsewhere ?? this.following(), true);
  }

  // Done before this page was opened, on this phone.
  settle(codes) {
    for (const code of codes.filter((one) => this.of(one))) {
      this.done.add(code);
      this.line(code)?.setAttribute("hidden", "");
      this.of(code).classList.remove("now");
    }
  }

  // False when the card is not on this page.
  again(code) {
    this.done.delete(code);
    this.line(code)?.removeAttribute("hidden");
    const card = this.of(code);
    if (card) delete card.querySelector("[data-record]")?.dataset.taken;
    if (card) this.show(card, true);
    else this.count();
    return Boolean(card);
  }

  count() {
    const done = this.before + this.done.size;
    const all = done + this.left().length + this.more;
    const box = document.querySelector("[data-progress]");
    box.hidden = !all;
    box.querySelector("progress").max = all || 1;
    box.querySelector("progress").value = done;
    box.querySelector(".number").textContent = `${done}/${all}`;
  }

  // What the server says is due now: others go, but never the one in hand; new ones come from a fresh page.
  async agree(codes, fresh) {
    for (const card of this.left()) {
      if (codes.includes(card.dataset.code)) continue;
      if (card === this.now()) this.root.querySelector("[data-stale]").hidden = false;
      else this.drop(card);
    }
    const news = codes.filter((code) => !this.of(code));
    if (news.length) this.bring(await fresh(), news);
    this.count();
  }

  drop(card) {
    this.line(card.dataset.code)?.remove();
    card.remove();
  }

  bring(page, codes) {
    for (const card of page?.querySelectorAll(".call") ?? []) {
      if (!codes.includes(card.dataset.code)) continue;
      card.classList.remove("now");
      card.querySelector("[data-skip]").hidden = false;
      this.end.before(card);
      htmx.process(card);
      const line = page.querySelector(`[data-for="${CSS.escape(card.dataset.code)}"]`);
      if (line && this.due) this.due.append(line);
    }
    if (!this.now()) this.show(this.left()[0]);
  }
}
