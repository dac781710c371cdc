/// Tests of `export`, and the tiny models they need.
@NullMarked
package dev.gradine.export;

import org.jspecify.annotations.NullMarked;
