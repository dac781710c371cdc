@NullMarked
package dev.gradine.tensor;

import org.jspecify.annotations.NullMarked;
