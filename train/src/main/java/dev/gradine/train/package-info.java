@NullMarked
package dev.gradine.train;

import org.jspecify.annotations.NullMarked;
