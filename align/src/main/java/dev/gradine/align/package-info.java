/// Objectives: log-probabilities of tokens and sequences, and the losses made of them. Belongs here: what turns a
/// model's hidden states into a number to minimise. Does not belong here: where the text comes from, how a step is
/// taken, or which of the model's weights are trained.
@NullMarked
package dev.gradine.align;

import org.jspecify.annotations.NullMarked;
