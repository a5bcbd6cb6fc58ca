// The hall's screen: one tip after another, a clock, and a look for new ones. When the server is gone it goes on with what it has.

const SLIDE_MS = 20_000;
const LOOK_MS = 60_000;
const ahead = Number(document.body.dataset.now) - Date.now(); // televisions do not know the time

const LARGEST = 4.4, SMALLEST = 1.6; // size of the text, in hundredths of the screen
const STEP = 0.1;

let at = 0;

// Each tip as large as it can be between head and foot.
function fit() {
  const room = document.getElementById("main").clientHeight;
  for (const slide of document.querySelectorAll(".slide")) {
    for (let size = LARGEST; size >= SMALLEST; size -= STEP) {
      slide.style.setProperty("--fit", size);
      if (slide.offsetHeight <= room) break;
    }
  }
}

function show(number) {
  const slides = document.querySelectorAll(".slide");
  at = slides.length ? number % slides.length : 0;
  slides.forEach((slide, n) => slide.toggleAttribute("data-later", n !== at));
  document.querySelectorAll(".dots i").forEach((dot, n) => dot.classList.toggle("here", n === at));
}

function tick() {
  const now = new Date(Date.now() + ahead);
  const zone = { timeZone: "Asia/Shanghai" };
  document.querySelector("[data-clock]").textContent = now.toLocaleTimeString("zh-CN", { ...zone, hour: "2-digit", minute: "2-digit", hour12: false });
  document.querySelector("[data-day]").textContent = now.toLocaleDateString("sv-SE", zone);
}

// Swapped in place, so that a server that is lost half-way leaves nothing blank.
async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const slides = fresh.getElementById("slides");
    if (!slides) return;
    if (fresh.body.dataset.version !== document.body.dataset.version) return location.reload();
    if (slides.dataset.slides === document.getElementById("slides").dataset.slides) return;
    for (const part of ["#slides", ".dots"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
    fit();
    show(0);
  } catch {
    // lost: the next look may find it again
  }
}

addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) show(at + step + document.querySelectorAll(".slide").length);
});
addEventListener("resize", fit);
fit();
show(0);
tick();
setInterval(tick, 1000);
setInterval(() => show(at + 1), SLIDE_MS);
setInterval(look, LOOK_MS);
navigator.wakeLock?.request("screen").catch(() => {});
