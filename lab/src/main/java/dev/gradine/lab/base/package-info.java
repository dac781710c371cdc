/// What experiments begin with: the story model and small random ones, their tasks, a training loop without files, and
/// how a model scores.
@NullMarked
package dev.gradine.lab.base;

import org.jspecify.annotations.NullMarked;
