/// Decompositions of matrices: QR, singular values and the root of a symmetric matrix. They are computed on the host in
/// double, since what starts from
/// them (PiSSA, OLoRA, combined adapters) is computed once, and errors of it would stay in a model. Belongs here: what
/// concerns a matrix alone. Does not belong here: what is done with the parts.
@NullMarked
package dev.gradine.tensor.linalg;

import org.jspecify.annotations.NullMarked;
