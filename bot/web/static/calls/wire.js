// How the page speaks with the server, and what an answer means for a call that waits.

const PATIENCE_MS = 20_000; // a bad line hangs rather than breaks; the key makes a second try harmless

let token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-Form-Token"] ?? "";

async function ask(path, options) {
  try {
    return await fetch(path, { ...options, redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return null;
  }
}

// Who is signed in, and which households are theirs now; null without a network or a session.
export async function state() {
  const answer = await ask("/calls/state", {});
  return answer?.ok ? answer.json() : null;
}

const post = (path, body) => ask(path, { method: "POST", body, headers: { "X-Form-Token": token } });

// {answer} what the server says; {refused} its sentence; {trouble}: "waiting" no network, "sign_in", "other" somebody
// else is signed in now, "busy" the server has its own troubles.
export async function send(who, path, body) {
  let answer = await post(path, body);
  if (answer?.status === 403 && !speaksJson(answer)) { // another session than the page's own
    const now = await state();
    if (!now) return { trouble: "sign_in" };
    if (now.staff !== who) return { trouble: "other" };
    token = now.token;
    answer = await post(path, body);
  }
  if (!answer) return { trouble: "waiting" };
  if (answer.status === 401 || answer.type === "opaqueredirect") return { trouble: "sign_in" };
  if (!speaksJson(answer) || answer.status >= 500) return { trouble: "busy" };
  const said = await answer.json();
  return answer.ok ? { answer: said } : { refused: said.refused };
}

const speaksJson = (answer) => (answer.headers.get("Content-Type") ?? "").includes("json");
