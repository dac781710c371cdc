package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// Addresses of tensors, for the innermost loops.
///
/// A loop that reads a tensor's own segment asks in every turn whether its lifetime has ended: the stores of the loop
/// could have changed that, for all the compiler knows. So a kernel asks once, here, and then computes with addresses:
///
/// ```
/// long x = Native.address(t);
/// FloatVector v = FloatVector.fromMemorySegment(S, MEMORY, x + 4L * i, LITTLE_ENDIAN);
/// ```
///
/// Nothing checks bounds after that. Shapes are checked before a kernel takes an address, and indices that come from
/// data before they are added to one.
final class Native {

    /// All of memory. A constant without an end, an owner or a base: an access to it compiles to the bare instruction.
    @SuppressWarnings("restricted") // who computes an address has taken it from a live tensor of checked shape
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Native() {}

    /// Where the values of `t` begin.
    ///
    /// @throws IllegalStateException if the lifetime of `t` has ended
    static long address(Tensor t) {
        return address(t.data());
    }

    /// Where the values of `t` begin, for a kernel that writes them.
    ///
    /// @throws IllegalStateException if the lifetime of `t` has ended
    /// @throws IllegalArgumentException if `t` may only be read, as weights in a mapped file
    static long writable(Tensor t) {
        if (t.data().isReadOnly()) throw new IllegalArgumentException("kernel: " + t + " is read-only");
        return address(t.data());
    }

    private static long address(MemorySegment data) {
        if (!data.scope().isAlive())
            throw new IllegalStateException("kernel: a tensor is used after its lifetime ended");
        if (!data.isNative())
            throw new IllegalArgumentException("kernel: a tensor lies on the heap, expected native memory");
        return data.address();
    }
}
