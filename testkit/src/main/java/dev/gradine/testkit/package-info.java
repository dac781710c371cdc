@NullMarked
package dev.gradine.testkit;

import org.jspecify.annotations.NullMarked;
