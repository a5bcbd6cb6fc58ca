// What the page knows: people, chats, who "I" am, and what each person has already read.

const SEEN = "songnuan.sandbox.seen";
const CHAT_MAX = 300;

export const keyOf = (chat) => `${chat.kind}:${chat.id}`;

export class Store {
  constructor() {
    this.bot = "送暖";
    this.people = new Map();
    this.groups = new Map();
    this.chats = new Map(); // key -> messages, oldest first
    this.me = null;
    this.open = null; // key of the chat on screen
    this.seen = remembered();
  }

  /** Everything afresh, as the network tells it. */
  reset(hello) {
    this.bot = hello.bot;
    this.people = new Map(hello.people.map((person) => [person.user_id, person]));
    this.groups = new Map(hello.groups.map((group) => [group.id, group]));
    this.chats = new Map();
    for (const message of hello.messages) this.add(message);
  }

  add(message) {
    const key = keyOf(message.chat);
    const messages = this.chats.get(key) ?? [];
    messages.push(message);
    if (messages.length > CHAT_MAX) messages.splice(0, messages.length - CHAT_MAX);
    this.chats.set(key, messages);
  }

  /** The chats of a person, the latest first; the talk with the bot leads while all is silent. */
  chatsOf(personId) {
    const groups = [...this.groups.values()].filter((group) => group.members.includes(personId));
    const keys = [`direct:${personId}`, ...groups.map((group) => `group:${group.id}`)];
    return keys.sort((one, other) => this.latest(other) - this.latest(one));
  }

  latest(key) {
    return this.chats.get(key)?.at(-1)?.seq ?? 0;
  }

  unread(personId, key) {
    const seen = this.seen[`${personId}|${key}`] ?? 0;
    const messages = this.chats.get(key) ?? [];
    return messages.filter((message) => message.seq > seen && message.by !== personId).length;
  }

  /** What the bot wrote to a person alone and they have not read. */
  waiting(personId) {
    return this.unread(personId, `direct:${personId}`);
  }

  markRead(personId, key) {
    const latest = this.latest(key);
    if (this.seen[`${personId}|${key}`] === latest) return;
    this.seen[`${personId}|${key}`] = latest;
    try {
      localStorage.setItem(SEEN, JSON.stringify(this.seen));
    } catch {
      // Private windows may refuse: then it is forgotten at the next visit, nothing worse.
    }
  }

  titleOf(key) {
    const [kind, id] = split(key);
    return kind === "group" ? (this.groups.get(id)?.name ?? id) : this.bot;
  }

  nameOf(by) {
    return by === "" ? this.bot : (this.people.get(by)?.name ?? by);
  }
}

export function split(key) {
  const colon = key.indexOf(":");
  return [key.slice(0, colon), key.slice(colon + 1)];
}

function remembered() {
  try {
    const seen = JSON.parse(localStorage.getItem(SEEN));
    return seen !== null && typeof seen === "object" ? seen : {};
  } catch {
    return {};
  }
}
