package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A tensor of any real type, to be read as f32 part by part, also by several threads at once.
final class RealValues {

    private final MemorySegment data;
    private final DType dtype;
    private final @Nullable CodedValues coded;

    private RealValues(Tensor t) {
        this.data = t.data();
        this.dtype = t.dtype();
        this.coded = t.dtype().hasScales() ? CodedValues.of(t) : null;
    }

    /// The values of `t`.
    ///
    /// @throws IllegalStateException if `t` was released
    static RealValues of(Tensor t) {
        return new RealValues(t);
    }

    /// Writes `n` values from value number `first` on to `to[at …]`. For GGUF's block types both `first` and `n` are
    /// multiples of 32.
    void read(long first, int n, float[] to, int at) {
        if (coded == null) Decode.toFloats(data, dtype, first, n, to, at);
        else coded.read(first, n, to, at);
    }
}
