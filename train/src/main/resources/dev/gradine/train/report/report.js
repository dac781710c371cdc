"use strict";
(() => {
  const place = document.getElementById("charts");
  if (!place) return;
  const { metrics: { steps, columns }, run } = JSON.parse(document.getElementById("data").textContent);

  // Panels in reading order: the objective's metrics, then what every run has. A panel is shown when one of its metrics is there. "smooth": the
  // values are noisy.
  const PANELS = [];
  for (const { name, unit, panel: title } of run.objective.metrics) {
    const panel = PANELS.find(p => p.title === title);
    if (panel) panel.names.push(name);
    else PANELS.push({ title, unit, names: [name], smooth: true, wide: name === "loss", log: name === "loss" });
  }
  PANELS.push(
    { title: "Learning rate", names: ["learning_rate"] },
    { title: "Gradient norm", names: ["grad_norm"], smooth: true },
    { title: "Speed", unit: "tokens per second", names: ["tokens_per_second"], smooth: true, floor: true },
    { title: "Peak memory", unit: "MB", names: ["peak_memory_mb"], floor: true },
  );
  const SILENT = ["epoch", "num_tokens", "step_seconds"]; // told elsewhere on the page
  const INKS = ["--a", "--b", "--c", "--d"];

  const known = new Set([...SILENT, ...PANELS.flatMap(p => p.names)]);
  const bare = name => name.startsWith("eval_") ? name.slice(5) : name;
  for (const name of new Set(Object.keys(columns).map(bare))) {
    if (!known.has(name) && !/_(seconds|per_second)$/.test(name)) PANELS.push({ title: name, names: [name], smooth: true });
  }

  const smoothing = document.getElementById("smoothing");
  const log = document.getElementById("log");
  const charts = [];

  // Exponential mean with its start corrected: m = Σ sⁱ x₋ᵢ / Σ sⁱ. Steps without a value stay empty.
  function smooth(values, s) {
    let sum = 0, weight = 0;
    return values.map(v => {
      if (v === null) return null;
      sum = s * sum + v;
      weight = s * weight + 1;
      return sum / weight;
    });
  }

  function show(v) {
    if (v === null || v === undefined) return "\u2014";
    if (v === 0) return "0";
    const a = Math.abs(v);
    const text = a < 1e-3 ? v.toExponential(2) : a >= 1000 ? Math.round(v).toString() : v.toPrecision(4);
    return text.replace(/-/g, "\u2212");
  }

  function tick(v) {
    if (v === null) return "";
    const a = Math.abs(v);
    const text = a !== 0 && a < 1e-3 ? v.toExponential(1).replace(".0e", "e") : a >= 1e5 ? v / 1000 + "k" : String(+v.toPrecision(4));
    return text.replace(/-/g, "\u2212");
  }

  // Marks of a logarithmic axis: 1-2-5 in each decade, or plain even ones where less than that is in sight.
  function logMarks(min, max) {
    const marks = [];
    for (let d = Math.floor(Math.log10(min)); d <= Math.ceil(Math.log10(max)); d++) {
      for (const m of [1, 2, 5]) marks.push(m * 10 ** d);
    }
    const seen = marks.filter(v => v >= min && v <= max);
    if (seen.length >= 3) return seen;
    const step = 10 ** Math.floor(Math.log10(max - min)) / 2;
    const even = [];
    for (let v = Math.ceil(min / step) * step; v <= max; v += step) even.push(+v.toPrecision(12));
    return even;
  }

  function element(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  class Chart {
    constructor(panel, names) {
      this.panel = panel;
      this.names = names;
      this.box = element("figure", panel.wide ? "chart wide" : "chart");
      this.box.style.margin = "0";
      const head = element("header");
      const title = element("h3", "", panel.title);
      if (panel.unit) title.append(element("small", "", panel.unit));
      this.keys = element("div", "keys");
      this.area = element("div", "area");
      head.append(title, this.keys);
      this.box.append(head, this.area);
      place.append(this.box);
    }

    get logarithmic() {
      return Boolean(this.panel.log && log.checked);
    }

    data(s) {
      const clean = name => this.logarithmic ? columns[name].map(v => v > 0 ? v : null) : columns[name];
      return [steps, ...this.lines.map(l => l.smoothed ? smooth(clean(l.name), s) : clean(l.name))];
    }

    // For a noisy metric two lines: the values, faint, and their mean. Evaluations are rare, so points.
    plan(s) {
      this.lines = [];
      let ink = 0;
      for (const base of this.panel.names) {
        const rare = "eval_" + base;
        if (!columns[base] && !columns[rare]) continue;
        const color = INKS[ink++ % INKS.length];
        if (columns[base]) {
          if (this.panel.smooth && s > 0) this.lines.push({ name: base, color, faint: true });
          this.lines.push({ name: base, color, smoothed: this.panel.smooth && s > 0, key: base });
        }
        if (columns[rare]) this.lines.push({ name: rare, color: this.names.length > 2 ? color : "--b", points: true, key: rare });
      }
    }

    draw() {
      const s = Number(smoothing.value);
      const css = getComputedStyle(document.documentElement);
      const color = name => css.getPropertyValue(name).trim();
      this.plan(s);
      if (this.plot) this.plot.destroy();
      this.keys.replaceChildren(...this.lines.filter(l => l.key).map(l => this.key(l, color(l.color))));
      const axis = {
        stroke: color("--soft"), font: "11px " + color("--sans"),
        grid: { stroke: color("--hair"), width: 1 }, ticks: { stroke: color("--line"), width: 1, size: 5 },
      };
      const width = Math.max(this.area.clientWidth, 200);
      this.plot = new uPlot({
        width, height: Math.round(this.panel.wide ? Math.min(340, Math.max(220, width * .42)) : Math.min(210, Math.max(150, width * .5))),
        padding: [8, 12, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: "run" }, y: false, points: { size: 6, width: 1.5, fill: color("--card") }, drag: { x: true, y: false } },
        scales: { x: { time: false }, y: this.scale() },
        axes: [{ ...axis, size: 30, values: (u, v) => v.map(x => Number.isInteger(x) ? String(x) : "") },
          { ...axis, size: 54, values: (u, v) => v.map(tick), ...(this.logarithmic ? { splits: (u, i, min, max) => logMarks(min, max), filter: (u, v) => v } : {}) }],
        series: [{}, ...this.lines.map(l => this.series(l, color(l.color), color("--card")))],
        hooks: { setCursor: [u => this.read(u.cursor.idx)] },
      }, this.data(s), this.area);
      this.read(null);
    }

    series(line, stroke, card) {
      if (line.points) return { stroke, width: 1.25, dash: [4, 4], spanGaps: true, points: { show: true, size: 7, width: 1.75, stroke, fill: card } };
      return { stroke, width: line.faint ? 1 : 1.75, alpha: line.faint ? .28 : 1, spanGaps: true, points: { show: steps.length < 3 } };
    }

    scale() {
      if (this.logarithmic) return { distr: 3, range: (u, min, max) => [min / 1.06, max * 1.06] };
      if (this.panel.floor) return { range: (u, min, max) => [0, max > 0 ? max * 1.12 : 1] };
      return {};
    }

    key(line, color) {
      const key = element("span");
      const mark = element("i", line.points ? "point" : "");
      mark.style.borderColor = color;
      line.output = element("output");
      key.append(mark, element("span", "", line.key), line.output);
      return key;
    }

    // Under the cursor, or the last value where there is none; with a mark where it is smoothed.
    read(index) {
      const rows = this.plot ? this.plot.data : [];
      this.lines.forEach((l, i) => {
        if (!l.key) return;
        const values = rows[i + 1];
        const v = index === null || index === undefined ? values.findLast(x => x !== null) : values[index];
        l.output.textContent = (l.smoothed && v !== null && v !== undefined ? "\u2248" : "") + show(v);
      });
    }
  }

  for (const panel of PANELS) {
    const names = panel.names.flatMap(n => [n, "eval_" + n]).filter(n => columns[n]);
    if (names.length) charts.push(new Chart(panel, names));
  }
  if (charts.length % 2 === 0 && charts.length > 1 && charts[0].panel.wide) charts.at(-1).box.classList.add("wide");

  const loss = columns.loss || [];
  if (!columns.loss) log.closest("label").hidden = true;
  smoothing.value = loss.filter(v => v !== null).length > 40 ? .8 : 0;

  function draw() {
    document.getElementById("smoothed").textContent = Number(smoothing.value).toFixed(2);
    charts.forEach(c => c.draw());
  }

  let due = 0;
  function drawSoon() {
    due ||= requestAnimationFrame(() => { due = 0; draw(); });
  }

  smoothing.addEventListener("input", drawSoon);
  log.addEventListener("change", drawSoon);
  document.querySelector(".controls").addEventListener("submit", e => e.preventDefault());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // On paper the page is light and the charts keep the paper's width.
  addEventListener("beforeprint", () => { document.documentElement.dataset.print = "1"; draw(); });
  addEventListener("afterprint", () => { delete document.documentElement.dataset.print; draw(); });
  let width = 0;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    draw();
  }).observe(place);
  width = place.clientWidth;
  draw();
})();
