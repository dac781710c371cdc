/// Optimisation: schedules, AdamW, the step loop, checkpoints that resume bit for bit, metrics.
///
/// Belongs here: everything between an objective and a finished run. Which weights are trained and how they are saved
/// is
/// known only as `Policy`.
@NullMarked
package dev.gradine.train;

import org.jspecify.annotations.NullMarked;
