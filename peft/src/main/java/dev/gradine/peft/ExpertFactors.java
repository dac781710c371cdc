package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/// How PEFT's files hold the factors of experts, and how older ones did.
///
/// ```
/// since 0.19:  lora_A [E·R, I], row e·R + i is row i of A_e      lora_B [O, R·E], column i·E + e is column i of B_e
/// before:      lora_A [E·R, O],                                  lora_B [I, R·E],      with ΔW_e = s · (B_e A_e)ᵀ
/// ```
///
/// Which of the two a file has is told by its shapes, and where I = O by `peft_version`.
///
/// @param file tensors of a file by name, in host memory
/// @param positional whether a file that could be either is of the older kind
/// @param k memory for what is made
record ExpertFactors(Function<String, Tensor> file, boolean positional, Kernels k) {

    /// The part of a stack of matrices that is expert `e`'s.
    static Tensor ofExpert(Tensor stacked, int e) {
        Shape one = Shape.of(stacked.shape().dim(1), stacked.shape().dim(2));
        return stacked.rows(e, e + 1).reshape(one);
    }

    /// A `f32[E,R,I]` as a file has it, `[E·R,I]`.
    static Tensor rowsOf(Tensor a) {
        return a.reshape(Shape.of(a.shape().dim(0) * a.shape().dim(1), a.shape().dim(2)));
    }

    /// B `f32[E,O,R]` as a file has it, `[O,R·E]`.
    static Tensor columnsOf(Tensor b, Kernels k) {
        Tensor all = permuted(b, List.of(1, 2, 0), k);
        return all.reshape(
                Shape.of(all.shape().dim(0), all.shape().dim(1) * all.shape().dim(2)));
    }

    /// Whether a value of this name and shape is stored in another form.
    static boolean isStacked(String name, Shape shape) {
        return shape.rank() == 3 && (name.endsWith(LoraLinear.A) || name.endsWith(LoraLinear.B));
    }

    /// The factor of this name, `f32[E,R,I]` or `f32[E,O,R]`.
    ///
    /// @throws AdapterException names the tensor whose shape fits neither form
    Tensor read(String name, Shape shape) {
        boolean isA = name.endsWith(LoraLinear.A);
        String twin = name.substring(0, name.length() - LoraLinear.A.length()) + (isA ? LoraLinear.B : LoraLinear.A);
        Shape now = isA ? rows(shape) : columns(shape);
        Shape before = isA ? columns(turned(shape)) : rows(turned(shape));
        boolean older = file.apply(twin).shape().equals(before)
                && (positional || !file.apply(name).shape().equals(now));
        Tensor stored = float32(file.apply(older ? twin : name));
        AdapterException.requireShape(
                older ? twin : name, stored.shape(), older ? before : now, "the experts of the model and the rank");
        if (isA != older) return older ? turned(stacked(stored, turned(shape))) : stacked(stored, shape);
        return older ? turned(unstacked(stored, turned(shape))) : unstacked(stored, shape);
    }

    private Tensor float32(Tensor host) {
        Tensor stored = k.fromHost(host);
        Tensor f32 = k.empty(stored.shape());
        k.copy(stored, f32);
        return f32;
    }

    /// `[E·P,Q]` of `[E,P,Q]`.
    private static Shape rows(Shape s) {
        return Shape.of(s.dim(0) * s.dim(1), s.dim(2));
    }

    /// `[P,Q·E]` of `[E,P,Q]`.
    private static Shape columns(Shape s) {
        return Shape.of(s.dim(1), s.dim(2) * s.dim(0));
    }

    private static Shape turned(Shape s) {
        return Shape.of(s.dim(0), s.dim(2), s.dim(1));
    }

    private Tensor turned(Tensor t) {
        return permuted(t, List.of(0, 2, 1), k);
    }

    private static Tensor stacked(Tensor rows, Shape shape) {
        return rows.reshape(shape);
    }

    private Tensor unstacked(Tensor columns, Shape shape) {
        return permuted(columns.reshape(Shape.of(shape.dim(1), shape.dim(2), shape.dim(0))), List.of(2, 0, 1), k);
    }

    private static Tensor permuted(Tensor t, List<Integer> order, Kernels k) {
        int[] dims = order.stream().mapToInt(t.shape()::dim).toArray();
        Tensor y = k.empty(Shape.of(dims));
        k.layout().permute(t, order, y);
        return y;
    }
}
