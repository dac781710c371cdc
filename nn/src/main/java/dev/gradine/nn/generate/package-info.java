/// Texts written by a model: many at once, each as if it were alone.
@NullMarked
package dev.gradine.nn.generate;

import org.jspecify.annotations.NullMarked;
