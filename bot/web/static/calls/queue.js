// Calls that were written down and are not sent yet, and which households of today are done. Whose they are is part of
// the name, so that nobody else who signs in on this phone sees or sends them.

import * as box from "./box.js";

const name = (who, id) => `call:${who}:${id}`;
const mark = (who, code) => `done:${who}:${code}`;

// `call`: id, code, label, at (of this phone's clock), fields (pairs as a form has them).
export async function add(who, call) {
  await box.put(name(who, call.id), { sealed: await box.seal(call) });
  await box.put(mark(who, call.code), {});
}

// In the order of writing; each with `refused`, the sentence of the server that will not have it.
export async function mine(who) {
  const found = [];
  for (const [, kept] of await box.all(`call:${who}:`)) {
    const call = await box.unseal(kept.sealed);
    if (call) found.push(call);
  }
  return found.sort((one, other) => one.at - other.at);
}

export const sent = (who, id) => box.remove(name(who, id));

export async function refuse(who, call, sentence) {
  await box.put(name(who, call.id), { sealed: await box.seal({ ...call, refused: sentence }) });
}

export async function forget(who, call) {
  await box.remove(name(who, call.id));
  await box.remove(mark(who, call.code));
}

export const reopen = (who, code) => box.remove(mark(who, code));

// Codes of what was done since the page was made. A page that is fresh from the server knows of all that was sent.
export async function done(who, fresh) {
  const marked = (await box.all(`done:${who}:`)).map(([named]) => named.split(":")[2]);
  if (!fresh) return marked;
  const waits = (await mine(who)).map((call) => call.code);
  for (const code of marked) if (!waits.includes(code)) await reopen(who, code);
  return waits;
}

// Of anybody on this phone.
export const count = async () => (await box.all("call:")).length;
