// Signing out clears what waits on this phone, so it is said before.

import { count } from "./queue.js";

const form = document.querySelector("form[data-leave]");

form?.addEventListener("submit", async (event) => {
  if (!("indexedDB" in window)) return;
  event.preventDefault();
  const waits = await count().catch(() => 0);
  if (!waits || confirm(form.dataset.leave)) form.submit();
});
