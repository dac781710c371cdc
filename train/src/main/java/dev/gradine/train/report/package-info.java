/// The page a run leaves behind: `run.json` as records and the self-contained `report.html` drawn from it and from the
/// metrics. Nothing here trains, and nothing here is read back by the trainer.
@NullMarked
package dev.gradine.train.report;

import org.jspecify.annotations.NullMarked;
