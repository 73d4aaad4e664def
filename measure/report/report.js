"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, attributes) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    return element;
  };

  // Parts of foreign text in one line: none changes the direction of the others.
  const mixed = (element, parts, between) => {
    parts.forEach((part, number) => element.append(number ? between : "", make("bdi", part)));
    return element;
  };
  const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

  const save = (name, type, content) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = make("a", undefined, { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  // A spreadsheet would run a cell that begins like a formula.
  const cell = (text) => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? "'" + text : text;
    return /[",\n\r]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  for (const figure of document.querySelectorAll("figure")) {
    figure.addEventListener("change", (event) => {
      const series = event.target.dataset.series;
      if (!series) return;
      for (const group of figure.querySelectorAll("g.series." + series)) {
        group.setAttribute("display", event.target.checked ? "inline" : "none");
      }
    });
    figure.addEventListener("click", (event) => {
      const kind = event.target.dataset.save;
      if (kind === "csv") {
        const rows = [...figure.querySelectorAll("tr")].map((row) =>
          [...row.children].map((one) => cell(one.textContent)).join(","));
        save(figure.id + ".csv", "text/csv", rows.join("\r\n") + "\r\n");
      } else if (kind === "svg") {
        const drawing = figure.querySelector(".wide svg");
        save(figure.id + ".svg", "image/svg+xml", new XMLSerializer().serializeToString(drawing));
      }
    });
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => {
      const text = byId(button.dataset.copy).textContent;
      const label = button.textContent;
      const told = (words) => {
        button.textContent = words;
        setTimeout(() => { button.textContent = label; }, 1500);
      };
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text).then(() => told("Copied"), () => told("Select the text and copy it"));
      } else told("Select the text and copy it");
    });
  }

  const state = { articles: [], dimensions: [], shown: 50, open: null, unit: null };
  const controls = {};
  for (const name of ["search", "outlet", "month", "dimension", "label", "who", "sure"]) {
    controls[name] = byId("f-" + name);
  }
  const same = (one, other) => one.length === other.length && one.every((x) => other.includes(x));
  const names = (dimension, labels) => labels.length
    ? labels.map((k) => dimension.labels[k].name).join(" + ") : "none";

  const load = async () => {
    const packed = atob(byId("articles").textContent.trim());
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const data = JSON.parse(await new Response(stream).text());
    state.dimensions = data.dimensions;
    state.articles = data.articles.map(([id, title, outlet, published, text, units], number) => ({
      number, id, title, outlet, published, text,
      month: published.slice(0, 7),
      low: (title + "\n" + text).toLowerCase(),
      units: units.map(([unit, start, end, tags, sure, gold, words, alike]) => (
        { id: unit, start, end, tags, sure, gold, words, alike })),
    }));
  };
  const fill = (select, values) => {
    for (const [value, text] of values) select.append(make("option", text, { value }));
  };
  const labelsOf = () => {
    const dimension = state.dimensions[Number(controls.dimension.value)];
    const kept = controls.label.value;
    controls.label.replaceChildren(make("option", "any", { value: "" }));
    if (!dimension) return;
    fill(controls.label, dimension.labels.map((label, k) => [String(k), label.name]));
    controls.label.value = kept && dimension.labels[Number(kept)] ? kept : "";
  };

  const matches = (unit, want) => {
    const tags = unit.tags[want.dimension];
    const gold = unit.gold[want.dimension];
    const held = (labels) => labels && (want.label === null || labels.includes(want.label));
    if (want.people !== undefined) {
      return tags && gold && same(gold, [want.people]) && same(tags, [want.model]);
    }
    if (want.sure !== null && !(tags && unit.sure[want.dimension] < want.sure)) return false;
    if (want.who === "people") return Boolean(held(gold));
    if (want.who === "model") return Boolean(held(tags));
    if (want.who === "differ") {
      return Boolean(tags && gold && !same(tags, gold) && (held(tags) || held(gold)));
    }
    return want.label === null || Boolean(held(tags) || held(gold));
  };
  let cellChosen = null;
  const wanted = () => ({
    text: controls.search.value.trim().toLowerCase(),
    outlet: controls.outlet.value,
    month: controls.month.value,
    dimension: Number(controls.dimension.value || 0),
    label: controls.label.value === "" ? null : Number(controls.label.value),
    who: controls.who.value,
    sure: controls.sure.value === "" ? null : Number(controls.sure.value) / 100,
    ...(cellChosen || {}),
  });
  const narrows = (want) => want.label !== null || want.who !== "any" || want.sure !== null
    || want.people !== undefined;

  const refresh = () => {
    const want = wanted();
    const found = [];
    let n = 0;
    for (const article of state.articles) {
      if (want.outlet && article.outlet !== want.outlet) continue;
      if (want.month && article.month !== want.month) continue;
      if (want.text && !article.low.includes(want.text)) continue;
      const units = narrows(want) ? article.units.filter((unit) => matches(unit, want)) : article.units;
      if (!units.length) continue;
      n += units.length;
      found.push([article, units]);
    }
    byId("count").textContent = `${counted(found.length, "article")}, ${counted(n, "unit")}`
      + (cellChosen ? " of the chosen cell" : "");
    const items = found.slice(0, state.shown).map(([article, units]) => {
      const item = make("li");
      const facts = [article.outlet, article.published, counted(units.length, "unit")].filter(Boolean);
      const button = mixed(make("button", "", { type: "button" }), [article.title || article.id], "");
      button.append(" (", mixed(make("span"), facts, ", "), ")");
      if (state.open === article.number) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => { show(article.number, units[0].id); });
      item.append(button);
      return item;
    });
    if (found.length > state.shown) {
      const item = make("li");
      const more = make("button", `Show ${Math.min(100, found.length - state.shown)} more`, { type: "button" });
      more.addEventListener("click", () => {
        const first = state.shown;
        state.shown += 100;
        refresh();
        byId("results").children[first].firstChild.focus();
      });
      item.append(more);
      items.push(item);
    }
    byId("results").replaceChildren(...items);
  };

  const about = (article, unit) => {
    const box = make("div", undefined, { class: "about" });
    const table = make("table");
    const head = make("tr");
    const columns = ["question", "model", "sure", "people"];
    if (unit.words) columns.push("words that speak for it");
    for (const word of columns) head.append(make("th", word, { scope: "col" }));
    table.append(head);
    state.dimensions.forEach((dimension, d) => {
      const row = make("tr");
      row.append(make("th", dimension.id, { scope: "row" }));
      row.append(make("td", unit.tags[d] ? names(dimension, unit.tags[d]) : "-"));
      row.append(make("td", unit.tags[d] ? Math.round(100 * unit.sure[d]) + " %" : "-"));
      row.append(make("td", unit.gold[d] ? names(dimension, unit.gold[d]) : "not coded"));
      if (unit.words) {
        row.append(mixed(make("td"), unit.words[d].map(([word, effect]) => `${word} +${effect.toFixed(2)}`), ", "));
      }
      table.append(row);
    });
    box.append(table);
    if (unit.alike.length) {
      box.append(make("p", "Coded units that are most like it:", { class: "meta" }));
      const list = make("ul");
      for (const id of unit.alike) {
        const other = state.articles.find((one) => one.units.some((each) => each.id === id));
        if (!other) continue;
        const like = other.units.find((each) => each.id === id);
        const item = make("li");
        const said = state.dimensions.map((dimension, d) => like.gold[d] ? names(dimension, like.gold[d]) : "").filter(Boolean);
        const link = make("a", undefined, { href: "#u=" + encodeURIComponent(id) });
        item.append(mixed(link, [other.text.slice(like.start, like.end)], ""), ` (${said.join("; ")})`);
        list.append(item);
      }
      box.append(list);
    }
    const line = make("p", "", { class: "meta" });
    line.append(make("a", "Link to this unit", { href: "#u=" + encodeURIComponent(unit.id) }));
    const words = article.text.slice(unit.start, unit.end);
    const cited = `"${words}" (${[article.outlet, article.published].filter(Boolean).join(", ")}; unit ${unit.id})`;
    const button = make("button", "Copy as citation", { type: "button" });
    button.addEventListener("click", () => {
      if (navigator.clipboard) navigator.clipboard.writeText(cited).then(() => { button.textContent = "Copied"; }, () => {});
    });
    line.append(" ", button);
    box.append(line);
    return box;
  };
  const show = (number, chosen, focus = true) => {
    const article = state.articles[number];
    const want = wanted();
    const dimension = state.dimensions[want.dimension];
    state.open = number;
    state.unit = chosen;
    const reader = byId("reader");
    reader.hidden = false;
    const head = make("h3", article.title || article.id, { dir: "auto", tabindex: "-1" });
    const meta = mixed(make("p", "", { class: "meta" }), [article.outlet, article.published, article.id].filter(Boolean), " · ");
    const body = make("div", undefined, { class: "text", dir: "auto" });
    let at = 0;
    let current = null;
    for (const unit of article.units) {
      if (unit.start > at) body.append(article.text.slice(at, unit.start));
      const piece = make("span", article.text.slice(Math.max(at, unit.start), unit.end), { class: "unit", tabindex: "0", role: "button" });
      const labels = unit.gold[want.dimension] || unit.tags[want.dimension] || [];
      if (dimension && labels.length) {
        const colour = dimension.labels[labels[0]].colour;
        piece.style.borderBottomColor = colour;
        piece.style.backgroundColor = colour + "2b";
        piece.title = names(dimension, labels);
      }
      const tags = unit.tags[want.dimension];
      const gold = unit.gold[want.dimension];
      if (tags && gold && !same(tags, gold)) piece.classList.add("differs");
      if (unit.id === chosen) { piece.classList.add("chosen"); current = [unit, piece]; }
      const open = () => { show(number, unit.id); };
      piece.addEventListener("click", open);
      piece.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
      });
      body.append(piece);
      at = Math.max(at, unit.end);
    }
    body.append(article.text.slice(at));
    reader.replaceChildren(head, meta, body);
    if (current) reader.append(about(article, current[0]));
    refresh();
    // The list and the text were made anew, so that what had the focus is gone.
    if (focus) (current ? current[1] : head).focus({ preventScroll: true });
    return current;
  };
  const follow = () => {
    const [, id] = /^#u=(.+)$/.exec(location.hash) || [];
    if (!id) return;
    // An address may hold anything, such as half a sign.
    const same = (each) => id === encodeURIComponent(each.id) || id === each.id;
    const article = state.articles.find((one) => one.units.some(same));
    if (!article) return;
    const unit = article.units.find(same).id;
    const current = show(article.number, unit);
    if (current) current[1].scrollIntoView({ block: "center" });
  };

  load().then(() => {
    const count = (key) => [...new Set(state.articles.map((one) => one[key]))].filter(Boolean).sort();
    fill(controls.outlet, count("outlet").map((one) => [one, one]));
    fill(controls.month, count("month").map((one) => [one, one]));
    fill(controls.dimension, state.dimensions.map((one, k) => [String(k), one.id]));
    labelsOf();
    refresh();
    byId("filters").addEventListener("input", (event) => {
      cellChosen = null;
      state.shown = 50;
      if (event.target === controls.dimension) {
        labelsOf();
        if (state.open !== null) show(state.open, state.unit, false);
      }
      refresh();
    });
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    for (const button of document.querySelectorAll("[data-people]")) {
      button.addEventListener("click", () => {
        const d = state.dimensions.findIndex((one) => one.id === button.dataset.dimension);
        const index = (id) => state.dimensions[d].labels.findIndex((one) => one.id === id);
        controls.dimension.value = String(d);
        labelsOf();
        cellChosen = { dimension: d, people: index(button.dataset.people), model: index(button.dataset.model) };
        state.shown = 50;
        refresh();
        byId("read").scrollIntoView();
      });
    }
    addEventListener("hashchange", follow);
    follow();
    document.documentElement.dataset.ready = "true";
  });
})();
