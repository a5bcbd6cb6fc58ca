// One message as it stands in a conversation. Addresses become links only if they are web addresses.

import { face, h } from "./dom.js";
import { title } from "./people.js";
import { at, clock } from "./time.js";

const FOLLOWS_WITHIN = 3 * 60 * 1000;

/** Whether a message simply goes on from the one before, so that face and name need no repeating. */
export function follows(message, before) {
  return before !== undefined && before.by === message.by && at(message) - at(before) < FOLLOWS_WITHIN;
}

export function bubble(store, message, before) {
  const goesOn = follows(message, before);
  const mine = message.by === store.me;
  const name = store.nameOf(message.by);
  const picture = goesOn ? null : face(message.by, name, message.by === "" ? "bot" : "person");
  return h(
    "li",
    {
      className: `message${mine ? " mine" : ""}${goesOn ? " follows" : ""}`,
      data: { testid: "message", by: message.by || "bot", id: message.id },
    },
    picture,
    h("div", { className: "body" }, goesOn ? null : meta(store, message, name), ...blocks(message.parts)),
  );
}

/** One line for the chat list. */
export function summary(message) {
  const words = { image: () => "[图片]", file: (part) => `[文件] ${part.name ?? ""}`, link: (part) => part.title || part.url };
  const one = (part) => (words[part.type] ? words[part.type](part) : inline(part));
  return message.parts.map(one).join(" ").slice(0, 80);
}

function meta(store, message, name) {
  const person = store.people.get(message.by);
  const role = message.by === "" ? "工会机器人" : person ? title(person) : "";
  return h(
    "div",
    { className: "meta" },
    h("span", {}, name),
    role && h("span", { className: `role${message.by === "" ? " bot" : ""}` }, role),
    h("time", { dateTime: at(message).toISOString() }, clock(at(message))),
  );
}

/** Text and mentions share a bubble; cards and pictures stand alone. */
function blocks(parts) {
  const made = [];
  let words = null;
  for (const part of parts) {
    if (part.type === "text" || part.type === "mention") {
      if (words === null) made.push((words = h("div", { className: "bubble", dir: "auto" })));
      words.append(part.type === "text" ? part.text : h("span", { className: "at" }, inline(part)), part.type === "text" ? "" : " ");
    } else {
      words = null;
      made.push(CARDS[part.type](part));
    }
  }
  return made;
}

const inline = (part) => (part.type === "mention" ? `@${part.name || part.user_id}` : part.text);

const CARDS = {
  image(part) {
    const address = media(part.path);
    const words = part.alt || "图片";
    const link = h("a", { className: "picture", href: address, target: "_blank", rel: "noopener", data: { testid: "image" } });
    const gone = () => link.replaceWith(card("图", words, "图片打不开"));
    link.append(h("img", { src: address, alt: words, decoding: "async", on: { error: gone } }));
    return link;
  },
  file(part) {
    return card("文件", part.name || part.path.split("/").at(-1), "点开下载", media(part.path));
  },
  link(part) {
    const address = web(part.url);
    return card("链接", part.title || part.url, address ? new URL(address).host : part.url, address);
  },
};

function card(sign, name, small, href = null) {
  const options = { className: "attached", data: { testid: "card" } };
  if (href) Object.assign(options, { href, target: "_blank", rel: "noopener noreferrer" });
  const mark = h("span", { className: "sign", aria: { hidden: "true" } }, sign);
  return h(href ? "a" : "div", options, mark, h("strong", {}, name), h("small", {}, small));
}

const media = (path) => `/sandbox/media/${path.split("/").map(encodeURIComponent).join("/")}`;

function web(address) {
  try {
    const url = new URL(address, location.href);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
