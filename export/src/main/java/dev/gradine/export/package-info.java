/// Trained models for other programs: whole models with the adapter in their weights. Belongs here: what is written out
/// of a model and an adapter together. How one file format is written belongs in `io`, how weights are merged in
/// `peft`.
@NullMarked
package dev.gradine.export;

import org.jspecify.annotations.NullMarked;
