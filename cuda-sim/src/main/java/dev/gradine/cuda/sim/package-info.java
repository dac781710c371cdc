/// A PTX machine in Java: it runs the shipped kernels where there is no GPU, and checks every access while it does.
/// Here is what instructions mean; how PTX is read stands in `dev.gradine.cuda.sim.ptx`.
@NullMarked
package dev.gradine.cuda.sim;

import org.jspecify.annotations.NullMarked;
