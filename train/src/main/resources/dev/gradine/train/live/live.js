(() => {
  const MOST = 6000; // points of a curve, beyond which the whole history is asked for again, thinned
  const INKS = 8;
  const { one, plain } = JSON.parse(document.getElementById("data").textContent);
  const runs = []; // by number: {name, status, metrics, curves, layers}
  document.getElementById("curves").hidden = plain;
  const axis = document.getElementById("axis");
  const waiting = document.getElementById("waiting");
  const board = new Charts.Board(document.getElementById("charts"), (panel, s) => one ? Charts.linesOf(panel, along(runs[0], runs[0].curves), s) : overlaid(panel, s));
  axis.addEventListener("change", () => board.draw());

  // The curves over the chosen axis: a step's tokens and seconds lie between those of the nearest steps that are known.
  function along(run, curves) {
    const ruler = run.curves[axis.value];
    if (!axis.value || !ruler) return curves;
    const place = step => {
      const i = ruler.x.findIndex(x => x >= step);
      if (i < 0) return ruler.y.at(-1);
      if (i === 0) return step === ruler.x[0] ? ruler.y[0] : ruler.y[0] * step / ruler.x[0];
      const share = (step - ruler.x[i - 1]) / (ruler.x[i] - ruler.x[i - 1]);
      return ruler.y[i - 1] + share * (ruler.y[i] - ruler.y[i - 1]);
    };
    return Object.fromEntries(Object.entries(curves).map(([name, c]) => [name, { x: c.x.map(place), y: c.y }]));
  }

  // One metric of all runs, each run in its colour.
  function overlaid(panel, s) {
    const [name] = panel.names;
    return runs.flatMap((run, i) => {
      const color = "--r" + i % INKS;
      const own = along(run, Object.fromEntries([name, "eval_" + name].filter(n => run.curves[n]).map(n => [n, run.curves[n]])));
      const lines = [];
      if (own[name]) lines.push({ ...own[name], color, smoothed: panel.smooth && s > 0, key: run.name });
      if (own["eval_" + name]) lines.push({ ...own["eval_" + name], color, points: true, key: own[name] ? undefined : run.name });
      return lines;
    });
  }

  function draw() {
    const names = [...new Set(runs.flatMap(r => Object.keys(r.curves)))];
    const metrics = [...new Map(runs.flatMap(r => r.metrics).map(m => [m.name, m])).values()];
    let panels = Charts.panelsOf(metrics, names);
    if (!one) panels = panels.flatMap(p => p.names.map(n => ({ ...p, names: [n], title: p.names.length > 1 ? n : p.title })).filter(q => names.includes(q.names[0]) || names.includes("eval_" + q.names[0])));
    waiting.hidden = panels.length > 0;
    board.show(panels, Math.max(0, ...runs.map(r => r.curves.loss ? r.curves.loss.y.length : 0)));
    if (one && runs[0]) layers(runs[0].layers);
  }

  // A row a layer, a column a step: the darker, the larger the norm, on a logarithmic scale.
  const section = document.getElementById("layers");
  function layers(norms) {
    const names = Object.keys(norms);
    if (!section || names.length === 0) return;
    section.hidden = false;
    const canvas = section.querySelector("canvas");
    const height = Math.max(10, Math.min(24, 360 / names.length));
    const ratio = devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio;
    canvas.height = height * names.length * ratio;
    canvas.style.height = height * names.length + "px";
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--a").trim();
    const logs = Object.values(norms).flatMap(c => c.y).filter(v => v > 0).map(Math.log10);
    const low = logs.reduce((a, b) => Math.min(a, b), Infinity), high = logs.reduce((a, b) => Math.max(a, b), -Infinity);
    const last = Math.max(...Object.values(norms).map(c => c.x.at(-1)));
    const x = step => canvas.clientWidth * (step - 1) / last;
    names.forEach((name, row) => norms[name].x.forEach((step, i) => {
      const v = norms[name].y[i];
      pen.globalAlpha = v > 0 ? .06 + .94 * (high > low ? (Math.log10(v) - low) / (high - low) : 1) : 0;
      const end = i + 1 < norms[name].x.length ? norms[name].x[i + 1] : last + 1;
      pen.fillRect(x(step), row * height, Math.max(1, x(end) - x(step)), height - 1);
    }));
    const tell = (row, at) => {
      const c = norms[names[row]];
      const i = Math.max(0, c.x.findLastIndex(s => s <= at));
      section.querySelector(".told").textContent = names[row] + ", step " + c.x[i] + ": " + Charts.show(c.y[i]) + " (" + names[0] + " on top, " + names.at(-1) + " at the bottom)";
    };
    canvas.onmousemove = e => tell(Math.max(0, Math.min(names.length - 1, Math.floor(e.offsetY / height))), 1 + last * e.offsetX / canvas.clientWidth);
    tell(names.length - 1, last);
  }

  // Points that were sent before take the place of themselves.
  function append(curves, name, [xs, ys]) {
    const c = curves[name] ||= { x: [], y: [] };
    xs.forEach((x, i) => {
      if (c.x.length && x < c.x.at(-1)) return;
      if (c.x.length && x === c.x.at(-1)) { c.y[c.y.length - 1] = ys[i]; return; }
      c.x.push(x);
      c.y.push(ys[i]);
    });
    return c.x.length;
  }

  const ask = document.getElementById("ask");
  let due = 0;
  function drawSoon() {
    due ||= requestAnimationFrame(() => { due = 0; draw(); });
  }

  function of(number) {
    return runs[number] ||= { name: "", status: "", metrics: [], curves: {}, layers: {} };
  }

  const lost = Charts.element("p", "message", "The program that shows this page does not answer; what it last said stays.");
  function open() {
    const source = new EventSource("events");
    source.addEventListener("open", () => lost.remove());
    source.addEventListener("error", () => document.querySelector("main").prepend(lost));
    source.addEventListener("part", e => {
      const { place, html } = JSON.parse(e.data);
      for (const spot of document.querySelectorAll("[data-part]")) if (spot.dataset.part === place) spot.innerHTML = html;
    });
    source.addEventListener("run", e => {
      const { run, ...about } = JSON.parse(e.data);
      Object.assign(of(run), about);
      drawSoon();
    });
    source.addEventListener("curves", e => {
      const { run: number, anew, curves, layers } = JSON.parse(e.data);
      const run = of(number);
      if (anew) Object.assign(run, { curves: {}, layers: {} });
      let most = 0;
      for (const [name, points] of Object.entries(curves)) most = Math.max(most, append(run.curves, name, points));
      for (const [name, points] of Object.entries(layers)) most = Math.max(most, append(run.layers, name, points));
      drawSoon();
      if (most > MOST) { source.close(); open(); }
    });
    source.addEventListener("end", () => { source.close(); ask?.remove(); document.body.dataset.ended = "1"; });
  }
  open();

  ask?.addEventListener("click", async () => {
    ask.disabled = true;
    try { await fetch("tape", { method: "POST" }); } finally { setTimeout(() => { ask.disabled = false; }, 1000); }
  });
})();
