/// Several runs side by side: what was set otherwise, what came of it, curves on one axis, answers to the same prompts.
/// Belongs here: what is compared and how it is shown. What one run leaves behind is read by `train.report`.
@NullMarked
package dev.gradine.train.compare;

import org.jspecify.annotations.NullMarked;
