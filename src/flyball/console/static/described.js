// Shows an OpenAPI document with Swagger UI; requests are sent by the reader's session, or with a key.
(function () {
  "use strict";
  const place = document.getElementById("described");
  const form = document.getElementById("key");
  const SAFE = ["GET", "HEAD", "OPTIONS", "TRACE"];
  let key = "";

  function intercept(request) {
    const url = new URL(request.url, location.href);
    if (url.origin !== location.origin) return request;
    if (key && !request.headers.Authorization) request.headers.Authorization = "Bearer " + key;
    if (!request.headers.Authorization && !SAFE.includes((request.method || "GET").toUpperCase()))
      request.headers["X-CSRFToken"] = place.dataset.token;
    return request;
  }

  function show() {
    SwaggerUIBundle({
      url: place.dataset.document,
      domNode: place,
      requestInterceptor: intercept,
      responseInterceptor: function (response) {
        if (form && response.url.endsWith(place.dataset.document))
          place.hidden = !(document.getElementById("refused").hidden = response.ok);
        return response;
      },
      deepLinking: false,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
      syntaxHighlight: false,
      plugins: [{ wrapComponents: { ServersContainer: function () { return function () { return null; }; } } }],
    });
  }

  // What Swagger UI leaves without a name, or out of reach of the keyboard.
  function amend() {
    for (const each of place.querySelectorAll("textarea:not([aria-label])")) each.setAttribute("aria-label", "Body");
    for (const each of place.querySelectorAll("select:not([aria-label])")) each.setAttribute("aria-label", "Choice");
    for (const each of place.querySelectorAll("pre:not([tabindex]), .curl:not([tabindex])")) each.tabIndex = 0;
  }
  new MutationObserver(amend).observe(place, { childList: true, subtree: true });

  const dark = matchMedia("(prefers-color-scheme: dark)");
  function colour() { document.documentElement.classList.toggle("dark-mode", dark.matches); }
  dark.addEventListener("change", colour);
  colour();

  if (!form) return show();
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    key = document.getElementById("key-text").value.trim();
    show();
  });
})();
