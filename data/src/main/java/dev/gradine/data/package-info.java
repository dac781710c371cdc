/// Data sets: turning what files hold into typed [Row]s, naming the file, row and field of what is
/// wrong, and splitting off rows for evaluation. How values lie in files is the business of `file`.
/// Turning rows into tokens is the business of `encode`; nothing here knows a tensor.
@NullMarked
package dev.gradine.data;

import org.jspecify.annotations.NullMarked;
