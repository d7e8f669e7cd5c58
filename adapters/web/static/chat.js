// What the page does by itself: keys of clicks, dialogs and focus, live lines, marks of what is
// new. Everything else is htmx attributes in the templates. Without this file the page still works.
"use strict";

(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const main = find("#main");
  const { person, conversation } = find("[data-person].main")?.dataset ?? {};
  const content = find("#content");
  const lines = find("#lines");

  // A double click is one event: the same post within a second carries the same key.
  const DOUBLE = 1000;
  const sent = new Map();

  document.addEventListener("htmx:configRequest", (event) => {
    const { formData, path } = event.detail;
    if (!formData.has("key")) return;
    const same = path + JSON.stringify([...formData].filter(([name]) => name !== "key"));
    const before = sent.get(same);
    const now = performance.now();
    const key = before && now - before.at < DOUBLE ? before.key : crypto.randomUUID();
    sent.clear();
    sent.set(same, { key, at: now });
    formData.set("key", key);
  });

  // What was pressed last, to give the focus back to it or to what took its place.
  let opener = null;
  let place = "";
  document.addEventListener("submit", (event) => {
    if (event.target.closest("dialog")) return;
    opener = event.submitter ?? document.activeElement;
    place = opener.closest(".line")?.id ?? "";
  }, true);

  // A line may be drawn anew while it is in use; the same button then stands in its place.
  const twin = (button, within = document) => (button.isConnected ? button
    : all("button[name]", within).find((one) => one.name === button.name && one.value === button.value));

  const focusAgain = () => {
    const line = place ? document.getElementById(place) : null;
    const fresh = (opener && twin(opener)) ?? (line && find(".buttons button", line)) ?? line ?? find("#words") ?? main;
    if (fresh === line && line) line.tabIndex = -1;
    fresh?.focus({ preventScroll: true });
  };

  // Asking first: the press is held back until the question is answered.
  const question = find("#confirm");
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || button.dataset.confirmed || !question) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    find("#confirm-words").textContent = button.dataset.confirm;
    question.returnValue = "";
    question.showModal();
    question.addEventListener("close", () => {
      const present = twin(button);
      if (!present) return;
      present.focus();
      if (question.returnValue !== "yes") return;
      present.dataset.confirmed = "yes";
      present.click();
      delete present.dataset.confirmed;
    }, { once: true });
  }, true);

  // Dialogs come drawn and open; here they become modal.
  const host = find("#dialog-host");
  const showDialog = () => {
    const dialog = host && find("dialog[data-modal]", host);
    if (!dialog || dialog.matches(":modal")) return;
    dialog.removeAttribute("open");
    dialog.showModal();
    const wrong = find("[aria-invalid], .input:has(.fault)", dialog);
    const input = "input:not([type=hidden]), textarea, select";
    const first = wrong ? (wrong.matches(input) ? wrong : find(input, wrong)) : null;
    (first ?? find(`.dialog-parts :is(${input})`, dialog) ?? find("button.strong", dialog))?.focus();
    dialog.addEventListener("close", () => {
      if (!dialog.isConnected) return;
      host.replaceChildren();
      focusAgain();
    });
  };
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("dialog[data-modal] [data-close]");
    if (!closer) return;
    event.preventDefault();
    closer.closest("dialog").close();
  });
  let hadDialog = false;
  let held = null;
  document.addEventListener("htmx:beforeSwap", () => {
    hadDialog = Boolean(host?.firstElementChild);
    held = document.activeElement;
  });
  document.addEventListener("htmx:afterRequest", () => {
    showDialog();
    // What had the focus may be gone: the dialog, or the card that was replaced.
    const lost = document.activeElement === document.body;
    const again = lost && held ? twin(held) : null;
    if (again) again.focus({ preventScroll: true });
    else if (!host?.firstElementChild && (hadDialog || lost)) focusAgain();
    hadDialog = false;
    held = null;
  });

  // Lines.
  const nearEnd = () => content && content.scrollHeight - content.scrollTop - content.clientHeight < 160;
  const toEnd = () => { if (content) content.scrollTop = content.scrollHeight; };

  const group = () => {
    let before = null;
    for (const line of all(":scope > *", lines)) {
      const same = before?.dataset.author && before.dataset.author === line.dataset.author;
      line.classList.toggle("same", Boolean(same) && line.dataset.day === before.dataset.day);
      before = line;
    }
  };

  const dayBefore = (line) => {
    if (all("[data-day]", lines).some((one) => one.dataset.day === line.dataset.day)) return;
    const day = document.createElement("p");
    const name = document.createElement("span");
    day.className = "day";
    day.dataset.day = line.dataset.day;
    name.textContent = line.dataset.dayName;
    day.append(name);
    lines.append(day);
  };

  // Keeps what is being typed and where the focus is while a card is replaced.
  const replace = (old, fresh) => {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const inner = "button, input, select, textarea, summary";
    const at = focused && all(inner, old).indexOf(focused);
    for (const typed of all("input:not([type=hidden]), textarea, select", old)) {
      const same = all(`[name="${CSS.escape(typed.name)}"]`, fresh)
        .find((one) => one.type === typed.type && (!/radio|checkbox/.test(one.type) || one.value === typed.value));
      if (!same) continue;
      if (/radio|checkbox/.test(typed.type)) same.checked = typed.checked;
      else same.value = typed.value;
    }
    old.replaceWith(fresh);
    if (!focused) return;
    const same = focused.name && focused.value ? all(inner, fresh).find((one) => one.name === focused.name && one.value === focused.value) : null;
    const next = same ?? all(inner, fresh)[at];
    if (next && next.name === focused.name) next.focus({ preventScroll: true });
    else if (!find("#dialog-host dialog")) {
      fresh.tabIndex = -1;
      fresh.focus({ preventScroll: true });
    }
  };

  const parsed = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  const take = (line) => {
    if (!lines) return;
    const old = document.getElementById(line.id);
    if (old?.dataset.version === line.dataset.version) return;
    const follow = nearEnd() || line.classList.contains("own");
    if (old) replace(old, line);
    else {
      find(".nothing", lines)?.remove();
      dayBefore(line);
      lines.append(line);
    }
    htmx.process(line);
    group();
    if (follow) toEnd();
    seen(conversation, Number(line.dataset.line));
  };

  // Marks of what is new, kept in this browser for each person.
  const marks = `groundswell:seen:${person}`;
  const seen = (name, line) => {
    const known = JSON.parse(localStorage.getItem(marks) ?? "{}");
    if (line > (known[name] ?? 0)) localStorage.setItem(marks, JSON.stringify({ ...known, [name]: line }));
  };
  const showMarks = () => {
    const known = JSON.parse(localStorage.getItem(marks) ?? "null");
    for (const entry of all("[data-newest]")) {
      const { conversation: name, newest } = entry.dataset;
      // Whoever comes for the first time has history, not news.
      if (name === conversation || !known) seen(name, Number(newest));
      else if (Number(newest) > (known[name] ?? 0)) entry.querySelector(".unread").hidden = false;
    }
  };

  const tell = (words, href) => {
    const said = document.createElement(href ? "a" : "p");
    said.textContent = words;
    if (href) said.href = href;
    find("#notice").replaceChildren(said);
    // What it says stands elsewhere as well, so it need not stay.
    setTimeout(() => said.remove(), 8000);
  };

  const takeHome = (html) => {
    const home = find("#home");
    const fresh = home.cloneNode(false);
    fresh.append(parsed(html));
    const shown = (node) => node.textContent.replace(/\s+/g, " ");
    if (shown(fresh) === shown(home)) return;
    replace(home, fresh);
    htmx.process(fresh);
  };

  const listen = () => {
    const base = `/chat/${person}/${conversation}`;
    const source = new EventSource(`${base}/events`);
    source.addEventListener("ready", async () => {
      document.documentElement.dataset.live = "yes";
      // Whatever happened between drawing the page and listening, or while away.
      const answer = await fetch(`${base}/lines`);
      if (!answer.ok) return;
      const html = await answer.text();
      if (conversation === "home") takeHome(html);
      else all(".line[id]", parsed(html)).forEach(take);
    });
    source.addEventListener("line", (event) => take(find(".line", parsed(event.data))));
    source.addEventListener("home", (event) => takeHome(event.data));
    source.addEventListener("elsewhere", (event) => {
      const [name] = event.data.split(" ");
      const entry = find(`.entry[data-conversation="${CSS.escape(name)}"]`);
      if (!entry) return;
      find(".unread", entry).hidden = false;
      if (name === `dm-${person}`) tell("Groundswell wrote to you. Open the message", entry.href);
    });
    // Whoever reset the demo is led to its beginning; all others begin where they are.
    let leaving = false;
    find("form.reset")?.addEventListener("htmx:beforeRequest", () => { leaving = true; });
    source.addEventListener("reset", () => { if (!leaving) location.reload(); });
    source.addEventListener("error", () => { delete document.documentElement.dataset.live; });
    addEventListener("pagehide", () => source.close());
  };

  // The composer.
  const words = find("#words");
  words?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (words.value.trim()) words.form.requestSubmit(find(".send"));
  });
  let written = "";
  words?.form.addEventListener("htmx:configRequest", () => { written = words.value; });
  words?.form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && words.value === written) words.value = "";
    const here = document.activeElement;
    if (here === document.body || words.form.contains(here)) words.focus();
  });
  document.addEventListener("htmx:sendError", () => tell("There is no connection at the moment. Nothing was sent."));

  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (!dismiss) return;
    dismiss.closest(".line").remove();
    group();
    (words ?? main)?.focus();
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (!event.detail.target.closest?.("#lines")) return;
    group();
    toEnd();
  });

  // The theme.
  const toggle = find("[data-theme-toggle]");
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const root = document.documentElement;
      const dark = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      root.dataset.theme = dark === "dark" ? "light" : "dark";
      localStorage.setItem("groundswell:theme", root.dataset.theme);
    });
  }

  // Finding a person.
  const search = find("#search");
  if (search) {
    find("[data-search]").hidden = false;
    search.addEventListener("input", () => {
      const wanted = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const one of all("[data-person]")) {
        const text = one.dataset.person.toLocaleLowerCase();
        one.hidden = !wanted.every((word) => text.includes(word));
        found += one.hidden ? 0 : 1;
      }
      for (const section of all(".department")) section.hidden = !find("[data-person]:not([hidden])", section);
      find("[data-count]").textContent = wanted.length ? `${found} found` : "";
    });
  }

  if (person) {
    if (lines) group();
    showMarks();
    showDialog();
    const wanted = location.hash.startsWith("#line-") && document.getElementById(location.hash.slice(1));
    if (wanted) wanted.scrollIntoView({ block: "center" });
    else toEnd();
    if (conversation) listen();
    if (words && matchMedia("(min-width: 48rem)").matches && !find("#dialog-host dialog")) words.focus();
  }
})();
