// Small helpers to build elements. Text goes in as text nodes only: whatever people write stays text.

const TONES = 8;

/** Make an element: plain properties, `data` for data-*, `aria` for aria-*, `on` for listeners. */
export function h(tag, { data = {}, aria = {}, on = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(data)) element.setAttribute(`data-${name}`, value);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** A coloured square: the last character of a person, the first of a group; the colour belongs to the id. */
export function face(id, name, kind = "person") {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  const tone = kind === "bot" ? kind : `t${sum % TONES}`;
  const mark = kind === "bot" ? "暖" : ([...name].at(kind === "group" ? 0 : -1) ?? "?");
  return h("span", { className: `face ${tone}`, aria: { hidden: "true" } }, mark);
}

export function count(number, testid) {
  const text = number > 99 ? "99+" : String(number);
  return h("span", { className: "count", data: { testid }, aria: { label: `${number} 条未读` } }, text);
}
