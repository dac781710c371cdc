/// Experiments about adapters and quantised bases: one claim of a paper a file.
@NullMarked
package dev.gradine.lab.adapters;

import org.jspecify.annotations.NullMarked;
