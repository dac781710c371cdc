/// What `gradine bench` measures: whole pieces of work, each beside the machine's own measured peak. Kernels by
/// themselves are measured by JMH in the module `jmh`.
@NullMarked
package dev.gradine.cli.bench;

import org.jspecify.annotations.NullMarked;
