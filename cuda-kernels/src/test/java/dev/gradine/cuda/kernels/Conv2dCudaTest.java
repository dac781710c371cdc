package dev.gradine.cuda.kernels;

import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.Conv2dKernel;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;

class Conv2dCudaTest {

    private static final Shape X = Shape.of(2, 4, 9, 9);
    private static final Shape W = Shape.of(6, 2, 3, 3);
    private static final Shape Y = Shape.of(2, 6, 9, 9);
    private static final Windows WINDOWS = new Windows(new Axis(1, 1, 1), new Axis(1, 1, 1), 2);
    private static final int VALUES = 64 * 18; // 64 positions of 162: blocks end within an image and a row

    /// y, dx, dw and db.
    private static List<float[]> all(Kernels k, Conv2dKernel conv) {
        Tensor x = k.of(X, Cases.plain(1, X.size(), 1));
        Tensor w = k.of(W, Cases.plain(2, W.size(), 1));
        Tensor b = k.of(Shape.of(6), Cases.plain(3, 6, 1));
        Tensor dy = k.of(Y, Cases.plain(4, Y.size(), 1));
        Tensor y = k.empty(Y);
        Tensor dx = k.empty(X);
        Tensor dw = k.zeros(W);
        Tensor db = k.zeros(Shape.of(6));
        conv.forward(x, w, b, WINDOWS, y);
        conv.inputGradient(dy, w, WINDOWS, dx);
        conv.parameterGradients(dy, x, WINDOWS, dw, db);
        return List.of(k.download(y), k.download(dx), k.download(dw), k.download(db));
    }

    @Test
    void blocks_of_positions_make_the_whole() {
        try (CudaKernels device = CudaKernels.open(new Simulator());
                Kernels cpu = CpuKernels.open()) {
            List<float[]> blocks = all(device, new Conv2dCuda(device.gpu(), List.of(), VALUES));
            List<float[]> whole = all(cpu, cpu.conv2d());
            for (int i = 0; i < blocks.size(); i++) {
                double[] expected = Cases.doubles(whole.get(i));
                Tolerance twoSums = Tolerance.sum(162, 1).times(2);
                Teeth.bite(blocks.get(i), got -> twoSums.check("result", got, expected));
            }
        }
    }
}
