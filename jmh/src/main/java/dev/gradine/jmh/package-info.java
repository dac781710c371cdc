/// Benchmarks, one per stem, with the shapes of the test of the same stem; each verifies its result before it is
/// timed. Nothing here is shipped.
@NullMarked
package dev.gradine.jmh;

import org.jspecify.annotations.NullMarked;
