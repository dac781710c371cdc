/// What the commands `gpu` and `bundle` do: training steps on two devices side by side, kernels against the clock, the
/// sanitizer, and a program that needs no JDK. Options do not belong here; kernels and the driver are below.
@NullMarked
package dev.gradine.cli.gpu;

import org.jspecify.annotations.NullMarked;
