@NullMarked
package dev.gradine.align;

import org.jspecify.annotations.NullMarked;
