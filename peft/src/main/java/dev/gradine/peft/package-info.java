/// Adapters over frozen linear layers, trained copies of whole weights, their merging, and the files of Hugging Face
/// PEFT. An adapter is one file with its formula; what all adapters share (selection of layers, switching off, saving,
/// loading, merging) is written once, against `Adapter`. Objectives do not belong here.
@NullMarked
package dev.gradine.peft;

import org.jspecify.annotations.NullMarked;
