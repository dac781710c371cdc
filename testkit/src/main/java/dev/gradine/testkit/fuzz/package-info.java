/// Changes files at random, has them read and judges what the reader does: files of any kind, of which this package
/// knows none. Kinds and their readers stand where the readers are seen.
@NullMarked
package dev.gradine.testkit.fuzz;

import org.jspecify.annotations.NullMarked;
