"use strict";
// What the pages about runs draw with: panels made of the metrics there are, and a board of charts under one set of controls.
// Curves are {x: [...], y: [...]} by name; x rises.
const Charts = (() => {
  const INKS = ["--a", "--b", "--c", "--d"];
  const SILENT = ["epoch", "num_tokens", "step_seconds", "elapsed_seconds"]; // told elsewhere on the page, or an axis

  // Panels in reading order: the objective's metrics, then what every run has, then the rest. Only those that have something to show. "smooth": the
  // values are noisy.
  function panelsOf(metrics, names) {
    const panels = [];
    for (const { name, unit, panel: title } of metrics) {
      const panel = panels.find(p => p.title === title);
      if (panel) panel.names.push(name);
      else panels.push({ title, unit, names: [name], smooth: true, wide: name === "loss", log: name === "loss" });
    }
    panels.push(
      { title: "Learning rate", names: ["learning_rate"] },
      { title: "Gradient norm", names: ["grad_norm"], smooth: true },
      { title: "Speed", unit: "tokens per second", names: ["tokens_per_second"], smooth: true, floor: true },
      { title: "Peak memory", unit: "MB", names: ["peak_memory_mb"], floor: true },
    );
    const known = new Set([...SILENT, ...panels.flatMap(p => p.names)]);
    const bare = name => name.startsWith("eval_") ? name.slice(5) : name;
    for (const name of new Set(names.map(bare))) {
      if (!known.has(name) && !/_(seconds|per_second)$/.test(name)) panels.push({ title: name, names: [name], smooth: true });
    }
    const there = new Set(names);
    return panels.filter(p => p.names.some(n => there.has(n) || there.has("eval_" + n)));
  }

  // The lines of a panel of one run. For a noisy metric two lines: the values, faint, and their mean. Evaluations are rare, so points.
  function linesOf(panel, curves, s) {
    const lines = [];
    const shown = panel.names.flatMap(n => [n, "eval_" + n]).filter(n => curves[n]).length;
    let ink = 0;
    for (const base of panel.names) {
      const rare = "eval_" + base;
      if (!curves[base] && !curves[rare]) continue;
      const color = INKS[ink++ % INKS.length];
      if (curves[base]) {
        if (panel.smooth && s > 0) lines.push({ ...curves[base], color, faint: true });
        lines.push({ ...curves[base], color, smoothed: panel.smooth && s > 0, key: base });
      }
      if (curves[rare]) lines.push({ ...curves[rare], color: shown > 2 ? color : "--b", points: true, key: rare });
    }
    return lines;
  }

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

  // One x axis for all lines: the union of their places, with gaps where a line has none.
  function align(lines, values) {
    const xs = Float64Array.from(new Set(lines.flatMap(l => l.x))).sort();
    const places = new Map();
    xs.forEach((x, i) => places.set(x, i));
    const columns = lines.map((line, k) => {
      const column = new Array(xs.length).fill(null);
      line.x.forEach((x, i) => { column[places.get(x)] = values[k][i]; });
      return column;
    });
    return [Array.from(xs), ...columns];
  }

  class Chart {
    constructor(board, panel) {
      this.board = board;
      this.panel = panel;
      this.box = element("figure", panel.wide ? "chart wide" : "chart");
      this.box.style.margin = "0";
      const head = element("header");
      const title = element("h3", "", panel.title);
      if (panel.unit) title.append(element("small", "", panel.unit));
      this.keys = element("div", "keys");
      this.area = element("div", "area");
      head.append(title, this.keys);
      this.box.append(head, this.area);
      board.place.append(this.box);
    }

    get logarithmic() {
      return Boolean(this.panel.log && this.board.log.checked);
    }

    data() {
      const clean = l => this.logarithmic ? l.y.map(v => v > 0 ? v : null) : l.y;
      return align(this.lines, this.lines.map(l => l.smoothed ? smooth(clean(l), this.board.smoothness) : clean(l)));
    }

    // The same plot with what came since; what is zoomed into stays in sight.
    update() {
      const before = this.lines;
      this.lines = this.board.linesOf(this.panel, this.board.smoothness);
      const same = this.plot && before.length === this.lines.length && before.every((l, i) => l.key === this.lines[i].key);
      if (!same) return this.draw();
      this.lines.forEach((l, i) => { l.output = before[i].output; });
      const { x } = this.plot.scales;
      const whole = this.plot.data[0];
      const zoomed = x.min > whole[0] || x.max < whole.at(-1);
      this.plot.setData(this.data(), !zoomed);
      if (zoomed) this.plot.redraw();
      this.read(this.plot.cursor.idx);
    }

    draw() {
      const css = getComputedStyle(document.documentElement);
      const color = name => css.getPropertyValue(name).trim();
      this.lines = this.board.linesOf(this.panel, this.board.smoothness);
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
        axes: [{ ...axis, size: 30, values: (u, v) => v.map(x => Number.isInteger(x) ? tick(x) : "") },
          { ...axis, size: 54, values: (u, v) => v.map(tick), ...(this.logarithmic ? { splits: (u, i, min, max) => logMarks(min, max), filter: (u, v) => v } : {}) }],
        series: [{}, ...this.lines.map(l => this.series(l, color(l.color), color("--card")))],
        hooks: { setCursor: [u => this.read(u.cursor.idx)] },
      }, this.data(), this.area);
      this.read(null);
    }

    series(line, stroke, card) {
      if (line.points) return { stroke, width: 1.25, dash: [4, 4], spanGaps: true, points: { show: true, size: 7, width: 1.75, stroke, fill: card } };
      return { stroke, width: line.faint ? 1 : 1.75, alpha: line.faint ? .28 : 1, spanGaps: true, points: { show: line.x.length < 3 } };
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
        const values = rows[i + 1] || [];
        const v = index === null || index === undefined ? values.findLast(x => x !== null) : values[index];
        l.output.textContent = (l.smoothed && v !== null && v !== undefined ? "\u2248" : "") + show(v);
      });
    }
  }

  // Charts side by side. linesOf(panel, smoothness) gives the lines of one, whenever it is drawn.
  class Board {
    constructor(place, linesOf) {
      this.place = place;
      this.linesOf = linesOf;
      this.charts = [];
      this.shown = "";
      this.width = place.clientWidth;
      this.smoothing = document.getElementById("smoothing");
      this.log = document.getElementById("log");
      this.smoothing.addEventListener("input", () => { this.chosen = true; this.drawSoon(); });
      this.log.addEventListener("change", () => this.drawSoon());
      document.querySelector(".controls").addEventListener("submit", e => e.preventDefault());
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      // On paper the page is light and the charts keep the paper's width.
      addEventListener("beforeprint", () => { document.documentElement.dataset.print = "1"; this.draw(); });
      addEventListener("afterprint", () => { delete document.documentElement.dataset.print; this.draw(); });
      new ResizeObserver(() => {
        if (place.clientWidth === this.width) return;
        this.width = place.clientWidth;
        this.draw();
      }).observe(place);
    }

    get smoothness() {
      return Number(this.smoothing.value);
    }

    // Shows these panels, with what their lines are now. Many values of the loss are smoothed, unless the reader has chosen.
    show(panels, values) {
      this.log.closest("label").hidden = !panels.some(p => p.log);
      const before = this.smoothing.value;
      if (!this.chosen) this.smoothing.value = values > 40 ? .8 : 0;
      const key = panels.map(p => p.title + "\n" + p.names).join("\n");
      const same = key === this.shown && before === this.smoothing.value;
      if (same) return this.charts.forEach(c => c.update());
      this.shown = key;
      this.charts.forEach(c => { c.plot?.destroy(); c.box.remove(); });
      this.charts = panels.map(p => new Chart(this, p));
      if (panels.length % 2 === 0 && panels.length > 1 && panels[0].wide) this.charts.at(-1).box.classList.add("wide");
      this.draw();
    }

    draw() {
      document.getElementById("smoothed").textContent = this.smoothness.toFixed(2);
      this.charts.forEach(c => c.draw());
    }

    drawSoon() {
      this.due ||= requestAnimationFrame(() => { this.due = 0; this.draw(); });
    }
  }

  return { Board, panelsOf, linesOf, element, show };
})();
