package dev.gradine.autograd.op;

import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Rule;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One call of every op, for the suite that holds for all of them.
///
/// @param op class of the op
/// @param make the op, with what it holds in the memory of the kernels
/// @param shapes of the inputs
record OpExamples(Class<?> op, Function<Kernels, Op> make, List<Shape> shapes) {

    private static final Shape M = Shape.of(5, 17);
    private static final Shape V = Shape.of(17);

    static List<OpExamples> all() {
        AttentionSpec spec = AttentionSpec.causal(2, 1, 8, 0.3f);
        Sequences sequences = Sequences.packed(0, 2, 5);
        return List.of(
                of(_ -> new AddBias(), M, V),
                of(_ -> new Apply(Fn.SILU, 0, 0), M),
                of(_ -> new Attention(spec, sequences), Shape.of(5, 16), Shape.of(5, 8), Shape.of(5, 8)),
                of(
                        _ -> new AttentionWithSinks(spec, sequences),
                        Shape.of(5, 16),
                        Shape.of(5, 8),
                        Shape.of(5, 8),
                        Shape.of(2)),
                of(_ -> new BatchMatMul(), Shape.of(3, 5, 17), Shape.of(3, 4, 17)),
                of(_ -> new Combine(Fn2.MUL), M, V),
                of(_ -> new Concat(1), M, Shape.of(5, 3)),
                of(_ -> new Conv2d(Windows.square(2, 1)), Shape.of(2, 3, 5, 6), Shape.of(4, 3, 3, 3), Shape.of(4)),
                of(k -> new TeacherDivergence(k.of(M, Cases.plain(3, 85, 1)), 0.3f), M),
                of(_ -> new Dropout(0.25f, 9), M),
                of(k -> new IndexSelect(k.ofInts(4, 0, 4)), M),
                of(
                        _ -> new GatedRecurrence(new Heads(1, 2, 3, 4, Rule.DELTA), sequences, null),
                        Shape.of(5, 3),
                        Shape.of(5, 3),
                        Shape.of(5, 8),
                        Shape.of(5, 2),
                        Shape.of(5, 2)),
                of(_ -> new Inverse(), Shape.of(2, 3, 3)),
                of(_ -> new GroupNorm(new Groups(2, 1e-5f)), Shape.of(2, 4, 3, 5), Shape.of(4), Shape.of(4)),
                of(_ -> new LayerNorm(1e-5f), M, V, V),
                of(_ -> new MatMul(), M, Shape.of(3, 17)),
                of(k -> new LinearLogProb(k.ofInts(1, 2, 0, 0, 1), null, 0, false), M, Shape.of(3, 17)),
                of(k -> new LogProb(k.ofInts(16, 2, 0, 0, 1), null, 0), M),
                of(_ -> new LowRankLinear(2), M, Shape.of(3, 17), Shape.of(2, 17), Shape.of(3, 2)),
                of(_ -> new Mean(), M),
                of(_ -> new Permute(List.of(1, 0)), M),
                of(k -> new PutRows(k.ofInts(3, 0)), M, Shape.of(2, 17)),
                of(_ -> new Reshape(Shape.of(17, 5)), M),
                of(_ -> new RmsNorm(1e-5f), M, V),
                of(OpExamples::rope, Shape.of(5, 16)),
                of(k -> new SegmentSum(k.ofInts(0, 3, 3, 17)), V),
                of(_ -> new SliceColumns(2, 6), M),
                of(_ -> new SliceRows(1, 4), M),
                of(_ -> new Softmax(0.5f), M),
                of(_ -> new SumLast(), M),
                of(_ -> new SwiGlu(), M, M),
                of(_ -> new Upsample(new Enlargement(Mode.BILINEAR, 2)), Shape.of(2, 3, 4, 5)));
    }

    private static Rope rope(Kernels k) {
        Shape table = Shape.of(6, 4);
        Tensor cos = k.of(table, Cases.plain(1, 24, 1));
        Tensor sin = k.of(table, Cases.plain(2, 24, 1));
        return new Rope(k.ofInts(0, 1, 0, 5, 2), RopeAngles.halves(cos, sin));
    }

    private static OpExamples of(Function<Kernels, Op> make, Shape... shapes) {
        try (Kernels k = CpuKernels.open()) {
            return new OpExamples(make.apply(k).getClass(), make, List.of(shapes));
        }
    }

    /// Every op that the sealed interfaces permit, but the open door.
    static Stream<Class<?>> permitted(Class<?> type) {
        if (type == CustomOp.class) return Stream.of();
        Class<?>[] below = type.getPermittedSubclasses();
        return below == null ? Stream.of(type) : Arrays.stream(below).flatMap(OpExamples::permitted);
    }

    /// Forward and backward: the result, then the gradient of each input that `needs` names, null for the others.
    List<float @Nullable []> run(Kernels k, NeedsGrad needs) {
        List<Tensor> in = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            in.add(k.of(shapes.get(i), Cases.mild(i + 1, shapes.get(i).size())));
        }
        return switch (make.apply(k)) {
            case Op1<?> o -> one(o, k, in);
            case Op2<?> o -> two(o, k, in, needs);
            case Op3<?> o -> three(o, k, in, needs);
            case Op4<?> o -> four(o, k, in, needs);
            case Op5<?> o -> five(o, k, in, needs);
            case CustomOp<?> o -> throw new IllegalStateException(o + " is not permitted by name");
        };
    }

    private static <S> List<float @Nullable []> one(Op1<S> op, Kernels k, List<Tensor> in) {
        Forward<S> f = op.forward(k, in.get(0));
        return result(k, f.y(), op.backward(k, f.saved(), dy(k, f.y())));
    }

    private static <S> List<float @Nullable []> two(Op2<S> op, Kernels k, List<Tensor> in, NeedsGrad needs) {
        Forward<S> f = op.forward(k, in.get(0), in.get(1));
        var g = op.backward(k, f.saved(), dy(k, f.y()), needs);
        return result(k, f.y(), g.a(), g.b());
    }

    private static <S> List<float @Nullable []> three(Op3<S> op, Kernels k, List<Tensor> in, NeedsGrad needs) {
        Forward<S> f = op.forward(k, in.get(0), in.get(1), in.get(2));
        var g = op.backward(k, f.saved(), dy(k, f.y()), needs);
        return result(k, f.y(), g.a(), g.b(), g.c());
    }

    private static <S> List<float @Nullable []> four(Op4<S> op, Kernels k, List<Tensor> in, NeedsGrad needs) {
        Forward<S> f = op.forward(k, in.get(0), in.get(1), in.get(2), in.get(3));
        var g = op.backward(k, f.saved(), dy(k, f.y()), needs);
        return result(k, f.y(), g.a(), g.b(), g.c(), g.d());
    }

    private static <S> List<float @Nullable []> five(Op5<S> op, Kernels k, List<Tensor> in, NeedsGrad needs) {
        Forward<S> f = op.forward(k, in);
        var g = op.backward(k, f.saved(), dy(k, f.y()), needs);
        return result(k, f.y(), g.a(), g.b(), g.c(), g.d(), g.e());
    }

    private static Tensor dy(Kernels k, Tensor y) {
        return k.of(y.shape(), Cases.plain(99, y.size(), 1));
    }

    private static List<float @Nullable []> result(Kernels k, Tensor y, @Nullable Tensor... grads) {
        List<float @Nullable []> values = new ArrayList<>();
        values.add(k.download(y));
        for (Tensor g : grads) values.add(g == null ? null : k.download(g));
        return values;
    }

    @Override
    public String toString() {
        return op.getSimpleName();
    }
}
