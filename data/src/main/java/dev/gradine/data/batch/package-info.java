/// The order in which examples are visited: batches by step number, the same for the same seed.
@NullMarked
package dev.gradine.data.batch;

import org.jspecify.annotations.NullMarked;
