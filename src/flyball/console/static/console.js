// Moments as they are said: how long ago, else the date in the reader's own zone; the exact one stays beside them.
// Without scripts the page says UTC.
(function () {
  "use strict";
  // The console is read in its reader's own way of writing moments; a page that was translated, in its language.
  const language = document.querySelector('.languages [aria-current="true"]')
    ? document.documentElement.lang : undefined;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const UNITS = [["second", 60], ["minute", 60], ["hour", 24]];

  function said(moment) {
    let span = (moment.getTime() - Date.now()) / 1000;
    for (const [unit, most] of UNITS) {
      if (Math.abs(span) < most) return ago.format(Math.trunc(span), unit);
      span /= most;
    }
    return date.format(moment);
  }

  // On paper nothing is a minute ago.
  function write(root, isExact) {
    for (const each of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(each.dateTime);
      each.title = date.format(moment) + " · " + moment.toISOString();
      each.textContent = isExact || each.closest(".chart") ? date.format(moment) : said(moment);
    }
  }

  document.addEventListener("DOMContentLoaded", function () { write(document); });
  document.addEventListener("htmx:load", function (event) { write(event.target); });
  setInterval(function () { if (!document.hidden) write(document); }, 15000);
  addEventListener("beforeprint", function () { write(document, true); });
  addEventListener("afterprint", function () { write(document); });

  // What is asked for again and again waits while nobody looks, while somebody marks a text in it, and ever longer
  // while the server refuses or is away: up to a minute.
  const LONGEST = 6;
  let failures = 0;
  let pausedUntil = 0;

  function isRepeated(element) {
    return (element.getAttribute("hx-trigger") || "").startsWith("every");
  }

  function isMarked(element) {
    const marked = getSelection();
    return !marked.isCollapsed && element.contains(marked.anchorNode);
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    const element = event.detail.elt;
    if (!isRepeated(element)) return;
    if (document.hidden || Date.now() < pausedUntil || isMarked(element)) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", function (event) {
    if (!isRepeated(event.detail.elt)) return;
    failures = event.detail.successful ? 0 : Math.min(failures + 1, LONGEST);
    pausedUntil = failures ? Date.now() + 1000 * 2 ** failures : 0;
  });

  // A log that grows stays where somebody reads it, and else shows its end.
  let place = null;

  function isAtEnd(log) {
    return log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  }

  function toEnd(log) {
    log.scrollTop = log.scrollHeight;
  }

  document.addEventListener("DOMContentLoaded", function () {
    const log = document.getElementById("log");
    if (log) toEnd(log);
  });
  document.addEventListener("htmx:beforeSwap", function () {
    const log = document.getElementById("log");
    place = log && !isAtEnd(log) ? [log.scrollLeft, log.scrollTop] : null;
  });
  document.addEventListener("htmx:afterSwap", function () {
    const log = document.getElementById("log");
    if (log && place) [log.scrollLeft, log.scrollTop] = place;
    else if (log) toEnd(log);
  });

  document.addEventListener("keydown", function (event) {
    const box = document.getElementById("search");
    if (event.key === "/" && box && !/^(input|textarea|select)$/i.test(event.target.tagName)) {
      event.preventDefault();
      box.focus();
    }
  });
})();
