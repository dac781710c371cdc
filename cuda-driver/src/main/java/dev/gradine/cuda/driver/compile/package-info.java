/// From `.cu` to `.ptx`, and from there to a GPU's own code to see what it costs. Belongs here: the
/// compilers and the text of the files they read and write. The ordinary build needs none of this; its
/// tests compare hashes alone.
@NullMarked
package dev.gradine.cuda.driver.compile;

import org.jspecify.annotations.NullMarked;
