/// Optimisation: schedules, AdamW, the step loop, checkpoints that resume bit for bit, metrics. Belongs here:
/// everything between an objective and a finished run. What is trained is known only as named `Param`s; how an adapter
/// is saved does not belong here.
@NullMarked
package dev.gradine.train;

import org.jspecify.annotations.NullMarked;
