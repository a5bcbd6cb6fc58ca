// A button for what the browser's menu hides on a phone.

addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
