/// Several models become one: rules that make a tensor of those of several models, one page each, the
/// configuration that mergekit uses for it, and the writing of the model, one tensor in memory at a time.
/// Belongs here: what needs weights alone. What needs a model that computes, such as merging an adapter,
/// belongs in `peft` and `export`.
@NullMarked
package dev.gradine.merge;

import org.jspecify.annotations.NullMarked;
