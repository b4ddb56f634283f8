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

  // A large file goes in parts: the server takes no body that is larger, from nobody.
  async function send(form, file) {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const bar = form.querySelector("progress");
    const said = new URLSearchParams({ name: file.name, size: file.size });
    const begun = await post(form.action, said, token);
    bar.classList.remove("unseen");
    for (let place = 0; place < file.size; place += begun.part) {
      await post(begun.address + "/parts?place=" + place, file.slice(place, place + begun.part), token);
      bar.value = Math.min(1, (place + begun.part) / file.size);
    }
    location.assign(begun.address);
  }

  async function post(address, body, token) {
    const answer = await fetch(address, { method: "POST", body: body, headers: { "X-CSRFToken": token } });
    if (answer.ok) return answer.json();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    throw new Error((page.querySelector("main .sheet p") || page.body).textContent.trim());
  }

  document.addEventListener("submit", async function (event) {
    const form = event.target;
    if (!("upload" in form.dataset)) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const fault = form.querySelector(".fault");
    button.disabled = true;
    fault.hidden = true;
    try {
      await send(form, form.querySelector("[type=file]").files[0]);
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
      button.disabled = false;
    }
  });

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
