/// What a task is: its file, the tasks that travel with the program, and the prompt that is made of a
/// document and its examples.
@NullMarked
package dev.gradine.eval.task;

import org.jspecify.annotations.NullMarked;
