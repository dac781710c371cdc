/// Runs: objectives of language models, checkpoints that resume bit for bit, logs of metrics, progress. Belongs here:
/// everything between an objective and a finished run that the step loop itself (`optim`) need not know. How an adapter
/// is saved does not belong here.
@NullMarked
package dev.gradine.train;

import org.jspecify.annotations.NullMarked;
