/// Layers and model families, written against the tape alone. Belongs here: what computes hidden states and logits, one
/// readable file per family. Adapters do not: they enter by the door `LinearSlot`, and trained copies of whole weights
/// by `ParamSlot`, so that `nn` knows neither `peft` nor files.
@NullMarked
package dev.gradine.nn;

import org.jspecify.annotations.NullMarked;
