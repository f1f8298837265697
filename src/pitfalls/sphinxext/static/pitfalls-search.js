/* The symptom search of the front page: the scoring of `pitfalls diagnose` (src/pitfalls/diagnose.py)
   over the same table, `pitfalls-symptoms.js`. A test holds the two against each other. */
(function (root) {
  "use strict";

  const MAX_CHARACTERS = 1000000;
  const CONTROL = /\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]/g;
  const LEADER = /^[ \t]*(?:(?:[*#>|;-]+|\/\/+!?)[ \t]+)+/gm;
  const WORD = /\d+(?:\.\d+)+|[A-Za-z0-9_]+/g;
  const HUMP = /([a-z0-9])([A-Z])/g;

  function makeStems(table) {
    const stop = new Set(table.stop_words);
    const stem = (word) => {
      for (const suffix of table.suffixes) {
        if (word.endsWith(suffix) && word.length - suffix.length >= 3) {
          return word.slice(0, -suffix.length);
        }
      }
      return word;
    };
    return (text) => (text.match(WORD) || []).map((word) => word.toLowerCase())
      .filter((word) => !stop.has(word)).map(stem);
  }

  /* `packed` of src/pitfalls/diagnose.py, undone in place: rows have names, a phrase the share of
     each word, a term its words. */
  function unpack(table, stems) {
    const words = (text) => [...new Set(stems(text))].sort();
    for (const pitfall of table.pitfalls) {
      const said = pitfall.symptoms.map(([kind, weight, text, more]) => ({ kind, weight, text,
        ...(kind === "phrase" ? { words: Object.fromEntries(words(text).map((word, at) => [word, more[at]])) }
          : kind === "words" ? { forms: text.split(" ").map(stems) }
            : { regex: more || text }) }));
      const terms = pitfall.terms.flatMap(([weight, texts]) =>
        texts.map((text) => ({ kind: "term", weight, text, words: words(text) })));
      pitfall.symptoms = [...said, ...terms];
    }
    table.unpacked = true;
  }

  function read(text, stems) {
    let cleaned = text.replace(/\r\n/g, "\n").replace(/\r/g, "\n").replace(CONTROL, "");
    const lines = cleaned.split("\n");
    let dropped = 0;
    if (cleaned.length > MAX_CHARACTERS) {
      const end = cleaned.slice(-MAX_CHARACTERS);
      const at = end.indexOf("\n");
      const kept = at < 0 ? "" : end.slice(at + 1);
      dropped = lines.length - kept.split("\n").length;
      cleaned = kept;
    }
    const body = cleaned.replace(LEADER, "");
    const starts = [0];
    for (let at = body.indexOf("\n"); at >= 0; at = body.indexOf("\n", at + 1)) starts.push(at + 1);
    const places = new Map();
    /* The stem of a word and those of its parts: `z_open`, `open`. */
    const known = new Map();
    const parts = (name) => {
      if (!known.has(name)) {
        known.set(name, [...stems(name), ...stems(name.replace(HUMP, "$1 $2").replace(/_/g, " "))]);
      }
      return known.get(name);
    };
    body.split("\n").forEach((line, number) => {
      for (const word of new Set((line.match(WORD) || []).flatMap(parts))) {
        if (!places.has(word)) places.set(word, []);
        places.get(word).push(number);
      }
    });
    const lineOf = (offset) => {
      let low = 0, high = starts.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (starts[middle] <= offset) low = middle + 1; else high = middle;
      }
      return low + dropped;
    };
    const bestShare = (words) => {
      const onLine = new Map();
      for (const word of Object.keys(words)) {
        for (const number of places.get(word) || []) {
          if (!onLine.has(number)) onLine.set(number, new Set());
          onLine.get(number).add(word);
        }
      }
      let best = 0, at = 0;
      for (const number of [...onLine.keys()].sort((a, b) => a - b)) {
        const both = new Set([...onLine.get(number), ...(onLine.get(number + 1) || [])]);
        let share = 0;
        if (both.size > 1) for (const word of both) share += words[word];
        share = Math.round(share * 10000) / 10000;
        if (share > best) { best = share; at = number; }
      }
      return [best, at + 1 + dropped];
    };
    /* The lines on which, or on the next, one form of every word stands. */
    const linesWith = (words) => {
      if (!words.length || words.some((forms) => !forms.some((form) => places.has(form)))) return [];
      const near = words.map((forms) => new Set(forms.flatMap((form) =>
        (places.get(form) || []).flatMap((place) => [place - 1, place]))));
      return [...near[0]].filter((line) => line >= 0 && near.every((lines) => lines.has(line)));
    };
    const lineWith = (words) => {
      const lines = linesWith(words);
      if (!lines.length) return [0, []];
      const at = lines.reduce((least, line) => Math.min(least, line));
      const near = (form) => (places.get(form) || []).some((place) => at <= place && place <= at + 1);
      const found = words.map((forms) => forms.findIndex(near));
      const here = places.get(words[0][found[0]]).includes(at);
      return [at + 1 + dropped + (here ? 0 : 1), found];
    };
    /* Of terms, heaviest first, those that bring a word that no heavier one has. */
    const eachWordOnce = (rows) => {
      const seen = new Set();
      return rows.filter((row) => {
        const brings = row.words.some((word) => !seen.has(word));
        row.words.forEach((word) => seen.add(word));
        return brings;
      });
    };
    /* Of terms, those on the line and the next where they weigh most, with the line of each. */
    const bestTerms = (rows, least) => {
      const found = new Map();
      for (const row of [...rows].sort((a, b) => b.weight - a.weight)) {
        for (const line of linesWith(row.words.map((word) => [word]))) {
          if (!found.has(line)) found.set(line, []);
          found.get(line).push(row);
        }
      }
      let at = 0, best = 0, counted = [];
      for (const line of [...found.keys()].sort((a, b) => a - b)) {
        const rows = eachWordOnce(found.get(line));
        const sum = rows.reduce((total, row) => total + row.weight, 0);
        const weight = Math.round(sum * 10000) / 10000;
        if (weight > best) { at = line; best = weight; counted = rows; }
      }
      if (best < least) return [];
      return counted.map((row) =>
        [row, at + 1 + dropped + (places.get(row.words[0]).includes(at) ? 0 : 1)]);
    };
    return { body, lines: starts.length, lineOf, lineWith, bestShare, bestTerms, shown: (line) => (lines[line - 1] || "").trim() };
  }

  /** Candidates for a text: [{id, slug, title, url, score, matches: [{line, text, why, score}]}]. */
  function diagnose(table, text) {
    const stems = makeStems(table);
    if (!table.unpacked) unpack(table, stems);
    const reading = read(text, stems);
    const found = [];
    for (const pitfall of table.pitfalls) {
      const matches = [];
      for (const row of pitfall.symptoms) {
        if (row.kind === "phrase") {
          const [share, line] = reading.bestShare(row.words);
          if (share >= table.enough) {
            const why = `${Math.round(share * 100)}% of the words of “${row.text}”`;
            const score = row.weight * share * table.phrase;
            matches.push({ line, text: reading.shown(line), why, score });
          }
          continue;
        }
        if (row.kind === "words") {
          const [line, found] = reading.lineWith(row.forms);
          const said = row.text.split(" ").map((forms, at) => forms.split("/")[found[at]]).join(", ");
          if (line) matches.push({ line, text: reading.shown(line), why: `the words ${said}`, score: row.weight });
          continue;
        }
        if (row.kind === "term") continue;
        if (row.compiled === undefined) row.compiled = new RegExp(row.regex, "im");
        const match = row.compiled.exec(reading.body);
        if (match) {
          const lead = match[0].length - match[0].trimStart().length;
          const line = reading.lineOf(match.index + lead);
          const word = { code: "the code", log: "the text" }[row.kind] || "a text like";
          matches.push({ line, text: reading.shown(line), why: `${word} ${row.text}`, score: row.weight });
        }
      }
      const terms = pitfall.symptoms.filter((row) => row.kind === "term");
      const least = table.luck * (String(reading.lines).length - 1);
      const hints = reading.bestTerms(terms, least / table.hint);
      /* What suffices alone: a symptom of full weight, or a term that is one name. */
      const weak = matches.every((match) => match.score < table.threshold) &&
        hints.every(([row]) => row.words.length > 1 || row.weight * table.hint < table.threshold);
      for (const [row, line] of hints) {
        const why = `the term ${row.text}`;
        matches.push({ line, text: reading.shown(line), why, score: row.weight * table.hint });
      }
      matches.sort((a, b) => b.score - a.score || a.line - b.line);
      const score = matches.reduce((sum, match) => sum + match.score, 0);
      if (score >= (weak ? table.hints : table.threshold)) {
        const { id, slug, title, url } = pitfall;
        found.push({ id, slug, title, url, score: Math.round(score * 100) / 100, matches });
      }
    }
    return found.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }

  root.pitfallsDiagnose = diagnose;
  if (typeof module !== "undefined") module.exports = diagnose;
  if (typeof document === "undefined") return;

  /* The pitfalls whose id, title or words start like what was typed: for names rather than symptoms. */
  function byName(table, text) {
    const wanted = text.trim().toLowerCase();
    if (wanted.length < 2 || wanted.includes("\n")) return [];
    return table.pitfalls.filter((pitfall) =>
      [pitfall.id, pitfall.slug, pitfall.title].some((name) => name.toLowerCase().includes(wanted)));
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function row(entry, prefix) {
    const link = element("a", { href: prefix + entry.url, class: "pitfall-hit-link" },
      element("code", {}, entry.id), " ", entry.title);
    const item = element("li", { class: "pitfall-hit" }, link);
    const match = (entry.matches || [])[0];
    if (match) {
      const where = match.text.length > 120 ? match.text.slice(0, 120) + "…" : match.text;
      item.append(element("p", { class: "pitfall-hit-why" }, `line ${match.line}: `,
        element("q", {}, where), ` (${match.why})`));
    }
    return item;
  }

  function attach(box) {
    const table = root.pitfallsSymptoms;
    if (!table) return;
    const prefix = box.dataset.root || document.documentElement.dataset.content_root || "";
    const input = element("textarea", { id: "pitfall-symptom", rows: "2", spellcheck: "false",
      autocomplete: "off", "aria-describedby": "pitfall-symptom-hint",
      placeholder: "-78, FIN-WAIT-1, a pasted log …" });
    const label = element("label", { for: "pitfall-symptom" }, "What do you see?");
    const hint = element("p", { id: "pitfall-symptom-hint", class: "pitfall-about" },
      "An error code, a log line, a panic, or plain words. Nothing leaves this page.");
    const state = element("p", { role: "status", class: "pitfall-about pitfall-hit-state" });
    const list = element("ol", { class: "pitfall-hits", "aria-label": "Likely pitfalls" });
    box.replaceChildren(label, input, hint, state, list);

    const update = () => {
      const text = input.value;
      const hits = text.trim() ? diagnose(table, text) : [];
      const ids = new Set(hits.map((hit) => hit.id));
      const named = byName(table, text).filter((pitfall) => !ids.has(pitfall.id));
      list.replaceChildren(...[...hits, ...named].slice(0, 8).map((entry) => row(entry, prefix)));
      const number = hits.length + named.length;
      state.textContent = !text.trim() ? "" :
        number === 0 ? "No known pitfall: nothing in this text is a symptom that the pages name." :
        `${number} likely ${number === 1 ? "pitfall" : "pitfalls"}, best first.`;
      const url = new URL(root.location.href);
      if (text.trim() && text.length < 200) url.searchParams.set("symptom", text);
      else url.searchParams.delete("symptom");
      try { root.history.replaceState(null, "", url); } catch (error) { /* not for files, in some */ }
    };
    let waiting = 0;
    input.addEventListener("input", () => {
      root.clearTimeout(waiting);
      waiting = root.setTimeout(update, 60);
    });
    input.addEventListener("keydown", (event) => {
      const first = list.querySelector("a");
      if (event.key === "Enter" && !event.shiftKey && first && !input.value.includes("\n")) {
        event.preventDefault();
        root.clearTimeout(waiting);
        update();
        const now = list.querySelector("a");
        if (now) now.click();
      }
    });
    const given = new URL(root.location.href).searchParams.get("symptom");
    if (given) { input.value = given; update(); }
  }

  const start = () => document.querySelectorAll(".pitfall-search").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})(typeof window !== "undefined" ? window : globalThis);
