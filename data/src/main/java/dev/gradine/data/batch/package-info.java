/// The order in which examples are visited: batches by step number, the same for the same seed, so that a resumed run
/// goes on without replaying. What an example is does not matter here.
@NullMarked
package dev.gradine.data.batch;

import org.jspecify.annotations.NullMarked;
