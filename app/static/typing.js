/* What a long form does in the browser while somebody types: it is kept on the server, and the page tells when the
   session ends. Nothing is kept in the browser's storage and nothing is asked but this server. */
(function () {
  "use strict";

  const { each } = window.patronat;

  /* The session ends without work after a while, and after a shift anyway. A page with a form tells two minutes before
     and asks nothing of the server until then; `main` says by data-session-* how many seconds are left. */
  const WARN = 120000;
  let sessionTold = () => {};

  function warnOfEnd() {
    const main = document.querySelector("main[data-session-idle]");
    if (!main || !main.querySelector("form[method=post]")) return;
    let ends = 0, shift = false, timer = 0;
    const box = document.createElement("div");
    box.className = "notice notice--warn session-end no-print";
    box.setAttribute("role", "alert");
    box.hidden = true;
    const text = document.createElement("span");
    const stay = document.createElement("button");
    stay.type = "button";
    stay.className = "btn";
    stay.textContent = "Остаться";
    const enter = enterLink(main);
    box.append(text, stay, enter);
    document.body.append(box);
    const look = () => {
      clearTimeout(timer);
      const left = ends - Date.now();
      if (left > WARN) {
        box.hidden = true;
        timer = setTimeout(look, Math.min(left - WARN, 60000));
        return;
      }
      const over = left <= 0;
      const minutes = Math.ceil(left / 60000);
      if (over) text.textContent = "Сеанс окончен: войдите в новом окне, текст на этой странице не потеряется.";
      else text.textContent = `Сеанс закончится через ${minutes > 1 ? "2 минуты" : "минуту"}` +
        (shift ? ": смена длится не больше 12 часов. Сохраните введённое, потом войдите снова." : ".");
      stay.hidden = over || shift;
      enter.hidden = !over;
      box.hidden = false;
      if (!over) timer = setTimeout(look, Math.min(left, left > 60000 ? left - 60000 : left) + 50);
    };
    sessionTold = (left) => {
      shift = left.shift <= left.idle;
      ends = Date.now() + 1000 * Math.min(left.idle, left.shift);
      look();
    };
    stay.addEventListener("click", async () => {
      try {
        const answer = await fetch(main.dataset.sessionStay, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) sessionTold(await answer.json());
        else sessionTold({ idle: 0, shift: 1 });
      } catch {
        text.textContent = "Нет связи с сервером. Нажмите «Остаться» ещё раз.";
      }
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    sessionTold({ idle: Number(main.dataset.sessionIdle), shift: Number(main.dataset.sessionShift) });
  }

  function enterLink(main) {
    const link = document.createElement("a");
    link.href = main.dataset.sessionEnter || "/login/";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Войти в новом окне";
    return link;
  }

  /* data-draft="kind" on a form: what is typed is kept on the server within seconds, field by field, and nowhere in the
     browser. data-draft-url: where; data-draft-kept: the draft that the page was opened with. */
  const QUIET = 2000, AT_LATEST = 6000, AGAIN = 10000, LARGEST_BEACON = 60000;
  const OF_PAGE = new Set(["csrf_token", "form_key", "draft", "typed_by", "more"]);

  function keepDraft() {
    const form = document.querySelector("form[data-draft]");
    if (!form) return;
    const said = form.querySelector("[data-draft-said]");
    const value = (name) => form.elements.namedItem(name).value;
    let kept = null; // what the server has confirmed, by the names of the fields
    let known = form.dataset.draftKept ? Number(form.dataset.draftKept) : null;
    const hidden = [...form.querySelectorAll("input[type=hidden]")].map((field) => field.name).filter((name) => !OF_PAGE.has(name));
    let timer = 0, since = 0, running = null, failing = false, reached = true, anew = false;

    const read = () => {
      const found = new Map();
      for (const field of form.elements) {
        if (field.name && !OF_PAGE.has(field.name) && !/^(submit|button|file)$/.test(field.type)) found.set(field.name, []);
      }
      for (const [name, typed] of new FormData(form)) if (found.has(name)) found.get(name).push(typed);
      return found;
    };
    const differs = (now, then, name) => !then || String(then.get(name)) !== String(now.get(name));
    const first = read();
    if (known !== null) kept = first;
    const isTyped = (now) => kept !== null || document.querySelector("[data-errors]") !== null
      || [...now.keys()].some((name) => first.has(name) ? differs(now, first, name) : String(now.get(name)) !== "");
    const unsaved = (now) => isTyped(now) ? [...now.keys()].filter((name) => differs(now, kept, name)) : [];
    const body = (now, names) => {
      const data = new FormData();
      for (const name of ["csrf_token", "draft", "typed_by"]) data.append(name, value(name));
      data.append("page", value("form_key"));
      if (anew) data.append("sent_again", "1");
      for (const name of new Set([...names, ...hidden])) { // the hidden ones say of what the draft is
        const all = now.get(name) || [];
        for (const typed of all.length ? all : [""]) data.append(name, typed);
      }
      return data;
    };
    const tell = (text, link) => {
      said.textContent = text;
      if (link) said.append(" ", enterLink(document.querySelector("main")));
    };
    const later = (delay) => {
      clearTimeout(timer);
      since = since || Date.now();
      timer = setTimeout(save, Math.min(delay, Math.max(0, since + AT_LATEST - Date.now())));
    };
    const again = (delay) => {
      since = 0;
      clearTimeout(timer);
      timer = setTimeout(save, delay);
    };
    function save() {
      clearTimeout(timer);
      since = 0;
      running = running || keep().finally(() => { running = null; });
      return running;
    }
    async function keep() {
      const now = read(), names = unsaved(now);
      if (!names.length) return;
      let answer = null, told = null;
      try {
        answer = await fetch(form.dataset.draftUrl, {
          method: "POST", headers: { Accept: "application/json" }, body: body(now, names), signal: AbortSignal.timeout(30000),
        });
        told = answer.redirected ? null : await answer.json();
      } catch {
        told = null; // asked again
      }
      reached = answer !== null;
      if (answer && answer.ok && told && told.id) {
        each("input[name=csrf_token]", (field) => { field.value = told.token; });
        anew = failing = false;
        sessionTold(told.left);
        const another = known !== null && told.id !== known; // the one that was there is deleted: all is sent anew
        known = told.id;
        kept = another ? new Map() : new Map([...(kept || []), ...now]);
        if (!another) tell(told.said);
        if (unsaved(read()).length) again(another ? 0 : QUIET);
        return;
      }
      failing = true;
      if (answer && answer.status === 401) {
        const first = !anew;
        anew = true;
        if (!told || !told.signed_in) tell("Сеанс окончен: войдите в новом окне, текст не потеряется.", true);
        again(told && told.signed_in && first ? 0 : AGAIN);
      } else {
        tell((told && told.said) || "Не сохраняется: нет связи. Текст остаётся на странице.");
        again(AGAIN);
      }
    }
    const size = (now, names) => names.reduce((sum, name) => sum + 2 * String(now.get(name)).length, 0);
    const hurry = () => {
      const now = read(), changed = unsaved(now), all = [...now.keys()];
      // Nobody reads the answer: should the draft have gone meanwhile, this is the whole of another one.
      const names = changed.length && size(now, all) < LARGEST_BEACON ? all : changed;
      if (names.length && size(now, names) < LARGEST_BEACON) navigator.sendBeacon(form.dataset.draftUrl, body(now, names));
    };
    const typed = () => { if (!failing) later(QUIET); };
    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    window.addEventListener("pagehide", hurry);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) hurry();
      else if (failing) save();
    });
    window.addEventListener("focus", () => { if (failing) save(); });
    window.addEventListener("online", () => { if (failing) save(); });
    let sending = false;
    document.addEventListener("submit", () => { sending = true; });
    /* What is not on the server yet goes there before the form does: where there is no line, the browser would leave
       the page for an error of its own, and what was typed last with it. */
    let leaving = false, ready = false;
    window.addEventListener("submit", async (event) => {
      if (event.target !== form || ready || !(running || unsaved(read()).length)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (leaving) return;
      leaving = true;
      tell("Отправляется…");
      const button = event.submitter;
      await save();
      if (reached && unsaved(read()).length) await save();
      leaving = false;
      if (!reached) {
        tell("Не отправлено: нет связи. Текст остаётся на странице, отправьте ещё раз.");
        said.scrollIntoView({ block: "nearest" });
        return;
      }
      ready = true;
      form.requestSubmit(button);
      ready = false;
    }, true);
    window.addEventListener("beforeunload", (event) => {
      const now = read(), names = unsaved(now);
      if (!sending && names.length && (failing || size(now, names) >= LARGEST_BEACON)) event.preventDefault();
    });
    if (document.querySelector("[data-errors]")) later(QUIET);
  }

  /* ul[data-parts=name] of links to the [data-part=name] of a long form: on a wide screen one part is seen at a time,
     on a narrow one they stand one below another and the links lead to them. */
  function partByPart() {
    const links = document.querySelector("[data-parts]");
    if (!links) return;
    const parts = [...document.querySelectorAll(`[data-part="${links.dataset.parts}"]`)];
    const wide = window.matchMedia("(min-width: 900px)");
    const partOf = (id) => { const place = id && document.getElementById(id); return place ? place.closest("[data-part]") : null; };
    let shown = partOf(location.hash.slice(1)) || parts[0];
    const lay = () => {
      for (const part of parts) part.hidden = wide.matches && part !== shown;
      each("a", (link) => {
        const here = wide.matches && link.getAttribute("href") === `#${shown.id}`;
        if (here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }, links);
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const id = link ? link.getAttribute("href").slice(1) : "", part = partOf(id);
      if (!part) return;
      shown = part;
      lay();
      if (!wide.matches || !links.contains(link)) return;
      event.preventDefault();
      history.replaceState(null, "", `#${id}`);
    });
    wide.addEventListener("change", lay);
    lay();
  }

  /* [data-asked]: which [data-field] a choice asks for; the others are put away. data-asked-by: the id of the choice. */
  function askByChoice() {
    each("[data-asked]", (place) => {
      const asked = JSON.parse(place.dataset.asked), choice = document.getElementById(place.dataset.askedBy);
      const lay = () => {
        const names = (asked[choice.value] || "").split(" ");
        each("[data-field]", (field) => { field.hidden = !names.includes(field.dataset.field); }, place);
      };
      choice.addEventListener("change", lay);
      lay();
    });
  }

  /* [data-known]: what a choice of select[data-take] puts into its row; what was typed there stays. The choice is not
     sent: what it has put in may have been deleted since. */
  function takeFromList() {
    each("[data-known]", (rows) => {
      const known = JSON.parse(rows.dataset.known);
      rows.addEventListener("change", (event) => {
        const choice = event.target.closest("select[data-take]");
        if (!choice) return;
        const before = known[choice.dataset.taken] || {}, now = known[choice.value] || {};
        choice.dataset.taken = choice.value;
        for (const name of ["text", "due_on", "agency"]) {
          const field = rows.querySelector(`[name="${CSS.escape(choice.name.replace(/[^-]+$/, name))}"]`);
          if (field.value && field.value !== before[name]) continue;
          const value = now[name] || "";
          if (name === "agency" && value && ![...field.options].some((one) => one.value === value)) {
            field.append(new Option(now.name, value));
          }
          field.value = value;
          if (name === "agency" && window.jQuery) window.jQuery(field).trigger("change.select2");
        }
      });
      rows.closest("form").addEventListener("submit", () => {
        each("select[data-take]", (choice) => { choice.value = ""; }, rows);
      });
    });
  }

  /* A select whose words are numbered («11. …») takes the number as it is typed: the browser itself takes a digit that is
     repeated for the wish to go on to the next word. */
  function chooseByNumber() {
    const PAUSE = 1000;
    let typed = "", last = 0, where = null;
    document.addEventListener("keydown", (event) => {
      const choice = event.target;
      if (!/^\d$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) {
        where = null;
        return;
      }
      if (!(choice instanceof HTMLSelectElement) || choice.multiple) return;
      const words = [...choice.options];
      if (!words.some((one) => /^1\. /.test(one.text.trim()))) return;
      const goesOn = choice === where && event.timeStamp - last < PAUSE;
      const named = (number) => words.find((one) => one.text.trim().startsWith(`${number}. `));
      typed = goesOn && named(typed + event.key) ? typed + event.key : event.key;
      last = event.timeStamp;
      where = choice;
      event.preventDefault();
      const found = named(typed);
      if (!found || found.selected) return;
      choice.value = found.value;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }

  /* form[data-send-by-key] is sent by Ctrl+Enter from any of its fields; Alt and the key of a[data-key] follow it. */
  function sendByKey() {
    const form = document.querySelector("form[data-send-by-key]");
    if (!form) return;
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey && event.key === "Enter") {
        event.preventDefault();
        form.requestSubmit(form.querySelector("button[type=submit]:not([name])"));
      } else if (event.altKey && !event.ctrlKey) {
        const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
        if (link) link.click();
      }
    });
  }

  warnOfEnd();
  askByChoice();
  takeFromList();
  chooseByNumber();
  sendByKey();
  partByPart();
  keepDraft();
})();
