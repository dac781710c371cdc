/// Python's rules where a prompt or a standard error depends on them: its random numbers, its literals.
/// Nothing else belongs here.
@NullMarked
package dev.gradine.eval.python;

import org.jspecify.annotations.NullMarked;
