// Lists and sheets of requests: rows of gifts, and news that never wipe what is being typed.

addEventListener("click", (event) => {
  const more = event.target.closest("[data-more-rows]");
  if (!more) return;
  const rows = more.closest("fieldset").querySelector(".gift-rows");
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  row.querySelector("input").focus();
});

addEventListener("input", (event) => {
  event.target.closest("#request form")?.setAttribute("data-touched", "");
});

addEventListener("htmx:afterSettle", () => {
  const done = document.querySelector("[data-done]:not([data-told])");
  if (done) {
    done.setAttribute("data-told", "");
    done.focus();
  }
  // Nobody is in the middle of something: show what changed at once.
  const changed = document.querySelector("#request-news [data-changed]:not([data-told])");
  if (!changed) return;
  changed.setAttribute("data-told", "");
  if (!document.querySelector("#request [data-touched], #request details[open]")) changed.querySelector("button").click();
});
