/// Losses of post-training: language-model loss, preference losses and the log-probabilities they compare. A loss
/// is a record over its coefficients. Adapters, optimisers and data files do not belong here.
@NullMarked
package dev.gradine.align;

import org.jspecify.annotations.NullMarked;
