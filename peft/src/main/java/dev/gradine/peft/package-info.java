/// Adapters over frozen weights, quantised bases, and merging an adapter into its base. Losses and the training
/// loop do not belong here.
@NullMarked
package dev.gradine.peft;

import org.jspecify.annotations.NullMarked;
