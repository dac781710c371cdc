/// Data sets: reading JSON and JSONL files into typed [Row]s, naming the file, row and field of what is wrong, and
/// splitting off rows for evaluation. Turning rows into tokens is the business of `encode`; nothing here knows a
/// tensor.
@NullMarked
package dev.gradine.data;

import org.jspecify.annotations.NullMarked;
