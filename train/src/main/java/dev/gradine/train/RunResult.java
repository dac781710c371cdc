package dev.gradine.train;

import dev.gradine.train.report.RunInfo;
import java.nio.file.Path;

/// What came of a run.
///
/// @param folder with the adapter, if finished, else with the checkpoint it stopped at
/// @param finished whether all steps were taken; if not, the run was interrupted
/// @param info as `run.json` holds it
/// @param bytesSaved what checkpoints of blocks have saved of each step's memory; 0 without them
public record RunResult(Path folder, boolean finished, RunInfo info, long bytesSaved) {}
