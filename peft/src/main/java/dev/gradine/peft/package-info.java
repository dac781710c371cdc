/// Adapters over frozen linear layers, trained copies of whole weights, their merging, and Hugging Face PEFT's
/// files. An adapter is one file with its formula; what all adapters share (selection of layers, switching off,
/// saving, loading, merging) is written once, against `Adapter`.
@NullMarked
package dev.gradine.peft;

import org.jspecify.annotations.NullMarked;
