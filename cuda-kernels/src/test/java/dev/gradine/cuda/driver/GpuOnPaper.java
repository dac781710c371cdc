package dev.gradine.cuda.driver;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.PtxFiles;
import dev.gradine.cuda.kernels.device.CudaDevice;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.gpu.GraphGpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Operation;
import dev.gradine.gpu.Recording;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
/// Uses a GPU in every way and prints what came of it, for a process of its own whose driver has no
/// GPU behind it.

final class GpuOnPaper {

    private static final Kernel AXPY = new Kernel("paper", "paper_axpy");

    private GpuOnPaper() {}

    public static void main(String[] args) {
        fails(() -> new CudaDevice().open(new DeviceOptions(DType.F32, false, true)));
        GpuInfo info = Driver.gpus().getFirst();
        System.out.println("missing: " + Driver.whyMissing());
        System.out.println("note: " + new CudaDevice().note());
        CudaGpu gpu = new CudaGpu(info, PtxFiles::text, kernel -> false);
        System.out.println("%s, %d multiprocessors, %d bytes shared, CUDA %s"
                .formatted(gpu.name(), gpu.multiprocessors(), gpu.sharedBytesPerBlock(), Driver.version()));
        try (Kernels run = CudaKernels.open(gpu)) {
            copies(run);
            Tensor x = run.of(Shape.of(3), 1, 2, 3);
            Tensor y = run.of(Shape.of(3), 10, 20, 30);
            Runnable axpy = () -> gpu.launch(AXPY, new Grid(1, 1, 1, 32, 100 << 10), 0.5f, x, y, 3);
            axpy.run();
            System.out.println("launched: " + Arrays.toString(run.download(y)));
            System.out.println("milliseconds: " + Math.round(1e3 * gpu.seconds(axpy)));
            recorded(run, gpu);
            maps(run, gpu);
            fails(() -> gpu.launch(AXPY, Grid.of(1, 32), 0.5f, x, y));
            fails(() -> gpu.launch(AXPY, Grid.of(1, 32), 0.5f, x, y, 3f));
            fails(() -> gpu.launch(new Kernel("paper", "none"), Grid.of(1, 32)));
            fails(() -> gpu.launch(new Kernel("broken", "none"), Grid.of(1, 32)));
            fails(() -> run.empty(Shape.of(1 << 24)));
            gpu.launch(new Kernel("paper", "paper_fault"), Grid.of(2, 64));
            fails(gpu::synchronize);
        }
        held(new CudaGpu(info, PtxFiles::text, kernel -> false));
    }

    /// A graph of every kind of operation.
    private static void recorded(Kernels run, CudaGpu gpu) {
        Tensor x = run.of(Shape.of(3), 1, 2, 3);
        Tensor y = run.of(Shape.of(6), 1, 1, 1, 9, 9, 9);
        Tensor told = run.ofInts(new int[TensorMap.BYTES / 4]);
        long from = DeviceMemory.address(x);
        long to = DeviceMemory.address(y);
        TensorMap map = TensorMap.matrix(run.empty(DType.BF16, Shape.of(3, 64)), 128, 64);
        List<Operation> all = List.of(
                axpy(0.5f, from, to),
                new Operation.Copy(to, to + 12, 4),
                new Operation.Fill(to + 16, (byte) 0, 4),
                new Operation.Forget(to + 20, 4),
                new Operation.Launch(new Kernel("paper", "paper_map"), Grid.of(1, 32), List.of(map, address(told))));
        try (Recording graph = gpu.record(all)) {
            System.out.println("recorded: " + Arrays.toString(run.download(y)));
            graph.launch();
            System.out.println("launched: " + Arrays.toString(run.download(y)) + " " + run.downloadInts(told)[1]);
            graph.set(0, axpy(-1, from, to));
            graph.set(1, new Operation.Copy(to + 4, to + 16, 8));
            graph.set(2, new Operation.Fill(to, (byte) 0, 8));
            graph.set(3, new Operation.Forget(to + 12, 4));
            graph.launch();
            System.out.println("exchanged: " + Arrays.toString(run.download(y)));
            fails(() -> graph.set(0, new Operation.Launch(AXPY, Grid.of(1, 32), List.of(0.5f, from, to, 3f))));
        }
        fails(() -> gpu.record(List.of(new Operation.Copy(from, to, 4), new Operation.Fill(to, (byte) 0, 0))));
    }

    private static Operation axpy(float s, long x, long y) {
        return new Operation.Launch(AXPY, new Grid(1, 1, 1, 32, 100 << 10), List.of(s, x, y, 3));
    }

    private static long address(Tensor t) {
        return DeviceMemory.address(t);
    }

    /// The same course of work three times: the second time it becomes a graph.
    private static void held(CudaGpu behind) {
        GraphGpu gpu = new GraphGpu(behind);
        try (Kernels run = CudaKernels.open(gpu)) {
            Tensor x = run.of(Shape.of(3), 1, 2, 3);
            for (int i = 1; i <= 3; i++) {
                Tensor y = run.zeros(Shape.of(3));
                for (int j = 0; j < 4; j++) gpu.launch(AXPY, Grid.of(1, 32), (float) i, x, y, 3);
                System.out.println("held back: " + Arrays.toString(run.download(y)) + " " + gpu.counts());
            }
            for (int j = 0; j < 5; j++) gpu.launch(new Kernel("paper", "paper_fault"), Grid.of(1, 32));
            fails(gpu::synchronize);
            for (int j = 0; j < 5; j++) gpu.launch(new Kernel("paper", "paper_fault"), Grid.of(1, 32));
            fails(gpu::synchronize);
        }
    }

    private static void copies(Kernels run) {
        float[] values = new float[5_000_000]; // more than both buffers hold
        for (int i = 0; i < values.length; i++) values[i] = i;
        System.out.println("copies: " + Arrays.equals(values, run.download(run.of(Shape.of(values.length), values))));
    }

    private static void maps(Kernels run, CudaGpu gpu) {
        Tensor t = run.empty(DType.BF16, Shape.of(3, 64));
        Tensor bytes = run.ofInts(new int[TensorMap.BYTES / 4]);
        Kernel kernel = new Kernel("paper", "paper_map");
        gpu.launch(kernel, Grid.of(1, 32), TensorMap.matrix(t, 128, 64), bytes);
        int[] told = run.downloadInts(bytes);
        boolean there = told[4] == (int) DeviceMemory.address(t);
        System.out.println("map: " + there + " " + Arrays.toString(Arrays.copyOf(told, 4)) + " "
                + Arrays.toString(Arrays.copyOfRange(told, 6, 16)));
        Tensor wide = run.empty(DType.U8, Shape.of(1, 256));
        TensorMap refused =
                new TensorMap(DeviceMemory.address(wide), DType.U8, List.of(256L), List.of(), List.of(256), 0);
        fails(() -> gpu.launch(kernel, Grid.of(1, 32), refused, bytes));
        fails(() -> gpu.launch(kernel, Grid.of(1, 32), 3, bytes));
    }

    private static void fails(Runnable work) {
        try {
            work.run();
            System.out.println("no error");
        } catch (IllegalStateException | IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
    }
}
