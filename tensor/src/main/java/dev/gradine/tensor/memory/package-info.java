/// The three lifetimes of a device's memory, `run`, step and scratch, over whatever hands out raw
/// bytes: the host's own memory, a GPU's, the simulator's. Belongs here: who may reuse what, and
/// when. Does not belong here: values.
@NullMarked
package dev.gradine.tensor.memory;

import org.jspecify.annotations.NullMarked;
