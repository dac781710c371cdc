/// What answers are worth: small functions of a prompt and an answer. Belongs here: one file a function,
/// and how they are found by name. Does not belong here: what is made of the rewards.
@NullMarked
package dev.gradine.train.reward;

import org.jspecify.annotations.NullMarked;
