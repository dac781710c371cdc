/// All adapter methods side by side on a user's own model and data: which method, and which rate, for me?
@NullMarked
package dev.gradine.lab.methods;

import org.jspecify.annotations.NullMarked;
