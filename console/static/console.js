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
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
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

  // Bars are one stop for the tabulator; the arrows walk them.
  function tidyBars() {
    document.querySelectorAll("[data-bars]").forEach((bars) => {
      [...bars.querySelectorAll("a")].forEach((bar, place, all) => (bar.tabIndex = place === all.length - 1 ? 0 : -1));
    });
  }
  document.addEventListener("keydown", (event) => {
    const bars = event.target.closest?.("[data-bars]");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!bars || !step) return;
    event.preventDefault();
    const all = [...bars.querySelectorAll("a")];
    const next = all[all.indexOf(event.target) + step];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  tidyBars();

  // What is there to be copied is selected at a touch, and copied by its button.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-selects]")) event.target.select();
  });
  document.addEventListener("click", async (event) => {
    const copier = event.target.closest("[data-copies]");
    if (!copier) return;
    const field = document.getElementById(copier.dataset.copies);
    field.select();
    // A console that is reached by plain http has no clipboard to write to, but the browser's own command.
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value).catch(() => document.execCommand("copy"));
    else document.execCommand("copy");
    document.getElementById("copied").hidden = false;
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
    tidyBars();
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  });
})();
