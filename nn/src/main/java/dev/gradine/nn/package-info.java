/// Layers and the parts of a decoder, written against the tape alone. Belongs here: what computes hidden states and
/// logits, each part with its formula; families, which name their parts, are in `models`. A model is weights and never
/// changes; what differs from pass to pass travels with the `Pass`.
/// Adapters do not belong here: they enter by the door `Adapters`, so that `nn` knows neither `peft` nor files.
@NullMarked
package dev.gradine.nn;

import org.jspecify.annotations.NullMarked;
