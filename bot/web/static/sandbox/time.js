// Times as people at the mine read them: in the union's zone, today without a date.

const zone = document.getElementById("app").dataset.zone;
const format = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: zone, ...options });
const CLOCK = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = format({ year: "numeric", month: "numeric", day: "numeric" });
const DATE = format({ month: "long", day: "numeric", weekday: "short" });
const SHORT = format({ month: "numeric", day: "numeric" });
const DAY_MS = 24 * 60 * 60 * 1000;

/** A message's number is its time in microseconds. */
export const at = (message) => new Date(message.seq / 1000);
export const clock = (date) => CLOCK.format(date);
export const sameDay = (one, other) => DAY.format(one) === DAY.format(other);

export function day(date) {
  const now = Date.now();
  if (sameDay(date, now)) return "今天";
  if (sameDay(date, now - DAY_MS)) return "昨天";
  return DATE.format(date);
}

/** For the chat list: a time today, else a day. */
export function brief(date) {
  const name = day(date);
  if (name === "今天") return clock(date);
  return name === "昨天" ? name : SHORT.format(date);
}
