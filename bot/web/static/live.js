// The live line: the server says which subject changed, and pages hear it as an event "live:SUBJECT" on the body.

export function live(address) {
  let line = null;
  let missed = false;

  const open = () => {
    if (line) return;
    line = new EventSource(address);
    line.addEventListener("message", (event) => tell(event.data));
  };
  const close = () => {
    line?.close();
    line = null;
    missed = true;
  };

  // A page in the background needs no line, and browsers allow only a few; on return it looks again.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    open();
    if (missed) tell("again");
    missed = false;
  });
  addEventListener("pagehide", close);
  if (!document.hidden) open();
}

function tell(subject) {
  document.body.dispatchEvent(new CustomEvent(`live:${subject}`));
}
