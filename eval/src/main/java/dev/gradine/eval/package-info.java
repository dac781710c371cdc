/// Evaluation: how well a model does on tasks, measured as lm-evaluation-harness measures it. Here is a
/// whole evaluation and what comes out of it. What a task is lies in `task`, what is asked of a model in
/// `model`, how answers are graded in `metric`.
@NullMarked
package dev.gradine.eval;

import org.jspecify.annotations.NullMarked;
