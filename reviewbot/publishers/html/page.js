"use strict";
(() => {
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const one = (selector, from = document) => from.querySelector(selector);

  // What is remembered. A browser may refuse: then the page works, and forgets.
  const memory = {
    read(key) {
      try { return localStorage.getItem(`reviewbot:${key}`); } catch { return null; }
    },
    write(key, value) {
      try {
        if (value === null) localStorage.removeItem(`reviewbot:${key}`);
        else localStorage.setItem(`reviewbot:${key}`, value);
      } catch { /* nothing to be done */ }
    },
  };

  const cards = all("article.card");
  const patches = all("section.patch");

  // --- the checklist: what is ticked, by the comment's fingerprint

  const ticked = (card) => {
    try {
      const items = JSON.parse(memory.read(card.id) ?? "[]");
      return Array.isArray(items) ? items : [];
    } catch { return []; }
  };
  const count = (card) => {
    const boxes = all(".checklist input", card);
    const done = boxes.filter((box) => box.checked).length;
    const place = one(".done", card);
    if (place) place.textContent = `(${done} of ${boxes.length} done)`;
  };
  for (const card of cards) {
    const known = ticked(card);
    for (const box of all(".checklist input", card)) {
      box.checked = known.includes(box.dataset.item);
      box.addEventListener("change", () => {
        const items = all(".checklist input:checked", card).map((each) => each.dataset.item);
        memory.write(card.id, items.length ? JSON.stringify(items) : null);
        count(card);
      });
    }
    count(card);
  }

  // --- one column, or side by side

  const plain = new WeakMap();
  const cell = (row, number, ...classes) => {
    const made = row ? row.cells[number].cloneNode(true) : document.createElement("td");
    made.classList.add(...classes.filter(Boolean));
    return made;
  };
  const pair = (before, after) => {
    const made = document.createElement("tr");
    const look = (row) => (row ? [row.classList[0], row.classList.contains("talked") && "talked"] : ["void"]);
    const left = look(before), right = look(after);
    made.append(cell(before, 0, ...left), cell(before, 2, ...left), cell(before, 3, ...left));
    made.append(cell(after, 1, "half", ...right), cell(after, 2, ...right), cell(after, 3, ...right));
    const named = [after, before].find((row) => row && row.id);
    if (named) made.id = named.id;
    return made;
  };
  const halved = (rows) => {
    const made = [];
    let gone = [], come = [];
    const flush = () => {
      for (let i = 0; i < Math.max(gone.length, come.length); i += 1) made.push(pair(gone[i], come[i]));
      gone = [];
      come = [];
    };
    for (const row of rows) {
      if (row.classList.contains("del") && !come.length) gone.push(row);
      else if (row.classList.contains("add")) come.push(row);
      else {
        flush();
        if (row.classList.contains("del")) gone.push(row);
        else if (row.classList.contains("same")) made.push(pair(row, row));
        else {
          const copy = row.cloneNode(true);
          copy.cells[0].colSpan = 6;
          made.push(copy);
        }
      }
    }
    flush();
    return made;
  };
  const widths = (table, names) => {
    one("colgroup", table).replaceChildren(...names.map((name) => {
      const made = document.createElement("col");
      if (name) made.className = name;
      return made;
    }));
  };
  let isSplit = false;
  const lay = (table) => {
    const folded = table.closest("details");
    if ((folded && !folded.open) || table.classList.contains("halves") === isSplit) return;
    const body = table.tBodies[0];
    if (isSplit) {
      plain.set(table, Array.from(body.rows));
      body.replaceChildren(...halved(plain.get(table)));
      widths(table, ["n", "m", "", "n", "m", ""]);
    } else {
      body.replaceChildren(...plain.get(table));
      widths(table, ["n", "n", "m", ""]);
    }
    table.classList.toggle("halves", isSplit);
  };
  const split = (wanted) => {
    isSplit = wanted;
    document.documentElement.classList.toggle("split", wanted);
    one("#split").setAttribute("aria-pressed", String(wanted));
    all("table.diff").forEach(lay);
    memory.write("view", wanted ? "split" : null);
  };
  for (const folded of all("details.folded")) {
    folded.addEventListener("toggle", () => all("table.diff", folded).forEach(lay));
  }

  // --- filters

  const choices = all("select[data-filter]");
  const groups = all("details[data-group]");
  const reasons = all("input[data-reason]");
  const isSeen = (card) => !card.hidden && !(card.closest("details[data-group]") && !card.closest("details").open);
  const entries = new Map(all("li[data-for]").map((entry) => [entry.dataset.for, entry]));
  const talks = all(".talk").map((talk) => [talk, all("article.card", talk)]);
  const filter = () => {
    for (const card of cards) {
      card.hidden = choices.some((choice) => choice.value && card.dataset[choice.dataset.filter] !== choice.value);
      const entry = entries.get(card.id);
      if (entry) entry.hidden = card.hidden;
    }
    for (const [talk, inside] of talks) talk.hidden = inside.every((card) => card.hidden);
    const shown = cards.filter((card) => !card.closest("details[data-group]"));
    const left = shown.filter((card) => !card.hidden).length;
    one(".found").textContent = `${left} of ${shown.length} comment${shown.length === 1 ? "" : "s"}`;
  };
  choices.forEach((choice) => choice.addEventListener("change", filter));
  for (const box of reasons) {
    const group = groups.find((each) => each.dataset.group === box.dataset.reason);
    box.addEventListener("change", () => { group.open = box.checked; });
    group.addEventListener("toggle", () => { box.checked = group.open; });
  }

  // --- going about

  const reveal = (target) => {
    for (let up = target.parentElement; up; up = up.parentElement) {
      if (up.tagName === "DETAILS") up.open = true;
    }
    if (target.closest("table.diff")) lay(target.closest("table.diff"));
  };
  const go = (target) => {
    if (!target) return;
    reveal(target);
    if (target.id) {
      try { history.replaceState(null, "", `#${target.id}`); } catch { /* the address stays */ }
    }
    target.scrollIntoView({ block: "start" });
    target.focus({ preventScroll: true });
    mark(target);
  };
  const mark = (target) => {
    for (const [id, entry] of entries) entry.toggleAttribute("data-now", id === target.id);
  };
  const follow = () => {
    const name = location.hash.slice(1);
    const target = name && document.getElementById(name);
    if (!target) return;
    if (target.hidden) {
      choices.forEach((choice) => { choice.value = ""; });
      filter();
    }
    reveal(target);
    const shown = document.getElementById(name);
    shown.scrollIntoView({ block: shown.matches("tr") ? "center" : "start" });
    if (shown.matches("[tabindex]")) shown.focus({ preventScroll: true });
    mark(shown);
  };
  const step = (stops, forward) => {
    const here = document.activeElement?.closest?.("article.card, section.patch, section.unshown");
    const at = stops.indexOf(here);
    if (at >= 0) return stops[at + (forward ? 1 : -1)];
    // from elsewhere: the next below, or above, what is at the top of the window
    const line = here ? here.getBoundingClientRect().top : 60;
    const below = stops.filter((stop) => stop.getBoundingClientRect().top > line + 1);
    const above = stops.filter((stop) => stop.getBoundingClientRect().top < line - 1);
    return forward ? below[0] : above.at(-1);
  };
  const help = one("#help");
  const ask = () => (help.open ? help.close() : help.showModal());
  const keys = {
    n: () => go(step(cards.filter(isSeen), true)),
    p: () => go(step(cards.filter(isSeen), false)),
    j: () => go(step(patches, true)),
    k: () => go(step(patches, false)),
    s: () => split(!isSplit),
    "?": ask,
  };
  const isOn = one("#keys");
  isOn.checked = memory.read("keys") !== "off";
  isOn.addEventListener("change", () => memory.write("keys", isOn.checked ? null : "off"));
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("select, textarea, input:not([type=checkbox])");
    if (!isOn.checked || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
    if (!Object.hasOwn(keys, event.key) || (help.open && event.key !== "?")) return;
    event.preventDefault();
    keys[event.key]();
  });
  one("#split").addEventListener("click", () => split(!isSplit));
  one("#ask").addEventListener("click", ask);
  one("#close").addEventListener("click", () => help.close());
  window.addEventListener("hashchange", follow);

  // --- on paper everything is open, in one column

  let before = null;
  window.addEventListener("beforeprint", () => {
    before = { closed: all("details:not([open])"), isSplit };
    before.closed.forEach((each) => { each.open = true; });
    if (isSplit) split(false);
  });
  window.addEventListener("afterprint", () => {
    before?.closed.forEach((each) => { each.open = false; });
    if (before?.isSplit) split(true);
    before = null;
  });

  one(".controls").hidden = false;
  const isNarrow = (width) => matchMedia(`(max-width: ${width}rem)`).matches;
  if (isNarrow(60)) one(".contents").open = false;
  filter();
  if (memory.read("view") === "split" && !isNarrow(40)) split(true);
  if (location.hash) follow();
})();
