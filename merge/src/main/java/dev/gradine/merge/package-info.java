/// Several models become one: rules that make a tensor of those of several models, and the configuration that
/// mergekit uses for it.
///
/// A rule is one page: `LinearMean`, `TaskArithmetic`, `Slerp`, `MultiSlerp`, `ModelStock`, `Passthrough`.
/// `MergeConfig`
/// reads the configuration, `ModelMerge` writes the model, one tensor in memory at a time.
@NullMarked
package dev.gradine.merge;

import org.jspecify.annotations.NullMarked;
