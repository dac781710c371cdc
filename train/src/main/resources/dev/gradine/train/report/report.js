(() => {
  const place = document.getElementById("charts");
  if (!place) return;
  const { metrics: { steps, columns }, run } = JSON.parse(document.getElementById("data").textContent);
  const curves = {};
  for (const [name, column] of Object.entries(columns)) {
    curves[name] = { x: steps.filter((_, i) => column[i] !== null), y: column.filter(v => v !== null) };
  }
  const board = new Charts.Board(place, (panel, s) => Charts.linesOf(panel, curves, s));
  board.show(Charts.panelsOf(run.objective.metrics, Object.keys(curves)), curves.loss ? curves.loss.y.length : 0);
})();
