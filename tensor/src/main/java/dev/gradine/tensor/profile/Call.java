package dev.gradine.tensor.profile;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.MatMulKernel;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One kind of call: calls that are equal are counted together.
///
/// @param method of a kernel contract, or of `Kernels` itself
/// @param function of a table that it computes, such as `mul`; empty elsewhere
/// @param shapes of the first two tensors among its arguments
/// @param flop floating-point operations of one call; 0 where they are not counted
record Call(Method method, String function, List<Shape> shapes, long flop) {

    static Call of(Method method, @Nullable Object[] args) {
        List<Tensor> tensors = new ArrayList<>(4);
        for (Object arg : args) if (arg instanceof Tensor t) tensors.add(t);
        List<Shape> shapes = new ArrayList<>(2);
        for (Tensor t : tensors.subList(0, Math.min(2, tensors.size()))) shapes.add(t.shape());
        return new Call(method, function(args), shapes, flop(method, tensors));
    }

    private static String function(@Nullable Object[] args) {
        for (Object arg : args) {
            if (arg instanceof Fn f) return f.id();
            if (arg instanceof Fn2 f) return f.id();
        }
        return "";
    }

    /// All three forms of a product take `2 · M · K · N`, where `a` has M · K values and `c` is `[M,N]`.
    private static long flop(Method method, List<Tensor> tensors) {
        if (method.getDeclaringClass() != MatMulKernel.class) return 0;
        return switch (method.getName()) {
            case "nt", "nn", "tn" ->
                2L * tensors.getFirst().size() * tensors.getLast().shape().last();
            default -> 0;
        };
    }

    /// What is summed in one row of the table: all products, all work on tensors that is no kernel's, else one method
    /// of one kernel, such as `attention.forward`.
    String op() {
        if (method.getDeclaringClass() == Kernels.class) return "memory and copies";
        if (method.getDeclaringClass() == MatMulKernel.class) return "matMul";
        String kernel = method.getDeclaringClass().getSimpleName().replaceFirst("Kernel$", "");
        return kernel.substring(0, 1).toLowerCase(Locale.ROOT) + kernel.substring(1) + "." + method.getName();
    }

    /// What tells it from the other calls of the same op.
    String detail() {
        boolean manyMethods = !op().contains(".");
        StringBuilder s = new StringBuilder(manyMethods ? method.getName() : function);
        for (Shape shape : shapes) s.append(' ').append(shape.toString().replace(", ", "×"));
        return s.toString().strip();
    }
}
