// What this phone keeps for the calls of today, each piece sealed with a key that no script can read out (AES-GCM).
// The page and the worker both use it. Clearing it throws the key away with the rest.

const NAME = "songnuan-calls";
const STORE = "things";

function opened() {
  return new Promise((good, bad) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => good(asked.result);
    asked.onerror = () => bad(asked.error);
  });
}

// `work` gets the store and gives back a request, whose result is ours once all of it is on the disk.
async function within(mode, work) {
  const base = await opened();
  try {
    return await new Promise((good, bad) => {
      const deal = base.transaction(STORE, mode);
      const asked = work(deal.objectStore(STORE));
      deal.oncomplete = () => good(asked.result);
      deal.onabort = deal.onerror = () => bad(deal.error);
    });
  } finally {
    base.close();
  }
}

export const get = (name) => within("readonly", (store) => store.get(name));
export const put = (name, thing) => within("readwrite", (store) => store.put(thing, name));
export const remove = (name) => within("readwrite", (store) => store.delete(name));
export const clear = () => within("readwrite", (store) => store.clear());

// Pairs of name and thing of all names that begin so.
export async function all(start) {
  const range = IDBKeyRange.bound(start, `${start}\uffff`);
  const names = await within("readonly", (store) => store.getAllKeys(range));
  return Promise.all(names.map(async (name) => [name, await get(name)])).then((pairs) => pairs.filter(([, thing]) => thing));
}

async function key() {
  const known = await get("key");
  if (known) return known;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await within("readwrite", (store) => {
    const asked = store.get("key");
    asked.onsuccess = () => asked.result || store.put(made, "key"); // page and worker may both have made one
    return asked;
  });
  return get("key");
}

export async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, text: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain) };
}

// Null for what was sealed with a key that is gone.
export async function unseal({ iv, text }) {
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), text);
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
}
