package dev.gradine.jmh.peer;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/// Copies of our values as tensors of libtorch, and back.
final class Operands {

    private Operands() {}

    /// Values without gradient.
    static Tensor constant(dev.gradine.tensor.Tensor t) {
        float[] values = t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        long[] shape = new long[t.shape().rank()];
        for (int i = 0; i < shape.length; i++) shape[i] = t.shape().dim(i);
        return Tensor.create(values, shape);
    }

    /// Values that are differentiated by.
    static Tensor leaf(dev.gradine.tensor.Tensor t) {
        return constant(t).set_requires_grad(true);
    }

    /// Numbers of classes.
    static Tensor ids(dev.gradine.tensor.Tensor t) {
        int[] values = t.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
        long[] wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) wide[i] = values[i];
        return Tensor.create(wide, wide.length);
    }

    /// `y`, then the gradients of the leaves, where that of y is `dy`.
    static List<Tensor> withGradients(Tensor y, Tensor dy, Tensor... leaves) {
        TensorVector gradients = torch.grad(
                new TensorVector(y),
                new TensorVector(leaves),
                new TensorVector(dy),
                new BoolOptional(false),
                false,
                false);
        List<Tensor> all = new ArrayList<>(List.of(y));
        for (int i = 0; i < leaves.length; i++) all.add(gradients.get(i));
        return all;
    }

    /// Values of all of them, one behind the other.
    static float[] values(List<Tensor> tensors) {
        float[][] parts = new float[tensors.size()][];
        int n = 0;
        for (int i = 0; i < parts.length; i++) {
            Tensor flat = tensors.get(i).detach().contiguous();
            parts[i] = new float[Math.toIntExact(flat.numel())];
            flat.data_ptr_float().get(parts[i]);
            n += parts[i].length;
        }
        float[] all = new float[n];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
