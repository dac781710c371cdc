/// Tests of the repository as a whole: who may know whom, how large things may be, and that every part that belongs to
/// an op, a package or a page is there. Checkers take source text and answer with findings, so that each check is
/// also run on a planted fault. Nothing here tests what a module computes.
@NullMarked
package dev.gradine.arch;

import org.jspecify.annotations.NullMarked;
