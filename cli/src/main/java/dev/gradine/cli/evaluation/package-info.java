/// What was evaluated, read back from its files: as a page, and two evaluations side by side, example by
/// example.
@NullMarked
package dev.gradine.cli.evaluation;

import org.jspecify.annotations.NullMarked;
