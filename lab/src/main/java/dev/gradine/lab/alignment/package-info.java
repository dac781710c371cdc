/// Experiments about objectives: one claim a file, most of them on answers whose worth is known exactly.
@NullMarked
package dev.gradine.lab.alignment;

import org.jspecify.annotations.NullMarked;
