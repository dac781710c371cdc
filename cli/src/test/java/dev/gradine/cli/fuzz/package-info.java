/// The fuzz program: kinds of files that this program reads, each with its reader, and a table of them.
@NullMarked
package dev.gradine.cli.fuzz;

import org.jspecify.annotations.NullMarked;
