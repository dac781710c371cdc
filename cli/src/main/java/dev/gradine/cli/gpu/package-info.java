/// What the commands `gpu check` and `bundle` do: training steps on two devices side by side, the sanitizer, and a
/// program that needs no JDK. Options do not belong here; kernels and the driver are below.
@NullMarked
package dev.gradine.cli.gpu;

import org.jspecify.annotations.NullMarked;
