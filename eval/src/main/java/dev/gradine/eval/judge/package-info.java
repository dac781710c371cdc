/// Judged evaluation: which of two answers is better, or how good one is, as a judge says; and what may
/// be concluded from many such verdicts. A judge is a model of ours or one behind a URL.
@NullMarked
package dev.gradine.eval.judge;

import org.jspecify.annotations.NullMarked;
