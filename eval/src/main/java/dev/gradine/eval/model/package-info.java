/// What is asked of a model and what it answers: requests as text, the rules by which they become
/// tokens, and a model that computes them.
@NullMarked
package dev.gradine.eval.model;

import org.jspecify.annotations.NullMarked;
