package dev.gradine.io;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The tensors that bitsandbytes writes for one weight of four or eight bits: what `BitsAndBytes` reads.
public final class BitsAndBytesParts {

    private BitsAndBytesParts() {}

    /// All of them.
    ///
    /// @param name of the weight, such as `model.layers.0.self_attn.q_proj.weight`
    /// @param w NF4, FP4 or INT8 in host memory
    /// @param dtype that the weight had before
    public static List<TensorSource> of(String name, Tensor w, DType dtype) {
        if (w.dtype() == DType.INT8) return rows(name, w);
        Scales scales = w.scales();
        Tensor magnitudes = scales.magnitudes();
        boolean nested = magnitudes.dtype().hasScales();
        Tensor codes = w.codes();
        List<TensorSource> parts = new ArrayList<>();
        parts.add(TensorSource.of(name, codes.reshape(Shape.of(codes.size(), 1))));
        parts.add(TensorSource.of(name + ".absmax", nested ? magnitudes.codes() : magnitudes));
        if (nested) {
            parts.add(
                    TensorSource.of(name + ".nested_absmax", magnitudes.scales().magnitudes()));
            parts.add(table(name + ".nested_quant_map", DType.DYNAMIC8));
        }
        parts.add(table(name + ".quant_map", w.dtype()));
        parts.add(bytes(name + BitsAndBytes.STATE + typeName(w), state(w, dtype)));
        return parts;
    }

    private static List<TensorSource> rows(String name, Tensor w) {
        String module = name.substring(0, name.length() - ".weight".length());
        return List.of(
                TensorSource.of(name, new Tensor(w.data(), DType.I8, w.shape())),
                TensorSource.of(module + BitsAndBytes.ROWS, w.scales().magnitudes()),
                TensorSource.of(module + BitsAndBytes.FORMAT, Tensor.zeros(Arena.ofAuto(), DType.U8, Shape.of())));
    }

    private static String typeName(Tensor w) {
        return w.dtype() == DType.NF4 ? "nf4" : "fp4";
    }

    private static TensorSource table(String name, DType dtype) {
        float[] numbers = CodeTable.of(dtype);
        return TensorSource.of(name, Tensor.of(Arena.ofAuto(), Shape.of(numbers.length), numbers));
    }

    private static TensorSource bytes(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Tensor t = Tensor.zeros(Arena.ofAuto(), DType.U8, Shape.of(bytes.length));
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, t.data(), 0, bytes.length);
        return TensorSource.of(name, t);
    }

    /// As Python's `json.dumps` writes it.
    private static String state(Tensor w, DType dtype) {
        Scales scales = w.scales();
        String plain = "\"quant_type\": \"%s\", \"blocksize\": %d, \"dtype\": \"%s\", \"shape\": [%d, %d]"
                .formatted(
                        typeName(w),
                        scales.block(),
                        torchName(dtype),
                        w.shape().dim(0),
                        w.shape().dim(1));
        if (!scales.magnitudes().dtype().hasScales()) return "{" + plain + "}";
        Scales outer = scales.magnitudes().scales();
        return "{%s, \"nested_blocksize\": %d, \"nested_dtype\": \"float32\", \"nested_offset\": %s}"
                .formatted(plain, outer.block(), (double) outer.offset());
    }

    /// What torch calls a type of floating-point numbers; float32 for one of codes, which is decoded to it.
    public static String torchName(DType dtype) {
        return switch (dtype) {
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            default -> "float32";
        };
    }
}
