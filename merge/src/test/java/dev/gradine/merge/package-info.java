@NullMarked
package dev.gradine.merge;

import org.jspecify.annotations.NullMarked;
