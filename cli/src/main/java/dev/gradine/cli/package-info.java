/// One readable class per command, and the entry point that turns failures into exit codes. A command reads
/// options, joins the modules below and prints; what computes belongs in one of them.
@NullMarked
package dev.gradine.cli;

import org.jspecify.annotations.NullMarked;
