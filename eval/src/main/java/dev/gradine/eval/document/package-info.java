/// The documents of a task: where they lie, how they are read, and what is made of their columns.
@NullMarked
package dev.gradine.eval.document;

import org.jspecify.annotations.NullMarked;
