/// Where a run's metrics go beside its own log: TensorBoard's event files, MLflow's server. Belongs here:
/// the formats of others. Does not belong here: what is measured.
@NullMarked
package dev.gradine.train.track;

import org.jspecify.annotations.NullMarked;
