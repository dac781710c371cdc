@NullMarked
package dev.gradine.jmh;

import org.jspecify.annotations.NullMarked;
