/// What pages of measured rows share: rows kept in a file, the head that says what they were measured with, and the
/// papers that sources name.
@NullMarked
package dev.gradine.lab.page;

import org.jspecify.annotations.NullMarked;
