/* What the pages do in the browser. Every page works without it; it makes the work quicker.
   Nothing is kept in the browser's storage and nothing is asked but this server. */
(function () {
  "use strict";

  const each = (selector, act, root) => (root || document).querySelectorAll(selector).forEach(act);
  const typing = (element) => element.closest("input, textarea, select, [contenteditable], .select2-container") !== null;

  /* The menu of a narrow window: opens over the page, Escape or a click outside closes it. */
  function foldMenu() {
    const button = document.querySelector("[data-menu-button]");
    const menu = document.querySelector("[data-menu]");
    if (!button || !menu) return;
    const show = (open) => {
      menu.classList.toggle("side--open", open);
      button.setAttribute("aria-expanded", String(open));
      if (open) menu.querySelector("[data-menu-close]").focus();
    };
    button.setAttribute("role", "button");
    button.setAttribute("aria-controls", menu.id);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", (event) => {
      event.preventDefault();
      show(!menu.classList.contains("side--open"));
    });
    button.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        show(true);
      }
    });
    menu.querySelector("[data-menu-close]").addEventListener("click", (event) => {
      event.preventDefault();
      show(false);
      button.focus();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && menu.classList.contains("side--open")) {
        show(false);
        button.focus();
      }
    });
    document.addEventListener("click", (event) => {
      const open = menu.classList.contains("side--open");
      if (open && !menu.contains(event.target) && !button.contains(event.target)) show(false);
    });
    const current = menu.querySelector("[aria-current]");
    if (current && current.offsetTop > menu.clientHeight - 80) menu.scrollTop = current.offsetTop - menu.clientHeight / 2;
  }

  /* «/» goes to the search field from anywhere but a field. */
  function searchKey() {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" && event.code !== "Slash") return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || typing(event.target)) return;
      event.preventDefault();
      field.focus();
      field.select();
    });
  }

  /* A second click on «Save» saves nothing twice. A download leaves the page where it is: its form says data-repeat. */
  function sendOnce() {
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-repeat")) return;
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      // Disabled after the form is read, so that the button's own name and value are sent.
      setTimeout(() => each("button[type=submit], input[type=submit], button:not([type])", (b) => { b.disabled = true; }, form));
    });
    window.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      each("form[data-sent]", (form) => {
        delete form.dataset.sent;
        each("button, input[type=submit]", (b) => { b.disabled = false; }, form);
      });
    });
  }

  /* data-confirm="question" on a form or a button: ask before it is sent. */
  function askFirst() {
    document.addEventListener("submit", (event) => {
      const question = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
      if (question && !window.confirm(question)) {
        event.preventDefault();
        event.stopPropagation();
      }
    }, true);
  }

  /* data-tick="name": a button that ticks every box of that name, as many as may be ticked; once more, none. */
  function tickAll() {
    each("[data-tick]", (button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        const boxes = [...button.form.querySelectorAll("input[type=checkbox]")].filter((box) => box.name === button.dataset.tick);
        const most = Math.min(boxes.length, Number(button.dataset.most));
        const on = boxes.filter((box) => box.checked).length < most;
        let left = most;
        boxes.forEach((box) => { box.checked = on && left-- > 0; });
      });
    });
  }

  /* data-print: a button that prints the page; data-change: a field that sends its form when changed. */
  function smallActs() {
    each("[data-print]", (button) => button.addEventListener("click", () => window.print()));
    each("select[data-change], input[data-change]", (field) => field.addEventListener("change", () => field.form.requestSubmit()));
    each("[data-close]", (button) => button.addEventListener("click", () => { button.closest("details").open = false; }));
  }

  /* Errors of a form: the list of them is where the reader begins. */
  function goToErrors() {
    const errors = document.querySelector("[data-errors]");
    if (errors) errors.focus();
  }

  /* A form is filled from its first empty field, or from the one that says so itself; a refused one is read from its errors. Not where a keyboard would
     cover half of the screen. */
  function goToFirstField() {
    const form = document.querySelector("main form.form[method=post]");
    if (!form || location.hash || document.querySelector("[data-errors]") || !window.matchMedia("(hover: hover)").matches) return;
    const fields = [...form.querySelectorAll("input, select, textarea")].filter((field) =>
      field.type !== "hidden" && field.type !== "checkbox" && !field.disabled && !field.closest(".select2-container")
        && !field.matches(".day__picker") && !field.closest("details:not([open])") && field.getClientRects().length);
    const field = form.querySelector("[autofocus]") || fields.find((each) => !each.value) || fields[0];
    if (!field) return;
    const box = window.jQuery && window.jQuery(field).data("select2");
    (box ? box.$selection[0] : field).focus({ preventScroll: true });
  }

  /* Whoever leaves a form half filled is asked; a refused form is half filled from the start. */
  function keepTyped() {
    const form = document.querySelector("main form.form[method=post]:not([data-repeat], [data-draft])");
    if (!form) return;
    let typed = Boolean(document.querySelector("[data-errors]"));
    form.addEventListener("input", () => { typed = true; });
    form.addEventListener("change", () => { typed = true; });
    document.addEventListener("submit", () => { typed = false; });
    window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
  }

  /* data-day: a line for ДД.ММ.ГГГГ with a button that opens a calendar. The browser's calendar only points at a day:
     what is kept and sent is the line, so that no language of the browser swaps day and month. */
  function dressDays(root) {
    each("input[data-day]", (line) => {
      const picker = document.createElement("input");
      picker.type = "date";
      picker.tabIndex = -1;
      picker.className = "day__picker";
      picker.setAttribute("aria-hidden", "true");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "day__button";
      button.setAttribute("aria-label", "Календарь: " + labelOf(line));
      button.innerHTML = '<i class="fa-solid fa-calendar-day" aria-hidden="true"></i>';
      const box = document.createElement("span");
      box.className = "day";
      line.replaceWith(box);
      box.append(line, picker, button);
      button.addEventListener("click", () => {
        const read = /^(\d\d)\.(\d\d)\.(\d{4})$/.exec(line.value.trim());
        picker.value = read ? `${read[3]}-${read[2]}-${read[1]}` : "";
        picker.showPicker();
      });
      picker.addEventListener("change", (event) => {
        event.stopPropagation();
        if (!picker.value) return;
        line.value = picker.value.split("-").reverse().join(".");
        line.dispatchEvent(new Event("input", { bubbles: true }));
        line.focus();
      });
    }, root);
  }

  /* What an address points at is opened, and what the last act said is said there and not at the top of the page. */
  function goToPlace() {
    const place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (place.matches("details")) place.open = true;
    const said = document.querySelector(".flashes");
    if (said && place.closest("main")) {
      place.before(said);
      said.scrollIntoView({ block: "center" });
    }
  }

  /* Of tabs that are wider than the page the chosen one is in sight. */
  function showTab() {
    each(".tabs [aria-current]", (tab) => {
      const row = tab.closest(".tabs");
      row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
    });
  }

  /* «Ещё» closes by Escape and by a click elsewhere. */
  function foldMore() {
    const close = (kept) => each("details[data-more][open]", (more) => { if (more !== kept) more.open = false; });
    document.addEventListener("click", (event) => close(event.target.closest("details[data-more]")));
    document.addEventListener("keydown", (event) => {
      const open = event.key === "Escape" && document.querySelector("details[data-more][open]");
      if (!open) return;
      open.open = false;
      open.querySelector("summary").focus();
    });
  }

  /* A row of a list opens its record, except where a link, a button or selected text is meant. */
  function openRows() {
    document.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-href]");
      if (!row || event.target.closest("a, button, input, label, select, summary")) return;
      if (String(window.getSelection())) return;
      if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
      else window.location.assign(row.dataset.href);
    });
  }

  /* Empty fields of a GET form do not lengthen its address. */
  function trimQueries() {
    each("form[data-trim]", (form) => form.addEventListener("submit", () => {
      each("input, select", (field) => { if (field.name && !field.value) field.disabled = true; }, form);
    }));
    window.addEventListener("pageshow", () => each("form[data-trim] :disabled", (field) => { field.disabled = false; }));
  }

  /* A wide table that scrolls can be scrolled by keyboard too. */
  function scrollByKeyboard() {
    const mark = () => each(".table-wrap", (wrap) => {
      if (wrap.scrollWidth > wrap.clientWidth + 1) {
        wrap.tabIndex = 0;
        wrap.setAttribute("role", "region");
        if (!wrap.hasAttribute("aria-label")) wrap.setAttribute("aria-label", "Таблица");
      } else if (wrap.getAttribute("role") === "region") {
        wrap.removeAttribute("tabindex");
        wrap.removeAttribute("role");
      }
    });
    mark();
    window.addEventListener("resize", mark);
  }

  /* Selects. data-lookup="/lookup/Family" asks the server for twenty rows at a time, data-lookup-with="family"
     (several by spaces) sends the present values of those fields; several values and long lists become searchable. */
  const LONG_LIST = 12;
  const WORDS = {
    errorLoading: () => "Не удалось получить список",
    inputTooShort: () => "Начните вводить",
    inputTooLong: () => "Слишком длинный запрос",
    loadingMore: () => "Загружается…",
    noResults: () => "Ничего не найдено",
    searching: () => "Поиск…",
    removeAllItems: () => "Убрать все",
    removeItem: () => "Убрать",
    maximumSelected: () => "Больше выбрать нельзя",
  };

  /* What a field is called, without the star of what must be filled in. */
  function labelOf(field) {
    const label = field.labels && field.labels[0] && field.labels[0].cloneNode(true);
    if (label) each("[aria-hidden]", (mark) => mark.remove(), label);
    return field.getAttribute("aria-label") || (label && label.textContent.trim()) || field.dataset.placeholder || "";
  }

  function lookup(select) {
    const $ = window.jQuery;
    if (!$ || !$.fn.select2) return;
    const $select = $(select);
    if ($select.data("select2")) return;
    const address = select.dataset.lookup;
    const plain = !address && !select.multiple;
    const first = select.options[0];
    if (!select.multiple && (!first || first.value !== "") && address) {
      const selected = select.value;
      select.insertBefore(new Option("", ""), select.firstChild);
      select.value = selected;
    }
    const settings = {
      language: WORDS,
      placeholder: select.dataset.placeholder || "Не выбрано",
      allowClear: !select.required && !select.multiple && !(plain && first && first.value !== ""),
      width: "100%",
      dropdownParent: $(select.closest("dialog") || document.body),
    };
    if (address) {
      settings.ajax = {
        url: address,
        dataType: "json",
        delay: 200,
        data: (asked) => {
          const query = { q: asked.term || "", page: asked.page || 1 };
          (select.dataset.lookupWith || "").split(/\s+/).filter(Boolean).forEach((name) => {
            const other = select.form && select.form.elements.namedItem(name);
            if (other && other.value) query[name] = other.value;
          });
          return query;
        },
      };
    }
    $select.select2(settings);
    const name = labelOf(select);
    const box = $select.data("select2").$selection;
    const value = box.find(".select2-selection__rendered").removeAttr("role aria-readonly");
    const label = select.labels && select.labels[0];
    if (label && !select.hasAttribute("aria-label")) {
      label.id = label.id || select.id + "-label";
      box.attr("aria-labelledby", label.id + " " + value.attr("id")); // the name of the field, then what is chosen
    } else if (name) {
      box.attr("aria-label", name).removeAttr("aria-labelledby");
    }
    if (select.getAttribute("aria-describedby")) box.attr("aria-describedby", select.getAttribute("aria-describedby"));
    if (select.getAttribute("aria-invalid")) box.attr("aria-invalid", "true");
    if (select.multiple) box.find(".select2-search__field").attr("aria-label", name);
    $select.on("select2:open", () => {
      const field = document.querySelector(".select2-container--open .select2-search--dropdown .select2-search__field");
      if (field) {
        field.setAttribute("aria-label", name);
        field.focus();
      }
    });
    // select2 tells of a change through jQuery alone; plain listeners must hear it as well.
    $select.on("select2:select select2:clear select2:unselect", () => {
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    if (!select.multiple) openByLetter($select, box);
    each("label[for='" + CSS.escape(select.id) + "']", (label) => label.addEventListener("click", () => box.trigger("focus")));
  }

  /* The first letter that is typed on a closed box opens it and stands in its search field, as a select of the browser
     goes to what begins with it. */
  function openByLetter($select, box) {
    box.on("keydown", (event) => {
      const key = event.key || "";
      if ([...key].length !== 1 || key === " " || event.ctrlKey || event.altKey || event.metaKey) return;
      if ($select.prop("disabled") || $select.data("select2").isOpen()) return;
      $select.select2("open");
      const field = document.querySelector(".select2-container--open .select2-search--dropdown .select2-search__field");
      if (field) field.focus(); // the letter is typed where the focus is now
    });
  }

  function dressSelects(root) {
    each("select", (select) => {
      const long = select.multiple || select.options.length > LONG_LIST;
      if (select.dataset.lookup || (long && !select.hasAttribute("data-plain"))) lookup(select);
    }, root);
  }

  /* A job in the background: how far it is, and then its result. */
  function followJob() {
    const card = document.querySelector("[data-job]");
    if (!card) return;
    const bar = card.querySelector("[data-job-bar]");
    const ask = async () => {
      let told = null;
      try {
        const answer = await fetch(card.dataset.job, { headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected) told = await answer.json();
      } catch {
        told = null; // the server is away for a while: asked again
      }
      if (told && told.over) {
        if (told.page) location.replace(told.page);
        else location.reload();
        return;
      }
      if (told) {
        card.querySelector("[data-job-state]").textContent = told.title.charAt(0).toUpperCase() + told.title.slice(1);
        card.querySelector("[data-job-stage]").textContent = told.stage;
        if (told.percent === null) bar.removeAttribute("value");
        else bar.value = told.percent;
      }
      setTimeout(ask, told ? 1000 : 5000);
    };
    setTimeout(ask, 500);
  }

  /* Parts of a page that are dear to count come after it is shown; without them it keeps a link to where they are. */
  async function bringLater() {
    const waiting = [...document.querySelectorAll("[data-later]")];
    if (!waiting.length) return;
    try {
      const answer = await fetch(waiting[0].dataset.later);
      if (!answer.ok || answer.redirected) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of waiting) part.replaceWith(found.getElementById(part.id) || part);
    } catch {
      return; // the server is away: the link is followed by hand
    }
  }

  /* How many signal cards nobody has opened: asked every minute while the page is looked at. */
  function countWaiting() {
    const mark = document.querySelector("[data-waiting]");
    if (!mark) return;
    const ask = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(mark.dataset.waiting, { headers: { Accept: "application/json" } });
        if (!answer.ok || answer.redirected) return;
        const told = await answer.json();
        mark.hidden = !told.cards;
        mark.textContent = told.cards;
        mark.classList.toggle("menu__count--late", told.late > 0);
        mark.title = told.late ? `Не открыты, из них просрочены: ${told.late}` : "Не открыты";
      } catch {
        return; // the server is away for a while: asked again
      }
    };
    ask();
    setInterval(ask, 60000);
    document.addEventListener("visibilitychange", ask);
  }

  /* data-add-row="name": a button that puts one more row of <template data-row="name"> into [data-rows="name"], up to
     its data-most. Without the script the button sends the form, and the page comes back with the row. */
  function addRows() {
    each("button[data-add-row]", (button) => {
      const name = button.dataset.addRow;
      const rows = document.querySelector(`[data-rows="${name}"]`), row = document.querySelector(`template[data-row="${name}"]`);
      const full = document.querySelector(`[data-full="${name}"]`);
      button.addEventListener("click", (event) => {
        event.preventDefault();
        const places = [...rows.querySelectorAll(`[name^="${name}-"]`)].map((field) => Number(field.name.split("-")[1]));
        const item = document.createElement("li");
        item.innerHTML = row.innerHTML.replaceAll("__row__", Math.max(-1, ...places) + 1);
        each("label .visually-hidden", (number) => { number.textContent = ` ${rows.children.length + 1}`; }, item);
        rows.append(item);
        dressDays(item);
        dressSelects(item);
        item.querySelector("input:not([type=hidden]), select").focus();
        const most = rows.children.length >= Number(rows.dataset.most);
        button.hidden = most;
        if (full) full.hidden = !most;
      });
    });
  }

  foldMenu();
  countWaiting();
  searchKey();
  followJob();
  bringLater();
  askFirst();
  sendOnce();
  smallActs();
  tickAll();
  openRows();
  trimQueries();
  scrollByKeyboard();
  dressSelects();
  goToErrors();
  dressDays();
  goToFirstField();
  keepTyped();
  addRows();
  showTab();
  goToPlace();
  foldMore();
  window.addEventListener("hashchange", goToPlace);
  window.patronat = { dressSelects, each };
})();
