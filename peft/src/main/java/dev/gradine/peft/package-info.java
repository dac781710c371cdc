@NullMarked
package dev.gradine.peft;

import org.jspecify.annotations.NullMarked;
