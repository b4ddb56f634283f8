// Moments in the reader's own zone; the exact one stays beside them. Without scripts the page says UTC.
(function () {
  "use strict";
  const near = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function write(root) {
    for (const each of root.querySelectorAll("time[datetime]:not([title])")) {
      const moment = new Date(each.dateTime);
      each.title = moment.toISOString();
      each.textContent = near.format(moment);
    }
  }

  document.addEventListener("DOMContentLoaded", function () { write(document); });
  document.addEventListener("htmx:load", function (event) { write(event.target); });

  // What is asked for again and again waits while nobody looks.
  document.addEventListener("htmx:beforeRequest", function (event) {
    const asks = event.detail.elt.getAttribute("hx-trigger") || "";
    if (document.hidden && asks.startsWith("every")) event.preventDefault();
  });

  document.addEventListener("keydown", function (event) {
    const box = document.getElementById("search");
    if (event.key === "/" && box && !/^(input|textarea|select)$/i.test(event.target.tagName)) {
      event.preventDefault();
      box.focus();
    }
  });
})();
