// Draws the charts of a page in its own colours, and again when these change. What cannot be drawn is a table.
(function () {
  "use strict";
  const views = new Map();
  let library = null;

  // The script is large: only a page with a chart asks for it.
  function load(address) {
    library = library || new Promise(function (done, failed) {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = function () { failed(new Error("The script that draws charts was not found.")); };
      document.head.append(script);
    });
    return library;
  }

  // A token may name two colours; what the browser makes of it is one. Paper takes the "light" one.
  function reader(scheme) {
    const probe = document.createElement("span");
    probe.hidden = true;
    probe.style.colorScheme = scheme || "";
    document.body.append(probe);
    return {
      colour: function (token) {
        probe.style.color = "var(" + token + ")";
        return getComputedStyle(probe).color;
      },
      end: function () { probe.remove(); },
    };
  }

  // A chart names its colours by tokens: "color": "--ink", "range": ["--accent", "--bad"].
  const tokens = ["--ink", "--quiet", "--line", "--accent", "--bad"].concat(
    [1, 2, 3, 4, 5, 6].map(function (number) { return "--series-" + number; }));
  function read(text, colour) {
    return JSON.parse(text, function (key, value) {
      return /^(color|fill|stroke|[0-9]|\w+Color)$/.test(key) && tokens.includes(value) ? colour(value) : value;
    });
  }

  // All that charts have in common comes with each of them, but for the font, which is the page's.
  function look() {
    const font = getComputedStyle(document.body).fontFamily;
    return { font: font, text: { font: font } };
  }

  async function draw(figure) {
    const plot = figure.querySelector(".plot");
    try {
      await load(figure.dataset.script);
      const colours = reader();
      const spec = read(document.getElementById(figure.dataset.chart).textContent, colours.colour);
      colours.end();
      if (views.has(figure)) views.get(figure).finalize();
      views.set(figure, await window.vegaEmbed(plot, spec, {
        actions: false, ast: true, config: look(), defaultStyle: false, renderer: "svg",
        tooltip: { disableDefaultStyle: true },
      }));
      figure.dataset.drawn = "";
    } catch (error) {
      plot.remove();
      figure.querySelector("details").open = true;
      console.warn(error);
    }
  }

  // Drawing takes a while, and printing does not wait: what is drawn is painted.
  function paint(from, to) {
    const [before, after] = [reader(from), reader(to)];
    const colours = new Map(tokens.map(function (name) {
      return [before.colour(name), after.colour(name)];
    }));
    before.end();
    after.end();
    for (const each of document.querySelectorAll(".plot svg [fill], .plot svg [stroke]")) {
      for (const name of ["fill", "stroke"]) {
        const other = colours.get(each.getAttribute(name));
        if (other) each.setAttribute(name, other);
      }
    }
  }

  function drawIn(root) {
    for (const [figure, view] of views) {
      if (!figure.isConnected) { view.finalize(); views.delete(figure); }
    }
    for (const each of root.querySelectorAll("figure[data-chart]:not([data-drawn])")) draw(each);
  }

  document.addEventListener("DOMContentLoaded", function () { drawIn(document); });
  addEventListener("beforeprint", function () { paint("", "light"); });
  addEventListener("afterprint", function () { paint("light", ""); });
  document.addEventListener("htmx:load", function (event) {
    if (document.body !== event.target) drawIn(event.target.parentElement || document);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    for (const each of Array.from(views.keys())) if (each.isConnected) draw(each);
  });
})();
