/* The border of the header on the page of a hand-made book: a click on a row, or the arrows in its fields, move it. */
"use strict";

(function () {
  /* A question has one answer: what is chosen or written last takes the place of what was said before. */
  document.querySelectorAll("#book fieldset").forEach(function (question) {
    function said(event) {
      const radios = Array.from(question.querySelectorAll("input[type=radio]"));
      const others = Array.from(question.querySelectorAll("input[type=text]:not([data-day]), select"));
      if (!radios.includes(event.target) && !event.target.value) {
        return;
      }
      radios.forEach((radio) => { radio.checked = radio === event.target; });
      others.filter((other) => other !== event.target && other.value).forEach(function (other) {
        other.value = "";
        if (window.jQuery) window.jQuery(other).trigger("change.select2"); // what its box shows
      });
    }
    question.addEventListener("input", said);
    question.addEventListener("change", said);
  });

  const pictures = Array.from(document.querySelectorAll("[data-border]"));

  pictures.forEach(function (picture) {
    const of = picture.dataset.border;
    const field = (name) => document.querySelector("[data-border-" + name + '="' + CSS.escape(of) + '"]');
    const first = field("first");
    const last = field("last");

    function show() {
      const from = Number(first.value);
      const to = Math.max(from, Number(last.value));
      picture.querySelectorAll("[data-row]").forEach(function (row) {
        const number = Number(row.dataset.row);
        row.classList.toggle("book-picture__header", number >= from && number <= to);
      });
    }

    picture.addEventListener("click", function (event) {
      const row = event.target.closest("[data-row]");
      if (!row) {
        return;
      }
      const number = Number(row.dataset.row);
      if (number < Number(first.value)) {
        first.value = number;
      } else {
        last.value = number;
      }
      show();
    });
    first.addEventListener("input", show);
    last.addEventListener("input", show);
  });
})();
