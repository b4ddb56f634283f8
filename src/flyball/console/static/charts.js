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

  // A token may name two colours; what the browser makes of it is one.
  function reader() {
    const probe = document.createElement("span");
    probe.hidden = true;
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
  const token = /^--(ink|quiet|line|accent|bad|series-[1-6])$/;
  function read(text, colour) {
    return JSON.parse(text, function (key, value) {
      return /^(color|fill|stroke|[0-9])$/.test(key) && token.test(value) ? colour(value) : value;
    });
  }

  function look(colour) {
    const [ink, quiet, line, accent] = ["--ink", "--quiet", "--line", "--accent"].map(colour);
    const series = [1, 2, 3, 4, 5, 6].map(function (number) { return colour("--series-" + number); });
    const font = getComputedStyle(document.body).fontFamily;
    return {
      background: null,
      font: font,
      padding: 0,
      view: { stroke: null },
      range: { category: series },
      mark: { color: accent },
      bar: { fill: accent },
      line: { stroke: accent, strokeWidth: 1.75, strokeCap: "round", strokeJoin: "round" },
      point: { color: accent, filled: true },
      tick: { color: accent, thickness: 1.5 },
      rule: { color: quiet, strokeWidth: 1 },
      text: { color: quiet, fontSize: 11, font: font },
      axis: {
        labelColor: quiet, labelFontSize: 11, labelPadding: 6, titleColor: quiet, titleFontSize: 11,
        titleFontWeight: "normal", gridColor: line, gridWidth: 1, domain: false, ticks: false,
        tickCount: 5, labelOverlap: true, labelFlush: true,
      },
      axisX: { grid: false, domain: true, domainColor: line, tickColor: line, titlePadding: 8, labelLimit: 120 },
      axisY: { labelLimit: 130 },
      axisQuantitative: { labelFlush: false },
      legend: {
        orient: "top", direction: "horizontal", title: null, labelColor: ink, labelFontSize: 12,
        symbolSize: 90, symbolStrokeWidth: 2, offset: 30, padding: 0, columnPadding: 14,
      },
    };
  }

  async function draw(figure) {
    const plot = figure.querySelector(".plot");
    try {
      await load(figure.dataset.script);
      const colours = reader();
      const spec = read(document.getElementById(figure.dataset.chart).textContent, colours.colour);
      const config = look(colours.colour);
      colours.end();
      if (views.has(figure)) views.get(figure).finalize();
      views.set(figure, await window.vegaEmbed(plot, spec, {
        actions: false, ast: true, config: config, defaultStyle: false, renderer: "svg",
        tooltip: { disableDefaultStyle: true },
      }));
      figure.dataset.drawn = "";
    } catch (error) {
      plot.remove();
      figure.querySelector("details").open = true;
      console.warn(error);
    }
  }

  function drawIn(root) {
    for (const [figure, view] of views) {
      if (!figure.isConnected) { view.finalize(); views.delete(figure); }
    }
    for (const each of root.querySelectorAll("figure[data-chart]:not([data-drawn])")) draw(each);
  }

  document.addEventListener("DOMContentLoaded", function () { drawIn(document); });
  document.addEventListener("htmx:load", function (event) {
    if (document.body !== event.target) drawIn(event.target.parentElement || document);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    for (const each of Array.from(views.keys())) if (each.isConnected) draw(each);
  });
})();
