/// Optimisation of anything that has parameters and a loss: the step loop, optimisers, schedules, clipping, means of
/// metrics. Belongs here: what knows a model only as named `Param`s and an example only as a type variable. Does not
/// belong here: language, files, terminals.
@NullMarked
package dev.gradine.optim;

import org.jspecify.annotations.NullMarked;
