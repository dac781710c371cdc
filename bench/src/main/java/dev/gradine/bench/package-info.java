/// What `gradine bench` measures: pieces of work at the sizes of a training step, each beside the machine's own
/// measured peak and, where one is installed, beside another library. Kernels by themselves are measured by JMH in the
/// module `jmh`.
@NullMarked
package dev.gradine.bench;

import org.jspecify.annotations.NullMarked;
