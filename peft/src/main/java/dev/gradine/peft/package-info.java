/// Adapters over frozen models, trained copies of whole weights, their merging, and the files of Hugging Face PEFT. A
/// method is one record with its formula and its options; what all methods share (selection of layers, saving, loading,
/// merging, snapshots) is written once, against `Method` and `Adapter`. Objectives do not belong here.
@NullMarked
package dev.gradine.peft;

import org.jspecify.annotations.NullMarked;
