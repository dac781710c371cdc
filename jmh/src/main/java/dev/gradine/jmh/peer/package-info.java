/// PyTorch's C++ library, to be measured beside us in one process. Compiled with the Maven profile `peer` alone, which
/// downloads it: the ordinary build leaves this package out.
@NullMarked
package dev.gradine.jmh.peer;

import org.jspecify.annotations.NullMarked;
