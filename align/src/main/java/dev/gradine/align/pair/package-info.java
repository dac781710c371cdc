/// Losses of a pair of answers, each a formula over the scores of the two. Belongs here: one file a formula. Does not
/// belong here: what a score is made of, and what is logged.
@NullMarked
package dev.gradine.align.pair;

import org.jspecify.annotations.NullMarked;
