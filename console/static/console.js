// Keys, filters that ask at once, and a word when the console cannot be reached. Every page works without this file.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");

  const isWriting = (element) => element.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

  // An element with data-key is clicked (or, where one writes into it, entered) by that key.
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) return;
    if (isWriting(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (moveInQueue(key)) {
      event.preventDefault();
      return;
    }
    const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!element) return;
    event.preventDefault();
    if (isWriting(element)) {
      element.focus();
      element.scrollIntoView({ block: "nearest" });
    } else {
      element.click();
    }
  });

  // In the queue j and k walk the lines; Enter opens the focused one as it does any link.
  function moveInQueue(key) {
    const lines = [...document.querySelectorAll("[data-line] h2 a")];
    if (!lines.length || (key !== "j" && key !== "k")) return false;
    const now = lines.indexOf(document.activeElement);
    const next = now < 0 ? 0 : Math.max(0, Math.min(lines.length - 1, now + (key === "j" ? 1 : -1)));
    lines[next].focus();
    lines[next].closest("[data-line]").scrollIntoView({ block: "nearest" });
    return true;
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const menu = event.target.closest("details.menu");
    document.querySelectorAll("details.menu[open]").forEach((open) => {
      if (open !== menu) open.open = false;
    });
  });

  // A filter asks at once.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-asks], #sort")) event.target.form.requestSubmit();
  });

  // Once a search was asked for, the keys are for its answers; a filter keeps the focus, to be followed by another.
  document.addEventListener("submit", (event) => {
    if (event.target.id === "ask" && document.activeElement?.id === "q") document.activeElement.blur();
  });

  // Addresses stay short: fields left empty are not asked for.
  document.addEventListener("htmx:config:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method !== "GET" || !(request.body instanceof FormData)) return;
    for (const [name, value] of [...request.body]) if (value === "") request.body.delete(name);
  });

  const unreachable = (isShown) => {
    const notice = document.getElementById("unreachable");
    if (notice) notice.hidden = !isShown;
  };
  document.addEventListener("htmx:error", () => unreachable(true));
  document.addEventListener("htmx:before:request", () => unreachable(false));

  // After a page was swapped in, reading starts at its beginning.
  document.addEventListener("htmx:after:swap", () => {
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  });
})();
