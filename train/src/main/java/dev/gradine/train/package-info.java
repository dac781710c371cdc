/// The training loop and what it holds: optimisers, schedules, checkpoints and metrics. Losses and adapters come in
/// as interfaces; commands and options belong in `cli`.
@NullMarked
package dev.gradine.train;

import org.jspecify.annotations.NullMarked;
