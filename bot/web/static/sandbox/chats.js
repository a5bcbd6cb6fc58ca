// The list of chats on the left: last words, time, unread.

import { summary } from "./bubbles.js";
import { byId, count, face, h } from "./dom.js";
import { split } from "./store.js";
import { at, brief } from "./time.js";

export function drawChats(store, onOpen) {
  const list = byId("chat-list");
  const focused = document.activeElement?.closest?.("[data-chat]")?.dataset.chat;
  list.replaceChildren(...store.chatsOf(store.me).map((key) => h("li", {}, row(store, key, onOpen))));
  if (focused) list.querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
}

function row(store, key, onOpen) {
  const [kind, id] = split(key);
  const name = kind === "group" ? store.titleOf(key) : `${store.bot}（私聊）`;
  const last = store.chats.get(key)?.at(-1);
  const unread = store.unread(store.me, key);
  const picture = h("span", { className: "chat-face" }, face(id, name, kind === "group" ? "group" : "bot"));
  if (unread) picture.append(count(unread, "chat-unread"));
  return h(
    "button",
    {
      type: "button",
      className: "chat",
      data: { testid: `chat-${key}`, chat: key },
      aria: { current: String(key === store.open) },
      on: { click: () => onOpen(key) },
    },
    picture,
    h(
      "span",
      { className: "chat-words" },
      h("span", { className: "chat-line" }, h("strong", {}, name), last && h("time", {}, brief(at(last)))),
      h("span", { className: "chat-line" }, h("span", { className: "chat-last" }, last ? lastWords(store, last) : "还没有消息")),
    ),
  );
}

function lastWords(store, message) {
  const who = message.by === store.me ? "我" : store.nameOf(message.by);
  return message.chat.kind === "group" || message.by === store.me ? `${who}：${summary(message)}` : summary(message);
}
