// What every page of the console does: dialogs, notes, the live line, and no form sent twice.

import { live } from "./live.js";

const NOTE_MS = 8000;

addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-shut-note]")) event.target.closest("[data-note]").remove();
  for (const open of document.querySelectorAll("details[data-shut][open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details[data-shut][open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// A plain form: ask first where asked for, and take no second click while the first is under way.
addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirm(question)) return event.preventDefault();
  if (form.closest("[hx-post]") || event.defaultPrevented || "download" in form.dataset) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
});
// Filters apply at once; without scripts they have a button.
addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("form[data-auto]")) form.requestSubmit();
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Notes go by themselves unless somebody is reading them.
new MutationObserver((changes) => {
  for (const note of changes.flatMap((change) => [...change.addedNodes])) {
    if (note.nodeType !== Node.ELEMENT_NODE) continue;
    const leave = () => (note.matches(":hover, :focus-within") ? setTimeout(leave, NOTE_MS) : note.remove());
    setTimeout(leave, NOTE_MS);
  }
}).observe(document.getElementById("notes"), { childList: true });

// After a change in place, the focus goes to what went wrong.
addEventListener("htmx:afterSettle", (event) => {
  const wrong = event.target.querySelector?.("[aria-invalid=true], [role=alert]");
  if (!wrong) return;
  if (wrong.matches("input, select, textarea")) wrong.focus();
  else wrong.scrollIntoView({ block: "nearest" });
});

if (document.body.dataset.live) live(document.body.dataset.live);
