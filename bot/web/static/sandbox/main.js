// Puts the page together: frames from the network on one side, the person before the screen on the other.

import { drawChats } from "./chats.js";
import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { Personas } from "./personas.js";
import { Store, keyOf } from "./store.js";
import { Talk } from "./talk.js";
import { Toasts } from "./toasts.js";
import { Wire } from "./wire.js";

const STATES = { connecting: "正在连接…", online: "已连接", offline: "断线，重连中" };
const app = byId("app");
const phone = matchMedia("(max-width: 719.98px)");

const store = new Store();
const wire = new Wire();
const talk = new Talk(store);
const composer = new Composer(store, wire);
const personas = new Personas(store, (id) => become(id));
const toasts = new Toasts((id) => {
  become(id, `direct:${id}`);
  showTalk();
});

/** Be someone else, in the chat asked for, else in the same one if they are in it, else with the bot. */
function become(id, chat = store.open) {
  store.me = id;
  history.replaceState(history.state, "", `#${encodeURIComponent(id)}`);
  toasts.close(id);
  const chats = store.chatsOf(id);
  store.open = chats.includes(chat) ? chat : `direct:${id}`;
  personas.draw();
  composer.draw();
  talk.draw();
  refresh();
}

function openChat(key) {
  store.open = key;
  talk.draw();
  showTalk();
  refresh();
  if (!phone.matches) byId("words").focus();
}

/** The person whom the address names: a link or a second window can be somebody else. */
function hash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

const onScreen = () => !document.hidden && (!phone.matches || app.dataset.screen === "talk");

/** Everything that shows what is unread; at most once a frame, however fast messages come. */
let due = false;
function refresh() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    if (onScreen()) store.markRead(store.me, store.open);
    drawChats(store, openChat);
    personas.drawUnread();
    composer.drawChips();
    const unread = store.chatsOf(store.me).reduce((sum, key) => sum + store.unread(store.me, key), 0);
    document.title = `${unread ? `(${unread}) ` : ""}演练场 · ${store.bot}`;
  });
}

const handlers = {
  hello(frame) {
    store.reset(frame);
    const wanted = hash();
    const first = store.people.keys().next().value;
    const me = [store.me, wanted, first].find((id) => store.people.has(id));
    if (me !== undefined) become(me);
    app.dataset.ready = "true";
  },
  message(frame) {
    store.add(frame);
    const key = keyOf(frame.chat);
    if (key === store.open) talk.add(frame);
    const person = frame.chat.kind === "direct" && frame.by === "" ? store.people.get(frame.chat.id) : undefined;
    if (person && person.user_id !== store.me) toasts.show(person);
    refresh();
  },
  accepted: (frame) => composer.settled(frame),
  error: (frame) => composer.settled(frame),
};

wire.addEventListener("frame", ({ detail }) => handlers[detail.type]?.(detail));
wire.addEventListener("state", ({ detail: { state } }) => {
  const light = byId("connection");
  light.dataset.state = state;
  light.textContent = STATES[state];
  if (state === "offline") composer.lost();
});

// On a phone the list and the conversation are two screens; the phone's own back key leads back as well.
function showTalk() {
  if (!phone.matches || app.dataset.screen === "talk") return;
  app.dataset.screen = "talk";
  history.pushState({ talk: true }, "");
  talk.toEnd();
  byId("back").focus();
}

function showList() {
  app.dataset.screen = "list";
  if (store.me !== null) refresh();
}

byId("back").addEventListener("click", () => (history.state?.talk ? history.back() : showList()));
addEventListener("popstate", (event) => {
  if (event.state?.talk) app.dataset.screen = "talk";
  else showList();
  if (store.me !== null && hash() !== store.me) history.replaceState(history.state, "", `#${encodeURIComponent(store.me)}`);
});
document.addEventListener("visibilitychange", () => store.me !== null && refresh());

const guide = byId("guide");
function toggleGuide(open) {
  guide.classList.toggle("open", open);
  byId("guide-button").setAttribute("aria-expanded", String(open));
  byId(open ? "guide-close" : "guide-button").focus();
}
byId("guide-button").addEventListener("click", () => toggleGuide(!guide.classList.contains("open")));
byId("guide-close").addEventListener("click", () => toggleGuide(false));
addEventListener("keydown", (event) => event.key === "Escape" && guide.classList.contains("open") && toggleGuide(false));

if (history.state?.talk) app.dataset.screen = "talk";
wire.connect();
