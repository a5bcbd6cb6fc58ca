// 我的回访 with one thumb: one card at a time; what is tapped is kept on the phone first and sent from there.

import { Cards } from "./cards.js";
import { Desk } from "./desk.js";

const root = document.querySelector("[data-calls]");
const able = "locks" in navigator && "indexedDB" in window && Boolean(window.crypto?.subtle);

if (root) {
  const cards = new Cards(root);
  if (able) await new Desk(root, cards).open();
  cards.begin();
  if (able) await keepForLater();
}

// The worker that opens the page without a network. The very first visit came before it: once more, through it.
async function keepForLater() {
  if (!("serviceWorker" in navigator)) return;
  try {
    const first = !navigator.serviceWorker.controller;
    await navigator.serviceWorker.register("/sw.js", { type: "module" });
    await navigator.serviceWorker.ready;
    if (first) {
      await taken();
      await fetch("/calls");
    }
  } catch {
    // A browser that takes no such worker: the page works, only not without a network.
  }
  root.dataset.kept = "yes";
}

function taken() {
  if (navigator.serviceWorker.controller) return null;
  return new Promise((good) => navigator.serviceWorker.addEventListener("controllerchange", good, { once: true }));
}
