@NullMarked
package dev.gradine.cli;

import org.jspecify.annotations.NullMarked;
