/// A conversation in the terminal: what was said, how it is typed, and how two answers stand beside each other.
@NullMarked
package dev.gradine.cli.chat;

import org.jspecify.annotations.NullMarked;
