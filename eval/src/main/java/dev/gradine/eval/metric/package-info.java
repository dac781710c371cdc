/// How answers are graded: one file a kind of question, with its metrics, and how the grades of all
/// items become one number with its standard error.
@NullMarked
package dev.gradine.eval.metric;

import org.jspecify.annotations.NullMarked;
