/// Ways to learn: log-probabilities of tokens and sequences, and the recipes made of them. Belongs here: which rows a
/// recipe learns from, what it reads of each, its formula and what it logs. Does not belong here: how text becomes
/// tokens, how a step is taken, or which of the model's weights are trained.
@NullMarked
package dev.gradine.align;

import org.jspecify.annotations.NullMarked;
