@NullMarked
package dev.gradine.nn;

import org.jspecify.annotations.NullMarked;
