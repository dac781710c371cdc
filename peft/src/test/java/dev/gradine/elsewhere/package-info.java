/// What somebody outside the project writes: an adapter method of their own.
@NullMarked
package dev.gradine.elsewhere;

import org.jspecify.annotations.NullMarked;
