/// Where the time of a step goes: a device that notes how long each kernel took, and the table made of it. Nothing
/// here computes; a new kernel or a new device is watched without a line being added.
@NullMarked
package dev.gradine.tensor.profile;

import org.jspecify.annotations.NullMarked;
