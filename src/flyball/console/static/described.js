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
      deepLinking: false,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      validatorUrl: null,
      syntaxHighlight: false,
    });
  }

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
