// What is wrong with the page that is open, in words: one function for each way of seeing it (modes.py).

const name = (one) => (one.tagName.toLowerCase() + "." + one.className + " " +
  (one.textContent || one.value || "").trim().replace(/\s+/g, " ").slice(0, 40));
const seen = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true});
const hidden = (one) => one.closest(".govuk-visually-hidden, .govuk-skip-link, details:not([open])") !== null;
const all = (what) => [...document.querySelectorAll(what)].filter((one) => seen(one) && !hidden(one));
const clear = (colour) => colour === "transparent" || /^rgba.*, 0\)$/.test(colour);

const forcedColours = () => {
  const bordered = (one) => {
    const look = getComputedStyle(one);
    return ["Top", "Bottom", "Left", "Right"].some((side) =>
      parseFloat(look[`border${side}Width`]) > 0 && look[`border${side}Style`] !== "none" && !clear(look[`border${side}Color`]));
  };
  const wrong = [];
  // Colour alone drew these; a line has to take its place.
  const drawn = ".govuk-button, button.app-find__button, .app-band--filled, .app-tag, .app-chip, .app-nav__badge, " +
    ".govuk-input, .govuk-select, .govuk-textarea, .app-alert, .govuk-error-summary, .govuk-panel";
  for (const one of all(drawn)) if (!bordered(one)) wrong.push("no border: " + name(one));
  for (const one of all(".app-nav__link[aria-current], .app-sub-navigation__link[aria-current]")) {
    const plain = document.querySelector("." + one.classList[0] + ":not([aria-current])");
    if (plain && getComputedStyle(one).borderBottomColor === getComputedStyle(plain).borderBottomColor)
      wrong.push("does not stand out: " + name(one));
  }
  for (const one of all(".app-band__shape, .app-icon, .app-chart path, .app-chart line")) {
    const look = getComputedStyle(one);
    const paper = getComputedStyle(document.body).backgroundColor;
    if ((clear(look.stroke) || look.stroke === "none" || look.stroke === paper) &&
        (clear(look.fill) || look.fill === "none" || look.fill === paper)) wrong.push("cannot be seen: " + one.classList);
  }
  const before = document.activeElement;
  for (const kind of ["main a[href]", "main button", "main input:not([type=hidden])", "main select", "main textarea", "header a", "summary"]) {
    const one = all(kind).find((each) => !each.disabled);
    if (!one) continue;
    one.focus({focusVisible: true, preventScroll: true});
    // What is drawn for radio buttons and checkboxes belongs to their label.
    const ring = [getComputedStyle(one), ...[...(one.labels ?? [])].map((label) => getComputedStyle(label, "::before"))];
    if (!ring.some((look) => look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2))
      wrong.push("no ring of focus: " + name(one));
  }
  document.activeElement?.blur();
  before?.focus?.({preventScroll: true});
  return [...new Set(wrong)];
};

const fits = () => {
  const wrong = [];
  const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (sideways > 0) wrong.push(`${sideways} pixels sideways`);
  const cut = (how) => how === "hidden" || how === "clip";
  for (const one of document.querySelectorAll("body *")) {
    if (one.scrollWidth <= one.clientWidth + 1 && one.scrollHeight <= one.clientHeight + 1) continue;
    const look = getComputedStyle(one);
    if (!cut(look.overflowX) && !cut(look.overflowY)) continue;
    // The headings of stacked tables are for screen readers: each value carries its own.
    if (hidden(one) || !seen(one) || one.closest(".app-scroll, input, textarea, .app-table--stack thead")) continue;
    if ((cut(look.overflowX) && one.scrollWidth > one.clientWidth + 1) ||
        (cut(look.overflowY) && one.scrollHeight > one.clientHeight + 1)) wrong.push("cut off: " + name(one));
  }
  for (const one of all("button, .govuk-button, .app-tag, .app-band, a, label")) {
    const box = one.getBoundingClientRect();
    if (box.width && (box.left < -1 || box.right > innerWidth + 1) && !one.closest(".app-scroll"))
      wrong.push("beyond the edge: " + name(one));
    if (one.matches("button, .govuk-button") && one.scrollHeight > one.clientHeight + 4) wrong.push("too low for its words: " + name(one));
  }
  return [...new Set(wrong)];
};

const moves = () => {
  const wrong = [];
  for (const one of [document.documentElement, ...[...document.querySelectorAll("body *")].slice(0, 400)]) {
    const look = getComputedStyle(one);
    const long = (times) => times.split(",").some((time) => parseFloat(time) > 0);
    if (look.animationName !== "none" && long(look.animationDuration)) wrong.push("moves: " + name(one));
    if (look.transitionProperty !== "none" && long(look.transitionDuration)) wrong.push("glides: " + name(one));
    if (look.scrollBehavior === "smooth") wrong.push("scrolls by itself: " + name(one));
  }
  return [...new Set(wrong)];
};

const printed = (marked) => {
  const wrong = [];
  const gone = ".app-nav, .app-bar, .app-header, .app-footer, .app-filters, .govuk-breadcrumbs, .govuk-button, nav, .govuk-pagination";
  for (const one of all(gone)) if (one.getBoundingClientRect().height > 0) wrong.push("is printed: " + name(one));
  for (const one of all("main a[href]")) for (const part of ["::before", "::after"]) {
    const said = getComputedStyle(one, part).content;
    if (!["none", "normal", '""'].includes(said)) wrong.push(`prints ${said} with ` + name(one));
  }
  for (const one of all("table")) {
    const box = one.getBoundingClientRect();
    if (box.right > innerWidth + 1) wrong.push(`a table ${Math.round(box.right)} wide: ` + name(one));
    for (let up = one.parentElement; up; up = up.parentElement) {
      const look = getComputedStyle(up);
      if (look.overflowX !== "visible" && up.scrollWidth > up.clientWidth + 1) wrong.push("a table cut off: " + name(one));
    }
  }
  if (!all("h1").length) wrong.push("no heading");
  const marking = document.querySelector(".app-marking");
  if (marked && !(marking && seen(marking) && marking.textContent.trim())) wrong.push("no handling marking");
  if (marking && seen(marking) && all("h1").length && marking.getBoundingClientRect().top > all("h1")[0].getBoundingClientRect().top)
    wrong.push("the marking stands under the heading");
  return [...new Set(wrong)];
};

const grey = () => {
  const wrong = [];
  // What has the focus is drawn as such: a box instead of the line under it.
  document.activeElement?.blur();
  for (const one of document.querySelectorAll(".app-band")) if (!one.querySelector(".app-band__word")?.textContent.trim())
    wrong.push("a band without its word");
  for (const one of document.querySelectorAll(".app-tag, .app-overdue, .app-late, .app-list-late, .app-nav__badge"))
    if (!one.textContent.trim()) wrong.push("a colour without a word: " + one.className);
  for (const one of document.querySelectorAll(".app-alert, .app-callout, .app-banner")) if (!one.textContent.trim())
    wrong.push("an empty box: " + one.className);
  // A link in running text is more than another colour.
  for (const one of all("main p a[href], main li a[href], main dd a[href]")) {
    const look = getComputedStyle(one);
    if (look.textDecorationLine === "none" && parseFloat(look.borderBottomWidth) === 0 && !one.closest("nav, .govuk-button, .app-chips, .app-sub-navigation") && !one.classList.contains("govuk-button"))
      wrong.push("a link told by its colour alone: " + name(one));
  }
  return [...new Set(wrong)];
};
