@NullMarked
package dev.gradine.io;

import org.jspecify.annotations.NullMarked;
