/// Objectives side by side: each trained on the same pairs from the same beginning, and the page of what came of it.
@NullMarked
package dev.gradine.lab.objectives;

import org.jspecify.annotations.NullMarked;
