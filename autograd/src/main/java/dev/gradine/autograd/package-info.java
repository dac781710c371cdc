@NullMarked
package dev.gradine.autograd;

import org.jspecify.annotations.NullMarked;
