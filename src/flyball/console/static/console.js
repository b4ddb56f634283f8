// Moments as they are said: how long ago, else the date in the reader's own zone; the exact one stays beside them.
// Without scripts the page says UTC.
(function () {
  "use strict";
  const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const ago = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  const UNITS = [["second", 60], ["minute", 60], ["hour", 24]];

  function said(moment) {
    let span = (moment.getTime() - Date.now()) / 1000;
    for (const [unit, most] of UNITS) {
      if (Math.abs(span) < most) return ago.format(Math.trunc(span), unit);
      span /= most;
    }
    return date.format(moment);
  }

  function write(root) {
    for (const each of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(each.dateTime);
      each.title = date.format(moment) + " · " + moment.toISOString();
      each.textContent = each.closest(".chart") ? date.format(moment) : said(moment);
    }
  }

  document.addEventListener("DOMContentLoaded", function () { write(document); });
  document.addEventListener("htmx:load", function (event) { write(event.target); });
  setInterval(function () { if (!document.hidden) write(document); }, 15000);

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
