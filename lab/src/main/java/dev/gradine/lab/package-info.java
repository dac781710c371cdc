/// The lab: what papers claim, as small experiments with fixed seeds. Here is what every experiment has:
/// its claim, a table for each seed, what must come out, and the verdict. The experiments lie in packages
/// by what they are about; what they begin with, in `base`.
@NullMarked
package dev.gradine.lab;

import org.jspecify.annotations.NullMarked;
