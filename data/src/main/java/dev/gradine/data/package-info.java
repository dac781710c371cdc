@NullMarked
package dev.gradine.data;

import org.jspecify.annotations.NullMarked;
