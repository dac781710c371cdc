/// Models of every kind as a function of named tensors: what `gradine forward` computes. A kind of model is one class;
/// the command itself, which reads the files and adds gradients, is one package up.
@NullMarked
package dev.gradine.cli.forward;

import org.jspecify.annotations.NullMarked;
