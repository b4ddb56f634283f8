// Pages for people who ask: what only a script can do is offered by it. Without scripts all else works.
(function () {
  "use strict";

  function offer(root) {
    for (const each of root.querySelectorAll("[data-print], [data-copy]")) each.hidden = false;
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-print], [data-copy]");
    if (!button) return;
    if ("print" in button.dataset) {
      print();
      return;
    }
    const field = document.querySelector(".share input");
    field.select();
    if (navigator.clipboard) navigator.clipboard.writeText(field.value);
  });

  document.addEventListener("DOMContentLoaded", function () { offer(document); });
  document.addEventListener("htmx:load", function (event) { offer(event.target.parentElement || document); });

  // What cannot be answered as it is comes with a status of its own, and is shown all the same.
  document.addEventListener("htmx:beforeSwap", function (event) {
    const detail = event.detail;
    if (detail.target.id === "answer" && detail.xhr.status >= 400 && detail.xhr.status < 500
        && detail.xhr.responseText.includes('id="answer"')) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
  });
})();
