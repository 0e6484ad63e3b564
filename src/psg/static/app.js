// Scripts only shorten the way: every page works without this file.
import { initAll } from "./vendor/govuk-frontend.min.js";

const body = document.body;
body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) body.classList.add("govuk-frontend-supported");
initAll();

// --- What was done is said first, even when the address points further down ---------------------------------------
const banner = document.querySelector('.app-banner[role="alert"]');
if (banner && location.hash) {
  window.addEventListener("load", () => requestAnimationFrame(() => { banner.tabIndex = -1; banner.focus(); }));
}

// --- Questions that follow from an answer: shown while their radio button or checkbox is chosen -----------------
// The design system's own script would say "expanded" of a radio button, which no radio button can be.
for (const group of document.querySelectorAll(".govuk-radios, .govuk-checkboxes")) {
  const choices = [...group.querySelectorAll("[data-reveals]")];
  const show = () => {
    for (const choice of choices) {
      const more = document.getElementById(choice.dataset.reveals);
      more.classList.toggle(more.classList[0] + "--hidden", !choice.checked);
    }
  };
  group.addEventListener("change", show);
  window.addEventListener("pageshow", show);
}

const live = document.createElement("p");
live.className = "govuk-visually-hidden";
live.setAttribute("role", "status");
live.setAttribute("aria-live", "polite");
body.append(live);
const say = (words) => { live.textContent = ""; setTimeout(() => { live.textContent = words; }, 100); };

const timeNow = () => {
  const now = new Date();
  const hour = now.getHours();
  const minute = now.getMinutes();
  if (minute === 0 && hour === 12) return "midday";
  const tail = hour < 12 ? "am" : "pm";
  return `${hour % 12 || 12}${minute ? `:${String(minute).padStart(2, "0")}` : ""}${tail}`;
};

// --- Menus: a list of links becomes a button that opens it -----------------------------------------------------
const menus = [];
for (const menu of document.querySelectorAll("[data-menu]")) {
  const list = menu.querySelector("ul");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary app-menu__button";
  button.setAttribute("aria-expanded", "false");
  button.textContent = menu.dataset.label;
  if (menu.dataset.hiddenText) {
    const hidden = document.createElement("span");
    hidden.className = "govuk-visually-hidden";
    hidden.textContent = ` ${menu.dataset.hiddenText}`;
    button.append(hidden);
  }
  list.hidden = true;
  menu.classList.add("app-menu--ready");
  menu.prepend(button);
  const set = (open) => { list.hidden = !open; button.setAttribute("aria-expanded", String(open)); };
  button.addEventListener("click", () => set(list.hidden));
  menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) set(false); });
  menus.push({ isOpen: () => !list.hidden, close: () => { set(false); button.focus(); } });
}
for (const details of document.querySelectorAll("details[data-closing]")) {
  const summary = details.querySelector("summary");
  menus.push({ isOpen: () => details.open, close: () => { details.open = false; summary.focus(); } });
  details.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false;
  });
  document.addEventListener("click", (event) => { if (!details.contains(event.target)) details.open = false; });
}

// --- Hide the screen -------------------------------------------------------------------------------------------
let blank = null;
let before = null;
const hideScreen = (words) => {
  if (blank) return;
  before = { focus: document.activeElement, title: document.title, scroll: window.scrollY };
  blank = document.createElement("div");
  blank.className = "app-blank app-blank--over";
  const name = document.createElement("p");
  name.className = "app-blank__name";
  name.textContent = "PSG";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button govuk-button--secondary";
  button.textContent = "Show the screen again";
  button.addEventListener("click", showScreen);
  blank.append(name);
  if (words) {
    const line = document.createElement("p");
    line.className = "govuk-body";
    line.textContent = words;
    blank.append(line);
  }
  blank.append(button);
  for (const child of body.children) child.inert = true;
  body.append(blank);
  body.classList.add("app-body--hidden");
  document.title = "PSG";
  button.focus();
};
function showScreen() {
  if (!blank) return;
  blank.remove();
  blank = null;
  body.classList.remove("app-body--hidden");
  for (const child of body.children) child.inert = false;
  document.title = before.title;
  window.scrollTo(0, before.scroll);
  before.focus?.focus({ preventScroll: true });
}
for (const link of document.querySelectorAll("[data-hide-screen]")) {
  link.addEventListener("click", (event) => { event.preventDefault(); hideScreen(); });
}
const suggestionsOpen = () => document.querySelector('[role="combobox"][aria-expanded="true"], dialog[open]') !== null;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  if (blank) { showScreen(); return; }
  const open = menus.find((menu) => menu.isOpen());
  if (open) { open.close(); return; }
  if (suggestionsOpen() || !body.dataset.blankUrl) return;
  event.preventDefault();
  hideScreen();
});

// --- Forms: one press is enough, Ctrl+Enter sends ------------------------------------------------------------
const TWICE_WITHIN = 4000;
for (const form of document.querySelectorAll("form[data-guard]")) {
  let sentAt = 0;
  form.addEventListener("submit", (event) => {
    if (Date.now() - sentAt < TWICE_WITHIN) { event.preventDefault(); return; }
    sentAt = Date.now();
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, TWICE_WITHIN);
  });
  window.addEventListener("pageshow", () => { sentAt = 0; delete form.dataset.sent; });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = document.activeElement?.closest?.('form[method="post"]');
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector('button[type="submit"]') ?? undefined);
});

// --- Drafts ------------------------------------------------------------------------------------------------------
const TYPING_STOPS = 3000;
for (const form of document.querySelectorAll("form[data-autosave-url]")) {
  const line = form.querySelector("[data-saved]");
  let timer = 0;
  let unsaved = false;
  let announced = false;
  let failing = false;
  const send = async (leaving) => {
    clearTimeout(timer);
    if (!unsaved || form.dataset.sent) return;
    unsaved = false;
    const answers = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") answers.append(name, value);
    try {
      const answer = await fetch(form.dataset.autosaveUrl, {
        method: "POST", body: answers, credentials: "same-origin", keepalive: leaving, redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const keptUntil = await answer.text();
      if (keptUntil) for (const place of document.querySelectorAll("[data-kept-until]")) place.textContent = keptUntil;
      line.textContent = `Draft saved ${timeNow()}`;
      line.classList.remove("app-saved--failed");
      if (!announced || failing) say(line.textContent);
      announced = true;
      failing = false;
    } catch {
      unsaved = true;
      line.textContent = "Draft not saved. What you typed is still on this page.";
      line.classList.add("app-saved--failed");
      if (!failing) say(line.textContent);
      failing = true;
    }
  };
  form.addEventListener("input", () => {
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(send, TYPING_STOPS, false);
  });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") send(true); });
}

// --- Copy a reference ---------------------------------------------------------------------------------------------
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const lines = document.getElementById(button.dataset.copyFrom);
      try {
        await navigator.clipboard.writeText(lines ? lines.value : button.dataset.copy);
        say(lines ? "Copied" : `${button.dataset.copy} copied`);
        button.classList.add("app-copy__button--done");
        setTimeout(() => button.classList.remove("app-copy__button--done"), 2000);
      } catch {
        say(`Not copied. Select ${lines ? "the lines" : "the reference"} and copy ${lines ? "them" : "it"} yourself.`);
      }
    });
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// --- The session runs out: say so five minutes before --------------------------------------------------------------
const WARN_BEFORE = 300;
const lasts = Number(body.dataset.sessionSeconds);
if (lasts > 0) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("psg-session") : null;
  let ends = Date.now() + lasts * 1000;
  let warning = null;
  const close = () => { warning?.remove(); warning = null; };
  const extended = () => { ends = Date.now() + lasts * 1000; close(); };
  channel?.addEventListener("message", extended);
  channel?.postMessage("used");
  const extend = async () => {
    try {
      const answer = await fetch(body.dataset.extendUrl, {
        method: "POST", credentials: "same-origin", redirect: "error", headers: { "X-CSRFToken": body.dataset.csrf },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      extended();
      channel?.postMessage("used");
      say("You stay signed in.");
    } catch {
      warning.querySelector("p").textContent = "That did not work. Keep a copy of what you typed, then sign in again.";
    }
  };
  const warn = () => {
    warning = document.createElement("section");
    warning.className = "app-time-out";
    warning.setAttribute("aria-label", "Signing out soon");
    const line = document.createElement("p");
    line.className = "app-time-out__text";
    const minutes = Math.max(1, Math.round((ends - Date.now()) / 60000));
    line.textContent = `You will be signed out in ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "govuk-button app-time-out__button";
    button.textContent = "Stay signed in";
    button.addEventListener("click", extend);
    warning.append(line, button);
    document.getElementById("main-content")?.before(warning);
    say(`${line.textContent} The button Stay signed in stands before the page's main part.`);
  };
  setInterval(() => {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) {
      close();
      hideScreen("You have been signed out. Anything you were typing is still on the page behind this one.");
      ends = Infinity;
    } else if (left <= WARN_BEFORE && !warning) warn();
  }, 1000);
}
