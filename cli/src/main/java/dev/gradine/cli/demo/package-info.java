/// The parts of `gradine demo`: its rule, how stories are told, paired and measured, and the
/// table. The command itself, which joins them with the training commands, is one package up.
@NullMarked
package dev.gradine.cli.demo;

import org.jspecify.annotations.NullMarked;
